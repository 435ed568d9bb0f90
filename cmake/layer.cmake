# One folder of src/ is one layer: a library of its sources, one test program of its *_test.cc files, and with
# RINGWALL_FUZZ one fuzzer for each *_fuzz.cc. ALLOWS names the layers whose headers it may include (script/check-layers
# reads the same lines and fails on any other include); USES names the outside libraries that this folder alone may
# include.
include(GoogleTest)

# What every test includes, compiled once. The layers themselves have no precompiled header: that a .cc file begins with
# its own header and compiles is what proves the header complete (script/check-layers).
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cc CONTENT "int main() {}  // only there to be a target\n")
add_executable(test_headers EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/test_headers.cc)
target_link_libraries(test_headers PRIVATE GTest::gmock)
target_compile_options(test_headers PRIVATE ${RINGWALL_TEST_FLAGS})
target_precompile_headers(test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
# A cached one would name the folder of another clone.
set_target_properties(test_headers PROPERTIES CXX_COMPILER_LAUNCHER "")

function(ringwall_layer folder)
  cmake_parse_arguments(LAYER "" "" "ALLOWS;USES;TEST_USES" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  set(root ${CMAKE_SOURCE_DIR}/src/${folder})
  if(NOT IS_DIRECTORY ${root})
    return()
  endif()
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${root}/*.cc)
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cc$")
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(fuzzers ${all})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")

  set(allowed "")
  foreach(layer ${LAYER_ALLOWS})
    string(REPLACE "/" "_" layer ${layer})
    if(TARGET ringwall_${layer})
      list(APPEND allowed ringwall_${layer})
    endif()
  endforeach()

  if(sources)
    add_library(ringwall_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(ringwall_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(ringwall_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(ringwall_${name} ${scope} ${allowed} ${LAYER_USES} fmt::fmt)

  if(tests)
    add_executable(${name}_test ${tests})
    target_compile_options(${name}_test PRIVATE ${RINGWALL_TEST_FLAGS})
    target_precompile_headers(${name}_test REUSE_FROM test_headers)
    target_link_libraries(${name}_test PRIVATE ringwall_${name} ${LAYER_TEST_USES} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE RINGWALL_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    gtest_discover_tests(${name}_test TEST_PREFIX "${folder}/" DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES
                         DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120)
  endif()
  if(RINGWALL_FUZZ)
    foreach(fuzzer ${fuzzers})
      get_filename_component(program ${fuzzer} NAME_WE)
      add_executable(${program} ${fuzzer})
      target_link_libraries(${program} PRIVATE ringwall_${name})
      target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()

# ringwall_counted_copy(folder files...): compiles the sources of a layer, and files that they need, once more for its
# test program: in the namespace ringwall_counted, with a call of __sanitizer_cov_trace_pc() at each branch. A test
# counts with it what an input costs.
function(ringwall_counted_copy folder)
  string(REPLACE "/" "_" name ${folder})
  if(NOT TARGET ${name}_test)
    return()
  endif()
  if(RINGWALL_FUZZ) # the fuzzers count the branches of everything themselves
    get_target_property(tests ${name}_test SOURCES)
    list(FILTER tests EXCLUDE REGEX bounded_steps_test)
    set_property(TARGET ${name}_test PROPERTY SOURCES ${tests})
    return()
  endif()
  get_target_property(sources ringwall_${name} SOURCES)
  add_library(${name}_counted STATIC EXCLUDE_FROM_ALL ${sources} ${ARGN})
  target_include_directories(${name}_counted PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name}_counted PRIVATE fmt::fmt)
  target_compile_definitions(${name}_counted PRIVATE ringwall=ringwall_counted)
  target_compile_options(${name}_counted PRIVATE -O1 -fsanitize-coverage=trace-pc)
  target_link_libraries(${name}_test PRIVATE ${name}_counted)
endfunction()
