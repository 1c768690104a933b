#!/bin/sh
# Configures (once, and again when source files came or went) and builds one build folder.
# usage: tools/build.sh FOLDER [meson setup options...]
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift
[ -f "$folder/build.ninja" ] || meson setup "$folder" "$@" >"/tmp/heddle-setup.$$" 2>&1 || {
    cat "/tmp/heddle-setup.$$"
    exit 1
}
rm -f "/tmp/heddle-setup.$$"
list=$(find src tests/unit lib -name '*.[ch]' -o -name '*.inc' -o -name '*.def' 2>/dev/null | grep '\.c$' | sort)
if [ "$list" != "$(cat "$folder/.sources" 2>/dev/null || true)" ]; then
    [ -f "$folder/.sources" ] && { meson setup --reconfigure "$folder" >"/tmp/heddle-setup.$$" 2>&1 || { cat "/tmp/heddle-setup.$$"; exit 1; }; }; rm -f "/tmp/heddle-setup.$$"
    printf '%s\n' "$list" >"$folder/.sources"
fi
exec ninja -C "$folder" --quiet
