#!/bin/sh
# Lists the C files of one room (src/ROOM), or the C unit tests, one a line, relative to the repository root.
cd "$(dirname "$0")/.." || exit 1
case "$1" in
unit-tests) [ -d tests/unit ] && ls tests/unit/test_*.c 2>/dev/null ;;
*) [ -d "src/$1" ] && ls src/"$1"/*.c 2>/dev/null | grep -v '^src/cli/main\.c$' ;;
esac
exit 0
