# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An instance: one PostgreSQL and one Kafka for one purpose, below .local/run/NAME.
#   settings    ports, versions, how PostgreSQL runs: KEY=VALUE, read only by these scripts
#   env         the environment for programs and tests, written at each start
#   passfile, fingerprint.key, pid/, log/, postgres/, kafka/, vault/, holder-1/

instance_folder() { printf '%s/run/%s' "$LOCAL" "$1"; }

instance_check_name() {
    [[ $1 =~ ^[a-z][a-z0-9-]{0,30}$ ]] || die "$EXIT_USAGE" "'$1' is no name of an instance" \
        "use up to 31 small letters, digits and dashes, a letter first"
}

instance_exists() { [[ -f $(instance_folder "$1")/settings ]]; }

instance_must_exist() {
    instance_check_name "$1"
    instance_exists "$1" || die "$EXIT_UNMET" "there is no instance '$1'" \
        "./run up starts 'main', ./run instance up $1 makes it"
}

instance_names() {
    local file
    for file in "$LOCAL"/run/*/settings; do
        [[ -e $file ]] || continue
        file=${file%/settings}
        printf '%s\n' "${file##*/}"
    done
}

# setting INSTANCE KEY
setting() {
    local key value
    while IFS='=' read -r key value; do
        if [[ $key == "$2" ]]; then
            printf '%s' "$value"
            return 0
        fi
    done <"$(instance_folder "$1")/settings"
}

# setting_store INSTANCE KEY VALUE
setting_store() {
    local file
    file=$(instance_folder "$1")/settings
    {
        [[ ! -f $file ]] || grep -v "^$2=" -- "$file" || true
        printf '%s=%s\n' "$2" "$3"
    } >"$file.new"
    mv -f -- "$file.new" "$file"
}

password_of() { awk -F: -v role="$2" '$4 == role { print $5 }' "$(instance_folder "$1")/passfile"; }

random_hex() { od -An -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }

# instance_create NAME KAFKA_VERSION: folders, secrets and settings of a new instance.
instance_create() {
    local name=$1 folder run_as ports
    folder=$(instance_folder "$name")
    (umask 077 && mkdir -p -- "$folder")
    mkdir -p -- "$folder/pid" "$folder/log"
    ! instance_exists "$name" || return 0
    instance_make_secrets "$folder"
    run_as=$(postgres_choose_user "$folder")
    read -ra ports < <(free_ports 3)
    printf '%s=%s\n' KAFKA_VERSION "$2" POSTGRES_AS "$run_as" PARENT "${ORDER_INSTANCE:-}" \
        PG_PORT "${ports[0]}" BROKER_PORT "${ports[1]}" CONTROLLER_PORT "${ports[2]}" \
        >"$folder/settings.new"
    mv -f -- "$folder/settings.new" "$folder/settings"
}

instance_make_secrets() {
    local folder=$1 role
    install -m 600 /dev/null "$folder/passfile"
    for role in "${POSTGRES_ROLES[@]}"; do
        printf '*:*:*:%s:%s\n' "$role" "$(random_hex 16)" >>"$folder/passfile"
    done
    install -m 600 /dev/null "$folder/fingerprint.key"
    head -c 32 /dev/urandom >"$folder/fingerprint.key"
}

instance_new_database_port() { setting_store "$1" PG_PORT "$(free_ports 1 | tr -d ' \n')"; }

instance_new_kafka_ports() {
    local ports
    read -ra ports < <(free_ports 2)
    setting_store "$1" BROKER_PORT "${ports[0]}"
    setting_store "$1" CONTROLLER_PORT "${ports[1]}"
}

die_port_taken() {
    die "$EXIT_UNAVAILABLE" "$2 of instance $1 cannot have port $(setting "$1" "$3"): taken" \
        "end what listens there, or move the instance to free ports: ./run instance up $1"
}

# instance_up NAME [--fresh] [--kafka VERSION|none] [--preset PRESET] [--preload FILE]
# Servers of an instance that already runs are left alone.
instance_up() {
    local name=$1 fresh='' kafka='' preset='' preload=''
    shift
    while (($#)); do
        case $1 in
            --fresh) fresh=1 ;;
            --kafka) kafka=$2 && shift ;;
            --preset) preset=$2 && shift ;;
            --preload) preload=$2 && shift ;;
        esac
        shift
    done
    instance_check_name "$name"
    if [[ $kafka && $kafka != none ]]; then
        kafka_check_version "$kafka"
    fi
    if [[ $fresh ]]; then
        instance_remove "$name"
    fi
    instance_create "$name" "${kafka:-$KAFKA_DEFAULT}"
    [[ -z $kafka || $kafka == "$(setting "$name" KAFKA_VERSION)" ]] || die "$EXIT_USAGE" \
        "instance $name was made with Kafka $(setting "$name" KAFKA_VERSION)" \
        "use --fresh to start over with Kafka $kafka"
    if [[ $preset || -z $(setting "$name" PRESET) ]]; then
        setting_store "$name" PRESET "${preset:-release}"
    fi
    vault_prepare "$name"
    instance_start_servers "$name" "$preload"
    instance_env "$name" >"$(instance_folder "$name")/env"
}

# The broker starts in the background while PostgreSQL does; a lost race for a port is repeated.
instance_start_servers() {
    local name=$1 preload=$2 kafka status
    kafka=$(setting "$name" KAFKA_VERSION)
    [[ $kafka == none ]] || kafka_launch "$name"
    postgres_create "$name"
    for _ in 1 2 3 4 5; do
        status=0
        postgres_start "$name" "$preload" || status=$?
        ((status != 0)) || break
        instance_new_database_port "$name"
    done
    ((status == 0)) || die_port_taken "$name" PostgreSQL PG_PORT
    postgres_bootstrap "$name"
    [[ $kafka != none ]] || return 0
    for _ in 1 2 3 4 5; do
        status=0
        kafka_wait "$name" || status=$?
        ((status != 0)) || break
        instance_new_kafka_ports "$name"
        kafka_launch "$name"
    done
    ((status == 0)) || die_port_taken "$name" Kafka BROKER_PORT
}

# instance_down NAME: programs first, the key broker last of them, then Kafka, then PostgreSQL.
instance_down() {
    local name=$1 process
    instance_exists "$name" || return 0
    for process in $(process_names "$name"); do
        [[ $process == postgres || $process == kafka ]] || process_stop "$name" "$process"
    done
    kafka_stop "$name"
    postgres_stop "$name"
    rm -f -- "$(instance_folder "$name")/env"
}

# instance_drop NAME: everything is killed and the data removed; settings and logs stay.
instance_drop() {
    local name=$1 process folder
    instance_exists "$name" || return 0
    folder=$(instance_folder "$name")
    for process in $(process_names "$name"); do
        process_kill "$name" "$process"
    done
    postgres_kill "$name"
    cp --remove-destination -- "$(postgres_folder "$name")/postgres.log" "$folder/log/" \
        2>/dev/null || true
    postgres_remove "$name"
    vault_remove "$name"
    rm -rf -- "$folder/postgres" "$folder/kafka" "$folder/env" "$folder/vault" "$folder"/holder-*
}

instance_remove() {
    instance_drop "$1"
    rm -rf -- "$(instance_folder "$1")"
}

# instance_drop_family NAME: drops the instance, removes those that programs in it have made.
instance_drop_family() {
    local name
    for name in $(instance_names); do
        if [[ $(setting "$name" PARENT) == "$1" && $name != "$1" ]]; then
            instance_drop_family "$name"
            rm -rf -- "$(instance_folder "$name")"
        fi
    done
    instance_drop "$1"
}

# instance_env NAME: the environment contract as export lines for any POSIX shell.
instance_env() {
    local name=$1 folder
    folder=$(instance_folder "$name")
    export_line PGHOST "$(postgres_host "$name")"
    export_line PGPORT "$(setting "$name" PG_PORT)"
    export_line PGPASSFILE "$folder/passfile"
    export_line PGDATABASE orders
    export_line PGUSER order_admin
    if [[ $(setting "$name" KAFKA_VERSION) != none ]]; then
        export_line ORDER_BROKERS "127.0.0.1:$(setting "$name" BROKER_PORT)"
    else
        printf 'unset ORDER_BROKERS\n'
    fi
    export_line ORDER_FINGERPRINT_KEY_FILE "$folder/fingerprint.key"
    vault_env "$name"
    export_line ORDER_BIN "$(build_folder "$(setting "$name" PRESET)")/bin"
    export_line ORDER_RUN "$folder"
    export_line ORDER_INSTANCE "$name"
}

export_line() { printf 'export %s=%s\n' "$1" "$(shell_quote "$2")"; }

# instance_run NAME CMD…: with the environment of the instance.
instance_run() {
    local name=$1
    shift
    (
        eval "$(instance_env "$name")"
        "$@"
    )
}

# in_instance NAME CMD…: the same for the rest of this script; CMD may register clean-ups.
in_instance() {
    eval "$(instance_env "$1")"
    shift
    "$@"
}
