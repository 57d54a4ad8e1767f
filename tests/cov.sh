#!/bin/sh
# cov.sh BUILD: lines and branches of the core that its unit tests reached, per file, from an instrumented build.
#
# A failing arm of must() is a branch that no sane test takes; branches are counted without them.
set -eu
build="${1:-build-cov}"
ls "$build"/engine/core/*.gcda >/dev/null 2>&1 || {
    echo "cov: no coverage in $build; run: make cov" >&2
    exit 66
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$(pwd)
here=$(cd "$build" && pwd)
cd "$work"
ln -s "$root/engine" engine # gcov looks for sources from where it writes
for data in "$here"/engine/core/*.gcda; do
    gcov -b -c -o "$here/engine/core" "$data" >/dev/null 2>&1
done
# In a .gcov file a line is "count:number:source"; "#####" was never run. "branch n taken m" follows its line.
awk '
    FNR == 1 { file = FILENAME; sub(/\.gcov$/, "", file); order[++files] = file; is_must = 0 }
    /^ *[0-9#=*-]+:/ {
        split($0, part, ":"); count = part[1]; gsub(/[ *]/, "", count)
        is_must = $0 ~ /must\(/
        if (count != "-" && part[2] + 0 > 0) { lines[file]++; if (count !~ /[#=]/) run[file]++ }
        next
    }
    /^branch/ && !is_must { branches[file]++; if ($0 ~ /taken [1-9]/) taken[file]++ }
    END {
        printf "%-28s %8s %8s\n", "file", "lines", "branches"
        for (i = 1; i <= files; i++) {
            f = order[i]
            if (!lines[f] || f !~ /\.c$/) continue
            printf "%-28s %7.1f%% %7.1f%%\n", f, 100 * run[f] / lines[f], branches[f] ? 100 * taken[f] / branches[f] : 100
            l += lines[f]; r += run[f]; b += branches[f]; t += taken[f]
        }
        if (l) printf "%-28s %7.1f%% %7.1f%%\n", "core", 100 * r / l, b ? 100 * t / b : 100
    }' ./*.c.gcov
