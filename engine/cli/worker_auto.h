/* worker_auto.h: a field worker who does the work by itself: thinks, accepts, travels, works, reports.
 *
 * Drives one libgridloop worker. All times are log time, so that a scaled clock works the same. Orders are kept in a
 * small text file beside the worker's state: after a kill -9 the work goes on where it stopped.
 *
 *   OFFERED --accept--> ACCEPTED --travel--> at the place --arrive--> WORKING --done, return, pass, fail--> gone
 *   each act is asked, then answered; an answer that refuses brings the order to the state the engine names, or ends it
 *
 * Owner   worker_auto_open/close; single thread */
#ifndef ENGINE_CLI_WORKER_AUTO_H
#define ENGINE_CLI_WORKER_AUTO_H

#include "engine/core/base.h"
#include "engine/core/distance.h"
#include "engine/core/err.h"
#include "engine/edge/words.h"
#include "proto/client/gridloop.h"

#include <stdio.h>

#define AUTO_ORDERS_MAX 64u

struct worker_auto_options {
    const char *url;
    const char *identity;
    const char *directory;   /* of state files; exists */
    struct place home;       /* where the worker starts, or place_none() */
    uint32_t speed_mm_per_s; /* of travel, straight line times detour */
    uint32_t detour_permille;
    uint32_t decline_percent; /* of offers */
    uint32_t fail_percent;    /* of orders on site: returned, check failed, report not confirmed */
    uint32_t hold_ms;         /* of polls */
    uint64_t seed;
    enum lang lang;
    bool is_json;
    bool is_quiet;
    FILE *out; /* where it tells what it does; flushed by the owner */
};

struct worker_auto; /* opaque */

/* GRIDLOOP_OK or another status of gridloop.h. */
int worker_auto_open(const struct worker_auto_options *options, struct worker_auto **out_worker);
void worker_auto_close(struct worker_auto *worker);

/* One turn without waiting: talks to the engine, does what is due. Returns the status of the poll. */
int worker_auto_turn(struct worker_auto *worker);

/* For poll(2): index 0 and 1. */
int worker_auto_fd(const struct worker_auto *worker, int index);
const char *worker_auto_why(const struct worker_auto *worker);

struct worker_auto_counts {
    uint64_t offers, accepted, declined, arrived, finished, returned, lost, refused;
};
struct worker_auto_counts worker_auto_counts(const struct worker_auto *worker);
uint32_t worker_auto_active(const struct worker_auto *worker); /* orders in hand */

#endif
