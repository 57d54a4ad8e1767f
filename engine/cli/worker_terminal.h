/* worker_terminal.h: one worker at a terminal: shows what comes, lets one type what to do. */
#ifndef ENGINE_CLI_WORKER_TERMINAL_H
#define ENGINE_CLI_WORKER_TERMINAL_H

#include "engine/core/distance.h"
#include "engine/edge/words.h"

#include <stdint.h>

struct worker_terminal_options {
    const char *url;
    const char *identity;
    const char *directory; /* of the state file */
    struct place home;
    int32_t zone_minutes; /* local time of deadlines */
    enum lang lang;
    bool is_json;
    uint32_t seconds; /* to run; 0 = until end of input */
};

/* Returns an exit code. */
int worker_terminal_run(const struct worker_terminal_options *options);

#endif
