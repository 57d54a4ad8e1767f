#!/bin/sh
# run.sh: the pages as a person drives them, in Debian's Chromium; skipped where there is none. Runs alone: in two lanes itself.
set -eu
cd "$(dirname "$0")/../.."
exec node tests/browser/run.mjs "$@"
