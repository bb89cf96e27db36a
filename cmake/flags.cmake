# Language, warnings, hardening, sanitizers, linker and compiler cache. Everything here holds for every target of ours.
include_guard(GLOBAL)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

# -g1 keeps line tables for stack traces and leaves out the types, which are nine tenths of a link.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

# Our own code only: generated code and libraries do not link this.
add_library(keten_warnings INTERFACE)
target_compile_options(keten_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Known to report std::vector and std::string themselves, wrongly, when it inlines (GCC bugs 105329, 105651, 105762).
  target_compile_options(keten_warnings INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow)
endif()

# Paths in assertions and debug information start at the repository, whatever machine built them.
# The second form is what the compiler cache makes of the first.
cmake_path(RELATIVE_PATH PROJECT_SOURCE_DIR BASE_DIRECTORY ${PROJECT_BINARY_DIR} OUTPUT_VARIABLE keten_source_from_build)
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=${keten_source_from_build}/=)

# Some libraries ask for -pthread and some do not; a precompiled header must not see a difference.
add_compile_options(-pthread)
add_link_options(-pthread)
# A test that cannot use the precompiled header builds slower, which is no error.
set(CMAKE_PCH_WARN_INVALID OFF)

# Hardening. -fPIE by hand and not by POSITION_INDEPENDENT_CODE, which compiles libraries with other flags than programs and
# so would refuse a precompiled header that both share.
add_compile_options(-fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
if(KETEN_SANITIZE)
  # Fortified functions hide from the sanitizers what they look for.
  string(REPLACE "," ";" keten_sanitizers "${KETEN_SANITIZE}")
  add_compile_options(-fsanitize=${KETEN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  string(REPLACE "fuzzer-no-link," "" keten_link_sanitizers "${KETEN_SANITIZE}")
  add_link_options(-fsanitize=${keten_link_sanitizers})
else()
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

find_program(KETEN_MOLD mold)
if(KETEN_MOLD AND NOT KETEN_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

# Two build trees of one checkout share results. The launcher carries the settings, so that a plain "ninja" has them too.
find_program(KETEN_CCACHE ccache)
if(KETEN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      ${KETEN_CCACHE})
endif()
