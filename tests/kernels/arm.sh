#!/usr/bin/env bash
# Cross-compiles the kernels and their tests for NEON and for SVE, and runs them under qemu-user at several vector lengths.
#   tests/kernels/arm.sh WORK_DIRECTORY
# Needs Debian's g++-aarch64-linux-gnu and qemu-user; Highway, fmt and Catch2 are used as headers only, TBB not at all.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
cd "$1"
compiler=(${CCACHE-$(command -v ccache || true)} aarch64-linux-gnu-g++)
mkdir -p include
for headers in hwy fmt catch2; do ln -sfn "/usr/include/$headers" "include/$headers"; done
flags=(-std=c++20 -O2 -ffp-contract=off -Wall -Wextra -Wpedantic -isystem include -I"$root"
       -DFMT_HEADER_ONLY -DHWY_COMPILE_ONLY_STATIC -DLUTRA_KERNELS_SERIAL)
sources=("$root"/kernels/*.cpp "$root"/kernels/bench/differential.cpp "$root"/isa/error.cpp "$root"/tests/main.cpp)
for test in golden mpgemm unplanned differential; do sources+=("$root/tests/kernels/${test}_test.cpp"); done

build() {  # NAME MARCH
  local objects=()
  mkdir -p "$1"
  for source in "${sources[@]}"; do
    local object
    object="$1/$(basename "$source").o"
    "${compiler[@]}" "${flags[@]}" -march="$2" -c "$source" -o "$object"
    objects+=("$object")
  done
  aarch64-linux-gnu-g++ -static "${objects[@]}" -o "$1/kernels_test"
}

run() {  # NAME CPU
  echo "arm: $1 on $2"
  qemu-aarch64 -cpu "$2" "$1/kernels_test"
}

build neon armv8-a+crypto
build sve armv8-a+sve+crypto
run neon cortex-a57
run sve max,sve128=on,sve-max-vq=1
run sve max,sve256=on,sve-max-vq=2
run sve max,sve512=on,sve-max-vq=4
