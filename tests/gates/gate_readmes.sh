#!/bin/sh
# gate_readmes.sh: every folder has a README.md of 5 to 40 lines.
#
# Not asked of folders whose parent's README speaks for them: one folder per room under tests/unit, one per
# page, example or pack, the decisions.
set -eu
. "$(dirname "$0")/tree.sh"

for folder in $(files '*' | grep / | sed 's|/[^/]*$||' | awk '{
        n = split($0, part, "/"); path = part[1]; print path
        for (i = 2; i <= n; i++) { path = path "/" part[i]; print path }
    }' | LC_ALL=C sort -u); do
    case "$folder" in
    .ci | engine/console/* | tests/unit/* | tests/data/* | rules/packs/* | docs/decisions | */examples | */fixtures | */fixtures/* | */standalone) continue ;;
    esac
    if [ ! -f "$folder/README.md" ]; then
        wrong "$folder: no README.md"
        continue
    fi
    lines=$(wc -l <"$folder/README.md")
    if [ "$lines" -lt 5 ] || [ "$lines" -gt 40 ]; then
        wrong "$folder/README.md: $lines lines, not 5 to 40"
    fi
done
finish 'each folder says what lives in it, what it may touch and where to start'
