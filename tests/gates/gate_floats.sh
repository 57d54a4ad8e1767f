#!/bin/sh
# gate_floats.sh: no float, double, 128-bit integer or foreign header in the core.
set -eu
. "$(dirname "$0")/tree.sh"
cc="${CC:-gcc}"

for source in engine/core/*.c engine/core/*.h; do
    # -fpreprocessed strips comments and leaves the words.
    words=$("$cc" -fpreprocessed -dD -E -P -x c "$source" | grep -nwE 'float|double|long double|__int128|_Complex' || true)
    [ -z "$words" ] || wrong "$source: $words"
    foreign=$(sed -n 's/^#include <\(.*\)>.*/\1/p' "$source" | grep -vxE 'stdbool\.h|stddef\.h|stdint\.h|string\.h|limits\.h' || true)
    [ -z "$foreign" ] || wrong "$source: includes $foreign"
done
finish 'the core counts in integers'
