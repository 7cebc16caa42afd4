# inlay_layer(NAME DEPS ...): the static library inlay_NAME from every C file under src/NAME.
# Files that end in _avx2.c are compiled with that instruction set and reached by run-time dispatch.
define_property(GLOBAL PROPERTY INLAY_LAYERS BRIEF_DOCS "layer libraries in order")

function(inlay_layer name)
    cmake_parse_arguments(arg "" "" "DEPS" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/*.c")
    if(NOT sources)
        file(WRITE "${CMAKE_BINARY_DIR}/empty_${name}.c" "typedef int inlay_empty_${name};\n")
        set(sources "${CMAKE_BINARY_DIR}/empty_${name}.c")
    endif()
    add_library(inlay_${name} STATIC ${sources})
    target_include_directories(inlay_${name} PUBLIC
        "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")
    target_compile_definitions(inlay_${name} PRIVATE INLAY_BUILDING)
    target_link_libraries(inlay_${name} PUBLIC inlay_options ${arg_DEPS})
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        foreach(source ${sources})
            if(source MATCHES "_avx2\\.c$")
                set_source_files_properties("${source}" PROPERTIES
                    COMPILE_OPTIONS "-mavx2;-mbmi;-mbmi2;-mlzcnt;-mpopcnt;-mfma;-mf16c;-mpclmul")
            elseif(source MATCHES "_sse42\\.c$")
                set_source_files_properties("${source}" PROPERTIES
                    COMPILE_OPTIONS "-msse4.2;-mpclmul")
            endif()
        endforeach()
    endif()
    set_property(GLOBAL APPEND PROPERTY INLAY_LAYERS inlay_${name})
endfunction()
