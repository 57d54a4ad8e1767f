/* ledger.h: what `gridloop ledger` and `gridloop burden` share: an engine's state by replay, names of its city's rows.
 *
 * Names are written to the buffer given and returned; a row of NONE32 gives "". */
#ifndef ENGINE_CLI_LEDGER_H
#define ENGINE_CLI_LEDGER_H

#include "engine/cli/case_story.h"

#include <argp.h>
#include <jansson.h>

#define LEDGER_NAME_SIZE 160

struct ledger_options {
    const char *word; /* object, or cell */
    const char *data;
    const char *lang;
    bool is_json;
    bool has_rulings;
};

struct ledger {
    struct case_story story;
    const struct core *core;
    const struct city *city;
    enum lang lang;
    bool is_json;
};

/* The exit code; 0 = open, to be closed with case_story_close(&out->story). command: for messages. */
int ledger_open(const struct ledger_options *options, const char *command, struct ledger *out);

/* The options of both commands, and their parser. */
#define LEDGER_OPTIONS                                                                             \
    {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},         \
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},                               \
    {                                                                                              \
        "json", 'j', NULL, 0, "print JSON", 0                                                      \
    }
error_t ledger_parse(int key, char *value, struct argp_state *state);

void ledger_print_json(json_t *root);
const char *ledger_pick(const struct ledger *ledger, const char *en, const char *zh)
    __attribute__((format_arg(2), format_arg(3)));
const char *ledger_text(const struct ledger *ledger, struct image_string s,
                        char out[LEDGER_NAME_SIZE]);
const char *ledger_department(const struct ledger *ledger, uint32_t row,
                              char out[LEDGER_NAME_SIZE]);
const char *ledger_class(const struct ledger *ledger, uint32_t row, char out[LEDGER_NAME_SIZE]);
const char *ledger_post(const struct ledger *ledger, uint32_t row, char out[LEDGER_NAME_SIZE]);
const char *ledger_cell(const struct ledger *ledger, uint32_t row, char out[LEDGER_NAME_SIZE]);
const char *ledger_instant(const struct ledger *ledger, int64_t at_ms, char out[LEDGER_NAME_SIZE]);

#endif
