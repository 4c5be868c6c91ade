# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./run test: builds, brings up fresh servers, runs the tests, counts, leaves nothing running.

# Tests with these labels need no servers.
readonly LABELS_ALONE='unit golden model lint'

verb_test() {
    local name=test preset status=0
    preset=$(option --preset asan)
    session_lock test
    setup test
    node_ensure
    test_prepare_compat
    build_preset "$preset"
    [[ $preset == release ]] || build_preset release "${PROGRAMS[@]}"
    if test_needs_servers; then
        at_exit test_end "$name"
        servers_up "$name" --fresh --preset "$preset"
        in_instance "$name" test_run "$preset" || status=$?
    else
        test_run "$preset" || status=$?
    fi
    return "$status"
}

test_labels() { option --label; }

test_needs_servers() {
    local label
    option_given --label || return 0
    for label in $(test_labels); do
        [[ " $LABELS_ALONE " == *" $label "* ]] || return 0
    done
    return 1
}

# The second broker is fetched only for those who ask for its tests.
test_prepare_compat() {
    local label
    for label in $(test_labels); do
        [[ $label != compat ]] || kafka_ensure 3.9.2
    done
}

# test_run PRESET
test_run() {
    local folder junit selection=() labels status=0
    folder=$(build_folder "$1")
    junit=$LOCAL/test/junit.xml
    labels=$(test_labels)
    if [[ $labels ]]; then
        selection=(-L "^(${labels//$'\n'/|})\$")
    else
        selection=(-LE '^compat$')
    fi
    ! option_given --name || selection+=(-R "$(option --name)")
    export ORDER_BIN="$folder/bin"
    mkdir -p -- "${junit%/*}"
    rm -f -- "$junit"
    heading "Tests"
    # Two at a time: tests of servers and processes mostly wait.
    run_group ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel 2 \
        --output-junit "$junit" "${selection[@]}" || status=$?
    test_count "$folder" "$junit" "$status"
}

# test_count FOLDER JUNIT STATUS: a line per label; exit code 3 when no test was selected.
test_count() {
    local status=0
    [[ -f $2 ]] || return "$(($3 == 0 ? EXIT_FAILED : $3))"
    /usr/bin/python3 "$ROOT/compose/local/test_count.py" "$1" "$2" || status=$?
    ((status != 0 || $3 == 0)) || status=$EXIT_FAILED
    return "$status"
}

test_end() {
    instance_exists "$1" || return 0
    step_begin "stop instance $1"
    instance_drop_family "$1"
    step_done "logs are in .local/run/$1/log"
}
