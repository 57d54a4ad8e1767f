#!/bin/sh
# gate_headers.sh: every header compiles alone, twice over, and its guard is its path.
set -eu
build=$(cd "${BUILD:-build}" 2>/dev/null && pwd || echo build)
. "$(dirname "$0")/tree.sh"
cc="${CC:-gcc}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for header in $(files '*.h'); do
    [ "$header" = proto/client/gridloop.h ] && continue # installed alone, as <gridloop.h>: checked below
    guard=$(echo "$header" | tr 'a-z/.-' 'A-Z___')
    grep -q "^#ifndef $guard\$" "$header" || wrong "$header: guard should be $guard"
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" >"$work/alone.c"
    "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror -D_GNU_SOURCE -fsyntax-only -I. -I"$build" "$work/alone.c" \
        >"$work/out.txt" 2>&1 || wrong "$header: does not stand alone: $(grep -m 1 error "$work/out.txt")"
done
public=proto/client/gridloop.h
if [ -f "$public" ]; then
    grep -q '^#include "' "$public" && wrong "$public: a public header may not include the project's own"
    for standard in c11 c99; do
        printf '#include "%s"\n' "$public" >"$work/alone.c"
        "$cc" -std=$standard -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I. "$work/alone.c" >"$work/out.txt" 2>&1 ||
            wrong "$public: does not compile as $standard: $(grep -m 1 error "$work/out.txt")"
    done
fi
finish 'headers stand alone'
