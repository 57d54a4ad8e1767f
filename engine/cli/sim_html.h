/* sim_html.h: simulated runs as one HTML file: response over time, load and queue, missed clocks, districts, slow cells; several
 * runs side by side first. */
#ifndef ENGINE_CLI_SIM_HTML_H
#define ENGINE_CLI_SIM_HTML_H

#include "engine/cli/sim_beside.h"

#include <stdio.h>

/* name: of the trace, for the heading. False where not everything was written. */
bool sim_html_write(const struct sim_told *told, uint32_t count, const char *name, enum lang lang,
                    FILE *out);

#endif
