/* plan_ask.h: asks a running engine how its emergency plans stand; what it says comes as JSON, which tables are printed from.
 *
 * Owner   the caller's; arrays are the caller's to release
 * Errors  NULL after one line on standard error; exit_code then says which */
#ifndef ENGINE_CLI_PLAN_ASK_H
#define ENGINE_CLI_PLAN_ASK_H

#include "engine/cli/cli.h"
#include "proto/client/link.h"

#include <jansson.h>

/* Options of every subcommand that asks so. */
#define PLAN_ASK_OPTIONS                                                                           \
    {"as", 'A', "ID", 0, "who asks or acts: a person of the city", 0},                             \
        {"url", 'u', "URL", 0, "engine; default the last one started", 0},                         \
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},                               \
    {                                                                                              \
        "json", 'j', NULL, 0, "print JSON", 0                                                      \
    }

struct plan_asker {
    struct link link;
    enum lang lang;
    int32_t offset_minutes; /* of the city's clock; known after plan_ask_plans, plan_ask_silences */
    int64_t now_ms;         /* of the log, likewise */
    int exit_code;          /* of the last failure, EX_OK */
};

/* EX_OK, or the exit code after saying why. url and identity may be NULL: the last engine; refused. */
int plan_ask_open(struct plan_asker *asker, const char *url, const char *identity,
                  const char *lang);
void plan_ask_close(struct plan_asker *asker);

json_t *plan_ask_plans(struct plan_asker *asker);
json_t *plan_ask_districts(struct plan_asker *asker, const char *case_no);
json_t *plan_ask_tasks(struct plan_asker *asker, const char *case_no);

/* Silences and maintenance windows; asker->now_ms is then the log's time. */
json_t *plan_ask_silences(struct plan_asker *asker);

/* The plan of that array that is meant: by its case or a tail of it, or by its own id (one that runs first); NULL word: the
 * only one that runs. NULL after saying which there are. Borrowed. */
const json_t *plan_ask_find(struct plan_asker *asker, const json_t *plans, const char *word);

#endif
