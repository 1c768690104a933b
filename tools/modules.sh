#!/bin/sh
# Prints one row per native module, from the file names: HD_MODULE(name) for src/modules/mod_<name>.c, which is in the
# binary, HD_SHARED_MODULE(name) for src/modules/ext/mod_<name>.c, a shared object that is loaded on import.
cd "$(dirname "$0")/.." || exit 1
rows() {
    for file in "$1"/mod_*.c; do
        [ -f "$file" ] || continue
        name=${file##*/mod_}
        echo "$2(${name%.c})"
    done
}
rows src/modules HD_MODULE
rows src/modules/ext HD_SHARED_MODULE
