# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Processes of an instance: start detached, remember, recognise, stop. A process is only ever
# signalled after its start time proved that it is the one we started. Also: ports and locks.

# Descriptors of our locks; nothing that outlives this script may inherit them.
#   7  setup: fetching and building
#   8  session: a whole demo, test or bench run
#   9  change: a short change of one instance

pid_file() { printf '%s/pid/%s' "$(instance_folder "$1")" "$2"; }

boot_id() { cat /proc/sys/kernel/random/boot_id; }

# process_stat PID: sets STAT to state, parent and so on, what follows the name in /proc/PID/stat.
process_stat() {
    local line=
    # Not $(<file): where the file is missing, that ends the whole script.
    { IFS= read -r -d '' line <"/proc/$1/stat"; } 2>/dev/null || [[ $line ]] || return 1
    read -ra STAT <<<"${line##*) }"
}

STAT=()

# process_birth PID: start time in clock ticks since boot; fails for a dead process or a zombie.
process_birth() {
    process_stat "$1" && [[ ${STAT[0]} != [ZX] ]] || return 1
    printf '%s' "${STAT[19]}"
}

# process_record INSTANCE NAME PID: the pid file holds "PID BIRTH BOOT", written in one go.
process_record() {
    local birth draft
    birth=$(process_birth "$3") || return 1
    draft=$(instance_folder "$1")/pid/.$BASHPID
    printf '%s %s %s\n' "$3" "$birth" "$(boot_id)" >"$draft"
    mv -f -- "$draft" "$(pid_file "$1" "$2")"
}

# process_pid INSTANCE NAME: prints the pid when the recorded process lives.
process_pid() {
    local pid birth boot
    { read -r pid birth boot <"$(pid_file "$1" "$2")"; } 2>/dev/null || return 1
    [[ $boot == "$(boot_id)" && $birth == "$(process_birth "$pid")" ]] || return 1
    printf '%s' "$pid"
}

process_alive() { process_pid "$1" "$2" >/dev/null; }

# process_start INSTANCE NAME CMD…: detached, own session, output appended to the instance's log.
process_start() {
    local instance=$1 name=$2 folder
    shift 2
    folder=$(instance_folder "$instance")
    ! process_alive "$instance" "$name" || return 0
    (
        # The child records itself too: a Ctrl-C right here must not lose it.
        process_record "$instance" "$name" "$BASHPID"
        cd -- "$folder" || exit
        # Background commands of a script ignore Ctrl-C; a server must not inherit that.
        exec setsid -- env --default-signal=INT,QUIT -- "$@" \
            </dev/null >>"log/$name.log" 2>&1 7>&- 8>&- 9>&-
    ) &
    disown $!
    process_record "$instance" "$name" $! || die "$EXIT_FAILED" "$name ended at once" \
        "see $folder/log/$name.log"
}

# process_wait_end INSTANCE NAME SECONDS
process_wait_end() {
    local tries=$(($3 * 20))
    while process_alive "$1" "$2"; do
        ((tries-- > 0)) || return 1
        sleep 0.05
    done
}

process_forget() { rm -f -- "$(pid_file "$1" "$2")"; }

# process_stop INSTANCE NAME [SIGNAL] [SECONDS]: asks, waits, then kills.
process_stop() {
    local instance=$1 name=$2 signal=${3:-TERM} seconds=${4:-15} pid
    if pid=$(process_pid "$instance" "$name"); then
        kill -s "$signal" "$pid" 2>/dev/null || true
        if ! process_wait_end "$instance" "$name" "$seconds"; then
            say "   $name of $instance did not stop within $seconds s: killed"
            process_kill "$instance" "$name"
        fi
    fi
    process_forget "$instance" "$name"
}

# process_kill INSTANCE NAME: SIGKILL to the process and its children, as a power cut would.
process_kill() {
    local instance=$1 name=$2 pid family
    if pid=$(process_pid "$instance" "$name"); then
        # Stopped first, so that no child is born between looking and killing.
        kill -STOP "$pid" 2>/dev/null || true
        family=$(children_of "$pid")
        # shellcheck disable=SC2086
        kill -KILL "$pid" $family 2>/dev/null || true
        process_wait_end "$instance" "$name" 30 || die "$EXIT_FAILED" \
            "$name (pid $pid) of $instance does not die" "it may hang on a disk: see dmesg"
        wait_for_end_of "$family"
    fi
    process_forget "$instance" "$name"
}

children_of() {
    local parent=$1 pid
    for pid in /proc/[0-9]*; do
        pid=${pid#/proc/}
        if process_stat "$pid" && [[ ${STAT[1]} == "$parent" ]]; then
            printf '%s ' "$pid"
        fi
    done
}

# wait_for_end_of PIDS: of processes that were just killed, so no pid can be new.
wait_for_end_of() {
    local pid tries=200
    for pid in $1; do
        while process_birth "$pid" >/dev/null && ((tries-- > 0)); do
            sleep 0.05
        done
    done
}

# process_names INSTANCE: everything with a pid file; the key broker after those who lease from it,
# servers last.
process_names() {
    local file name servers=() broker=()
    for file in "$(instance_folder "$1")"/pid/*; do
        [[ -e $file ]] || continue
        name=${file##*/}
        case $name in
            kafka | postgres) servers+=("$name") ;;
            shredder) broker=("$name") ;;
            *) printf '%s\n' "$name" ;;
        esac
    done
    servers=("${broker[@]}" "${servers[@]}")
    ((${#servers[@]} == 0)) || printf '%s\n' "${servers[@]}"
}

# run_group CMD…: in the foreground for the user, but in a process group of its own, so that a
# signal to this script alone (an ended CI job) also ends everything below it.
run_group() {
    local status=0
    set -m
    "$@" </dev/null 7>&- 8>&- 9>&- &
    GROUP_PID=$!
    set +m
    at_exit end_group "$GROUP_PID"
    wait "$GROUP_PID" || status=$?
    GROUP_PID=
    return "$status"
}

GROUP_PID=
end_group() {
    [[ $GROUP_PID == "$1" ]] || return 0
    kill -INT -- "-$1" 2>/dev/null
    local tries=100
    while kill -0 -- "-$1" 2>/dev/null && ((tries-- > 0)); do
        sleep 0.1
    done
    kill -KILL -- "-$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

# listening_inodes PORT: of the sockets that listen on it, any address.
listening_inodes() {
    awk -v port="$(printf '%04X' "$1")" \
        '$4 == "0A" && $2 ~ (":" port "$") { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# port_held_by PORT PID: whether that very process listens there.
port_held_by() {
    local inode
    for inode in $(listening_inodes "$1"); do
        if find "/proc/$2/fd" -lname "socket:\[$inode\]" -print -quit 2>/dev/null | grep -q .; then
            return 0
        fi
    done
    return 1
}

# free_ports N: different ports nobody listens on, below the range the kernel gives to outgoing
# connections. Another program may still be faster: whoever binds them must be ready to ask again.
free_ports() {
    local low=20000 high port ports=' '
    read -r high _ </proc/sys/net/ipv4/ip_local_port_range
    ((high > low + 2000)) || high=32768
    while (($(wc -w <<<"$ports") < $1)); do
        port=$((low + SRANDOM % (high - low)))
        if [[ $ports != *" $port "* && -z $(listening_inodes "$port") ]]; then
            ports+="$port "
        fi
    done
    printf '%s\n' "$ports"
}

lock_file() {
    mkdir -p -- "$LOCAL/lock"
    printf '%s/lock/%s' "$LOCAL" "$1"
}

# locked NAME CMD…: one at a time among all ./run of this folder.
locked() {
    local name=$1
    shift
    exec 9>>"$(lock_file "$name")"
    flock -w 600 9 || die "$EXIT_CONFLICT" "another ./run has been changing '$name' for 10 minutes"
    "$@"
    exec 9>&-
}

# setup_locked CMD…: one at a time; in a subshell, so it may be used inside locked.
setup_locked() {
    local file
    file=$(lock_file setup)
    (
        exec 7>>"$file"
        if ! flock -n 7; then
            say "   waiting for another ./run of this folder to finish its set-up"
            flock 7
        fi
        "$@"
    )
}

# session_lock NAME: for the whole run of a demo, a test or a bench; never waits.
session_lock() {
    local file holder
    file=$(lock_file "session-$1")
    exec 8>>"$file"
    if ! flock -n 8; then
        read -r holder <"$file" || holder='?'
        die "$EXIT_CONFLICT" "./run $1 is already going on in this folder (pid $holder)" \
            "wait for it, or use another clone"
    fi
    printf '%s\n' "$$" >"$file"
}
