#!/usr/bin/env bash
# Installs the packages that Keten needs on Debian 12, and nothing that is there already.
#   tools/setup.sh [build] [tests]     both groups when none is named
set -euo pipefail

# Never libboost-dev or any libboost-*-dev without 1.81 beside these: the two versions conflict.
build_packages=(
  build-essential cmake ninja-build pkg-config ccache mold git python3 ca-certificates
  libboost1.81-dev libboost-test1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev
  librocksdb-dev libsodium-dev libssl-dev libspdlog-dev libfmt-dev libcli11-dev
  libtomlplusplus-dev prometheus-cpp-dev libbenchmark-dev
)
test_packages=(
  binutils clang-14 clang-format-14 libclang-rt-14-dev
  lld-14 wasi-libc libclang-rt-14-dev-wasm32 libc++-14-dev-wasm32 libc++abi-14-dev-wasm32
  iproute2 nftables util-linux openssl procps curl jq wabt nodejs
)

# Newer packages of Node.js bring npm along and conflict with Debian's.
command -v npm >/dev/null || test_packages+=(npm)

say() { printf 'set-up: %s\n' "$*"; }

wanted=()
for group in "${@:-both}"; do
  case "$group" in
    build) wanted+=("${build_packages[@]}") ;;
    tests) wanted+=("${test_packages[@]}") ;;
    both) wanted+=("${build_packages[@]}" "${test_packages[@]}") ;;
    *) say "unknown group '$group'; there are: build tests" >&2; exit 2 ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  say "this is not a Debian system; install what these Debian 12 packages hold, then build with cmake --preset release:" >&2
  printf '  %s\n' "${wanted[*]}" >&2
  exit 1
fi

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' || true)
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
  say "all ${#wanted[@]} packages are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    say "needs root or sudo to install: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_missing() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update >"$log" 2>&1 &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
      "${missing[@]}" >>"$log" 2>&1
}
say "installing ${#missing[@]} of ${#wanted[@]} packages with apt-get: ${missing[*]}"
if ! install_missing; then
  say "apt-get failed, trying once more in five seconds"
  sleep 5
  if ! install_missing; then
    tail -n 20 "$log" >&2
    say "apt-get failed twice; its last lines are above" >&2
    exit 1
  fi
fi
say "done"
