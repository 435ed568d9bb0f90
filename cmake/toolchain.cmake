# Which compilers build Ringwall, and with which flags.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} frees coroutine frames twice (capturing lambdas, aggregate temporaries and ?: "
    "inside a co_await operand). Use clang 19 (script/bootstrap installs it, the presets choose it) or g++ 14.")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "clang ${CMAKE_CXX_COMPILER_VERSION} lacks std::expected with this libstdc++: use clang 19.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(RINGWALL_FUZZ "Build the libFuzzer targets too" OFF)
set(RINGWALL_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")

add_compile_options(-Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wimplicit-fallthrough
                    -Wno-missing-field-initializers -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
add_compile_definitions($<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS> BOOST_ASIO_NO_DEPRECATED)
if(RINGWALL_SANITIZE)
  # SOCI hides the type information that the vptr check needs.
  add_compile_options(-fsanitize=${RINGWALL_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RINGWALL_SANITIZE})
endif()
if(RINGWALL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()

# Tests are compiled more often than they are run.
set(RINGWALL_TEST_FLAGS $<$<NOT:$<CONFIG:Debug>>:-O1>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(APPEND RINGWALL_TEST_FLAGS "SHELL:-Xclang -fno-pch-timestamp")  # ccache compares contents
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Named ccache, so that tools that read compile_commands.json know it for what it is.
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/launcher/ccache @ONLY CONTENT
    "#!/bin/sh\nCCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros exec @CCACHE@ \"$@\"\n")
  file(CHMOD ${CMAKE_BINARY_DIR}/launcher/ccache PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_BINARY_DIR}/launcher/ccache)
endif()
