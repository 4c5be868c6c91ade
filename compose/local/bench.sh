# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./run bench: fresh servers, then tests/bench/bench.py with the environment of instance bench.

verb_bench() {
    local name=bench arguments=() status=0
    ! option_given --json || arguments+=(--json "$(option --json)")
    session_lock bench
    setup
    build_preset release "${PROGRAMS[@]}" append_bench seal_bench visible_bench tree_bench vault_bench slow_sync
    at_exit bench_end "$name"
    servers_up "$name" --fresh --preset release
    in_instance "$name" run_group /usr/bin/python3 "$ROOT/tests/bench/bench.py" \
        "${arguments[@]}" "${ARGUMENTS[@]}" || status=$?
    return "$status"
}

bench_end() {
    step_begin "stop instance $1"
    instance_drop_family "$1"
    step_done
}
