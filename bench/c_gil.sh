#!/bin/sh
# Builds and runs bench/c_gil.c against src/sync.
set -eu
cd "$(dirname "$0")/.."
out=${TMPDIR:-/tmp}/heddle-c_gil.$$
trap 'rm -f "$out"' EXIT
cc -O2 -DNDEBUG -std=gnu17 -D_GNU_SOURCE -fno-strict-aliasing -Isrc/base -Isrc/sync bench/c_gil.c src/sync/*.c \
    src/base/panic.c -o "$out" -pthread
"$out" "$@"
