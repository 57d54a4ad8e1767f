/* sim_html.h: a simulated run as one HTML file: response over time, load and queue, missed clocks, districts, slow cells. */
#ifndef ENGINE_CLI_SIM_HTML_H
#define ENGINE_CLI_SIM_HTML_H

#include "sim/report.h"

#include <stdio.h>

/* name: of the trace, for the heading. False where not everything was written. */
bool sim_html_write(const struct report *report, const struct run *run, const char *name,
                    enum lang lang, FILE *out);

#endif
