# SPDX-License-Identifier: Apache-2.0
# Target order_hardening: the OpenSSF compiler guide, as far as gcc 12 has it. CHECK() stays on.
add_library(order_hardening INTERFACE)
# In every build: a symbol bound at its first call saves all registers on the stack, and with them a key
# that a vector register still holds.
target_link_options(order_hardening INTERFACE -Wl,-z,now)
if(ORDER_HARDENING AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(order_hardening INTERFACE
        -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
        -fstack-clash-protection -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr
        -fno-delete-null-pointer-checks -fno-strict-overflow -fPIE)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
        target_compile_options(order_hardening INTERFACE -fcf-protection=full)
    endif()
    target_link_options(order_hardening INTERFACE
        -pie -Wl,-z,relro,-z,noexecstack,-z,separate-code,-z,nodlopen,--as-needed)
endif()
