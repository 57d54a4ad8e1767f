#!/bin/sh
# gate_links.sh: what a document links to exists, and so does every test the table of laws names.
set -eu
. "$(dirname "$0")/tree.sh"

# Links into build directories and to the web are not ours to check.
for page in $(files '*.md'); do
    folder=$(dirname "$page")
    for target in $(grep -o ']([^) ]*)' "$page" | sed 's/^](//; s/)$//; s/#.*//' | sort -u); do
        case "$target" in
        '' | http:* | https:* | mailto:*) continue ;;
        esac
        [ -e "$folder/$target" ] || wrong "$page: links to $target, which is not there"
    done
done
laws=docs/ARCHITECTURE.md
if [ -f "$laws" ]; then
    # A name may end in *: at least one such file.
    set -f
    for name in $(grep -E '^\| *[0-9]+ \|' "$laws" | grep -oE '`tests/[^` ]+`' | tr -d '`' | sort -u); do
        set +f
        # shellcheck disable=SC2086
        ls -d $name >/dev/null 2>&1 || wrong "$laws: names the test $name, which is not there"
        set -f
    done
    set +f
fi
finish 'documents point at what exists'
