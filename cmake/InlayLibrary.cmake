# libinlay: every layer in one shared library that exports only the INLAY_API symbols.
get_property(layers GLOBAL PROPERTY INLAY_LAYERS)
file(WRITE "${CMAKE_BINARY_DIR}/inlay_library.c" "extern int inlay_library_is_one_file;\n")
add_library(inlay SHARED "${CMAKE_BINARY_DIR}/inlay_library.c")
target_link_libraries(inlay PRIVATE inlay_options "-Wl,--whole-archive" ${layers}
    "-Wl,--no-whole-archive" "-Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/inlay.map")
set_property(TARGET inlay APPEND PROPERTY LINK_DEPENDS "${CMAKE_SOURCE_DIR}/cmake/inlay.map")
target_include_directories(inlay PUBLIC
    "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
set_target_properties(inlay PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
include(InlayInstall)
