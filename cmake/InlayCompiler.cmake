# Warnings, sanitizers and ccache for every target of this project.
add_library(inlay_options INTERFACE)
target_compile_definitions(inlay_options INTERFACE _GNU_SOURCE)
target_compile_options(inlay_options INTERFACE
    -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes
    -Wpointer-arith -Wcast-qual -Wundef -fno-strict-aliasing -fno-math-errno -ffp-contract=off)
if(INLAY_WERROR)
    target_compile_options(inlay_options INTERFACE -Werror)
endif()
if(INLAY_SANITIZE)
    target_compile_options(inlay_options INTERFACE
        -fsanitize=${INLAY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(inlay_options INTERFACE -fsanitize=${INLAY_SANITIZE})
endif()

find_program(INLAY_CCACHE ccache)
if(INLAY_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER "${INLAY_CCACHE}")
    set(CMAKE_ASM_COMPILER_LAUNCHER "")
endif()
