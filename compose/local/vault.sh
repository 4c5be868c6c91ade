# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The vault of an instance: its folder, a holder of the root key, and where the key broker listens.
#   vault/      the trees, sealed; root keys; ledger; signing key
#   holder-1/   the copy of the root key on "another device"
#   shredder.sock, or a socket in a short folder of its own when the path is too long for one

# A Unix socket's path has 107 bytes at most; some are left for the temporary name of a new one.
readonly SOCKET_PATH_MOST=100

vault_folder() { printf '%s/vault' "$(instance_folder "$1")"; }

vault_holders() { printf '%s/holder-1' "$(instance_folder "$1")"; }

# vault_socket INSTANCE: the path, decided when the instance is made.
vault_socket() {
    local short LC_ALL=C
    short=$(setting "$1" SOCKET_FOLDER)
    printf '%s/shredder.sock' "${short:-$(instance_folder "$1")}"
}

# vault_prepare INSTANCE: a private short folder for the socket where one is needed.
vault_prepare() {
    local socket short LC_ALL=C
    short=$(setting "$1" SOCKET_FOLDER)
    socket=$(instance_folder "$1")/shredder.sock
    if ((${#socket} > SOCKET_PATH_MOST)) && [[ -z $short || ! -O $short ]]; then
        setting_store "$1" SOCKET_FOLDER "$(mktemp -d -t order-XXXXXXXX)"
    fi
}

# vault_remove INSTANCE: what is outside of the instance's folder.
vault_remove() {
    local short
    short=$(setting "$1" SOCKET_FOLDER)
    [[ -z $short || ! -O $short ]] || rm -rf -- "$short"
}

# vault_roles: who may be what at the broker; here one user is everybody.
vault_roles() { printf 'command=%s,reveal=%s,erase=%s,status=%s' "$EUID" "$EUID" "$EUID" "$EUID"; }

# memory_locks_freely: whether as much memory may be locked as keys need.
memory_locks_freely() {
    local limit rights
    limit=$(ulimit -l)
    [[ $limit != unlimited ]] && ((limit < 131072)) || return 0
    # CAP_IPC_LOCK: no limit counts.
    rights=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    (((0x$rights >> 14) & 1))
}

# vault_unsafe INSTANCE: what this machine lacks for keys to be kept as they should, comma separated:
#   cow       the file system copies what is overwritten, so old root keys may stay on the disk
#   unlocked  so little memory may be locked that keys may be swapped out
vault_unsafe() {
    local words=()
    case $(stat -f -c %T -- "$(instance_folder "$1")" 2>/dev/null) in
        btrfs | zfs | overlayfs | bcachefs) words+=(cow) ;;
    esac
    memory_locks_freely || words+=(unlocked)
    (IFS=, && printf '%s' "${words[*]-}")
}

# vault_flags INSTANCE ARRAY: the same as options of order-shredder.
vault_flags() {
    local -n flags=$2
    local unsafe
    unsafe=$(vault_unsafe "$1")
    flags=()
    [[ ,$unsafe, != *,cow,* ]] || flags+=(--accept-cow)
    [[ ,$unsafe, != *,unlocked,* ]] || flags+=(--allow-unlocked)
}

# vault_env INSTANCE: its part of the environment contract.
vault_env() {
    export_line ORDER_VAULT "$(vault_folder "$1")"
    export_line ORDER_VAULT_KEY "$(vault_folder "$1")/signing.pub"
    export_line ORDER_VAULT_HOLDERS "$(vault_holders "$1")"
    export_line ORDER_SHREDDER_SOCKET "$(vault_socket "$1")"
    export_line ORDER_SHREDDER_ROLES "$(vault_roles)"
    export_line ORDER_SHREDDER_UNSAFE "$(vault_unsafe "$1")"
}

# vault_init INSTANCE BIN: makes the vault once.
vault_init() {
    local name=$1 bin=$2 options
    [[ ! -e $(vault_folder "$name")/ledger ]] || return 0
    vault_flags "$name" options
    step_command "vault" "$(instance_folder "$name")/log/vault.log" instance_run "$name" \
        "$bin/order-shredder" init "${options[@]}" || die "$EXIT_FAILED" \
        "the vault of instance $name could not be made"
}

# vault_start INSTANCE BIN: the key broker, until it gives out keys and senders can seal to its epoch.
vault_start() {
    local name=$1 bin=$2 options pid log seen tries
    log=$(instance_folder "$name")/log/shredder.log
    if pid=$(process_pid "$name" shredder) &&
        [[ $(readlink "/proc/$pid/exe") == *' (deleted)' ]]; then
        process_stop "$name" shredder
    fi
    ! process_alive "$name" shredder || return 0
    vault_flags "$name" options
    seen=$(stat -c %s -- "$log" 2>/dev/null || echo 0)
    instance_run "$name" process_start "$name" shredder "$bin/order-shredder" serve \
        --database user=order_shredder "${options[@]}"
    for ((tries = 0; tries < 600; tries++)); do
        ! tail -c "+$((seen + 1))" -- "$log" | grep -q '"event":"epoch_published"' || return 0
        process_alive "$name" shredder || break
        sleep 0.05
    done
    tail -n 15 -- "$log" >&2 || true
    die "$EXIT_FAILED" "order-shredder of instance $name does not start" "see $log"
}
