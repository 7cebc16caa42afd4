# What `cmake --install` puts into a prefix: the shared library, its headers, inlay.pc and a CMake package
# that exports inlay::inlay. (The command line tool installs itself, cli/CMakeLists.txt.)
include(CMakePackageConfigHelpers)

# libinlay looks for libduckdb beside itself first. A DuckDB that the bootstrap fetched is installed
# there; one of the system stays where it is.
string(FIND "${INLAY_DUCKDB_LIBRARY}" "${INLAY_DEPS_DIR}/" fetched_duckdb)
if(fetched_duckdb EQUAL 0)
    set(install_duckdb ON)
else()
    set(install_duckdb OFF)
endif()
option(INLAY_INSTALL_DUCKDB "Install libduckdb beside libinlay" ${install_duckdb})
if(INLAY_INSTALL_DUCKDB)
    file(REAL_PATH "${INLAY_DUCKDB_LIBRARY}" duckdb_file)
    install(FILES "${duckdb_file}" DESTINATION "${CMAKE_INSTALL_LIBDIR}" RENAME libduckdb.so)
endif()

set_target_properties(inlay PROPERTIES INSTALL_RPATH "$ORIGIN")
install(TARGETS inlay EXPORT inlay_targets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${CMAKE_SOURCE_DIR}/include/inlay" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.h")

# What a program that uses inlay needs is the library alone; the rest is for those who look at, or
# link, what it stands on. Libraries without a pkg-config file are in Libs.private.
set(pc_requires "libzstd liblz4 zlib libxxhash jansson libutf8proc")
set(pc_libs "-lsnappy -lroaring -lstemmer -lduckdb -lm -lpthread")
file(RELATIVE_PATH pc_prefix "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file("${CMAKE_SOURCE_DIR}/cmake/inlay.pc.in" "${CMAKE_BINARY_DIR}/inlay.pc" @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/inlay.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/inlay")
install(EXPORT inlay_targets NAMESPACE inlay:: DESTINATION "${package_folder}")
configure_package_config_file("${CMAKE_SOURCE_DIR}/cmake/inlay-config.cmake.in"
    "${CMAKE_BINARY_DIR}/inlay-config.cmake" INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${CMAKE_BINARY_DIR}/inlay-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/inlay-config.cmake"
    "${CMAKE_BINARY_DIR}/inlay-config-version.cmake" DESTINATION "${package_folder}")
