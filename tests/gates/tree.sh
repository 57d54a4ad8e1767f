# tree.sh: sourced by every gate. The tree to look at is the first argument, else the current directory.
# shellcheck shell=sh
root="${1:-.}"
cd "$root"
found=0

# files PATTERN...: files of the tree, generated and built ones left out, in a stable order.
files() {
    for pattern in "$@"; do
        find . \( -name .git -o -name 'build' -o -name 'build-*' -o -name 'gridloop-demo' -o -name 'gridloop-data' -o -name node_modules -o -name __pycache__ \) -prune -o \
            -type f -name "$pattern" -print
    done | sed 's|^\./||' | LC_ALL=C sort
}

# wrong TEXT: one violation.
wrong() {
    echo "$1"
    found=$((found + 1))
}

# finish RULE: says the rule when it was broken.
finish() {
    [ "$found" -eq 0 ] && exit 0
    echo "$found violations: $1"
    exit 1
}
