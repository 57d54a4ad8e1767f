/* real_sf.h: San Francisco fire calls in memory, shared by the importer's files.
 *
 * Read from the converted trace, so that the city and the comparison see the same records.
 * Instants are ms since 1970; NEVER_MS = not recorded. */
#ifndef SIM_REAL_SF_H
#define SIM_REAL_SF_H

#include "engine/city/pool.h"
#include "sim/real_city.h"
#include "sim/real_shapes.h"

#define SF_TRAIN_DAYS 4 /* fitted on the first four days only; the rest is for the comparison */

/* Kinds of units that may stand in for each other. */
enum sf_group {
    SF_ENGINE,
    SF_AMBULANCE,
    SF_TRUCK,
    SF_CHIEF,
    SF_CAPTAIN,
    SF_SQUAD,
    SF_OTHER,
    SF_GROUP_COUNT
};

struct sf_response {
    uint32_t unit; /* row */
    int64_t dispatch_ms, response_ms, on_scene_ms, transport_ms, available_ms;
};

struct sf_incident {
    const char *type;     /* "call.medical_incident" */
    const char *title;    /* "Medical Incident" */
    const char *priority; /* as received */
    const char *station_area;
    struct place place;
    int64_t at_ms;
    bool is_train;
    uint32_t first, count; /* responses */
};

struct sf_unit {
    const char *id;
    const char *type;
    enum sf_group group;
    uint32_t station;   /* base */
    bool base_is_guess; /* neither its number nor its calls name a station */
    uint8_t days; /* on duty: bit per weekday, Monday = 0; all for units that stand ready always */
    uint8_t start_hour, hour_count;
};

struct sf_station {
    uint32_t number;
    struct place place;
};

struct sf_data {
    struct pool pool;
    struct sf_incident *incidents;
    uint32_t incident_count;
    struct sf_response *responses;
    uint32_t response_count;
    struct sf_unit *units;
    uint32_t unit_count;
    struct sf_station *stations;
    uint32_t station_count;
    int64_t train_until_ms;
    int32_t offset_minutes; /* local time minus UTC */
};

/* One rule to be: calls of a type, perhaps of one priority only, and the units they get. */
struct sf_demand {
    const char *type, *title;
    const char *priority; /* NULL: all that have no row of their own */
    uint32_t incidents;   /* in training */
    uint32_t urgent;      /* of them, priority 3 */
    double mean[SF_GROUP_COUNT];
    uint32_t units[SF_GROUP_COUNT];
};

#define SF_DEMANDS_MAX 128u
#define SF_OWN_CALLS_MIN                                                                           \
    20u /* a priority has a row of its own, a curve is drawn, from so many on */

struct sf_fit {
    struct sf_demand demands[SF_DEMANDS_MAX];
    uint32_t demand_count;
    double units_per_incident_train, units_per_incident_rules;
    double speed_kmh
        [SF_GROUP_COUNT]; /* median of straight line over time: what dispatch reckons with */
    double
        start_s[SF_GROUP_COUNT]; /* of the line that predicts a trip: start + metres / line_kmh */
    double line_kmh[SF_GROUP_COUNT];
    json_t *spreads[SF_GROUP_COUNT]; /* quantiles of travel time over predicted */
};

/* From moving to arrival, and the straight line from base to incident. */
struct sf_trip {
    double seconds, metres;
};

/* False where base or times are not known, or too small to say anything. */
bool sf_trip_of(const struct sf_data *data, const struct sf_incident *incident,
                const struct sf_response *response, struct sf_trip *out_trip);
/* What start and line of the group predict. */
double sf_predicted_s(const struct sf_fit *fit, enum sf_group group, double metres);

const char *sf_group_name(enum sf_group group);

enum err sf_data_open(const char *data, const char *trace_path, struct problems *problems,
                      struct sf_data **out_data) WARN_UNUSED;
void sf_data_close(struct sf_data *data);

/* When ambulances are on duty, from training days (real_sf_shift.c). */
void sf_fit_shifts(struct sf_data *data);
enum err sf_write_calendars(const struct sf_data *data, const char *out) WARN_UNUSED;
/* Name of the unit's calendar, "" = always on duty. */
struct sf_name {
    char text[64];
};
struct sf_name sf_shift_name(const struct sf_unit *unit);

/* "call.alarms", or with a row of its own "call.alarms.priority_3": the class and the rule of that demand. */
struct sf_name sf_demand_class(const struct sf_demand *row);

/* Units per call and speeds, from training days. */
void sf_fit_make(const struct sf_data *data, struct sf_fit *out_fit);

enum err sf_write_rates(const struct sf_data *data, const struct sf_fit *fit, const char *out,
                        json_t *facts) WARN_UNUSED;
enum err sf_write_rules(const struct sf_fit *fit, const char *out) WARN_UNUSED;

#endif
