#!/bin/sh
# Configures one build folder (again, when the options or the list of source files changed) and builds it.
# A build that is to use a profile (-Db_pgo=use) and has none gets one first.
# usage: tools/build.sh FOLDER [meson setup options...]      without options, those of the last time
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Runs meson and tells what it said only when it failed.
quiet() {
    "$@" >"$log" 2>&1 || {
        cat "$log"
        exit 1
    }
}

sources=$(find src tests/unit -name '*.c' | sort)
options=${*:-$(cat "$folder/.options" 2>/dev/null || true)}
if [ ! -f "$folder/build.ninja" ]; then
    quiet meson setup "$folder" "$@"
elif [ "$options" != "$(cat "$folder/.options" 2>/dev/null || true)" ]; then
    quiet meson configure "$folder" "$@" # meson 1.0's setup --reconfigure forgets b_pgo
    quiet meson setup --reconfigure "$folder"
elif [ "$sources" != "$(cat "$folder/.sources" 2>/dev/null || true)" ]; then
    quiet meson setup --reconfigure "$folder"
fi
case " $options " in
*" -Db_pgo=use "*) [ -f "$folder/.profile" ] || tools/profile.sh "$folder" $options ;;
esac
printf '%s\n' "$sources" >"$folder/.sources"
printf '%s\n' "$options" >"$folder/.options"
quiet ninja -C "$folder" build.ninja # meson tells its configuration again when its files changed
ninja -C "$folder" --quiet
