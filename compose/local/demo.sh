# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./run demo: fresh servers and programs, the main job on real orders, and what came of it.

verb_demo() {
    local name=demo
    if option_given --orders && ! [[ -r $(option --orders) && -f $(option --orders) ]]; then
        usage_error demo "--orders: there is no file '$(option --orders)'"
    fi
    if option_given --days && option_given --all; then
        usage_error demo "--days and --all exclude each other"
    fi
    session_lock demo
    setup
    build_preset release "${PROGRAMS[@]}"
    at_exit demo_end "$name"
    servers_up "$name" --fresh --preset release
    service_up "$name"
    demo_scene "$name"
    DEMO_FINISHED=1
}

DEMO_FINISHED=

# demo_scene INSTANCE
# ---------------------------------------------------------------------------------------------
# The scene itself: loads orders with order-load and shows the result.
# ---------------------------------------------------------------------------------------------
demo_scene() {
    local name=$1 load arguments=()
    load=$(build_folder "$(setting "$name" PRESET)")/bin/order-load
    ! option_given --orders || arguments+=(--orders "$(option --orders)")
    ! option_given --days || arguments+=(--days "$(option --days)")
    ! option_given --all || arguments+=(--all)
    ! option_given --json || arguments+=(--json "$(option --json)")
    heading "Orders"
    in_instance "$name" run_group "$load" "${arguments[@]}"
}

# demo_end INSTANCE: nothing is left running, unless the demo ended and was to be kept.
demo_end() {
    if [[ $DEMO_FINISHED ]] && option_given --keep; then
        print_how_to_look "$1"
        return
    fi
    step_begin "stop instance $1"
    instance_drop_family "$1"
    step_done
}
