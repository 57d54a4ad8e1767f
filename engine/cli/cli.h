/* cli.h: the subcommands of gridloop and what they share.
 *
 * A subcommand is `int cmd_NAME(int argc, char **argv)` in cmd_NAME.c; argv[0] is "gridloop NAME" and the return value is
 * the exit code: sysexits, and 1 for an expectation that failed. To add one: declare it here, list it in cli.c. */
#ifndef ENGINE_CLI_CLI_H
#define ENGINE_CLI_CLI_H

#include "engine/core/err.h"
#include "engine/edge/words.h"

#include <stdbool.h>
#include <stddef.h>

#define GRIDLOOP_VERSION "0.1.0"

/* Runs the whole program. */
int cli_main(int argc, char **argv);

int cmd_bench(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_cap(int argc, char **argv);
int cmd_account(int argc, char **argv);
int cmd_burden(int argc, char **argv);
int cmd_case(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_city(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_door(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_index(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_ledger(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_silence(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_sim(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_webhook(int argc, char **argv);
int cmd_worker(int argc, char **argv);

#define CLI_URL_SIZE 1024

/* The engine to talk to, with the key to do so behind it (proto/client/gridloop.h): `asked` (may be NULL), else GRIDLOOP_URL, else the settings file's url, else the last engine this user started. Writes to out and
 * returns it; NULL after saying on standard error that there is none and what to do. */
const char *cli_find_url(const char *asked, char out[CLI_URL_SIZE]);

/* The data directory to read: `asked` (may be NULL), else GRIDLOOP_DATA, else the settings file's, else the last engine's. As above. */
const char *cli_find_data(const char *asked, char out[CLI_URL_SIZE]);

/* The data directory to read of an engine at that address of this machine, where no other is named: `data`, else that of the engine that
 * listened at `url` last, else as above. NULL after saying why; the exit code is then *out_exit. */
const char *cli_find_data_of(const char *data, const char *url, char out[CLI_URL_SIZE],
                             int *out_exit);

/* "no engine at URL; start one: ..." on standard error; returns the exit code for it (69). */
int cli_no_engine(const char *url);

/* "COMMAND: no temporary place in $TMPDIR: why" on standard error, errno as scratch_make_* left it; returns the exit code for it (73). */
int cli_no_scratch(const char *command);

/* Is the file or directory there ("-" is)? False after "COMMAND: no file or directory PATH ..." on standard error; the exit code
 * is 66 then. */
bool cli_has_input(const char *command, const char *path);

/* The language asked for with --lang (may be NULL), else GRIDLOOP_LANG, the settings file's, LC_ALL, LANG. */
enum lang cli_lang(const char *asked);

/* "refused" as the first word of a refusal, and "; possible now: " before what would be taken. */
const char *cli_refused(enum lang lang);
const char *cli_possible(enum lang lang);

/* A line for the hint of a refusal, where it says more than the code and the list of what is possible. */
void cli_say_hint(uint32_t code, uint64_t possible, const char *hint);

/* The exit code for a failure: 66 not found, 65 damaged or malformed, 69 unavailable, 74 I/O, ... */
int cli_exit_of(enum err err);

/* Runs the subcommand of a group ("case list"): names and functions end with a NULL name. Prints usage for --help and for no
 * word, and suggests the nearest name for a wrong one. */
struct cli_verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
};
int cli_run_verb(const char *group, const struct cli_verb *verbs, int argc, char **argv);

#endif
