#!/bin/sh
# prove.sh: breaks a small clean tree once for every rule and sees the gate that guards it fail.
#
# A gate that cannot fail is worse than none. Each line: gate, what it must say, how to break the tree.
set -eu
gates=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
proved=0
failed=0

plant() {
    mkdir -p "$(dirname "$work/tree/$1")"
    cat >"$work/tree/$1"
}

# A tree that every gate accepts: one module of the core and one of the edge.
clean_tree() {
    rm -rf "$work/tree"
    printf 'engine/core core\nengine/edge edge core\n' | plant tests/layers.txt
    plant engine/core/one.h <<'END'
/* one.h: the number one. */
#ifndef ENGINE_CORE_ONE_H
#define ENGINE_CORE_ONE_H
#include <stdint.h>
int32_t one_get(void);
#endif
END
    plant engine/core/one.c <<'END'
/* one.c: see one.h; holds no float. */
#include "engine/core/one.h"
int32_t one_get(void)
{
    return 1;
}
END
    plant engine/edge/two.c <<'END'
/* two.c: twice the number one. */
#include "engine/core/one.h"
int32_t two_get(void);
int32_t two_get(void)
{
    return 2 * one_get();
}
END
    for folder in engine engine/core engine/edge tests; do
        printf '# Folder\n\nWhat lives here.\nWhat it may touch.\nWhere to start.\n' | plant "$folder/README.md"
    done
}

# expect GATE TEXT: the gate fails on the broken tree and says TEXT.
expect() {
    code=0
    "$gates/gate_$1.sh" "$work/tree" >"$work/out.txt" 2>&1 || code=$?
    if [ "$code" -eq 0 ]; then
        echo "not ok $1 accepts: $2"
        failed=$((failed + 1))
    elif ! grep -qF "$2" "$work/out.txt"; then
        echo "not ok $1 fails without saying: $2"
        cat "$work/out.txt"
        failed=$((failed + 1))
    else
        echo "ok $1: $2"
        proved=$((proved + 1))
    fi
    clean_tree
}

clean_tree
for gate in "$gates"/gate_*.sh; do
    "$gate" "$work/tree" >"$work/out.txt" 2>&1 || {
        echo "not ok $(basename "$gate") refuses a clean tree"
        cat "$work/out.txt"
        failed=$((failed + 1))
    }
done

printf '/* one.c: upward. */\n#include "engine/edge/two.h"\n' | plant engine/core/one.c
expect arrows 'core may not include edge'
printf '/* one.c: short. */\n#include "one.h"\n' | plant engine/core/one.c
expect arrows 'not root-relative'
printf '/* x.c: new. */\n#include "engine/core/one.h"\n' | plant engine/new/x.c
expect arrows 'not in tests/layers.txt'

printf '/* one.c: heap. */\n#include <stdlib.h>\nvoid *f(void);\nvoid *f(void)\n{\n    return malloc(1);\n}\n' | plant engine/core/one.c
expect purity 'the core needs malloc'
printf '/* one.c: state. */\nint counter = 1;\n' | plant engine/core/one.c
expect purity 'writable global: counter'
printf '/* one.c: static. */\nint f(void);\nint f(void)\n{\n    static int n;\n    return n++;\n}\n' | plant engine/core/one.c
expect purity 'writable global'
printf '/* one.c: broken. */\nint f(\n' | plant engine/core/one.c
expect purity 'does not compile'
if [ "$(uname -m)" = x86_64 ]; then
    printf '/* one.c: half. */\nint f(int x);\nint f(int x)\n{\n    return (int)(x * 0.5);\n}\n' | plant engine/core/one.c
    expect purity 'floating-point'
fi

printf '/* one.c: f. */\nfloat f;\n' | plant engine/core/one.c
expect floats 'float'
printf '/* one.c: wide. */\n__int128 f;\n' | plant engine/core/one.c
expect floats '__int128'
printf '/* one.c: prints. */\n#include <stdio.h>\n' | plant engine/core/one.c
expect floats 'stdio.h'

printf '/* one.h: g. */\n#ifndef ONE_H\n#define ONE_H\n#endif\n' | plant engine/core/one.h
expect headers 'guard should be ENGINE_CORE_ONE_H'
printf '/* one.h: g. */\n#ifndef ENGINE_CORE_ONE_H\n#define ENGINE_CORE_ONE_H\nuint8_t f(void);\n#endif\n' | plant engine/core/one.h
expect headers 'does not stand alone'

{ echo '/* long.c: long. */'; seq 800 | sed 's|.*|/* & */|'; } | plant engine/edge/long.c
expect sizes '801 lines'
{ printf '/* deep.c: deep. */\nvoid f(void)\n{\n'; seq 71 | sed 's|.*|    ;|'; echo '}'; } | plant engine/edge/deep.c
expect sizes 'function of 71 lines'

printf 'int x;\n' | plant engine/edge/x.c
expect heads 'should begin with'
printf 'export const x = 1;\n' | plant engine/console/lib/x.ts
expect heads 'engine/console/lib/x.ts:1: should begin with'

rm "$work/tree/engine/edge/README.md"
expect readmes 'engine/edge: no README.md'
echo '# short' | plant engine/edge/README.md
expect readmes '1 lines, not 5 to 40'

echo "see /wor""k/data" | plant engine/README.md
expect words 'engine/README.md:1:'
echo "TO""DO" >>"$work/tree/engine/README.md"
expect words 'engine/README.md:6:'

printf '/* x.c: makes its own. */\nint f(char *p);\nint f(char *p)\n{\n    return mkstemp(p);\n}\n' | plant engine/edge/x.c
expect scratch 'engine/edge/x.c:5:'
printf '/* x.c: knows a place. */\nstatic const char path[] = "ipc:///tm%s/x";\n' p | plant tests/x.c
expect scratch 'tests/x.c:2:'

echo 'see [the core](core/README.md) and [more](nowhere.md)' | plant engine/README.md
printf '\n\n\n\n' >>"$work/tree/engine/README.md"
expect links 'links to nowhere.md'
printf '| 1 | a law | `tests/unit/test_none*` |\n' | plant docs/ARCHITECTURE.md
expect links 'names the test tests/unit/test_none*'

echo "$proved proved, $failed failed"
[ "$failed" -eq 0 ]
