# SPDX-License-Identifier: Apache-2.0
# Tests that are scripts: what other implementations make of our files, and we of theirs. The interpreters
# and their packages come from `tools/bootstrap.sh test`; without them these tests fail, as a silent skip
# would hide that nothing was compared. `cmake -E env` starts them, because CTest counts a missing
# executable as "not run".
set(python "${INLAY_DEPS_DIR}/python/bin/python")
set(node_modules "${INLAY_DEPS_DIR}/node/node_modules")
set(test_data "$ENV{INLAY_TEST_DATA}")
if(NOT test_data)
    set(test_data "${CMAKE_SOURCE_DIR}/../shared/data")
endif()

# scripted_tool(NAME SOURCE LAYER): a program that a script runs, never a test itself.
function(scripted_tool name source layer)
    add_executable(${name} "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
    target_link_libraries(${name} PRIVATE inlay_${layer})
endfunction()

# scripted_test(NAME COMMAND...): exit status 77 means that the data it needs is not here.
function(scripted_test name)
    add_test(NAME "${name}" COMMAND ${CMAKE_COMMAND} -E env "NODE_PATH=${node_modules}" ${ARGN}
        WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties("${name}" PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()

# A fresh folder below the build folder for a test's files.
function(scripted_folder name out)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/work/${name}")
    file(MAKE_DIRECTORY "${folder}")
    set(${out} "${folder}" PARENT_SCOPE)
endfunction()

set(interop "${CMAKE_CURRENT_SOURCE_DIR}/interop")

scripted_tool(interop_ipc_tool interop/arrow/ipc_tool.c columnar)
scripted_folder(arrow_python folder)
scripted_test(interop/arrow_python
    "${python}" "${interop}/arrow/check_ipc.py" $<TARGET_FILE:interop_ipc_tool> "${folder}")
scripted_folder(arrow_node folder)
scripted_test(interop/arrow_node node "${interop}/arrow/check_ipc.mjs"
    $<TARGET_FILE:interop_ipc_tool> "${folder}" "${node_modules}")

scripted_tool(interop_write_tool interop/parquet/write_tool.c parquet)
scripted_folder(parquet folder)
scripted_test(interop/parquet_write $<TARGET_FILE:interop_write_tool> "${folder}")
scripted_test(interop/parquet_written_python
    "${python}" "${interop}/parquet/check_written.py" "${folder}")
scripted_test(interop/parquet_written_node
    node "${interop}/parquet/check_written.mjs" "${folder}" "${node_modules}")
set_tests_properties(interop/parquet_write PROPERTIES FIXTURES_SETUP parquet_written)
set_tests_properties(interop/parquet_written_python interop/parquet_written_node
    PROPERTIES FIXTURES_REQUIRED parquet_written)

scripted_tool(interop_read_tool interop/parquet_read/read_tool.c parquet)
scripted_folder(parquet_read folder)
scripted_test(interop/parquet_read "${python}" "${interop}/parquet_read/compare_duckdb.py"
    $<TARGET_FILE:interop_read_tool> --public "${test_data}/parquet-testing/data" --work "${folder}")
set_tests_properties(interop/parquet_read PROPERTIES COST 1000) # by far the longest: begins first

# Unicode's tables come from Debian's package unicode-data, which the build does not need.
scripted_test(tools/unicode_tables
    "${python}" "${CMAKE_SOURCE_DIR}/tools/gen_unicode_tables.py" --check)

if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/cli/CMakeLists.txt")
    add_subdirectory(cli)
endif()

# The README's tour, as a reader would type it.
if(TARGET inlay_cli)
    scripted_test(readme/tour "${python}" "${CMAKE_CURRENT_SOURCE_DIR}/readme/run_tour.py"
        "${CMAKE_SOURCE_DIR}/README.md" $<TARGET_FILE_DIR:inlay_cli>)
    scripted_test(readme/sql_guide "${python}" "${CMAKE_CURRENT_SOURCE_DIR}/readme/run_tour.py"
        "${CMAKE_SOURCE_DIR}/docs/guide/sql.md" $<TARGET_FILE_DIR:inlay_cli>)
endif()

add_subdirectory(install)

# Other tools read a table's superfiles.
if(TARGET inlay_cli)
    scripted_folder(superfile folder)
    scripted_test(interop/superfile
        "${python}" "${interop}/superfile/check_superfile.py" $<TARGET_FILE:inlay_cli> "${folder}"
        "${node_modules}")
endif()
if(TARGET inlay_cli)
    scripted_folder(export folder)
    scripted_test(interop/export
        "${python}" "${interop}/export/check_export.py" $<TARGET_FILE:inlay_cli> "${folder}")
endif()
scripted_tool(interop_vector_tool interop/superfile/vector_tool.c superfile)
scripted_folder(superfile_vectors folder)
scripted_test(interop/superfile_vectors
    "${python}" "${interop}/superfile/check_vectors.py" $<TARGET_FILE:interop_vector_tool>
    "${folder}" "${node_modules}")
