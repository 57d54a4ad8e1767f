/* inhibits.c: see inhibits.h. */
#include "engine/core/inhibits.h"

#include "engine/core/cases.h"
#include "engine/core/keys.h"

void inhibits_init(struct inhibits *inhibits, struct arena *arena, const struct limits *limits)
{
    inhibits->limit = limits->inhibits;
    inhibits->free_first = NONE32;
    inhibits->rows = arena_take(arena, sizeof inhibits->rows[0], limits->inhibits);
    inhibits->by_case = arena_take(arena, sizeof inhibits->by_case[0], limits->cases);
    table_init(&inhibits->by_key, arena, limits->inhibits);
}

static struct hash128 key_of(const struct core *core, const struct policy_inhibit *inhibit,
                             const struct event *event)
{
    const struct hash128 id = state_policy(core)->rules[inhibit->rule].id_hash;
    const struct hash128 base = hash128_join((struct hash128){SALT_INHIBIT, 0}, id);
    return keys_of(core, base, inhibit->keys, NONE32, event);
}

static void unlink_row(struct inhibits *inhibits, uint32_t slot)
{
    struct inhibit_row *row = &inhibits->rows[slot];
    if (row->next != NONE32) {
        inhibits->rows[row->next].prev = row->prev;
    }
    if (row->prev != NONE32) {
        inhibits->rows[row->prev].next = row->next;
    } else if (row->next != NONE32) {
        table_put(&inhibits->by_key, row->key, row->next);
    } else {
        table_remove(&inhibits->by_key, row->key);
    }
    memset(row, 0, sizeof *row);
    row->next = inhibits->free_first;
    inhibits->free_first = slot;
}

/* A row of its own; one whose silence is over makes room where there is none. */
static uint32_t take_row(struct core *core)
{
    struct inhibits *inhibits = &core->inhibits;
    if (inhibits->free_first == NONE32 && inhibits->high == inhibits->limit) {
        for (uint32_t i = 0; i < inhibits->high; i++) {
            const struct inhibit_row *row = &inhibits->rows[i];
            if (row->is_used != 0 && row->case_slot == NONE32 && row->until_ms <= core->now_ms) {
                unlink_row(inhibits, i);
                break;
            }
        }
    }
    const uint32_t slot = inhibits->free_first;
    if (slot != NONE32) {
        inhibits->free_first = inhibits->rows[slot].next;
        return slot;
    }
    return inhibits->high < inhibits->limit ? inhibits->high++ : NONE32;
}

static void link_row(struct inhibits *inhibits, uint32_t slot)
{
    struct inhibit_row *row = &inhibits->rows[slot];
    row->next = table_find(&inhibits->by_key, row->key);
    row->prev = NONE32;
    if (row->next != NONE32) {
        inhibits->rows[row->next].prev = slot;
    }
    table_put(&inhibits->by_key, row->key, slot);
}

static const struct policy_inhibit *inhibit_of(const struct core *core, uint32_t rule_row,
                                               const struct event *event)
{
    const struct policy *policy = state_policy(core);
    const uint32_t row = policy->rules[rule_row].inhibit;
    if (row == NONE32 || !keys_are_in(policy, policy->inhibits[row].keys, event) ||
        (policy->inhibits[row].radius_cm > 0 && !place_is_known(event->head->place))) {
        return NULL;
    }
    return &policy->inhibits[row];
}

void inhibits_file(struct core *core, uint32_t case_slot, const struct event *event)
{
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    const struct policy_inhibit *inhibit =
        row->rule == NONE32 ? NULL : inhibit_of(core, row->rule, event);
    const uint32_t slot = inhibit == NULL ? NONE32 : take_row(core);
    if (slot == NONE32) {
        return;
    }
    core->inhibits.rows[slot] = (struct inhibit_row){.key = key_of(core, inhibit, event),
                                                     .is_used = 1,
                                                     .case_slot = case_slot,
                                                     .place = event->head->place,
                                                     .until_ms = NEVER_MS};
    core->inhibits.by_case[case_slot] = slot + 1;
    link_row(&core->inhibits, slot);
}

void inhibits_drop(struct core *core, uint32_t case_slot)
{
    const uint32_t slot = core->inhibits.by_case[case_slot];
    if (slot != 0) {
        core->inhibits.by_case[case_slot] = 0;
        unlink_row(&core->inhibits, slot - 1);
    }
}

void inhibits_file_silenced(struct core *core, uint32_t rule_row, const struct event *event,
                            int64_t until_ms)
{
    struct inhibits *inhibits = &core->inhibits;
    const struct policy_inhibit *inhibit = inhibit_of(core, rule_row, event);
    if (inhibit == NULL) {
        return;
    }
    const struct hash128 key = key_of(core, inhibit, event);
    const struct place place = event->head->place;
    uint32_t slot = table_find(&inhibits->by_key, key);
    for (uint32_t i = 0; i < INHIBIT_WALK_MAX && slot != NONE32; i++) {
        struct inhibit_row *row = &inhibits->rows[slot];
        if (row->case_slot == NONE32 && row->place.lon == place.lon &&
            row->place.lat == place.lat) {
            row->until_ms = max_i64(row->until_ms, until_ms);
            return;
        }
        slot = row->next;
    }
    slot = take_row(core);
    if (slot != NONE32) {
        inhibits->rows[slot] =
            (struct inhibit_row){.key = key,
                                 .is_used = 1,
                                 .case_slot = NONE32,
                                 .place = place,
                                 .severity = state_policy(core)->rules[rule_row].severity,
                                 .until_ms = until_ms};
        link_row(inhibits, slot);
    }
}

/* Does it hide now, at that place? */
static bool hides(const struct core *core, const struct policy_inhibit *inhibit,
                  const struct inhibit_row *row, const struct event *event)
{
    uint32_t severity = row->severity;
    if (row->case_slot != NONE32) {
        const struct case_row *on = cases_peek(&core->cases, row->case_slot);
        if (case_state_is_terminal((enum case_state)on->state) ||
            ((on->flags & CASE_IS_DRILL) != 0) != ((event->head->flags & EVENT_IS_DRILL) != 0)) {
            return false;
        }
        severity = on->severity;
    } else if (row->until_ms <= core->now_ms) {
        return false;
    }
    if (severity > inhibit->max_severity) {
        return false;
    }
    return inhibit->radius_cm == 0 ||
           (place_is_known(event->head->place) &&
            distance_cm(row->place, event->head->place) <= inhibit->radius_cm);
}

uint32_t inhibits_find(const struct core *core, const struct policy_rule *rule,
                       const struct event *event, struct inhibit_found *out, uint32_t limit)
{
    const struct policy *policy = state_policy(core);
    uint32_t found = 0;
    for (uint32_t i = 0; i < rule->inhibited_by.count; i++) {
        const struct policy_inhibit *inhibit =
            &policy->inhibits[policy->inhibited[rule->inhibited_by.first + i]];
        if (!keys_are_in(policy, inhibit->keys, event)) {
            continue;
        }
        uint32_t slot = table_find(&core->inhibits.by_key, key_of(core, inhibit, event));
        for (uint32_t k = 0; k < INHIBIT_WALK_MAX && slot != NONE32; k++) {
            const struct inhibit_row *row = &core->inhibits.rows[slot];
            if (hides(core, inhibit, row, event)) {
                if (found < limit) {
                    out[found] = (struct inhibit_found){inhibit->rule, row->case_slot, slot};
                }
                found++;
            }
            slot = row->next;
        }
    }
    return found;
}

uint32_t inhibits_count(struct core *core, struct inhibit_found found)
{
    must(found.row < core->inhibits.high);
    return ++core->inhibits.rows[found.row].held;
}

bool inhibits_index(struct core *core)
{
    struct inhibits *inhibits = &core->inhibits;
    for (uint32_t i = 0; i < inhibits->high; i++) {
        const struct inhibit_row *row = &inhibits->rows[i];
        if (row->is_used > 1 || (row->next != NONE32 && row->next >= inhibits->high)) {
            return false;
        }
        if (row->is_used == 0) {
            continue;
        }
        if ((row->prev != NONE32 && row->prev >= inhibits->high) ||
            (row->next != NONE32 &&
             (inhibits->rows[row->next].is_used == 0 || inhibits->rows[row->next].prev != i)) ||
            (row->prev != NONE32 &&
             (inhibits->rows[row->prev].is_used == 0 || inhibits->rows[row->prev].next != i))) {
            return false;
        }
        if (row->prev == NONE32) {
            if (table_find(&inhibits->by_key, row->key) != NONE32) {
                return false;
            }
            table_put(&inhibits->by_key, row->key, i);
        }
        if (row->case_slot != NONE32) {
            if (row->case_slot >= core->cases.high ||
                core->cases.rows[row->case_slot].is_used == 0 ||
                inhibits->by_case[row->case_slot] != 0) {
                return false;
            }
            inhibits->by_case[row->case_slot] = i + 1;
        }
    }
    return inhibits->free_first == NONE32 || (inhibits->free_first < inhibits->high &&
                                              inhibits->rows[inhibits->free_first].is_used == 0);
}

void inhibits_check(const struct core *core)
{
    const struct inhibits *inhibits = &core->inhibits;
    must(inhibits->high <= inhibits->limit);
    for (uint32_t i = 0; i < inhibits->high; i++) {
        const struct inhibit_row *row = &inhibits->rows[i];
        if (row->is_used == 0) {
            continue;
        }
        must(row->prev != NONE32 || table_find(&inhibits->by_key, row->key) == i);
        must(row->next == NONE32 || inhibits->rows[row->next].prev == i);
        must(row->case_slot == NONE32 || inhibits->by_case[row->case_slot] == i + 1);
    }
}
