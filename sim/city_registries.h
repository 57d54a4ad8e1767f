/* city_registries.h: enterprises and construction sites of a synthetic city. */
#ifndef SIM_CITY_REGISTRIES_H
#define SIM_CITY_REGISTRIES_H

#include "sim/city_plan.h"

/* After the people, whose ids are the contacts. */
enum err city_registries_write(const struct plan *plan, const char *directory,
                               struct city_demo_result *result) WARN_UNUSED;

/* Sensors inside enterprises, as rows of devices.csv; returns how many. */
uint32_t city_registries_devices(const struct plan *plan, struct city_file *file);

uint32_t city_enterprise_count(const struct plan *plan);

#endif
