# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Apache Kafka: the jars by Maven, accepted only as the lock file lists them; one broker per
# instance, which is also its own controller.

readonly KAFKA_DEFAULT=4.2.0
readonly MAVEN_COPY=org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies
# What a start returns when another program took the port between choosing and binding.
readonly PORT_TAKEN=75

kafka_jars() { printf '%s/kafka/%s' "$LOCAL" "$1"; }

kafka_lock() { printf '%s/compose/kafka/%s/jars.sha256' "$ROOT" "$1"; }

kafka_check_version() {
    [[ $1 =~ ^[0-9.]+$ && -f $(kafka_lock "$1") ]] || die "$EXIT_USAGE" \
        "Kafka $1 is not one of: $(cd -- "$ROOT/compose/kafka" && echo [0-9]*)"
}

# kafka_ensure VERSION: the jars are there and are those of the lock file.
kafka_ensure() {
    kafka_check_version "$1"
    [[ -d $(kafka_jars "$1") ]] || setup_locked kafka_fetch "$1"
    kafka_accept "$1"
}

# kafka_accept VERSION: checks every byte once; later runs compare names, sizes and times only.
kafka_accept() {
    local stamp state
    stamp=$(kafka_jars "$1").accepted
    state=$(kafka_jars_state "$1")
    [[ -f $stamp && $(<"$stamp") == "$state" ]] && return
    kafka_verify "$1" "$(kafka_jars "$1")" || die "$EXIT_FAILED" \
        "the jars of Kafka $1 are refused: $(kafka_jars "$1")" \
        "remove that folder and run again to fetch them anew"
    printf '%s\n' "$state" >"$stamp"
}

kafka_jars_state() {
    {
        sha256sum <"$(kafka_lock "$1")"
        find "$(kafka_jars "$1")" -mindepth 1 -printf '%f %s %T@\n' | LC_ALL=C sort
    } | sha256sum
}

# kafka_verify VERSION FOLDER: names each jar that is changed, missing or not in the lock file.
kafka_verify() {
    local differences
    differences=$({ cd -- "$2" && find . -mindepth 1 -printf '%P\0' | xargs -0r sha256sum -b --; } |
        awk '
            { sub(/^\*/, "", $2) }
            FNR == NR { locked[$2] = $1; next }
            !($2 in locked) { print "not in the lock file: " $2; next }
            locked[$2] != $1 { print "changed: " $2 }
            { delete locked[$2] }
            END { for (name in locked) print "missing: " name }
        ' "$(kafka_lock "$1")" -) || return 1
    [[ -z $differences ]] && return
    printf '%s\n' "$differences" | sed 's/^/    /' >&2
    return 1
}

kafka_fetch() {
    local version=$1 new
    new=$(kafka_jars "$version").new
    [[ ! -d $(kafka_jars "$version") ]] || return 0
    command -v mvn >/dev/null || die "$EXIT_UNAVAILABLE" "Maven is missing (it fetches Kafka)" \
        "run ./run up without --no-install, or apt-get install maven"
    rm -rf -- "$new"
    mkdir -p -- "$new"
    step_command "Kafka $version" "$LOCAL/log/kafka-$version.log" \
        mvn -B -Dstyle.color=never -f "$ROOT/compose/kafka/$version/pom.xml" \
        "-Dmaven.repo.local=$LOCAL/maven" "$MAVEN_COPY" -DincludeScope=runtime \
        "-DoutputDirectory=$new" ||
        die "$EXIT_UNAVAILABLE" "Maven could not fetch Kafka $version" \
            "no network? Behind a proxy or a mirror: set it in ~/.m2/settings.xml" \
            "offline: copy .local/kafka/$version from another clone, it is checked all the same"
    kafka_verify "$version" "$new" || die "$EXIT_FAILED" \
        "what Maven fetched is not what compose/kafka/$version/jars.sha256 lists: refused" \
        "see $new; a changed pom.xml needs a new lock file, anything else is suspicious"
    mv -- "$new" "$(kafka_jars "$version")"
}

# kafka_java INSTANCE MAIN_CLASS ARG…: prints nothing, sets KAFKA_COMMAND. All paths are relative
# to the folder of the instance: no character of a path can confuse a class path or a setting.
kafka_command() {
    local version logging compiler=(-XX:TieredStopAtLevel=1)
    # A test wants a broker that starts fast, a measurement one as it runs in earnest.
    [[ $1 != bench* ]] || compiler=()
    version=$(setting "$1" KAFKA_VERSION)
    shift
    case $version in
        3.*) logging=-Dlog4j.configuration=file:kafka/log4j.properties ;;
        *) logging=-Dlog4j2.configurationFile=kafka/log4j2.properties ;;
    esac
    find_java || die "$EXIT_UNAVAILABLE" "no Java of version 17 or newer" \
        "apt-get install openjdk-17-jre-headless"
    KAFKA_COMMAND=("$JAVA" -Xms256m -Xmx512m -XX:+UseSerialGC "${compiler[@]}"
        -XX:-UsePerfData -XX:ErrorFile=log/java-crash-%p.log -Djava.io.tmpdir=kafka/tmp
        "$logging" -cp "../../kafka/$version/*" "$@")
}

KAFKA_COMMAND=()

# kafka_prepare INSTANCE: settings from the template, log folder formatted once.
kafka_prepare() {
    local instance=$1 folder version id log
    folder=$(instance_folder "$instance")
    version=$(setting "$instance" KAFKA_VERSION)
    mkdir -p -- "$folder/kafka/tmp" "$folder/kafka/data"
    cp -- "$ROOT/compose/kafka/$version/"log4j*.properties "$folder/kafka/"
    sed -e "s/@BROKER_PORT@/$(setting "$instance" BROKER_PORT)/g" \
        -e "s/@CONTROLLER_PORT@/$(setting "$instance" CONTROLLER_PORT)/g" \
        "$ROOT/compose/kafka/server.properties" >"$folder/kafka/server.properties"
    [[ ! -f $folder/kafka/data/meta.properties ]] || return 0
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d =)
    [[ $id != -* ]] || id=A${id:1}
    log=$folder/log/kafka-format.log
    kafka_command "$instance" kafka.tools.StorageTool format -t "$id" \
        -c kafka/server.properties -g
    (cd -- "$folder" && "${KAFKA_COMMAND[@]}" >"$log" 2>&1) || {
        tail -n 20 -- "$log" >&2
        explain_full_disk
        die "$EXIT_FAILED" "Kafka $version could not format its folder" "see $log"
    }
}

# kafka_launch INSTANCE: starts the broker and does not wait for it.
kafka_launch() {
    ! process_alive "$1" kafka || return 0
    kafka_ensure "$(setting "$1" KAFKA_VERSION)"
    kafka_prepare "$1"
    kafka_command "$1" kafka.Kafka kafka/server.properties
    kafka_log_size "$1" >"$(instance_folder "$1")/kafka/log-size"
    process_start "$1" kafka "${KAFKA_COMMAND[@]}"
}

# kafka_wait INSTANCE: until metadata and group coordinators answer. Returns PORT_TAKEN when the
# broker could not bind.
kafka_wait() {
    local instance=$1 port log deadline
    port=$(setting "$instance" BROKER_PORT)
    log=$(kafka_log "$instance")
    deadline=$((SECONDS + 90))
    until kafka_answers "$instance" "$port"; do
        if ! process_alive "$instance" kafka; then
            kafka_failed_to_bind "$instance" && return "$PORT_TAKEN"
            tail -n 15 -- "$log" "${log%-server.log}.log" >&2 || true
            explain_full_disk
            die "$EXIT_FAILED" "Kafka of instance $instance ended while starting" "see $log"
        fi
        ((SECONDS < deadline)) || die "$EXIT_UNAVAILABLE" \
            "Kafka of instance $instance does not answer on port $port after 90 s" "see $log"
        sleep 0.05
    done
}

# Another instance may answer on the port while ours is about to fail: the listener must be ours.
kafka_answers() {
    local pid
    pid=$(process_pid "$1" kafka) || return 1
    port_held_by "$2" "$pid" || return 1
    kcat -L -b "127.0.0.1:$2" -m 2 >/dev/null 2>&1 || return 1
    /usr/bin/python3 "$ROOT/compose/local/kafka_ready.py" "$2"
}

kafka_log() { printf '%s/log/kafka-server.log' "$(instance_folder "$1")"; }

kafka_log_size() { stat -c %s -- "$(kafka_log "$1")" 2>/dev/null || echo 0; }

# Only what this start has logged counts.
kafka_failed_to_bind() {
    local seen
    read -r seen <"$(instance_folder "$1")/kafka/log-size"
    tail -c "+$((seen + 1))" -- "$(kafka_log "$1")" | grep -qi 'address already in use'
}

# kafka_start INSTANCE: with the data and the ports it had.
kafka_start() {
    local status=0
    [[ $(setting "$1" KAFKA_VERSION) != none ]] || die "$EXIT_USAGE" "instance $1 has no Kafka"
    kafka_launch "$1"
    kafka_wait "$1" || status=$?
    ((status == 0)) || die_port_taken "$1" Kafka BROKER_PORT
}

kafka_stop() { process_stop "$1" kafka TERM 30; }

kafka_kill() { process_kill "$1" kafka; }
