#!/bin/sh
# Gives one build folder its profile: builds Heddle with counters (in FOLDER-profile), runs tools/training/*.py with the
# GIL and without, and lays what was counted beside the folder's objects, which are compiled anew by it (gcc's
# -fprofile-use). The training is ordinary work of many kinds, and not the benchmarks'.
# usage: tools/profile.sh FOLDER meson setup options...
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift
counting=$folder-profile
log=$(mktemp)
trap 'rm -rf "$log" "$counting"' EXIT

quiet() {
    "$@" >"$log" 2>&1 || {
        echo "tools/profile.sh: $* failed:"
        cat "$log"
        exit 1
    }
}

echo "$folder: first a build that counts what ordinary programs do (tools/profile.sh); once, a minute or two"
rm -rf "$counting"
quiet meson setup "$counting" "$@" -Db_pgo=generate
# shellcheck disable=SC2046 # targets have no blanks
quiet ninja -C "$counting" heddle $(ninja -C "$counting" -t targets rule c_LINKER | grep '^modules/')
for program in tools/training/*.py; do
    for gil in on off; do
        quiet timeout 120 "$counting/heddle" --gil=$gil "$program"
    done
done
(cd "$counting" && find . -name '*.gcda' | tar -cf - -T -) | tar -xf - -C "$folder"
find "$folder" -name '*.o' -delete
touch "$folder/.profile"
