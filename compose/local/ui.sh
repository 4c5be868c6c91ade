# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2119,SC2120
# What the user sees: steps with a tick, errors with a remedy; and the clean-up at the end.
# Progress goes to stderr, data to stdout.

if [[ -t 2 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    readonly UI_TERMINAL=1 UI_BOLD=$'\e[1m' UI_GREEN=$'\e[32m' UI_RED=$'\e[31m' \
        UI_DIM=$'\e[2m' UI_PLAIN=$'\e[0m' UI_ERASE=$'\r\e[K'
else
    readonly UI_TERMINAL='' UI_BOLD='' UI_GREEN='' UI_RED='' UI_DIM='' UI_PLAIN='' UI_ERASE=''
fi
case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
    *[Uu][Tt][Ff]*8*) readonly UI_TICK='✓' UI_CROSS='✗' ;;
    *) readonly UI_TICK='ok' UI_CROSS='failed' ;;
esac

# Exit codes, the list of all programs of the project.
# shellcheck disable=SC2034
readonly EXIT_FAILED=1 EXIT_USAGE=2 EXIT_UNMET=3 EXIT_UNAVAILABLE=4 EXIT_CONFLICT=5

say() { printf '%s\n' "$*" >&2; }

heading() { printf '\n%s%s%s\n' "$UI_BOLD" "$*" "$UI_PLAIN" >&2; }

# die CODE MESSAGE [REMEDY…]: every remedy is a line of its own.
die() {
    local code=$1
    printf '%s%s%s %s\n' "$UI_ERASE$UI_RED" "$UI_CROSS" "$UI_PLAIN" "$2" >&2
    shift 2
    (($# == 0)) || printf '  %s\n' "$@" >&2
    exit "$code"
}

STEP_TITLE=
STEP_STARTED=0

milliseconds_now() { printf '%s' "$((${EPOCHREALTIME/[.,]/} / 1000))"; }

# step_begin TITLE … step_done [REMARK]: a step made of shell functions.
step_begin() {
    STEP_TITLE=$1
    STEP_STARTED=$(milliseconds_now)
    if [[ $UI_TERMINAL ]]; then
        printf '%s  %s …' "$UI_ERASE" "$STEP_TITLE" >&2
    fi
}

step_done() {
    local spent=$(($(milliseconds_now) - STEP_STARTED))
    printf '%s%s%s %s%s %s(%d.%d s)%s\n' "$UI_ERASE$UI_GREEN" "$UI_TICK" "$UI_PLAIN" \
        "$STEP_TITLE" "${1:+: $1}" "$UI_DIM" $((spent / 1000)) $((spent % 1000 / 100)) \
        "$UI_PLAIN" >&2
}

# step_command TITLE LOG CMD…: runs a long command into LOG; a terminal shows its newest line,
# anything else learns that it has started. A failure prints the end of the log. Here and elsewhere
# a function with its output redirected runs in a subshell: else what the clean-up says after a
# Ctrl-C would go there too.
step_command() {
    local title=$1 log=$2 status=0
    shift 2
    mkdir -p -- "$(dirname -- "$log")"
    step_begin "$title"
    if [[ $UI_TERMINAL ]]; then
        "$@" 2>&1 </dev/null | tee -- "$log" | show_newest_line "$title" || status=$?
    else
        say "   $title …"
        ("$@") >"$log" 2>&1 </dev/null || status=$?
    fi
    if ((status == 0)); then
        step_done
        return 0
    fi
    printf '%s%s%s %s\n' "$UI_ERASE$UI_RED" "$UI_CROSS" "$UI_PLAIN" "$title" >&2
    tail -n 40 -- "$log" | sed 's/^/    /' >&2
    say "  full log: $log"
    explain_full_disk
    return "$status"
}

show_newest_line() {
    local line width=${COLUMNS:-80}
    while IFS= read -r line; do
        line=${line//[$'\t\r\e']/ }
        printf '%s  %s%.*s%s' "$UI_ERASE" "$UI_DIM" $((width - 4)) "$1: $line" "$UI_PLAIN" >&2
    done
}

free_megabytes() { df -Pk -- "$1" | awk 'NR == 2 { print int($4 / 1024) }'; }

explain_full_disk() {
    local free
    free=$(free_megabytes "$ROOT")
    if ((free < 200)); then
        say "  only $free MB are free under $ROOT: free some space, or ./run clean"
    fi
}

check_disk() {
    local free needed=3000
    free=$(free_megabytes "$ROOT")
    ((free >= needed)) || die "$EXIT_UNAVAILABLE" \
        "only $free MB are free under $ROOT; servers, build and data need about $needed MB" \
        "free some space there (./run clean removes what earlier runs left)"
}

# ask QUESTION: yes on an empty answer. Only call it when stdin is a terminal.
ask() {
    local answer
    printf '%s [Y/n] ' "$1" >&2
    read -r answer || return 1
    [[ -z $answer || $answer == [Yy]* ]]
}

# shell_quote TEXT: one word for any POSIX shell.
shell_quote() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# at_exit CMD…: runs when the script ends for any reason, last registered first.
CLEANUPS=()
at_exit() { CLEANUPS+=("$(printf '%q ' "$@")"); }

run_cleanups() {
    local status=$? i
    trap '' INT TERM HUP
    trap - EXIT
    set +e
    for ((i = ${#CLEANUPS[@]} - 1; i >= 0; i--)); do
        eval "${CLEANUPS[i]}"
    done
    exit "$status"
}
