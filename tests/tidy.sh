#!/bin/sh
# tidy.sh: lists the C files that clang-format would lay out differently; fails when there are any.
set -eu
wrong=0
for source in $(git ls-files '*.c' '*.h'); do
    [ -f "$source" ] || continue
    if ! clang-format --dry-run -Werror "$source" >/dev/null 2>&1; then
        echo "$source"
        wrong=$((wrong + 1))
    fi
done
[ "$wrong" -eq 0 ] || {
    echo "$wrong files are not laid out by .clang-format; run: clang-format -i FILE" >&2
    exit 1
}
