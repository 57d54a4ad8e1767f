/* limits_lack.c: the first limit that a city and its rules do not fit into, before a core is made for them.
 *
 * What the core itself refuses when it stages them (core_stage_city, core_stage_policy), where its tables are empty. */
#include "engine/core/core.h"
#include "engine/core/remap.h"

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Rows of the largest table that is renumbered when a city or rules change. */
static uint32_t rows_of(const struct city *city, const struct policy *policy)
{
    const uint32_t counts[] = {city->cell_count,    city->asset_count,  city->device_count,
                               city->post_count,    city->class_count,  city->department_count,
                               city->gateway_count, city->area_count,   policy->type_count,
                               policy->rule_count,  policy->field_count};
    uint32_t most = 0;
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        most = larger(most, counts[i]);
    }
    return most;
}

static uint32_t tasks_of(const struct policy *policy)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < policy->plan_count; i++) {
        most = larger(most, policy->plans[i].task_rows);
    }
    return most;
}

const char *core_limits_lack(const struct limits *limits, const struct city *city,
                             const struct policy *policy, uint32_t *out_value, uint32_t *out_needed)
{
    const uint32_t rows = rows_of(city, policy);
    const bool has_rows = rows <= remap_rows_for(limits) && city->unit_count <= limits->image_rows;
    const struct {
        const char *name;
        uint32_t value, needed;
    } checks[] = {{"workers", limits->workers, city->person_count},
                  {"gateways", limits->gateways, city->gateway_count},
                  {"road_nodes", limits->road_nodes, city->road_node_count},
                  {"image_rows", limits->image_rows, has_rows ? 0 : larger(rows, city->unit_count)},
                  {"plan_tasks", limits->plan_tasks, tasks_of(policy)},
                  {"window_rules", limits->window_rules, policy->window_count}};
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        if (checks[i].needed > checks[i].value) {
            *out_value = checks[i].value;
            *out_needed = checks[i].needed;
            return checks[i].name;
        }
    }
    return NULL;
}
