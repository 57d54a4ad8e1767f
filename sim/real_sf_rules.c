/* real_sf_rules.c: the rule set of the imported city: one rule per row of fitted demand. */
#include "sim/real_sf.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

struct sf_name sf_demand_class(const struct sf_demand *row)
{
    struct sf_name name;
    if (row->priority == NULL) {
        (void)snprintf(name.text, sizeof name.text, "%.60s", row->type);
    } else {
        (void)snprintf(name.text, sizeof name.text, "%.48s.priority_%c", row->type,
                       tolower((unsigned char)row->priority[0]));
    }
    return name;
}

/* Most wanted first: the first entry of assign leads. */
static void print_assigns(struct city_file *file, const struct sf_demand *row)
{
    bool is_done[SF_GROUP_COUNT] = {false};
    for (int place = 0; place < SF_GROUP_COUNT; place++) {
        int best = -1;
        for (int g = 0; g < SF_GROUP_COUNT; g++) {
            if (!is_done[g] && row->units[g] > 0 &&
                (best < 0 || row->units[g] > row->units[best])) {
                best = g;
            }
        }
        if (best < 0) {
            return;
        }
        is_done[best] = true;
        city_file_print(file,
                        "      - {role: %s, search: [city], pick: eta, count: %" PRIu32
                        ", fallback: fire.duty}\n",
                        sf_group_name((enum sf_group)best), row->units[best]);
    }
}

/* The rule of one row; rows with a priority win over the row of the rest. */
static void print_rule(struct city_file *file, const struct sf_demand *row)
{
    const bool is_urgent = row->urgent * 2 >= row->incidents;
    const struct sf_name class = sf_demand_class(row);
    city_file_print(file, "- id: %s%s\n", class.text, row->priority == NULL ? ".rest" : "");
    city_file_print(file, "  title: \"%s\"\n  owner: dept.fire\n  priority: %d\n  event: %s\n",
                    row->title, row->priority == NULL ? 100 : 200, row->type);
    if (row->priority != NULL) {
        city_file_print(file, "  where: priority == \"%s\"\n", row->priority);
    }
    city_file_print(file,
                    "  open: {class: %s, severity: %d, title: \"%s\"}\n"
                    "  assign:\n",
                    class.text, is_urgent ? 1 : 2, row->title);
    print_assigns(file, row);
    /* Clocks as long as the longest call taking of the data: none of them shall send a second crew. */
    city_file_print(file, "  sla: {accept: 1h, arrive: 4h, handle: 24h}\n");
}

enum err sf_write_rules(const struct sf_fit *fit, const char *out)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "rules/fire.yaml");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file,
                    "# Units per call, fitted on the first %d days only: %.3f units a call there, "
                    "%.3f by these rules.\n"
                    "ruleset: 1\n"
                    "defaults:\n  status: active\n"
                    "  sla: {accept: 1h, dispatch: 1h, check: 1h}\n"
                    "events:\n",
                    SF_TRAIN_DAYS, fit->units_per_incident_train, fit->units_per_incident_rules);
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        if (fit->demands[i].priority == NULL) {
            city_file_print(&file,
                            "  %s:\n    title: \"%s\"\n    lane: life_safety\n"
                            "    fields: {priority: string, station_area: string}\n",
                            fit->demands[i].type, fit->demands[i].title);
        }
    }
    city_file_print(&file, "rules:\n");
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        struct sf_demand row = fit->demands[i];
        uint32_t total = 0;
        for (int g = 0; g < SF_GROUP_COUNT; g++) {
            total += row.units[g];
        }
        row.units[SF_ENGINE] += total == 0; /* never seen in training: one engine goes and looks */
        print_rule(&file, &row);
    }
    return city_file_close(&file);
}
