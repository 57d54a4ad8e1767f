/* sim_beside.h: several simulated runs side by side: dispatch policies, or what would be if the city were another. */
#ifndef ENGINE_CLI_SIM_BESIDE_H
#define ENGINE_CLI_SIM_BESIDE_H

#include "sim/report.h"

#include <jansson.h>
#include <stdio.h>

#define SIM_BESIDE_MAX 8u

/* One run and what is said of it; label: of its policy file or city directory. */
struct sim_told {
    const char *label;
    struct report report;
    struct run *run;
};

void sim_beside_print(const struct sim_told *told, uint32_t count, enum lang lang, FILE *out);
json_t *sim_beside_to_json(const struct sim_told *told, uint32_t count); /* caller's reference */
void sim_beside_html(const struct sim_told *told, uint32_t count, FILE *out); /* a table */

#endif
