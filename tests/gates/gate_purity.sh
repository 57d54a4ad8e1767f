#!/bin/sh
# gate_purity.sh: the core needs nothing from outside but memory words and the panic hook, and has no globals to write.
#
# Compiled at -O0 without hardening, because hardening brings helpers of its own; merged with ld -r so that
# only what the core as a whole lacks is listed. Then once more with general registers only: no floats at all.
set -eu
. "$(dirname "$0")/tree.sh"
cc="${CC:-gcc}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for source in engine/core/*.c; do
    object="$work/$(basename "$source" .c).o"
    "$cc" -std=c11 -O0 -I. -fno-pic -fno-stack-protector -U_FORTIFY_SOURCE -c "$source" -o "$object" || {
        wrong "$source: does not compile"
        continue
    }
    if [ "$(uname -m)" = x86_64 ]; then
        "$cc" -std=c11 -O2 -I. -mgeneral-regs-only -c "$source" -o "$work/float.obj" 2>"$work/float.txt" ||
            wrong "$source: needs floating-point registers: $(head -n 1 "$work/float.txt")"
    fi
done
[ "$found" -eq 0 ] || finish 'the core is pure'
ld -r -o "$work/core.all" "$work"/*.o

for symbol in $(nm -u "$work/core.all" | awk '{print $2}'); do
    case "$symbol" in
    memcpy | memmove | memset | memcmp | gridloop_panic) ;;
    *) wrong "the core needs $symbol: $(nm -A -u "$work"/*.o | grep -w "$symbol" | sed 's|.*/||; s|:.*||' | sort -u | tr '\n' ' ')" ;;
    esac
done
for symbol in $(nm "$work/core.all" | awk '$2 ~ /^[BbDdCGgSs]$/ {print $3}'); do
    wrong "the core has a writable global: $symbol"
done
finish 'the core is pure'
