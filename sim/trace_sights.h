/* trace_sights.h: who of a city can report which kind of incident, and by which gateway.
 *
 * Owner   init/fini; the city is borrowed */
#ifndef SIM_TRACE_SIGHTS_H
#define SIM_TRACE_SIGHTS_H

#include "engine/core/city.h"
#include "sim/trace_kinds.h"

/* Devices that can see a kind, and assets where people find it. */
struct trace_sight {
    uint32_t *devices;
    uint32_t device_count;
    uint32_t *assets;
    uint32_t asset_count;
};

struct trace_sights {
    const struct city *city;
    struct trace_sight *kinds; /* as TRACE_KINDS */
    uint32_t gateways[6][64];  /* rows by kind of gateway */
    uint32_t gateway_counts[6];
    const uint32_t *gateway_crs; /* by row, or NULL */
};

/* ERR_MEMORY; ERR_INPUT: no gateways or no cells. */
enum err trace_sights_init(struct trace_sights *sights, const struct city *city) WARN_UNUSED;
void trace_sights_fini(struct trace_sights *sights);

/* Gateway of an event type: the same one for a device; turn 1 is the next one of its kind. NONE32: the city has none. */
uint32_t trace_sights_gateway(const struct trace_sights *sights, const char *type, uint32_t device,
                              uint32_t turn);

#endif
