#!/bin/sh
# gate_scratch.sh: temporary files are made by sim/scratch.h alone, so that they lie under TMPDIR and go again.
set -eu
. "$(dirname "$0")/tree.sh"

sources=$(files '*.c' '*.h' | grep -vx 'sim/scratch\.c')
out=$(
    echo "$sources" | xargs grep -nHE '\b(mkd?o?s?temps?|tmpfile|tmpnam|tempnam)\(' || true
    echo "$sources" | { grep '^tests/' || true; } | xargs -r grep -nHE '"[^"]*/tmp/' || true
)
if [ -n "$out" ]; then
    echo "$out"
    found=$(echo "$out" | wc -l)
fi
finish 'temporary places come from sim/scratch.h'
