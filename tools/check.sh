#!/bin/sh
# What a change must survive beside `make test`: another compiler, AddressSanitizer with UndefinedBehaviorSanitizer,
# ThreadSanitizer, the fuzzers. The last line is "N passed, N failed", alone; status 0 only if none failed.
# usage: tools/check.sh all | subset | fuzz | builds
# subset: a fixed part of the sanitizers' runs, for the gate; builds: only makes the sanitizers' builds (make torture)
cd "$(dirname "$0")/.." || exit 1
what=${1:-all}

# Heddle leaves its memory to the system when it ends, so leaks are counted by its own tests and not at exit.
export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=second_deadlock_stack=1:history_size=4:die_after_fork=0:suppressions=$PWD/tools/tsan.supp

# Warnings are the plain builds' task: instrumented code makes gcc see false ones.
asan='build-asan -Dwarning_level=0 --buildtype=debugoptimized -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false'
tsan='build-tsan -Dwarning_level=0 --buildtype=debugoptimized -Doptimization=1 -Db_sanitize=thread -Db_lundef=false'

clang_builds() {
    if CC=clang tools/build.sh build-clang --buildtype=debugoptimized; then
        echo "1 passed, 0 failed"
    else
        echo "FAILED: clang's build"
        echo "0 passed, 1 failed"
    fi
}

# The rooms that are fuzzed, built once for all targets, and programs to begin with.
fuzz_rooms() {
    mkdir -p build-fuzz/corpus
    for suite in lang conc; do cp tests/$suite/*.py build-fuzz/corpus/; done # two have the same name
    (cd build-fuzz && clang -c -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-strict-aliasing -D_GNU_SOURCE \
        -I../src/base -I../src/syntax ../src/syntax/*.c ../src/base/*.c)
}

# One target for so many seconds; it keeps nothing but what made it fail.
fuzz() {
    if clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-strict-aliasing -D_GNU_SOURCE -Isrc/base -Isrc/syntax \
        "fuzz/$1.c" build-fuzz/*.o -lgmp -lm -o "build-fuzz/$1" &&
        (cd build-fuzz && "./$1" -max_total_time="$2" -max_len=4096 -verbosity=0 -timeout=20 corpus >"$1.log" 2>&1); then
        echo "1 passed, 0 failed"
    else
        echo "FAILED: fuzz/$1.c (build-fuzz/$1.log)"
        tail -30 "build-fuzz/$1.log" 2>/dev/null | sed 's/^/    /'
        echo "0 passed, 1 failed"
    fi
}

everything() {
    clang_builds
    echo "AddressSanitizer and UndefinedBehaviorSanitizer:"
    tools/test.sh $asan -- --sanitized --timeout 300
    echo "ThreadSanitizer:"
    tools/test.sh $tsan -- --sanitized --timeout 300 conc/ litmus/
    fuzz_rooms
    fuzz fuzz_lexer 20
    fuzz fuzz_parser 20
}

subset() {
    echo "AddressSanitizer and UndefinedBehaviorSanitizer, a subset:"
    tools/test.sh $asan -- --sanitized --timeout 120 'lang/c*' 'lang/int_*' 'lang/exceptions_*' 'lang/gen*' 'lang/with*' conc/lock
    echo "ThreadSanitizer, a subset:"
    tools/test.sh $tsan -- --sanitized --timeout 120 conc/lock conc/rlock conc/sync_objects conc/thread_
}

if [ "$what" = builds ]; then
    tools/build.sh $asan && tools/build.sh $tsan
    exit
fi
case $what in
all) everything ;;
fuzz) fuzz_rooms && fuzz fuzz_lexer 20 && fuzz fuzz_parser 20 ;;
subset) subset ;;
*)
    echo "usage: tools/check.sh all | subset | fuzz | builds" >&2
    exit 2
    ;;
esac | awk -f tools/sum.awk
