/* sim_live.h: the report of a run that goes on: FILE is put in place whole, again and again, so whoever reads it reads one.
 *
 * Owner   the options' strings are borrowed
 * Cost    a report is added up and written at most every SIM_LIVE_EVERY_MS, by the run's own thread
 * Errors  of a page on the way: told once on standard error, then none is tried any more; the last one is the caller's */
#ifndef ENGINE_CLI_SIM_LIVE_H
#define ENGINE_CLI_SIM_LIVE_H

#include "engine/cli/sim_beside.h"
#include "engine/cli/sim_html.h"

#define SIM_LIVE_EVERY_MS 5000

struct sim_live {
    const char *html; /* NULL: no page */
    const char *json; /* NULL, "-": none on the way */
    const char *name; /* of the trace, for the heading */
    enum lang lang;
    int64_t days; /* 0: it is not known how many */
    int64_t written_ms;
    bool has_failed;
};

/* Of told[0..count), the last goes on: its report is made anew. To be called often; most calls do nothing. */
void sim_live_see(struct sim_live *live, struct sim_told *told, uint32_t count, int64_t now_ms);

/* The page, whole or not at all; at NULL: the run is over. */
bool sim_live_write_html(const struct sim_live *live, const struct sim_told *told, uint32_t count,
                         const struct sim_html_at *at);

/* The tree as a file, whole or not at all. */
bool sim_live_write_json(const char *path, const json_t *root);

#endif
