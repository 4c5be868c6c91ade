# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# PostgreSQL: a private cluster per instance.
#
# PostgreSQL refuses to run as root, so the server runs as one of three (setting POSTGRES_AS):
#   direct   the caller, who is not root
#   mapped   root, mapped to an ordinary number in a user namespace; files stay root's
#   runuser  the user `postgres`, with the cluster in a private folder below its home. Used by
#            root where user namespaces are forbidden (many containers) or where root without
#            its powers may not enter this folder (it belongs to another user and is 0700).
# ORDER_POSTGRES_AS=mapped|runuser decides for new instances.

readonly POSTGRES_ROLES=(order_admin order_schema order_command order_projector order_reader
    order_shredder)
readonly MAP_USER=(unshare --user --map-user=1000 --map-group=1000 --)

# postgres_choose_user FOLDER: prints how the server of a new instance in FOLDER runs.
postgres_choose_user() {
    if ((EUID != 0)); then
        printf 'direct'
    elif [[ ${ORDER_POSTGRES_AS:-} == mapped || ${ORDER_POSTGRES_AS:-} == runuser ]]; then
        printf '%s' "$ORDER_POSTGRES_AS"
    elif "${MAP_USER[@]}" test -w "$1" 2>/dev/null; then
        printf 'mapped'
    elif id postgres >/dev/null 2>&1; then
        printf 'runuser'
    else
        die "$EXIT_UNAVAILABLE" "PostgreSQL does not run as root, user namespaces are forbidden" \
            "here, and there is no user 'postgres' to run it as" \
            "run this as an ordinary user, or apt-get install postgresql-15"
    fi
}

# postgres_folder INSTANCE: holds data, socket and what else the server must be able to read.
postgres_folder() {
    local home
    if [[ $(setting "$1" POSTGRES_AS) == runuser ]]; then
        home=$(getent passwd postgres | cut -d: -f6)
        printf '%s/order-%s/%s' "$home" "$(printf '%s' "$ROOT" | sha256sum | cut -c1-12)" "$1"
    else
        printf '%s/postgres' "$(instance_folder "$1")"
    fi
}

# as_database_user INSTANCE CMD…: in the folder of the cluster.
as_database_user() {
    local instance=$1 folder
    shift
    folder=$(postgres_folder "$instance")
    case $(setting "$instance" POSTGRES_AS) in
        direct) env -C "$folder" -- "$@" ;;
        mapped) env -C "$folder" -- "${MAP_USER[@]}" "$@" ;;
        runuser) env -C "$folder" -- runuser -u postgres -- "$@" ;;
    esac
}

# postgres_write INSTANCE FILE: stdin into FILE of the cluster's folder.
postgres_write() {
    # shellcheck disable=SC2016
    as_database_user "$1" sh -c 'umask 077; cat >"$1"' sh "$2"
}

# postgres_host INSTANCE: the socket folder; loopback when the path is too long for a socket
# (107 bytes) or holds a comma, which separates hosts for clients.
postgres_host() {
    local folder socket LC_ALL=C
    folder=$(postgres_folder "$1")
    socket=$folder/.s.PGSQL.$(setting "$1" PG_PORT)
    if ((${#socket} > 107)) || [[ $folder == *,* ]]; then
        printf '127.0.0.1'
    else
        printf '%s' "$folder"
    fi
}

memory_megabytes() {
    local limit=max megabytes
    megabytes=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
    { read -r limit </sys/fs/cgroup/memory.max; } 2>/dev/null || true
    if [[ $limit =~ ^[0-9]+$ ]] && ((limit / 1048576 < megabytes)); then
        megabytes=$((limit / 1048576))
    fi
    printf '%s' "$megabytes"
}

# postgres_machine_settings INSTANCE: what depends on this machine and this instance.
postgres_machine_settings() {
    local host memory free sockets=''
    host=$(postgres_host "$1")
    if [[ $host == /* ]]; then
        sockets=\"${host//\"/\"\"}\"
        sockets=${sockets//\\/\\\\}
        sockets=${sockets//\'/\'\'}
    fi
    printf "listen_addresses = '127.0.0.1'\nport = %s\n" "$(setting "$1" PG_PORT)"
    printf "unix_socket_directories = '%s'\n" "$sockets"
    memory=$(memory_megabytes)
    if ((memory < 7800)); then
        printf 'shared_buffers = %dMB\n' $((memory / 8 > 128 ? memory / 8 : 128))
    fi
    free=$(free_megabytes "$(postgres_folder "$1")")
    if ((free < 40000)); then
        printf 'max_wal_size = 2GB\nmin_wal_size = 256MB\n'
    fi
}

# postgres_create INSTANCE: an empty cluster; an unfinished one is made anew.
postgres_create() {
    local instance=$1 folder log status=0
    folder=$(postgres_folder "$instance")
    [[ ! -f $folder/complete ]] || return 0
    [[ -x $POSTGRES_BIN/initdb ]] || die "$EXIT_UNAVAILABLE" "PostgreSQL 15 is not installed" \
        "run ./run up, or: $(apt_line postgresql-15)"
    if [[ $(setting "$instance" POSTGRES_AS) == runuser ]]; then
        install -d -m 700 -o postgres -g postgres -- "${folder%/*}" "$folder"
    else
        (umask 077 && mkdir -p -- "$folder")
    fi
    postgres_kill "$instance"
    as_database_user "$instance" rm -rf -- data
    ln -sfn -- "$folder/postgres.log" "$(instance_folder "$instance")/log/postgres.log"
    password_of "$instance" order_admin | postgres_write "$instance" password
    log=$(instance_folder "$instance")/log/initdb.log
    (as_database_user "$instance" "$POSTGRES_BIN/initdb" -D data -U order_admin \
        -A scram-sha-256 --pwfile=password --data-checksums -E UTF8 --locale=C.UTF-8 \
        --lc-collate=C --no-instructions) >"$log" 2>&1 || status=$?
    as_database_user "$instance" rm -f -- password
    if ((status != 0)); then
        tail -n 15 -- "$log" >&2
        explain_full_disk
        die "$EXIT_FAILED" "initdb failed for instance $instance" "see $log"
    fi
    # shellcheck disable=SC2016
    as_database_user "$instance" sh -c \
        'mkdir -m 700 data/conf.d && echo "include_dir = '"'conf.d'"'" >>data/postgresql.conf'
}

# postgres_start INSTANCE [PRELOAD]: PRELOAD is a shared library for the server's environment.
# Returns PORT_TAKEN when another program has the port.
postgres_start() {
    local instance=$1 preload=${2:-} folder log seen environment=()
    ! process_alive "$instance" postgres || return 0
    folder=$(postgres_folder "$instance")
    [[ -f $folder/data/PG_VERSION ]] || die "$EXIT_UNAVAILABLE" \
        "instance $instance has no database" "start it with: ./run instance up $instance"
    if [[ $preload ]]; then
        # A copy with a plain relative name: the loader splits LD_PRELOAD at spaces and colons.
        as_database_user "$instance" rm -f -- preload.so
        postgres_write "$instance" preload.so <"$preload"
        environment=(env LD_PRELOAD=./preload.so)
    fi
    postgres_write "$instance" data/conf.d/10-order.conf <"$ROOT/compose/postgres/order.conf"
    postgres_machine_settings "$instance" |
        postgres_write "$instance" data/conf.d/20-instance.conf
    postgres_clear_stale_locks "$folder"
    log=$folder/postgres.log
    seen=$(stat -c %s -- "$log" 2>/dev/null || echo 0)
    if (as_database_user "$instance" "${environment[@]}" "$POSTGRES_BIN/pg_ctl" start -w -s \
        -t 90 -D data -l postgres.log) </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&-; then
        postgres_adopt "$instance"
        return 0
    fi
    if tail -c "+$((seen + 1))" -- "$log" | grep -q 'Address already in use'; then
        return "$PORT_TAKEN"
    fi
    tail -c "+$((seen + 1))" -- "$log" | tail -n 20 >&2
    explain_full_disk
    die "$EXIT_FAILED" "PostgreSQL of instance $instance does not start" "see $log"
}

# postgres_clear_stale_locks FOLDER: a killed server stays a zombie where process 1 collects its
# children late (many containers), and PostgreSQL takes the zombie for a running server. The locks
# go only when no living process is left in the data folder.
postgres_clear_stale_locks() {
    local pid
    { read -r pid <"$1/data/postmaster.pid"; } 2>/dev/null || return 0
    ! process_birth "$pid" >/dev/null || return 0
    [[ -z $(postgres_processes "$1") ]] || return 0
    rm -f -- "$1/data/postmaster.pid" "$1"/.s.PGSQL.*
}

# postgres_processes FOLDER: pids of everything that lives in the data folder, as servers do.
postgres_processes() {
    local pid
    for pid in /proc/[0-9]*; do
        if [[ $pid/cwd -ef $1/data ]]; then
            printf '%s ' "${pid#/proc/}"
        fi
    done
}

# postgres_adopt INSTANCE: records the running server of this cluster, known by its data folder.
postgres_adopt() {
    local pid data
    data=$(postgres_folder "$1")/data
    { read -r pid <"$data/postmaster.pid"; } 2>/dev/null || return 0
    [[ $pid =~ ^[0-9]+$ && "/proc/$pid/cwd" -ef $data ]] || return 0
    process_record "$1" postgres "$pid" || true
}

# postgres_bootstrap INSTANCE: login roles and the database, once.
postgres_bootstrap() {
    local instance=$1 folder role
    folder=$(postgres_folder "$instance")
    [[ ! -f $folder/complete ]] || return 0
    {
        for role in "${POSTGRES_ROLES[@]:1}"; do
            printf "\\\\set %s '%s'\n" "$role" "$(password_of "$instance" "$role")"
        done
        cat -- "$ROOT/compose/local/roles.sql"
    } | instance_run "$instance" psql -X -q -v ON_ERROR_STOP=1 -d postgres || die "$EXIT_FAILED" \
        "the roles of instance $instance could not be made"
    as_database_user "$instance" touch complete
}

# postgres_stop INSTANCE: clean, with a checkpoint, which takes a while after heavy load.
postgres_stop() {
    process_alive "$1" postgres || postgres_adopt "$1"
    process_stop "$1" postgres INT 180
}

# postgres_kill INSTANCE: as a power cut would, the server and all its children.
postgres_kill() {
    local pids
    process_alive "$1" postgres || postgres_adopt "$1"
    process_kill "$1" postgres
    # A start that was interrupted before the server wrote its pid.
    pids=$(postgres_processes "$(postgres_folder "$1")")
    if [[ $pids ]]; then
        # shellcheck disable=SC2086
        kill -KILL $pids 2>/dev/null || true
        wait_for_end_of "$pids"
    fi
}

# postgres_remove INSTANCE: the folder outside of the instance, if it has one.
postgres_remove() {
    local folder
    [[ $(setting "$1" POSTGRES_AS) == runuser ]] || return 0
    folder=$(postgres_folder "$1")
    rm -rf -- "$folder"
    rmdir --ignore-fail-on-non-empty -- "${folder%/*}" 2>/dev/null || true
}
