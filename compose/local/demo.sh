# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./run demo: fresh servers and programs; orders led through their whole lives by programs of a shop, a
# warehouse and a payment provider; the main job on many orders; and what came of each.

verb_demo() {
    local name=demo
    if option_given --orders && ! [[ -r $(option --orders) && -f $(option --orders) ]]; then
        usage_error demo "--orders: there is no file '$(option --orders)'"
    fi
    if option_given --days && option_given --all; then
        usage_error demo "--days and --all exclude each other"
    fi
    if ! option_given --orders && { option_given --days || option_given --all; }; then
        usage_error demo "--days and --all choose from a file: name it with --orders FILE"
    fi
    session_lock demo
    setup
    build_preset release "${PROGRAMS[@]}"
    at_exit demo_end "$name"
    servers_up "$name" --fresh --preset release
    service_up "$name" --return-window "${DEMO_RETURN_WINDOW}s"
    demo_lives "$name"
    demo_scene "$name"
}

# Seconds in which goods may come back: a life would else take a month.
readonly DEMO_RETURN_WINDOW=4
readonly DEMO_MADE_UP=120

# demo_lives INSTANCE: a day of orders from their placing to their end. What does not hold of them is
# said, and counts in the end; the demo goes on.
demo_lives() {
    local name=$1 folder side status=0 source=(--made-up "$DEMO_MADE_UP")
    folder=$(instance_folder "$name")
    ! option_given --orders || source=("$(realpath -- "$(option --orders)")" --days 1)
    heading "A day of orders through their whole lives: shop, warehouse and payments talk over Kafka"
    for side in warehouse payments; do
        instance_run "$name" process_start "$name" "$side" \
            /usr/bin/python3 -B "$ROOT/tests/simulators/$side.py"
    done
    for side in warehouse payments; do
        demo_await_ready "$name" "$side"
    done
    in_instance "$name" run_group /usr/bin/python3 -B "$ROOT/tests/simulators/shop.py" \
        "${source[@]}" --close-after "$DEMO_RETURN_WINDOW" --progress --json "$folder/shop.json" \
        >"$folder/log/shop.log" || status=$?
    for side in warehouse payments; do
        process_stop "$name" "$side"
    done
    [[ -s $folder/shop.json ]] || die "$EXIT_FAILED" "the shop ended with status $status" \
        "see above, and the logs in $folder/log"
    in_instance "$name" run_group /usr/bin/python3 -B "$ROOT/compose/local/demo_lives.py" \
        "$folder/shop.json" "$status" "$folder/lives.json" || true
    [[ -s $folder/lives.json ]] || die "$EXIT_FAILED" "what came of the orders cannot be shown"
}

# demo_await_ready INSTANCE SIDE: until a simulator says that it listens.
demo_await_ready() {
    local name=$1 side=$2 tries log
    log=$(instance_folder "$name")/log/$side.log
    for ((tries = 0; tries < 600; tries++)); do
        ! grep -qs '"ready": true' "$log" || return 0
        process_alive "$name" "$side" || break
        sleep 0.05
    done
    tail -n 15 -- "$log" >&2 || true
    die "$EXIT_FAILED" "$side of the demo did not start" "see $log"
}

DEMO_FINISHED=
# Customers with marks for names and addresses, which are then looked for everywhere.
readonly DEMO_PLANTED=20

# demo_scene INSTANCE: sends the orders, then shows and checks what came of them (demo.py).
demo_scene() {
    local name=$1 bin folder status=0 result=0 load=() show=() places=()
    bin=$(build_folder "$(setting "$name" PRESET)")/bin
    folder=$(instance_folder "$name")
    demo_load_arguments load
    heading "Orders go out as commands over Kafka"
    in_instance "$name" run_group "$bin/order-load" "${load[@]}" --progress \
        --personal sealed --plant "$DEMO_PLANTED" --needles "$folder/needles" \
        --journal "$folder/journal.jsonl" --json "$folder/load.json" || status=$?
    [[ -s $folder/load.json ]] || die "$EXIT_FAILED" "order-load ended with status $status" \
        "see above, and the logs in $folder/log"
    heading "What came of them"
    ! option_given --json || show=(--json "$(option --json)")
    # The same file read by a script that shares no code with the service: what has to come out.
    if [[ ${load[0]} == retail ]]; then
        /usr/bin/python3 "$ROOT/tests/checker/retail_expect.py" "${load[@]:1}" \
            --personal sealed --planted "$DEMO_PLANTED" >"$folder/expect.json" || die "$EXIT_FAILED" "the expected outcomes cannot be counted"
        show+=(--expect "$folder/expect.json")
    fi
    places=("$folder")
    [[ $(postgres_folder "$name")/ == "$folder"/* ]] || places+=("$(postgres_folder "$name")")
    in_instance "$name" run_group /usr/bin/python3 -B "$ROOT/compose/local/demo.py" \
        "$folder/load.json" "$folder/journal.jsonl" "$status" "${show[@]}" \
        --lives "$folder/lives.json" --needles "$folder/needles" --scan "${places[@]}" || result=$?
    DEMO_FINISHED=1
    return "$result"
}

# demo_load_arguments ARRAY: the verb of order-load and its input; without a file, made-up orders of
# the shape of the real ones.
demo_load_arguments() {
    local -n out=$1
    if ! option_given --orders; then
        out=(generate --orders 4000 --shape retail --register)
        return
    fi
    out=(retail "$(realpath -- "$(option --orders)")")
    if option_given --days; then
        out+=(--days "$(option --days)")
    elif option_given --all; then
        out+=(--all)
    else
        out+=(--days 2)
    fi
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
