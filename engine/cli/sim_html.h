/* sim_html.h: simulated runs as one HTML file: response over time, load and queue, missed clocks, districts, slow cells; several
 * runs side by side first. */
#ifndef ENGINE_CLI_SIM_HTML_H
#define ENGINE_CLI_SIM_HTML_H

#include "engine/cli/sim_beside.h"

#include <stdio.h>

/* Of a run that goes on. */
struct sim_html_at {
    int64_t day, days; /* of the run, from 1; days 0: it is not known how many */
    int64_t now_ms;    /* virtual */
    int every_s;       /* the page is asked for anew */
};

/* name: of the trace, for the heading. at: of the last run; NULL = all are over. False where not everything was written. */
bool sim_html_write(const struct sim_told *told, uint32_t count, const char *name, enum lang lang,
                    const struct sim_html_at *at, FILE *out);

#endif
