# Third-party libraries: what the system has first, then what tools/bootstrap.sh fetched by package
# name. Every one becomes an imported target with a short name, so no other file names a path.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

function(inlay_pkg name module)
    pkg_check_modules(DEP_${name} REQUIRED IMPORTED_TARGET ${module})
    add_library(${name} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(${name} INTERFACE PkgConfig::DEP_${name})
endfunction()

# Debian ships these two without a pkg-config file.
function(inlay_find name header library)
    find_path(DEP_${name}_INCLUDE ${header} REQUIRED)
    find_library(DEP_${name}_LIBRARY ${library} REQUIRED)
    add_library(${name} INTERFACE IMPORTED GLOBAL)
    target_include_directories(${name} SYSTEM INTERFACE "${DEP_${name}_INCLUDE}")
    target_link_libraries(${name} INTERFACE "${DEP_${name}_LIBRARY}")
endfunction()

inlay_pkg(zstd libzstd)
inlay_pkg(lz4 liblz4)
inlay_pkg(zlib zlib)
inlay_pkg(xxhash libxxhash)
inlay_pkg(jansson jansson)
inlay_pkg(utf8proc libutf8proc)
inlay_find(snappy snappy-c.h snappy)
inlay_find(roaring roaring/roaring.h roaring)
inlay_find(stemmer libstemmer.h stemmer)

# BLAKE3: a system library if there is one, else the C sources of the official crate's Debian package.
find_library(INLAY_BLAKE3_LIBRARY blake3)
find_path(INLAY_BLAKE3_INCLUDE blake3.h)
if(INLAY_BLAKE3_LIBRARY AND INLAY_BLAKE3_INCLUDE)
    add_library(blake3 INTERFACE IMPORTED GLOBAL)
    target_include_directories(blake3 SYSTEM INTERFACE "${INLAY_BLAKE3_INCLUDE}")
    target_link_libraries(blake3 INTERFACE "${INLAY_BLAKE3_LIBRARY}")
else()
    file(GLOB blake3_dirs "/usr/share/cargo/registry/blake3-*/c")
    list(GET blake3_dirs 0 blake3_dir)
    set(blake3_sources blake3.c blake3_dispatch.c blake3_portable.c)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        list(APPEND blake3_sources blake3_sse2_x86-64_unix.S blake3_sse41_x86-64_unix.S
             blake3_avx2_x86-64_unix.S blake3_avx512_x86-64_unix.S)
    elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
        list(APPEND blake3_sources blake3_neon.c)
    endif()
    list(TRANSFORM blake3_sources PREPEND "${blake3_dir}/")
    add_library(blake3 STATIC ${blake3_sources})
    target_include_directories(blake3 SYSTEM PUBLIC "${blake3_dir}")
endif()

# DuckDB: a system library if found, else the shared library and header that the bootstrap fetched.
find_library(INLAY_DUCKDB_LIBRARY duckdb HINTS "${INLAY_DEPS_DIR}/duckdb/lib")
find_path(INLAY_DUCKDB_INCLUDE duckdb.h HINTS "${INLAY_DEPS_DIR}/duckdb/include")
if(NOT INLAY_DUCKDB_LIBRARY OR NOT INLAY_DUCKDB_INCLUDE)
    message(FATAL_ERROR "libduckdb or duckdb.h not found; run tools/bootstrap.sh first")
endif()
add_library(duckdb SHARED IMPORTED GLOBAL)
set_target_properties(duckdb PROPERTIES
    IMPORTED_LOCATION "${INLAY_DUCKDB_LIBRARY}"
    IMPORTED_NO_SONAME TRUE
    INTERFACE_INCLUDE_DIRECTORIES "${INLAY_DUCKDB_INCLUDE}")

if(INLAY_TESTS)
    inlay_pkg(cmocka cmocka)
endif()
