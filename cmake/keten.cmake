# The four words every folder's CMakeLists.txt uses: keten_library, keten_program, keten_test, keten_protobuf.
# cmake/README.md shows them by example.
include_guard(GLOBAL)
include(${CMAKE_CURRENT_LIST_DIR}/flags.cmake)

# What a library, a program and a test have in common. MODE is how dependencies are passed on.
function(_keten_target target mode)
  set(options)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPENDS;PRIVATE_DEPENDS")
  if(mode STREQUAL "INTERFACE")
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target} INTERFACE ${arg_DEPENDS} ${arg_PRIVATE_DEPENDS})
    return()
  endif()
  target_include_directories(${target} ${mode} ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} ${mode} ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS} keten_warnings)
endfunction()

# keten_library(<target> [PURE] [SOURCES <file>...] [DEPENDS <target>...] [PRIVATE_DEPENDS <target>...])
#
# One folder is one library. Without SOURCES it takes every .cpp file of the current folder, not of sub-folders; new files
# are found at the next build. A folder without a .cpp file becomes a header-only (INTERFACE) library.
# DEPENDS is what the folder's headers may include, PRIVATE_DEPENDS what only its .cpp files include.
# PURE folders know no clock, thread, socket, disk or log: tools/lint/purity.py looks at the symbols of their archives.
function(keten_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "PURE" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "keten_library(${target}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_SOURCES AND NOT "SOURCES" IN_LIST ARGN)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  endif()
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    _keten_target(${target} PUBLIC DEPENDS ${arg_DEPENDS} PRIVATE_DEPENDS ${arg_PRIVATE_DEPENDS})
  else()
    add_library(${target} INTERFACE)
    _keten_target(${target} INTERFACE DEPENDS ${arg_DEPENDS} PRIVATE_DEPENDS ${arg_PRIVATE_DEPENDS})
  endif()
  string(REGEX REPLACE "^keten_" "" name ${target})
  add_library(keten::${name} ALIAS ${target})
  add_library(keten::${target} ALIAS ${target})
  if(arg_PURE)
    set_property(GLOBAL APPEND PROPERTY KETEN_PURE_TARGETS ${target})
  endif()
endfunction()

# keten_program(<target> SOURCES <file>... [DEPENDS <target>...]): a program in <build>/bin. Does nothing without sources.
function(keten_program target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS")
  if(NOT arg_SOURCES)
    return()
  endif()
  add_executable(${target} ${arg_SOURCES})
  _keten_target(${target} PRIVATE DEPENDS ${arg_DEPENDS})
  set_property(GLOBAL APPEND PROPERTY KETEN_PROGRAMS ${target})
endfunction()

# keten_test(<name> [SOURCES <file>...] [DEPENDS <target>...] [LABELS <label>...] [TIMEOUT <seconds>] [ARGUMENTS <arg>...])
#
# A Boost.Test program <build>/bin/tests/<name>, registered with ctest under the same name. Without SOURCES it takes every
# .cpp file of the current folder. The main function and a precompiled Boost.Test header come from tests/unit.
function(keten_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;DEPENDS;LABELS;ARGUMENTS")
  if(NOT arg_SOURCES)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  endif()
  if(NOT arg_SOURCES)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  _keten_target(${name} PRIVATE DEPENDS ${arg_DEPENDS} keten_test_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin/tests)
  if(TARGET keten_test_precompiled)
    target_precompile_headers(${name} REUSE_FROM keten_test_precompiled)
  endif()
  add_test(NAME ${name} COMMAND ${name} ${arg_ARGUMENTS} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()

# keten_protobuf(<target> [GRPC] PROTOS <file>... [DEPENDS <target>...])
#
# C++ from the .proto files, which are named relative to the current folder, the import root. With GRPC it makes the
# service stubs (*.grpc.pb.cc) and nothing else, so that a folder that needs messages only never pays for gRPC.
# Generated code carries no warnings of ours and is included as system headers.
function(keten_protobuf target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "GRPC" "" "PROTOS;DEPENDS")
  set(out ${PROJECT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out})
  set(generated)
  foreach(proto IN LISTS arg_PROTOS)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    if(arg_GRPC)
      set(files ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
      set(how --grpc_out=${out} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
    else()
      set(files ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
      set(how --cpp_out=${out})
    endif()
    add_custom_command(
      OUTPUT ${files}
      COMMAND protobuf::protoc ${how} -I ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${proto}
      DEPENDS ${arg_PROTOS}
      COMMENT "protoc ${proto}"
      VERBATIM)
    list(APPEND generated ${files})
  endforeach()
  if(NOT generated)
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_DEPENDS})
    target_include_directories(${target} SYSTEM INTERFACE ${out})
    return()
  endif()
  add_library(${target} STATIC ${generated})
  # Every includer must wait for protoc, also one that only sees the headers through another library.
  add_custom_target(${target}_generated DEPENDS ${generated})
  add_dependencies(${target} ${target}_generated)
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS})
endfunction()
