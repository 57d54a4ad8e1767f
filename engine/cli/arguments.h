/* arguments.h: reads a command line by argp, with what argp lacks: the nearest option for a wrong one, values out of a
 * list, and a listing of every word for completion, manual pages and tests.
 *
 * An option whose argument is written "zh|en" takes one of those words only. All subcommands go through here, so that the
 * tables argp reads are the only place where options are written down. */
#ifndef ENGINE_CLI_ARGUMENTS_H
#define ENGINE_CLI_ARGUMENTS_H

#include <argp.h>

/* Asked of any command as its only argument: "gridloop log verify<TAB>--data=DIR --json" and nothing is run. A group lists its
 * commands and then each of them. */
#define ARGUMENTS_LIST_WORDS "--list-words"

/* 0, or not 0 after saying on standard error what is wrong and what is meant: the exit code is 64 then. --help and
 * --usage print to standard output and exit with 0, as argp does. */
int arguments_parse(const struct argp *argp, int argc, char **argv, void *input)
    __attribute__((warn_unused_result));

/* The nearest of the candidates as `; did you mean "x"?`, or "". out holds at least 1 byte; returns out. */
const char *arguments_near(const char *word, const char *const *candidates, size_t count, char *out,
                           size_t out_size);

#endif
