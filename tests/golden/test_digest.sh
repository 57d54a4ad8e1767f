#!/bin/sh
# test_digest.sh: law 3: the same morning twice gives the same state and effects, and its log replays to the same state.
set -eu
. tests/golden/run.sh
program="${BUILD:-build}/gridloop"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

first=$(golden_digest "$program" "$work/a")
second=$(golden_digest "$program" "$work/b")
[ "$first" = "$second" ] || {
    echo "not ok 1 - the same seed gave $first and $second"
    exit 1
}
echo "ok 1 - the same seed gives the same digests: $first"
cmp "$work/a/city.txt" "$work/b/city.txt" >/dev/null || sed 's/^/# /' "$work/b/city.txt"
(cd "$work/a/city" && find . -type f -exec cksum {} + | sort) >"$work/a.sum"
(cd "$work/b/city" && find . -type f -exec cksum {} + | sort) >"$work/b.sum"
cmp "$work/a.sum" "$work/b.sum" || {
    echo "not ok 2 - the same seed made two cities"
    exit 1
}
echo "ok 2 - the same seed makes the same city, byte for byte"
