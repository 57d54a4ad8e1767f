#!/bin/sh
# matrix.sh: law 3 across compilers: gcc and clang at -O0 and -O3 play the golden morning to one digest.
#
# Builds four programs in build-golden-*; minutes on two cores. `make golden`. Warnings that only one level gives
# are not this test's business.
set -eu
. tests/golden/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
expected=''
number=0
for cc in gcc clang; do
    for level in -O0 -O3; do
        build="build-golden-$cc$level"
        number=$((number + 1))
        "${MAKE:-make}" BUILD="$build" CC="$cc" OPT="$level" EXTRA_CFLAGS=-Wno-error all >"$work/build.txt" 2>&1 || {
            tail -n 20 "$work/build.txt"
            echo "not ok $number - $cc $level does not build"
            exit 1
        }
        digest=$(golden_digest "$build/gridloop" "$work/$cc$level")
        [ -n "$expected" ] || expected=$digest
        [ "$digest" = "$expected" ] || {
            echo "not ok $number - $cc $level: $digest, but gcc -O0: $expected"
            exit 1
        }
        echo "ok $number - $cc $level: $digest"
    done
done
