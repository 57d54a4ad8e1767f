/* door_hj212.h: HJ 212-2017 over TCP: stations connect and upload; frames become events. */
#ifndef ENGINE_CLI_DOOR_HJ212_H
#define ENGINE_CLI_DOOR_HJ212_H

#include "engine/cli/door_way.h"

struct door_hj212_options {
    struct door_way_options way;
    const char *listen; /* HOST:PORT */
};

/* Returns the exit code. */
int door_hj212_run(const struct door_hj212_options *options);

#endif
