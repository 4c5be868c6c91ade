# SPDX-License-Identifier: Apache-2.0
# embed_sql(OUT.c SYMBOL file.sql …): one generated C file with the bytes of each file and a table
#   const struct embedded_sql SYMBOL[];  const size_t SYMBOL_count;
# The struct is declared in lib/base/embedded_sql.h. Run as a script (-P) at build time, so that an
# edited .sql file rebuilds exactly what holds it.
if(CMAKE_SCRIPT_MODE_FILE)
    set(body "#include \"base/embedded_sql.h\"\n")
    set(rows "")
    set(number 0)
    foreach(file IN LISTS FILES)
        file(READ ${file} hex HEX)
        get_filename_component(name ${file} NAME)
        string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
        string(APPEND body "static const char file_${number}[] = {${bytes}0};\n")
        string(APPEND rows "    {\"${name}\", file_${number}, sizeof(file_${number}) - 1},\n")
        math(EXPR number "${number} + 1")
    endforeach()
    string(APPEND body "const struct embedded_sql ${SYMBOL}[] = {\n${rows}};\n")
    string(APPEND body "const size_t ${SYMBOL}_count = ${number};\n")
    file(WRITE ${OUT} "${body}")
    return()
endif()

set(EMBED_SQL_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(embed_sql out symbol)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${out})
    list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ REGEX "^[^/]" OUTPUT_VARIABLE files)
    string(REPLACE ";" "$<SEMICOLON>" joined "${files}")
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -D "FILES=${joined}" -D SYMBOL=${symbol} -D OUT=${output}
                -P ${EMBED_SQL_SCRIPT}
        DEPENDS ${files} ${EMBED_SQL_SCRIPT}
        VERBATIM)
    set(${out}_path ${output} PARENT_SCOPE)
endfunction()
