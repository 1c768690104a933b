#!/bin/sh
# Runs each program here (or those named) with heddle and with CPython and compares what they print.
# usage: tests/lang/run.sh HEDDLE [heddle options --] [files]
heddle=$1
shift
here=$(dirname "$0")
[ $# -gt 0 ] || set -- "$here"/*.py
failed=0
for file; do
    want=$(timeout 60 /usr/bin/python3 "$file" 2>/dev/null)
    got=$(timeout 60 $heddle "$file" 2>"${TMPDIR:-/tmp}/heddle-lang.$$")
    if [ "$want" != "$got" ]; then
        failed=$((failed + 1))
        echo "FAIL $file"
        if [ -n "$VERBOSE" ]; then
            printf '%s\n' "$want" >"${TMPDIR:-/tmp}/heddle-want.$$"
            printf '%s\n' "$got" | diff "${TMPDIR:-/tmp}/heddle-want.$$" - | head -${VERBOSE}
            tail -3 "${TMPDIR:-/tmp}/heddle-lang.$$"
        fi
    fi
done
rm -f "${TMPDIR:-/tmp}/heddle-lang.$$" "${TMPDIR:-/tmp}/heddle-want.$$"
echo "$# programs, $failed failed"
[ $failed -eq 0 ]
