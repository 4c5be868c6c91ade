# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests need of npm: the Kafka client of the sample in Node, the schema of AsyncAPI. npm takes
# only the bytes whose hashes are in a package-lock.json of ours; later runs need no network.

# folder below .local/node | folder with package.json and package-lock.json
node_table() {
    cat <<'TABLE'
sample|docs/samples/node
asyncapi|tests/golden/asyncapi
TABLE
}

# find_node: whether there is a Node that the sample runs on.
find_node() {
    local version
    version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    ((${version%%.*} >= 14))
}

# node_ensure: all of the table is installed as its lock file says.
node_ensure() {
    local row rows
    mapfile -t rows < <(node_table)
    for row in "${rows[@]}"; do
        node_is_there "${row%|*}" "${row#*|}" ||
            setup_locked node_fetch "${row%|*}" "${row#*|}"
    done
}

node_is_there() {
    cmp -s -- "$LOCAL/node/$1/package-lock.json" "$ROOT/$2/package-lock.json"
}

# node_fetch NAME SOURCE
node_fetch() {
    local new=$LOCAL/node/$1.new
    ! node_is_there "$1" "$2" || return 0
    command -v npm >/dev/null || die "$EXIT_UNAVAILABLE" "npm is missing (it fetches $1)" \
        "run ./run test without --no-install, or apt-get install nodejs npm"
    rm -rf -- "$new"
    mkdir -p -- "$new"
    cp -- "$ROOT/$2/package.json" "$ROOT/$2/package-lock.json" "$new/"
    step_command "npm packages, $1" "$LOCAL/log/npm-$1.log" env -C "$new" \
        npm ci --ignore-scripts --no-audit --no-fund --cache "$LOCAL/npm" ||
        die "$EXIT_UNAVAILABLE" "npm could not fetch what $2/package-lock.json lists" \
            "no network? Behind a proxy or a mirror: set it in ~/.npmrc" \
            "offline: copy .local/node from another clone"
    rm -rf -- "${new%.new}"
    mv -- "$new" "${new%.new}"
}
