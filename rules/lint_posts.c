/* lint_posts.c: whom rules escalate to, hour by hour of the week that comes.
 *
 * An address resolves when somebody of the post's roster is on shift, or when it has no roster and is somebody else's
 * (fire.119); else its department's lead, the city's desk and the command post are asked, as engine/city/hours.c does for a week
 * without dates. Here holidays count, and calendars that have ended. */
#include "engine/core/calendar.h"
#include "rules/lint_parts.h"

#include <stdio.h>
#include <string.h>

#define HOURS (WEEK_MINUTES / 60u)
#define HOURS_SHOWN 6u

static bool is_staffed(const struct city *city, uint32_t post, int64_t at_ms)
{
    const struct image_range range = city->posts[post].persons;
    bool is_there = range.count == 0;
    for (uint32_t i = 0; i < range.count && !is_there; i++) {
        const uint32_t person = city->post_persons[range.first + i];
        is_there = calendar_contains(city, city->persons[person].shift, at_ms);
    }
    return is_there;
}

static bool resolves(const struct city *city, uint32_t post, int64_t at_ms)
{
    const uint32_t department = city->posts[post].department;
    const uint32_t chain[] = {
        post, department == NONE32 ? NONE32 : city->departments[department].lead_post,
        city->info->desk_post, city->info->command_post};
    for (size_t i = 0; i < COUNT_OF(chain); i++) {
        if (chain[i] != NONE32 && is_staffed(city, chain[i], at_ms)) {
            return true;
        }
    }
    return false;
}

/* Midnight of that local day. */
static int64_t instant_of(const struct city *city, int32_t day)
{
    const int64_t local_ms = (int64_t)day * DAY_MS;
    int64_t at_ms = local_ms;
    for (int i = 0; i < 2; i++) {
        at_ms -= city_local_ms(city, at_ms) - local_ms;
    }
    return at_ms;
}

/* "2026-11-22 00:00, 2026-11-22 01:00, ... (168 hours)"; NULL where every hour resolves. */
static const char *holes_of(const struct lint_run *run, uint32_t post)
{
    const struct city *city = run->set->city;
    const int64_t from_ms = instant_of(city, run->options.as_of_day);
    char text[256];
    int length = 0;
    uint32_t count = 0;
    for (uint32_t hour = 0; hour < HOURS; hour++) {
        const int64_t at_ms = from_ms + (int64_t)hour * HOUR_MS;
        if (resolves(city, post, at_ms)) {
            continue;
        }
        if (count++ < HOURS_SHOWN) {
            const int64_t local_ms = city_local_ms(city, at_ms);
            const uint32_t date = city_date_of_day(div_floor(local_ms, DAY_MS));
            length +=
                snprintf(text + length, sizeof text - (size_t)length, "%s%04u-%02u-%02u %02u:00",
                         length == 0 ? "" : ", ", date / 10000, date / 100 % 100, date % 100,
                         (uint32_t)(div_floor(local_ms, HOUR_MS) % 24));
        }
    }
    if (count == 0) {
        return NULL;
    }
    (void)snprintf(text + length, sizeof text - (size_t)length, "%s (%u of %u hours)",
                   count > HOURS_SHOWN ? " ..." : "", count, HOURS);
    return arena_text(run->set->arena, text, strlen(text));
}

void lint_posts(struct lint_run *run)
{
    const struct ruleset *set = run->set;
    const struct city *city = set->city;
    const char **holes = arena_take(set->arena, ((size_t)city->post_count + 1) * sizeof holes[0]);
    bool has_hole = false;
    for (uint32_t post = 0; post < city->post_count; post++) {
        holes[post] = holes_of(run, post);
        has_hole = has_hole || holes[post] != NULL;
    }
    for (uint32_t r = 0; has_hole && r < set->rule_count; r++) {
        const struct rule *rule = set->rules[r];
        for (uint32_t i = 0; i < rule->step_count; i++) {
            for (uint32_t k = 0; k < rule->steps[i].posts.count; k++) {
                const uint32_t post = rule->steps[i].posts.items[k];
                if (holes[post] != NULL) {
                    const struct image_string code = city->posts[post].code;
                    (void)lint_add(run, LINT_L406, rule, NULL, rule->node, NULL,
                                   "rule %s: escalation step %u goes to %.*s, and nobody answers "
                                   "for it at %s",
                                   rule->id, i + 1, (int)code.size, city_text(city, code),
                                   holes[post]);
                }
            }
        }
    }
}
