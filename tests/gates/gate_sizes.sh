#!/bin/sh
# gate_sizes.sh: no source file over 800 lines, no function over 70.
#
# A function is what lies between a line that is "{" and the next that is "}", as .clang-format lays it out.
set -eu
. "$(dirname "$0")/tree.sh"

for source in $(files '*.c' '*.h' '*.py' '*.sh' '*.js' '*.mjs' '*.ts' '*.tsx' '*.css' '*.html'); do
    lines=$(wc -l <"$source")
    [ "$lines" -le 800 ] || wrong "$source: $lines lines"
done
# shellcheck disable=SC2046
out=$(awk '
    /^\{$/ { start = FNR; name = previous }
    /^\}/ {
        if (start && FNR - start - 1 > 70)
            print FILENAME ":" start ": function of " FNR - start - 1 " lines: " name
        start = 0
    }
    { previous = $0 }' $(files '*.c' '*.h') /dev/null)
if [ -n "$out" ]; then
    echo "$out"
    found=$((found + $(echo "$out" | wc -l)))
fi
finish 'files and functions stay readable'
