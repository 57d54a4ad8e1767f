/* bench_apps.h: the apps of all people of a city who take orders: each holds a poll, takes what it is told at once and asks again.
 *
 * One socket for all: an identity is a word in the frame.
 *
 * Owner   open/close; about 1 MB */
#ifndef ENGINE_CLI_BENCH_APPS_H
#define ENGINE_CLI_BENCH_APPS_H

#include "engine/cli/bench_engine.h"

#define BENCH_APPS_POLLS 65536u /* power of two */
#define BENCH_TOLD_MAX 16384u

/* A case and an instant: when an app was told of it, when its event was due. */
struct bench_told {
    char case_no[40];
    int64_t at_ns;
};

struct bench_told_list {
    struct bench_told rows[BENCH_TOLD_MAX]; /* more are not noted */
    uint32_t count;
};

struct bench_apps {
    struct link link;
    const struct city *city;
    uint64_t polls[BENCH_APPS_POLLS]; /* request id, ring by it */
    uint32_t persons[BENCH_APPS_POLLS];
    struct bench_told_list told;
};

/* Until all polls are held. On zeroed memory. */
enum err bench_apps_open(struct bench_apps *apps, const char *url,
                         const struct city *city) WARN_UNUSED;
void bench_apps_close(struct bench_apps *apps);

/* Takes what has come. */
enum err bench_apps_hear(struct bench_apps *apps) WARN_UNUSED;

void bench_told_note(struct bench_told_list *list, const char *case_no, int64_t at_ns);

/* Milliseconds from each of `from` to the first word of its case to an app; as many as were told. */
uint32_t bench_told_join(const struct bench_told_list *from, struct bench_told_list *told,
                         double out_ms[BENCH_TOLD_MAX]);

#endif
