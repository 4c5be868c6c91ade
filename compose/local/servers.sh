# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The verbs around servers: up, down, status, env, clean, and `instance` for tests.

# setup [VERB]: packages, disk and Kafka, and what only the verb needs.
setup() {
    PACKAGES_FOR=${1:-}
    [[ ! -e $LOCAL || -w $LOCAL ]] || die "$EXIT_FAILED" "$LOCAL belongs to another user" \
        "run as that user, or remove the folder with: sudo rm -r .local"
    packages_ensure
    check_disk
    kafka_ensure "$KAFKA_DEFAULT"
}

# servers_up NAME ARG…: instance_up as a step.
servers_up() {
    local name=$1
    step_begin "PostgreSQL and Kafka, instance $name"
    locked "instance-$name" instance_up "$@"
    step_done "ports $(setting "$name" PG_PORT) and $(setting "$name" BROKER_PORT)"
}

chosen_instance() {
    local name
    name=$(option --instance main)
    instance_check_name "$name"
    printf '%s' "$name"
}

verb_up() {
    local name
    name=$(chosen_instance)
    setup
    build_preset release "${PROGRAMS[@]}"
    servers_up "$name" --preset release
    service_up "$name"
    print_how_to_look "$name"
}

print_how_to_look() {
    local name=$1 with=''
    [[ $name == main ]] || with=" --instance $name"
    heading "Running. To look around:"
    cat >&2 <<TEXT
  ./run status$with
  eval "\$(./run env$with)"
  psql                                    the event store and the read models
  kcat -L -b "\$ORDER_BROKERS"             the topics
  tail -f "\$ORDER_RUN"/log/*.log          what the programs say
  ./run down$with
TEXT
}

verb_down() {
    local name names stopped=
    if option_given --all; then
        names=$(instance_names)
    else
        names=$(chosen_instance)
        instance_exists "$names" || names=
    fi
    for name in $names; do
        [[ -n $(process_names "$name") ]] || continue
        stopped=1
        step_begin "stop instance $name"
        locked "instance-$name" instance_down "$name"
        step_done
    done
    [[ $stopped ]] || say "nothing is running"
}

verb_env() {
    local name
    name=$(chosen_instance)
    instance_must_exist "$name"
    process_alive "$name" postgres || die "$EXIT_UNMET" "instance $name is not running" \
        "start it: ./run up$([[ $name == main ]] || printf ' --instance %s' "$name")"
    instance_env "$name"
}

# One line per server and program; exit code 3 when something died, or nothing is up.
verb_status() {
    local name names running=0 dead=0
    names=$(option --instance "$(instance_names)")
    for name in $names; do
        instance_must_exist "$name"
        print_instance_status "$name"
    done
    if ((running + dead == 0)); then
        say "nothing is running; start with ./run up"
        return "$EXIT_UNMET"
    fi
    ((dead == 0)) || return "$EXIT_UNMET"
}

print_instance_status() {
    local name=$1 process pid port state
    for process in $(process_names "$name"); do
        port=-
        [[ $process != postgres ]] || port=$(setting "$name" PG_PORT)
        [[ $process != kafka ]] || port=$(setting "$name" BROKER_PORT)
        if pid=$(process_pid "$name" "$process"); then
            running=$((running + 1))
            state=running
        else
            dead=$((dead + 1))
            pid=-
            state="died, see $(instance_folder "$name")/log/$process.log"
        fi
        ((running + dead > 1)) ||
            printf '%-12s %-14s %8s %6s  %s\n' INSTANCE NAME PID PORT STATE
        printf '%-12s %-14s %8s %6s  %s\n' "$name" "$process" "$pid" "$port" "$state"
    done
}

verb_clean() {
    local name entry
    for name in demo test bench; do
        session_lock "$name"
    done
    for name in $(instance_names); do
        step_begin "stop instance $name"
        locked "instance-$name" instance_remove "$name"
        step_done
    done
    [[ -d $LOCAL ]] || return 0
    step_begin "remove .local"
    for entry in "$LOCAL"/* "$LOCAL"/.[!.]*; do
        case ${entry##*/} in
            kafka | maven | node | npm) option_given --keep-downloads || rm -rf -- "$entry" ;;
            *) rm -rf -- "$entry" ;;
        esac
    done
    rmdir --ignore-fail-on-non-empty -- "$LOCAL"
    step_done
}

# action | options | purpose
instance_table() {
    cat <<'TABLE'
up|--kafka --preset --preload --fresh|make it if needed and start its servers; prints its env
down||stop its programs and servers, keep the data
remove||kill everything of it and remove its data
env||print its environment
postgres-start|--preload|start PostgreSQL with the data and the port it had
postgres-stop||stop PostgreSQL cleanly
postgres-kill||SIGKILL to PostgreSQL and all its children
kafka-start||start Kafka with the data and the ports it had
kafka-stop||stop Kafka cleanly
kafka-kill||SIGKILL to Kafka
TABLE
}

print_instance_help() {
    printf 'For tests and measurements that need servers of their own. Nothing is installed or\n'
    printf 'built. Instances made by a test are removed when ./run test ends.\n\nActions:\n'
    instance_table | awk -F'|' '{ printf "  %-20s %s\n", $1, $3 }'
    printf '\n'
}

verb_instance() {
    local action=${ARGUMENTS[0]-} name=${ARGUMENTS[1]-} allowed given
    [[ $action ]] || usage_error instance "needs an action and the name of an instance"
    instance_table | cut -d'|' -f1 | grep -qxF -- "$action" ||
        usage_error instance "unknown action '$action'"
    [[ $name ]] || usage_error instance "$action needs the name of an instance"
    ((${#ARGUMENTS[@]} == 2)) || usage_error instance "too many arguments: ${ARGUMENTS[2]-}"
    instance_check_name "$name"
    allowed=$(instance_table | awk -F'|' -v action="$action" '$1 == action { print $2 }')
    for given in "${!OPTION[@]}"; do
        [[ " $allowed " == *" $given "* ]] || usage_error instance "$action takes no $given"
    done
    if option_given --preload && ! [[ -r $(option --preload) && -f $(option --preload) ]]; then
        usage_error instance "--preload: there is no file '$(option --preload)'"
    fi
    [[ $action == up || $action == remove ]] || instance_must_exist "$name"
    locked "instance-$name" "instance_action_${action//-/_}" "$name"
}

instance_action_up() {
    local name=$1 flag arguments=()
    for flag in --kafka --preset --preload; do
        ! option_given "$flag" || arguments+=("$flag" "$(option "$flag")")
    done
    ! option_given --fresh || arguments+=(--fresh)
    instance_up "$name" "${arguments[@]}"
    instance_env "$name"
}

instance_action_down() { instance_down "$1"; }
instance_action_remove() { instance_remove "$1"; }
instance_action_env() { instance_env "$1"; }

instance_action_postgres_start() {
    local status=0
    postgres_start "$1" "$(option --preload)" || status=$?
    ((status == 0)) || die_port_taken "$1" PostgreSQL PG_PORT
}

instance_action_postgres_stop() { postgres_stop "$1"; }
instance_action_postgres_kill() { postgres_kill "$1"; }
instance_action_kafka_start() { kafka_start "$1"; }
instance_action_kafka_stop() { kafka_stop "$1"; }
instance_action_kafka_kill() { kafka_kill "$1"; }
