#!/bin/sh
# gate_heads.sh: every source file says in its first line what it is: "/* name.c: purpose".
set -eu
. "$(dirname "$0")/tree.sh"

for source in $(files '*.c' '*.h' '*.ts' '*.tsx' '*.mjs' '*.css'); do
    head -n 1 "$source" | grep -qF "/* $(basename "$source"): " ||
        wrong "$source:1: should begin with /* $(basename "$source"): <purpose in one line>"
done
finish 'every file says what it is for'
