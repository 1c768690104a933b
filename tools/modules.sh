#!/bin/sh
# Prints one HD_MODULE(name) row per native module, from the file names src/modules/mod_<name>.c.
cd "$(dirname "$0")/.." || exit 1
for file in src/modules/mod_*.c; do
    [ -f "$file" ] || continue
    name=${file#src/modules/mod_}
    echo "HD_MODULE(${name%.c})"
done
