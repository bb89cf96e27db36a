#!/usr/bin/env bash
# clang-tidy with the rules of .clang-tidy over named files or, without names, over every .cpp file. By hand and not in ctest: it
# takes minutes. Needs clang-tidy-14 and a configured tree (cmake --preset dev).
#   tools/lint/clang_tidy.sh [file.cpp ...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tidy=$(command -v clang-tidy-14 || command -v clang-tidy) || { echo "clang-tidy-14 is not installed" >&2; exit 1; }
tree=build/dev
[ -e "$tree/compile_commands.json" ] || tree=build/release
if [ $# -eq 0 ]; then
  mapfile -t files < <(git ls-files '*.cpp' | grep -v -e '^tests/' -e '^contracts/library/')
  set -- "${files[@]}"
fi
# GCC's flags and precompiled headers mean nothing to clang.
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" "$tidy" -p "$tree" --quiet --extra-arg=-Wno-unknown-warning-option
