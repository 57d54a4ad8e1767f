/* cmd_completion.c: `gridloop completion bash`: prints a completion script.
 *
 * Commands come from the tables of cli_run_verb, options from those of argp: nothing is listed by hand. What a value may be is
 * read from how its option writes it: DIR, FILE, or "zh|en". */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"

#include <stdio.h>
#include <sysexits.h>

static const char HEAD[] =
    "# bash completion of gridloop " GRIDLOOP_VERSION ", printed by: gridloop completion bash\n"
    "read -r -d '' _gridloop_words <<'END'\n";

static const char TAIL[] =
    "END\n"
    "\n"
    "# How the value of option $2 of command $1 is written: DIR, FILE, zh|en, ...\n"
    "_gridloop_value() {\n"
    "    local name words rest word\n"
    "    while IFS=$'\\t' read -r name words rest; do\n"
    "        [ \"$name\" = \"$1\" ] || continue\n"
    "        for word in $words; do\n"
    "            [ \"${word%%=*}\" = \"$2\" ] && [ \"$word\" != \"$2\" ] && echo \"${word#*=}\"\n"
    "        done\n"
    "    done <<<\"$_gridloop_words\"\n"
    "}\n"
    "\n"
    "_gridloop_offer() {\n"
    "    case $1 in\n"
    "    *DIR*) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$2\") "
    ";;\n"
    "    *FILE*) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$2\") "
    ";;\n"
    "    *'|'*) mapfile -t COMPREPLY < <(compgen -W \"${1//|/ }\" -- \"$2\") ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_gridloop() {\n"
    "    local -\n"
    "    set -f\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} "
    "command=gridloop\n"
    "    local i name words rest word offered=''\n"
    "    COMPREPLY=()\n"
    "    # \"--lang=z\" comes as three words.\n"
    "    if [ \"$current\" = = ]; then\n"
    "        current=''\n"
    "    elif [ \"$previous\" = = ] && [ \"$COMP_CWORD\" -ge 2 ]; then\n"
    "        previous=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        if grep -qF \"$command ${COMP_WORDS[i]}\"$'\\t' <<<\"$_gridloop_words\"; then\n"
    "            command+=\" ${COMP_WORDS[i]}\"\n"
    "        fi\n"
    "    done\n"
    "    case $previous in\n"
    "    --*)\n"
    "        word=$(_gridloop_value \"$command\" \"$previous\")\n"
    "        if [ -n \"$word\" ]; then\n"
    "            _gridloop_offer \"$word\" \"$current\"\n"
    "            return\n"
    "        fi\n"
    "        ;;\n"
    "    esac\n"
    "    while IFS=$'\\t' read -r name words rest; do\n"
    "        [ \"$name\" = \"$command\" ] || continue\n"
    "        for word in $words; do\n"
    "            offered+=\" ${word%%=*}\"\n"
    "        done\n"
    "        break\n"
    "    done <<<\"$_gridloop_words\"\n"
    "    case $current in\n"
    "    -*) ;;\n"
    "    *) [ -z \"$rest\" ] || _gridloop_offer \"$rest\" \"$current\" ;;\n"
    "    esac\n"
    "    [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -W \"$offered\" -- "
    "\"$current\")\n"
    "}\n"
    "complete -F _gridloop gridloop\n";

static int complete_bash(int argc, char **argv)
{
    static const struct argp ARGP = {
        .doc = "Prints a completion script for bash: source <(gridloop completion bash), or put it "
               "into "
               "/usr/share/bash-completion/completions/gridloop, as make install does."};
    if (arguments_parse(&ARGP, argc, argv, NULL) != 0) {
        return EX_USAGE;
    }
    char program[] = "gridloop", list[] = ARGUMENTS_LIST_WORDS;
    char *words[] = {program, list, NULL};
    (void)fputs(HEAD, stdout);
    const int code = cli_main(2, words);
    (void)fputs(TAIL, stdout);
    return code;
}

int cmd_completion(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {{"bash", complete_bash, "a completion script for bash"},
                                            {NULL, NULL, NULL}};
    return cli_run_verb("gridloop completion", VERBS, argc, argv);
}
