#!/bin/sh
# gate_arrows.sh: every project include is root-relative and follows an arrow of tests/layers.txt.
set -eu
. "$(dirname "$0")/tree.sh"

sources=$(files '*.c' '*.h')
# shellcheck disable=SC2086
out=$(awk '
    FNR == NR {
        if ($0 !~ /^#/ && NF >= 2) {
            room[$1] = $2
            allowed[$2, $2] = 1
            for (i = 3; i <= NF; i++) allowed[$2, $i] = 1
        }
        next
    }
    function room_of(path,    p) {
        for (p = path; p != ""; ) {
            if (p in room) return room[p]
            if (p !~ /\//) return ""
            sub(/\/[^\/]*$/, "", p)
        }
        return ""
    }
    FNR == 1 { mine = room_of(FILENAME) }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        path = $0
        sub(/^[^"]*"/, "", path); sub(/".*/, "", path)
        if (path !~ /\//) { print FILENAME ":" FNR ": include is not root-relative: " path; next }
        theirs = room_of(path)
        if (mine == "") { print FILENAME ":" FNR ": this folder is not in tests/layers.txt"; next }
        if (theirs == "") { print FILENAME ":" FNR ": no room known for " path; next }
        if (!((mine, theirs) in allowed))
            print FILENAME ":" FNR ": " mine " may not include " theirs ": " path
    }' tests/layers.txt $sources)
if [ -n "$out" ]; then
    echo "$out"
    found=$(echo "$out" | wc -l)
fi
finish 'includes follow tests/layers.txt'
