# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The command line: one table of verbs and one of options. Parser and help derive from both.

# verb | arguments | purpose
verb_table() {
    cat <<'TABLE'
demo||set up everything, run the main job on orders and show it
test||set up everything and run every test
up||set up, then start the servers and the programs and leave them running
down||stop what `up` started
status||every server and program with pid, port and state
env||print the environment of a running instance, for eval
bench|NAME…|set up and measure
clean||stop everything and remove .local
instance|ACTION NAME|servers for a test: up, down, remove, env, postgres-*, kafka-*
help|COMMAND|print this help, or the help of one command
TABLE
}

# verbs (comma separated) | option | value, empty for a flag | purpose
option_table() {
    cat <<'TABLE'
demo|--orders|FILE|UCI Online Retail CSV, plain or .xz; default: made-up orders
demo|--days|N|send the first N days of the file (default 2)
demo|--all||send the whole file
demo|--keep||leave servers and programs running at the end
demo,bench|--json|FILE|write the result to FILE, for programs
test|--label|LABEL|only tests with this label (repeat for more); default: all but compat
test|--name|REGEX|only tests whose name matches
test|--preset|PRESET|build to test (default asan)
up,down,status,env|--instance|NAME|the instance (default main; status: all)
down|--all||stop every instance of this folder
clean|--keep-downloads||keep what was downloaded: .local/{kafka,maven,node,npm}
instance|--kafka|VERSION|up: 4.2.0 (default), 3.9.2, or none
instance|--preset|PRESET|up: the build that ORDER_BIN names (default release)
instance|--preload|FILE|up, postgres-start: shared library to load into PostgreSQL
instance|--fresh||up: forget the data of an earlier run
demo,test,up,bench|--jobs|N|compile N files at once (default: number of processors)
demo,test,up,bench|--yes||install missing packages without asking (also: CI=true)
demo,test,up,bench|--no-install||install nothing, name what is missing
demo,test,up,down,status,env,bench,clean,instance,help|--help||print the help of this command
TABLE
}

verb_exists() { verb_table | cut -d'|' -f1 | grep -qxF -- "$1"; }

verb_field() { verb_table | awk -F'|' -v verb="$1" -v n="$2" '$1 == verb { print $n }'; }

verb_options() { option_table | awk -F'|' -v verb="$1" '("," $1 ",") ~ ("," verb ",")'; }

# usage_error VERB MESSAGE [REMEDY…]
usage_error() {
    local verb=$1 message=$2
    shift 2
    die "$EXIT_USAGE" "run${verb:+ $verb}: $message" "$@" "see ./run help${verb:+ $verb}"
}

declare -A OPTION=()
ARGUMENTS=()

option_given() { [[ -v OPTION[$1] ]]; }

# option NAME [DEFAULT]: the value; a repeated option gives one line per value.
option() { printf '%s' "${OPTION[$1]-${2-}}"; }

parse_options() {
    local verb=$1 word name value kind
    shift
    OPTION=()
    ARGUMENTS=()
    while (($#)); do
        word=$1
        shift
        if [[ $word == -- ]]; then
            ARGUMENTS+=("$@")
            break
        fi
        if [[ $word != -* || $word == - ]]; then
            ARGUMENTS+=("$word")
            continue
        fi
        [[ $word == -h ]] && word=--help
        name=${word%%=*}
        kind=$(verb_options "$verb" |
            awk -F'|' -v name="$name" '$2 == name { print ($3 == "" ? "flag" : $3) }')
        [[ $kind ]] || usage_error "$verb" "unknown option $name"
        if [[ $kind == flag ]]; then
            [[ $word == "$name" ]] || usage_error "$verb" "$name takes no value"
            value=1
        elif [[ $word == *=* ]]; then
            value=${word#*=}
        else
            (($#)) || usage_error "$verb" "$name needs a value: $name $kind"
            value=$1
            shift
        fi
        if option_given "$name" && [[ $kind != flag ]]; then
            value=${OPTION[$name]}$'\n'$value
        fi
        OPTION[$name]=$value
    done
    check_arguments "$verb"
}

check_arguments() {
    local verb=$1 name
    if ((${#ARGUMENTS[@]})) && [[ -z $(verb_field "$verb" 2) ]]; then
        usage_error "$verb" "takes no argument, but '${ARGUMENTS[0]}' was given"
    fi
    for name in "${!OPTION[@]}"; do
        [[ $name != --label && ${OPTION[$name]} == *$'\n'* ]] &&
            usage_error "$verb" "$name given twice"
        [[ -n ${OPTION[$name]} ]] || usage_error "$verb" "$name must not be empty"
    done
    for name in --days --jobs; do
        if option_given "$name" && ! [[ ${OPTION[$name]} =~ ^[1-9][0-9]{0,5}$ ]]; then
            usage_error "$verb" "$name must be a whole number above 0, not '${OPTION[$name]}'"
        fi
    done
    return 0
}

print_help() {
    printf 'Event-sourced order service: commands over Kafka, events in PostgreSQL.\n\n'
    printf 'On a fresh Debian 12 machine:\n  ./run demo    ./run test\n\n'
    printf 'Usage: ./run COMMAND [OPTION…]\n\nCommands:\n'
    verb_table | awk -F'|' '{ printf "  %-10s %s\n", $1, $3 }'
    printf '\nEverything is kept under .local; only Debian packages are installed outside of it.\n'
    printf 'Options of a command: ./run help COMMAND\n'
}

print_verb_help() {
    local verb=$1 arguments
    arguments=$(verb_field "$verb" 2)
    printf './run %s%s [OPTION…]\n  %s\n\n' "$verb" "${arguments:+ $arguments}" \
        "$(verb_field "$verb" 3)"
    if [[ $verb == instance ]]; then
        print_instance_help
    fi
    printf 'Options:\n'
    verb_options "$verb" | awk -F'|' '{ printf "  %-20s %s\n", $2 ($3 == "" ? "" : " " $3), $4 }'
    printf '\nExit codes: 0 ok, 1 failed, 2 wrong usage, 3 nothing matched or not running,\n'
    printf '4 something needed is unavailable, 5 in use by another ./run, 130 Ctrl-C.\n'
}

verb_help() {
    if ((${#ARGUMENTS[@]} == 0)); then
        print_help
        return
    fi
    verb_exists "${ARGUMENTS[0]}" || usage_error "" "unknown command '${ARGUMENTS[0]}'"
    print_verb_help "${ARGUMENTS[0]}"
}
