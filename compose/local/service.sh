# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The programs of the service on the servers of an instance: schema, topics, vault, workers.

# service_up INSTANCE [OPTION…]: brings the schema and the topics up to date and starts the workers, those
# for commands with the options on top.
service_up() {
    local name=$1 bin folder
    shift
    folder=$(instance_folder "$name")
    bin=$(build_folder "$(setting "$name" PRESET)")/bin
    step_command "database schema" "$folder/log/schema.log" \
        instance_run "$name" "$bin/order-schema" apply --database user=order_schema ||
        die "$EXIT_FAILED" "the schema could not be applied to instance $name"
    step_command "topics" "$folder/log/topics.log" \
        instance_run "$name" "$bin/order-command" topics apply --brokers "$(brokers "$name")" ||
        die "$EXIT_FAILED" "the topics of instance $name could not be made"
    vault_init "$name" "$bin"
    step_begin "order-shredder, order-command twice, order-projector"
    vault_start "$name" "$bin"
    service_start "$name" command-1 "$bin/order-command" "$@"
    service_start "$name" command-2 "$bin/order-command" "$@"
    service_start "$name" projector "$bin/order-projector"
    service_settle "$name"
    step_done
}

brokers() { printf '127.0.0.1:%s' "$(setting "$1" BROKER_PORT)"; }

# service_start INSTANCE PROCESS PROGRAM [OPTION…]: a program built since its start is started anew.
service_start() {
    local name=$1 process=$2 program=$3 pid arguments
    shift 3
    if pid=$(process_pid "$name" "$process") &&
        [[ $(readlink "/proc/$pid/exe") == *' (deleted)' ]]; then
        process_stop "$name" "$process"
    fi
    case ${program##*/} in
        order-command)
            arguments=(run --database user=order_command --brokers "$(brokers "$name")"
                --fingerprint-key-file "$(instance_folder "$name")/fingerprint.key" --gifts)
            [[ ,$(vault_unsafe "$name"), != *,unlocked,* ]] || arguments+=(--allow-unlocked)
            ;;
        order-projector) arguments=(run --database user=order_projector) ;;
    esac
    instance_run "$name" process_start "$name" "$process" "$program" "${arguments[@]}" "$@"
}

# service_settle INSTANCE: a program that cannot start ends within its first moments.
service_settle() {
    local name=$1 process tries log
    for ((tries = 0; tries < 10; tries++)); do
        sleep 0.05
        for process in $(process_names "$name"); do
            process_alive "$name" "$process" && continue
            log=$(instance_folder "$name")/log/$process.log
            tail -n 15 -- "$log" >&2 || true
            die "$EXIT_FAILED" "$process of instance $name ended while starting" "see $log"
        done
    done
}
