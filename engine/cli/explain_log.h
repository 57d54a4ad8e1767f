/* explain_log.h: an event found in a log, what was decided about it then, and the event as it would be sent again.
 *
 * Owner   explain_log_fini frees all */
#ifndef ENGINE_CLI_EXPLAIN_LOG_H
#define ENGINE_CLI_EXPLAIN_LOG_H

#include "engine/cli/log_events.h"
#include "engine/edge/words.h"

#include <jansson.h>

#define EXPLAIN_LOG_LINES_MAX 256u

struct explain_log {
    struct log_event *event; /* to be resolved again */
    bool is_found;
    uint64_t position;
    uint32_t index;       /* in its batch, from 1 */
    struct hash128 rules; /* that decided */
    char *en[EXPLAIN_LOG_LINES_MAX],
        *zh[EXPLAIN_LOG_LINES_MAX]; /* what was decided, sentence by sentence */
    uint32_t count;
    json_t *effects; /* the same whole */
};

/* asked: "SOURCE/ID", "ID" of any source, or "ENTRY.N": the Nth event of an entry of the log. An exit code, after saying why. */
int explain_log_find(const char *command, const char *data, const char *asked,
                     struct explain_log *out_found);

/* Sentences, or into JSON. is_same: the rules at hand are those that decided. */
void explain_log_print(const struct explain_log *found, bool is_same, enum lang lang);
json_t *explain_log_json(const struct explain_log *found, bool is_same);

void explain_log_fini(struct explain_log *found);

#endif
