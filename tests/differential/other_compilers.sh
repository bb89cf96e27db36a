#!/usr/bin/env bash
# Builds the virtual machine and vm_digest with other compilers and levels of optimisation; each must reproduce digests.txt.
#   tests/differential/other_compilers.sh CORE_LIBRARY...     libraries that hold keten_core and what it needs
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sources=(contracts/vm/*.cpp tests/differential/module_generator.cpp tests/differential/digest_test.cpp tests/unit/main.cpp)
ran=0
for choice in "g++ -O0" "g++ -O3" "clang++-14 -O0" "clang++-14 -O3"; do
  read -r compiler level <<<"$choice"
  if ! command -v "$compiler" >/dev/null; then
    printf 'not built with %s: it is not there\n' "$compiler"
    continue
  fi
  folder="$work/$compiler$level"
  mkdir -p "$folder"
  for source in "${sources[@]}"; do
    printf '%s\0' "$source"
  done | xargs -0 -P 2 -I {} sh -c '"$0" -std=c++20 "$1" -I. -DBOOST_TEST_DYN_LINK -c "$2" -o "$3/$(echo "$2" | tr / _).o"' \
    "$compiler" "$level" {} "$folder"
  "$compiler" "$folder"/*.o "$@" -lboost_unit_test_framework -lfmt -lsodium -lprotobuf -lboost_json -o "$folder/vm_digest"
  "$folder/vm_digest"
  printf '%s %s: the same\n' "$compiler" "$level"
  ran=$((ran + 1))
done
[ "$ran" -ge 2 ]
