# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Building with the CMake presets, incrementally, below .local/build/PRESET.

# What runs; everything else that is built are libraries and tests.
readonly PROGRAMS=(order order-schema order-shredder order-command order-projector order-load)

build_folder() { printf '%s/build/%s' "$LOCAL" "$1"; }

build_jobs() { option --jobs "$(nproc)"; }

# build_preset PRESET [TARGET…]: all targets when none is named.
build_preset() {
    grep -q "\"name\": \"$1\"" "$ROOT/CMakePresets.json" || die "$EXIT_USAGE" \
        "CMakePresets.json has no preset '$1'"
    setup_locked build_locked "$@"
}

build_locked() {
    local preset=$1 folder targets=()
    shift
    folder=$(build_folder "$preset")
    build_configure "$preset"
    (($# == 0)) || targets=(--target "$@")
    step_command "build, preset $preset" "$LOCAL/log/build-$preset.log" \
        cmake --build "$folder" -j "$(build_jobs)" "${targets[@]}" ||
        die "$EXIT_FAILED" "the build of preset $preset failed"
}

# build_configure PRESET: anew when the presets changed or the whole folder was moved.
build_configure() {
    local preset=$1 folder stamp presets home
    folder=$(build_folder "$preset")
    stamp=$folder/presets.sha256
    presets=$(sha256sum <"$ROOT/CMakePresets.json")
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2>/dev/null ||
        true)
    if [[ $home == "$ROOT" && -f $folder/build.ninja && -f $stamp ]] &&
        [[ $(<"$stamp") == "$presets" ]]; then
        return
    fi
    if [[ $home && $home != "$ROOT" ]]; then
        rm -rf -- "$folder"
    fi
    step_command "configure, preset $preset" "$LOCAL/log/configure-$preset.log" \
        env -C "$ROOT" cmake --preset "$preset" ||
        die "$EXIT_FAILED" "CMake could not configure preset $preset"
    printf '%s\n' "$presets" >"$stamp"
}
