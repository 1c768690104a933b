#!/bin/sh
# Builds and runs the C unit tests; the last line is "N passed, N failed", alone. Status 0 only if none failed.
cd "$(dirname "$0")/.." || exit 1
tools/build.sh build --buildtype=debugoptimized -Doptimization=1 || exit 1
passed=0
failed=0
for test in build/test_*; do
    [ -x "$test" ] && [ -f "$test" ] || continue
    if timeout 120 "$test" >/tmp/heddle-test.$$ 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $test"
        tail -20 /tmp/heddle-test.$$
    fi
done
rm -f /tmp/heddle-test.$$
[ "$passed" -gt 0 ] || failed=$((failed + 1))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
