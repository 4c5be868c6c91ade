# SPDX-License-Identifier: Apache-2.0
# add_order_{library,program,test}: one shape for every target.

# add_order_library(NAME SOURCES a.c … [LINK lib …])   becomes target order_NAME, include root lib/
function(add_order_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
    add_library(order_${name} STATIC ${arg_SOURCES})
    target_include_directories(order_${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
    target_link_libraries(order_${name}
        PUBLIC ${arg_LINK}
        PRIVATE order_warnings order_hardening order_sanitizers)
endfunction()

# add_order_program(NAME SOURCES a.c … [LINK lib …])
function(add_order_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
    add_executable(${name} ${arg_SOURCES})
    target_compile_definitions(${name} PRIVATE ORDER_VERSION="${PROJECT_VERSION}")
    target_link_libraries(${name}
        PRIVATE ${arg_LINK} order_warnings order_hardening order_sanitizers)
    install(TARGETS ${name})
endfunction()

# add_order_test(LABEL SOURCE [SOURCES more.c …] [LINK lib …] [TIMEOUT seconds])
# The test's name is the source's name without _test.c; one executable per test source.
function(add_order_test label source)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "SOURCES;LINK")
    get_filename_component(stem ${source} NAME_WE)
    string(REGEX REPLACE "_test$" "" stem ${stem})
    set(target ${label}_${stem}_test)
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_executable(${target} ${source} ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    target_link_libraries(${target}
        PRIVATE ${arg_LINK} order_test_support order_warnings order_sanitizers)
    add_test(NAME ${label}.${stem} COMMAND ${target})
    set_tests_properties(${label}.${stem} PROPERTIES LABELS ${label} TIMEOUT ${arg_TIMEOUT})
endfunction()
