#!/bin/sh
# types.sh: the pages hold their types: tsc in its strict mode over engine/console.
set -eu
cd "$(dirname "$0")/../.."
tsc=engine/console/node_modules/.bin/tsc
[ -x "$tsc" ] || {
    echo 'no engine/console/node_modules: make all installs what the pages need'
    exit 77
}
"$tsc" -p engine/console
echo 'ok 1 - the pages hold their types'
