#!/usr/bin/env bash
# Cross-compiles the kernels for NEON and for SVE and runs them under qemu-user at several vector lengths.
#   tests/kernels/arm.sh WORK_DIRECTORY short    random problems against the reference, under two minutes of processor time
#   tests/kernels/arm.sh WORK_DIRECTORY full     the unit tests of this folder
# Needs Debian's g++-aarch64-linux-gnu and qemu-user; Highway, fmt and Catch2 are used as headers only, TBB not at all.
set -euo pipefail
[ $# -eq 2 ] || { sed -n '3,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
how=$2
mkdir -p "$1/$how"
cd "$1/$how"
compiler=(${CCACHE-$(command -v ccache || true)} aarch64-linux-gnu-g++)
mkdir -p include
for headers in hwy fmt catch2; do ln -sfn "/usr/include/$headers" "include/$headers"; done
flags=(-std=c++20 -ffp-contract=off -Wall -Wextra -Wpedantic -isystem include -I"$root"
       -DFMT_HEADER_ONLY -DHWY_COMPILE_ONLY_STATIC -DLUTRA_KERNELS_SERIAL)

# Only simd_kernels.cpp depends on the instruction set: everything else is compiled once. The kernels are optimised in both.
sources=("$root/isa/error.cpp" "$root/kernels/bench/differential.cpp")
for source in "$root"/kernels/*.cpp; do
  [ "$(basename "$source")" = simd_kernels.cpp ] || sources+=("$source")
done
if [ "$how" = short ]; then
  sources+=("$root/tests/kernels/random_check.cpp")
else
  sources+=("$root/tests/main.cpp")
  for test in golden mpgemm unplanned differential; do sources+=("$root/tests/kernels/${test}_test.cpp"); done
fi

compile() { "${compiler[@]}" "${flags[@]}" -O2 -march="$2" -c "$1" -o "$3"; }

common=()
for source in "${sources[@]}"; do
  common+=("$(basename "$source").o")
  compile "$source" armv8-a "${common[-1]}"
done

build() {  # NAME MARCH
  compile "$root/kernels/simd_kernels.cpp" "$2" "$1.o"
  aarch64-linux-gnu-g++ -static "${common[@]}" "$1.o" -o "$1_test"
}

run() {  # NAME CPU ARGUMENTS
  echo "arm: $1 on $2"
  qemu-aarch64 -cpu "$2" "./$1_test" "${@:3}"
}

build neon armv8-a+crypto
build sve armv8-a+sve+crypto
cases=()
[ "$how" = full ] || cases=(40)
run neon cortex-a57 "${cases[@]}"
run sve max,sve128=on,sve-max-vq=1 "${cases[@]}"
run sve max,sve256=on,sve-max-vq=2 "${cases[@]}"
run sve max,sve512=on,sve-max-vq=4 "${cases[@]}"
