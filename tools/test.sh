#!/bin/sh
# Builds one folder and runs the suites on it: the C unit tests, the syntax trees beside CPython's, the lint and the
# Python programs of tests/. The last line is "N passed, N failed", alone. Status 0 only if none failed.
# usage: tools/test.sh [--no-build] [FOLDER (build)] [tests/run.py options]
cd "$(dirname "$0")/.." || exit 1
build=yes
[ "$1" = --no-build ] && { build=no; shift; }
folder=build
case ${1:--} in -*) ;; *) folder=$1; shift ;; esac
[ $build = no ] || tools/build.sh "$folder" || exit 1

output=$(mktemp -d) || exit 1
trap 'rm -rf "$output"' EXIT
passed=0
failed=0

# Runs a command that is one test; tells its last lines when it fails.
one() {
    name=$1
    shift
    if timeout "${UNIT_TIMEOUT:-120}" "$@" >"$output/one" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        tail -40 "$output/one" | sed 's/^/    /'
    fi
}

for test in "$folder"/test_*; do
    [ -f "$test" ] && [ -x "$test" ] && one "$test" "$test"
done
[ "$passed" -gt 0 ] || { failed=$((failed + 1)); echo "FAILED: $folder has no unit tests"; }
if [ -x "$folder/test_syntax_dump" ]; then
    UNIT_TIMEOUT=300 one "tests/syntax/compare.py" /usr/bin/python3 tests/syntax/compare.py "$folder/test_syntax_dump" snippets
fi
if [ -f tools/lint.py ]; then
    one "tools/lint.py" /usr/bin/python3 tools/lint.py "$folder"
fi
if [ -x "$folder/heddle" ]; then
    /usr/bin/python3 tests/run.py --heddle "$folder/heddle" "$@" >"$output/programs"
    sed '$d' "$output/programs"
    sums=$(sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$output/programs")
    set -- $sums
    if [ $# -eq 2 ]; then
        passed=$((passed + $1))
        failed=$((failed + $2))
    else
        failed=$((failed + 1))
        echo "FAILED: tests/run.py did not come to its end"
        cat "$output/programs"
    fi
else
    echo "$folder/heddle is not built (meson option 'program'): the programs of tests/ were not run"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
