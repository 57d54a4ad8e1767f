/* arguments.h: reads a command line by argp, with what argp lacks: the nearest option for a wrong one, values out of a
 * list, and a listing of every word for completion, manual pages and tests.
 *
 * An option whose argument is written "zh|en" takes one of those words only. All subcommands go through here, so that the
 * tables argp reads are the only place where options are written down. */
#ifndef ENGINE_CLI_ARGUMENTS_H
#define ENGINE_CLI_ARGUMENTS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

/* Asked of any command as its only argument: "gridloop log verify<TAB>--data=DIR --json" and nothing is run. A group lists its
 * commands and then each of them. */
#define ARGUMENTS_LIST_WORDS "--list-words"

/* 0, or not 0 after saying on standard error what is wrong and what is meant: the exit code is 64 then. --help and
 * --usage print to standard output and exit with 0, as argp does. */
int arguments_parse(const struct argp *argp, int argc, char **argv, void *input)
    __attribute__((warn_unused_result));

/* Where the value of one option goes: a text, or a flag that becomes true. */
struct arguments_slot {
    int key; /* of the option; ARGUMENTS_WORD: the one word without a dash */
    const char **text;
    bool *flag;
};
#define ARGUMENTS_WORD 1

/* A command whose options are texts and flags, and at most one word beside them. */
struct arguments_form {
    const struct argp_option *options;
    const char *args_doc, *doc;
    const struct arguments_slot *slots;
    size_t count;
    const char *needs; /* said where the word is missing; NULL: it may be */
};

/* As arguments_parse, with the slots for a parser. */
int arguments_fill(const struct arguments_form *form, int argc, char **argv)
    __attribute__((warn_unused_result));

/* The nearest of the candidates as `; did you mean "x"?`, or "". out holds at least 1 byte; returns out. */
const char *arguments_near(const char *word, const char *const *candidates, size_t count, char *out,
                           size_t out_size);

#endif
