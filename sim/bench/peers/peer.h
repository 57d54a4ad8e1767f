/* peer.h: what the programs that measure others share: the work they are given, a server of their own, lines for the bench.
 *
 *   DIRECTORY/events-<gateway>.tsv   id, type, device, confidence, fill; 1,000 lines are a batch
 *   DIRECTORY/workers.csv            number, lon, lat (1e-7 degrees), roles, skills, is_ready
 *   DIRECTORY/queries.csv            filter, lon, lat, roles, skills, number of the worker the engine named
 *
 * A server listens on a socket in DIRECTORY only, and ends with the program, whatever ends that.
 *
 * Errors  peer_fail says why and ends the program; the bench then shows a row without a value */
#ifndef SIM_BENCH_PEERS_PEER_H
#define SIM_BENCH_PEERS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_GATEWAYS 2u
#define PEER_BATCH 1000u
#define PEER_WINDOW 6u /* batches of a gateway in flight */
#define PEER_FILTERS 2u
#define PEER_NONE UINT32_MAX

_Noreturn void peer_fail(const char *what, const char *why);
_Noreturn void peer_absent(const char *why);

int64_t peer_now_ns(void);
double peer_median(double *values, uint32_t count); /* sorts */

/* ---- a server ---- */

/* Starts the first of the paths that exists, with arguments argv[1..]; as that user when the program runs as root and user is not
 * NULL. Output goes to DIRECTORY/server.log. */
void peer_start(const char *directory, const char *const *paths, const char *const *argv,
                const char *user);
/* The same, to its end; false when it fails. */
bool peer_run(const char *directory, const char *const *paths, const char *const *argv,
              const char *user);
void peer_stop(void);
void peer_give(const char *path, const char *user); /* to that user, when root */

/* ---- work ---- */

struct peer_event {
    char id[32], type[32], device[16], confidence[8], fill[8];
};

struct peer_events {
    struct peer_event *rows; /* of one gateway */
    uint32_t count, batches;
};

void peer_read_events(const char *directory, uint32_t gateway, struct peer_events *out_events);

/* Sends every batch of a gateway over a connection of its own; called in a thread a gateway. */
typedef void peer_send_fn(void *context, uint32_t gateway, const struct peer_events *events);

/* Runs and prints the row: events a second, all gateways at once; the first run only warms. share: one of so many batches is
 * sent, for those who would take all day. between is called before each run; NULL: not wanted. */
void peer_ingest(const char *directory, uint32_t runs, uint32_t share, peer_send_fn *send,
                 void *context, void (*between)(void *context), const char *note);

struct peer_worker {
    int32_t lon, lat;
    uint64_t roles, skills;
    bool is_ready;
};

struct peer_query {
    uint32_t filter;
    int32_t lon, lat;
    uint64_t roles, skills;
    uint32_t expected;
};

struct peer_work {
    struct peer_worker *workers;
    uint32_t worker_count;
    struct peer_query *queries;
    uint32_t query_count;
};

void peer_read_work(const char *directory, struct peer_work *out_work);

/* Asks one question after another; prints a row a filter, with how many answers were the engine's. */
void peer_nearest(const struct peer_work *work, uint32_t runs,
                  uint32_t (*ask)(void *context, const struct peer_query *query), void *context,
                  const char *note);

#endif
