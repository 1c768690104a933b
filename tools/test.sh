#!/bin/sh
# Builds one folder and runs the suites on it: the C unit tests, the syntax trees beside CPython's, the lint and the
# tour (on `build` alone), the Python programs of tests/ and (on `build`) the fast part of CPython's own, with the GIL and
# without. The last line is "N passed, N failed", alone; status 0 only if none failed.
# usage: tools/test.sh FOLDER [meson setup options...] [-- tests/run.py arguments...]
cd "$(dirname "$0")/.." || exit 1
folder=${1:-build}
[ $# -gt 0 ] && shift

# The options up to `--` are the build's; what is left in "$@" is for tests/run.py.
build() {
    options=
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    # shellcheck disable=SC2086 # meson options have no blanks
    tools/build.sh "$folder" $options
}

# Runs a command that is one test; tells its last lines when it fails.
one() {
    name=$1
    shift
    if timeout 300 "$@" >"$output" 2>&1; then
        echo "1 passed, 0 failed"
    else
        echo "FAILED: $name"
        tail -40 "$output" | sed 's/^/    /'
        echo "0 passed, 1 failed"
    fi
}

suites() {
    if ! build "$@"; then
        echo "FAILED: $folder was not built"
        echo "0 passed, 1 failed"
        return
    fi
    while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
    [ $# -gt 0 ] && shift
    for test in "$folder"/test_*; do
        [ -f "$test" ] && [ -x "$test" ] && one "$test" "$test"
    done
    one tests/syntax/compare.py /usr/bin/python3 tests/syntax/compare.py "$folder/test_syntax_dump" snippets
    if [ "$folder" = build ]; then
        one tools/lint.py /usr/bin/python3 tools/lint.py "$folder"
        one tools/gen_deviations.py /usr/bin/python3 tools/gen_deviations.py --check
        one examples/tour.py "$folder/heddle" examples/tour.py
    fi
    one tests/syntax/ast_compare.py /usr/bin/python3 -W ignore tests/syntax/ast_compare.py "$folder/heddle"
    for gil in on off; do
        /usr/bin/python3 tests/run.py --heddle "$folder/heddle" --gil=$gil "$@"
        [ $? -le 1 ] || echo "0 passed, 1 failed"
        if [ "$folder" = build ]; then
            /usr/bin/python3 tests/cpython/conformance.py --gil=$gil fast || [ $? -eq 1 ] || echo "0 passed, 1 failed"
        fi
    done
}

output=$(mktemp) || exit 1
trap 'rm -f "$output"' EXIT
suites "$@" | awk -f tools/sum.awk
