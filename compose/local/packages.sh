# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Debian packages: which, why, what is missing, and installing it. Nothing is called but
# dpkg-query when everything is there.

# The verb that packages are for; some are for one verb only.
PACKAGES_FOR=

# package | why | verb that needs it, none: all
package_table() {
    cat <<'TABLE'
gcc|compiles the programs
libc6-dev|headers of the C library
cmake|describes the build
ninja-build|runs the build
pkg-config|finds the libraries
clang-format|the tests check the layout of the source
libpq-dev|PostgreSQL client library
librdkafka-dev|Kafka client library
libmsgpack-dev|MessagePack
libsodium-dev|hashes and encryption
libjansson-dev|reads JSON
libinih-dev|reads settings files
liblzma-dev|unpacks the recorded orders
zlib1g-dev|the scanner reads gzip
liblz4-dev|the scanner reads lz4
libzstd-dev|the scanner reads zstd
libcmocka-dev|unit tests
spin|searches every state of the protocols the tests model
uthash-dev|hash tables
postgresql-15|the event store: a private server under .local
postgresql-client-15|psql, to look into it
openjdk-17-jre-headless|runs Apache Kafka
maven|fetches Apache Kafka
kcat|produces and reads Kafka messages by hand
python3|independent checks and figures
python3-nacl|the sample sender seals personal data
python3-kafka|the sample sender talks to Kafka
python3-msgpack|the sample sender writes messages
xz-utils|unpacks the recorded orders by hand
util-linux|locks, and running PostgreSQL for root
python3-confluent-kafka|shop, warehouse and payments of the demo talk to Kafka
python3-jsonschema|checks the JSON Schemas|test
python3-yaml|reads the AsyncAPI document|test
nodejs|runs the sample in Node|test
npm|fetches the Kafka client of the sample in Node|test
TABLE
}

readonly POSTGRES_BIN=/usr/lib/postgresql/15/bin
JAVA=

# find_java: sets JAVA to a Java of at least version 17.
find_java() {
    local candidate version
    [[ -z $JAVA ]] || return 0
    for candidate in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || true)" \
        /usr/lib/jvm/*/bin/java; do
        [[ -n $candidate && -x $candidate ]] || continue
        version=$("$candidate" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
        if ((${version:-0} >= 17)); then
            JAVA=$candidate
            return 0
        fi
    done
    return 1
}

# Java and Node may come from elsewhere than Debian.
is_there_otherwise() {
    case $1 in
        openjdk-*) find_java ;;
        nodejs) find_node ;;
        npm) command -v npm >/dev/null ;;
        *) return 1 ;;
    esac
}

# missing_packages: names, one per line.
missing_packages() {
    local installed package wanted
    mapfile -t wanted < <(package_table |
        awk -F'|' -v verb="$PACKAGES_FOR" '$3 == "" || $3 == verb { print $1 }')
    installed=$(dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' "${wanted[@]}" \
        2>/dev/null | sed -n 's/^\([^: ]*\)\(:[^ ]*\)\{0,1\} installed$/\1/p' || true)
    for package in "${wanted[@]}"; do
        [[ $'\n'$installed$'\n' == *$'\n'"$package"$'\n'* ]] && continue
        ! is_there_otherwise "$package" || continue
        printf '%s\n' "$package"
    done
}

# packages_ensure: installs what is missing, asking once.
packages_ensure() {
    local missing
    command -v dpkg-query >/dev/null || die "$EXIT_UNAVAILABLE" \
        "this is not a Debian system: dpkg-query is missing" \
        "use Debian 12, or read compose/compose.yaml for containers"
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]})) || return 0
    print_missing "${missing[@]}"
    if option_given --no-install; then
        die "$EXIT_UNAVAILABLE" "${#missing[@]} packages are missing" \
            "install them: $(apt_line "${missing[@]}")"
    fi
    command -v apt-get >/dev/null || die "$EXIT_UNAVAILABLE" "apt-get is missing" \
        "install the packages above by hand, then use --no-install"
    packages_confirm "${missing[@]}"
    packages_install "${missing[@]}"
}

print_missing() {
    local package
    heading "Debian packages to install"
    for package in "$@"; do
        printf '  %-25s %s\n' "$package" \
            "$(package_table | awk -F'|' -v name="$package" '$1 == name { print $2 }')" >&2
    done
    say ""
}

apt_line() {
    local sudo=
    ((EUID == 0)) || sudo='sudo '
    printf '%sapt-get install --no-install-recommends %s' "$sudo" "$*"
}

packages_confirm() {
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        die "$EXIT_UNAVAILABLE" "installing packages needs root, and sudo is missing" \
            "as root: apt-get update && apt-get install --no-install-recommends $*"
    fi
    if option_given --yes || [[ ${CI:-} == true || ${CI:-} == 1 ]]; then
        return 0
    fi
    [[ -t 0 ]] || die "$EXIT_USAGE" "packages are missing and there is no terminal to ask" \
        "give --yes to install them, or: $(apt_line "$@")"
    ask "Run $(apt_line "…")?" || die "$EXIT_UNAVAILABLE" "nothing was installed" \
        "install by hand: $(apt_line "$@")"
}

packages_install() {
    local root=() apt
    if ((EUID != 0)); then
        root=(sudo)
        # The one place where a password may be asked, before output is redirected.
        sudo true || die "$EXIT_UNAVAILABLE" "sudo refused" "as root: $(apt_line "$@")"
    fi
    apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    step_command "package lists" "$LOCAL/log/apt-update.log" "${apt[@]}" update ||
        say "   going on with the package lists that are there"
    step_command "${#} packages" "$LOCAL/log/apt-install.log" \
        "${apt[@]}" install -y --no-install-recommends "$@" ||
        die "$EXIT_UNAVAILABLE" "apt-get could not install the packages" \
            "no network, or not Debian 12? The log above tells; by hand: $(apt_line "$@")"
    mapfile -t root < <(missing_packages)
    ((${#root[@]} == 0)) || die "$EXIT_FAILED" "still missing after apt-get: ${root[*]}"
}
