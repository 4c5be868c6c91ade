# SPDX-License-Identifier: Apache-2.0
# Target order_warnings: what every source of ours is compiled with.
add_library(order_warnings INTERFACE)
target_compile_options(order_warnings INTERFACE
    -Wall -Wextra -Wpedantic
    -Wconversion -Wsign-conversion      # money and counts: no silent narrowing
    -Wshadow -Wcast-qual -Wwrite-strings
    -Wformat=2 -Werror=format-security
    -Wstrict-prototypes -Wmissing-prototypes
    -Wswitch-enum -Wundef
    -Wvla -Walloca                      # stack use is bounded by reading
    -Wnull-dereference)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")  # clang 14 refuses these
    target_compile_options(order_warnings INTERFACE
        -Wformat-signedness -Wduplicated-cond -Wduplicated-branches -Wlogical-op
        -Wimplicit-fallthrough=5 -Wuse-after-free=3 -Wbidi-chars -Wtrampolines)
endif()
if(ORDER_WERROR)
    target_compile_options(order_warnings INTERFACE -Werror)
endif()
