/* counters.h: the numbers of a running engine, by name.
 *
 * Names follow Prometheus: gridloop_*, base units (seconds, bytes), _total for what only grows since this process started (or
 * since the log began, where the core counts), labels in the name. They are what `gridloop top` shows and what a scraper
 * would store. Nothing in them is about a person or a place. Listed in docs/overload.md.
 *
 * Cost    O(names) per call; nothing is computed while nobody asks */
#ifndef ENGINE_EDGE_COUNTERS_H
#define ENGINE_EDGE_COUNTERS_H

#include "engine/edge/node.h"

#define COUNTER_NAME_SIZE 80u
#define COUNTERS_MAX 256u

struct counter {
    char name[COUNTER_NAME_SIZE]; /* with labels */
    double value;
};

/* At most COUNTERS_MAX, ordered as written; codes that never came up are left out. */
uint32_t counters_read(const struct node *node, struct counter out[COUNTERS_MAX]);

#endif
