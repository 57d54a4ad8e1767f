#!/bin/sh
# gate_headers.sh: every header compiles alone, twice over, and its guard is its path.
set -eu
build=$(cd "${BUILD:-build}" 2>/dev/null && pwd || echo build)
. "$(dirname "$0")/tree.sh"
cc="${CC:-gcc}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for header in $(files '*.h'); do
    guard=$(echo "$header" | tr 'a-z/.-' 'A-Z___')
    grep -q "^#ifndef $guard\$" "$header" || wrong "$header: guard should be $guard"
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" >"$work/alone.c"
    "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror -D_GNU_SOURCE -fsyntax-only -I. -I"$build" "$work/alone.c" \
        >"$work/out.txt" 2>&1 || wrong "$header: does not stand alone: $(grep -m 1 error "$work/out.txt")"
done
finish 'headers stand alone'
