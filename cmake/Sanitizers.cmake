# SPDX-License-Identifier: Apache-2.0
# Target order_sanitizers: sanitizers and coverage, both off unless asked for.
add_library(order_sanitizers INTERFACE)
if(ORDER_SANITIZE)
    target_compile_options(order_sanitizers INTERFACE
        -fsanitize=${ORDER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
    target_link_options(order_sanitizers INTERFACE -fsanitize=${ORDER_SANITIZE})
endif()
if(ORDER_COVERAGE)
    target_compile_options(order_sanitizers INTERFACE --coverage -O0)
    target_link_options(order_sanitizers INTERFACE --coverage)
endif()
