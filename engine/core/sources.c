/* sources.c: see sources.h. */
#include "engine/core/sources.h"

#include "engine/core/cases.h"

/* Keeps these keys apart from others over the same ids. */
#define SALT_SOURCE 6u

void sources_init(struct sources *sources, struct arena *arena, uint32_t limit)
{
    sources->rows = arena_take(arena, sizeof(struct source_row), limit);
    sources->limit = limit;
    sources->count = 0;
    table_init(&sources->by_key, arena, limit);
}

static struct hash128 key_of(const struct core *core, uint32_t rule, uint32_t gateway)
{
    const struct hash128 base =
        hash128_join((struct hash128){SALT_SOURCE, 0}, state_policy(core)->rules[rule].id_hash);
    return hash128_join(base, state_city(core)->gateways[gateway].id_hash);
}

/* The row of the key, a fresh one where there is room; NULL where there is none. */
static struct source_row *row_of(struct sources *sources, struct hash128 key)
{
    const uint32_t known = table_find(&sources->by_key, key);
    if (known != NONE32) {
        return &sources->rows[known];
    }
    if (sources->count == sources->limit) {
        return NULL;
    }
    struct source_row *row = &sources->rows[sources->count];
    *row = (struct source_row){.key = key};
    table_put(&sources->by_key, key, sources->count++);
    return row;
}

void sources_count_end(struct core *core, uint32_t case_slot, enum action action,
                       enum reason reason)
{
    struct case_row *row = cases_at(&core->cases, case_slot);
    const bool is_false =
        row->state == CASE_VOID &&
        (action == ACTION_VERIFY_NO || reason == REASON_FALSE_ALARM || reason == REASON_NOT_FOUND);
    if ((!is_false && row->state != CASE_CLOSED) || (row->flags & CASE_IS_WEIGHED) != 0) {
        return;
    }
    row->flags |= CASE_IS_WEIGHED;
    if (row->rule == NONE32 || row->gateway == NONE32) {
        return;
    }
    struct source_row *source = row_of(&core->sources, key_of(core, row->rule, row->gateway));
    if (source == NULL) {
        return;
    }
    source->confirmed += is_false ? 0 : 1;
    source->false_alarms += is_false ? 1 : 0;
    if (source->confirmed + source->false_alarms >= SOURCE_WINDOW) {
        source->confirmed /= 2; /* rounds down, both alike */
        source->false_alarms /= 2;
    }
}

bool sources_is_doubtful(const struct core *core, uint32_t rule, uint32_t gateway)
{
    const struct policy_info *info = state_policy(core)->info;
    if (info->verify_below_permille == 0 || core->sources.count == 0) {
        return false;
    }
    const uint32_t slot = table_find(&core->sources.by_key, key_of(core, rule, gateway));
    if (slot == NONE32) {
        return false;
    }
    const struct source_row *row = &core->sources.rows[slot];
    const uint64_t ends = (uint64_t)row->confirmed + row->false_alarms;
    return ends >= info->verify_samples &&
           (uint64_t)row->confirmed * 1000 < ends * info->verify_below_permille;
}

bool sources_index(struct sources *sources)
{
    for (uint32_t i = 0; i < sources->count; i++) {
        if (table_find(&sources->by_key, sources->rows[i].key) != NONE32) {
            return false;
        }
        table_put(&sources->by_key, sources->rows[i].key, i);
    }
    return true;
}

void sources_check(const struct sources *sources)
{
    must(sources->count <= sources->limit);
    must(sources->count == sources->by_key.count);
    for (uint32_t i = 0; i < sources->count; i++) {
        const struct source_row *row = &sources->rows[i];
        must(table_find(&sources->by_key, row->key) == i);
        must((uint64_t)row->confirmed + row->false_alarms < SOURCE_WINDOW);
    }
    table_check(&sources->by_key);
}
