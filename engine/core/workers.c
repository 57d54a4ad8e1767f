/* workers.c: see workers.h. */
#include "engine/core/workers.h"

#include "engine/core/calendar.h"

void workers_init(struct workers *workers, struct arena *arena, const struct limits *limits)
{
    workers->rows = arena_take(arena, sizeof(struct worker_row), limits->workers);
    workers->buckets = arena_take(arena, sizeof(uint32_t), GRID_SIDE * GRID_SIDE);
    workers->person_slots = arena_take(arena, sizeof(uint32_t), limits->workers);
    workers->limit = limits->workers;
    workers->count = 0;
    table_init(&workers->by_id, arena, limits->workers);
}

static uint32_t clamp_bucket(const struct workers *workers, int64_t index)
{
    return index < 0 ? 0 : index >= workers->side ? workers->side - 1 : (uint32_t)index;
}

static uint32_t bucket_of(const struct workers *workers, struct place at)
{
    const int64_t x = ((int64_t)at.lon - workers->origin.lon) / workers->lon_step;
    const int64_t y = ((int64_t)at.lat - workers->origin.lat) / workers->lat_step;
    return clamp_bucket(workers, y) * workers->side + clamp_bucket(workers, x);
}

static void leave_grid(struct workers *workers, uint32_t slot)
{
    struct worker_row *row = &workers->rows[slot];
    if (!place_is_known(row->position)) {
        return;
    }
    if (row->bucket_next != NONE32) {
        workers->rows[row->bucket_next].bucket_prev = row->bucket_prev;
    }
    if (row->bucket_prev != NONE32) {
        workers->rows[row->bucket_prev].bucket_next = row->bucket_next;
    } else {
        workers->buckets[row->bucket] = row->bucket_next == NONE32 ? 0 : row->bucket_next + 1;
    }
    row->position = place_none();
    row->bucket_next = row->bucket_prev = NONE32;
    workers->in_grid--;
}

static void enter_grid(struct workers *workers, uint32_t slot, struct place at)
{
    struct worker_row *row = &workers->rows[slot];
    leave_grid(workers, slot);
    if (!place_is_known(at)) {
        return;
    }
    workers->in_grid++;
    row->position = at;
    row->bucket = bucket_of(workers, at);
    row->bucket_prev = NONE32;
    const uint32_t first = workers->buckets[row->bucket];
    row->bucket_next = first == 0 ? NONE32 : first - 1;
    if (first != 0) {
        workers->rows[first - 1].bucket_prev = slot;
    }
    workers->buckets[row->bucket] = slot + 1;
}

/* Where somebody without a fix is thought to be: the base, else a point in the home cell. */
static struct place resting_place(const struct core *core, const struct city_person *person)
{
    const struct city *city = state_city(core);
    if (person->has_base != 0) {
        return (struct place){person->lon, person->lat};
    }
    if (person->home_cell != NONE32) {
        return (struct place){city->cells[person->home_cell].lon,
                              city->cells[person->home_cell].lat};
    }
    return place_none();
}

static void lay_grid(struct core *core)
{
    struct workers *workers = &core->workers;
    const struct city_info *info = state_city(core)->info;
    memset(workers->buckets, 0, sizeof(uint32_t) * GRID_SIDE * GRID_SIDE);
    /* About two workers a bucket: a finer grid would be walked in vain. */
    const uint64_t side = isqrt_u64(state_city(core)->person_count / 2 + 1);
    workers->side = (uint32_t)min_i64((int64_t)side, GRID_SIDE);
    workers->in_grid = 0;
    workers->origin = (struct place){info->lon_min, info->lat_min};
    workers->lon_step = max_i64(1, ((int64_t)info->lon_max - info->lon_min) / workers->side + 1);
    workers->lat_step = max_i64(1, ((int64_t)info->lat_max - info->lat_min) / workers->side + 1);
}

bool workers_fit(const struct core *core, const struct city *city)
{
    const struct workers *workers = &core->workers;
    uint32_t added = 0;
    for (uint32_t p = 0; p < city->person_count; p++) {
        added += workers_find(workers, city->persons[p].id_hash) == NONE32;
    }
    return added <= workers->limit - workers->count;
}

void workers_adopt(struct core *core)
{
    struct workers *workers = &core->workers;
    const struct city *city = state_city(core);
    must(workers_fit(core, city));
    for (uint32_t w = 0; w < workers->count; w++) {
        workers->rows[w].person = NONE32;
        workers->rows[w].position = place_none();
        workers->rows[w].bucket_next = workers->rows[w].bucket_prev = NONE32;
    }
    lay_grid(core);
    for (uint32_t p = 0; p < city->person_count; p++) {
        const struct city_person *person = &city->persons[p];
        uint32_t slot = workers_find(workers, person->id_hash);
        if (slot == NONE32) {
            slot = workers->count++;
            workers->rows[slot] = (struct worker_row){.id_hash = person->id_hash,
                                                      .fix = place_none(),
                                                      .position = place_none(),
                                                      .bucket_next = NONE32,
                                                      .bucket_prev = NONE32,
                                                      .order_first = NONE32};
            table_put(&workers->by_id, person->id_hash, slot);
        }
        struct worker_row *row = &workers->rows[slot];
        row->person = p;
        workers->person_slots[p] = slot;
        if (person->capacity > 0) {
            enter_grid(workers, slot,
                       place_is_known(row->fix) ? row->fix : resting_place(core, person));
        }
    }
}

uint32_t workers_find(const struct workers *workers, struct hash128 id_hash)
{
    return table_find(&workers->by_id, id_hash);
}

const struct city_person *worker_person(const struct core *core, uint32_t slot)
{
    must(slot < core->workers.count);
    const uint32_t person = core->workers.rows[slot].person;
    return person == NONE32 ? NULL : &state_city(core)->persons[person];
}

void worker_seen(struct core *core, uint32_t slot, uint32_t status, struct place fix,
                 int64_t fix_at_ms)
{
    struct worker_row *row = &core->workers.rows[slot];
    const struct city_person *person = worker_person(core, slot);
    row->seen_at_ms = core->now_ms;
    if (status != STATUS_UNKNOWN && status < STATUS_LIMIT) {
        row->status = status;
    }
    if (!place_is_known(fix) || !place_is_valid(fix)) {
        return;
    }
    const int64_t at_ms = min_i64(fix_at_ms == 0 ? core->now_ms : fix_at_ms, core->now_ms);
    if (place_is_known(row->fix) && at_ms < row->fix_at_ms) {
        return; /* older than what is known */
    }
    row->fix = fix;
    row->fix_at_ms = at_ms;
    if (person != NULL && person->capacity > 0) {
        enter_grid(&core->workers, slot, fix);
    }
}

bool worker_has_fresh_fix(const struct core *core, const struct worker_row *row)
{
    return place_is_known(row->fix) &&
           sub_clamped(core->now_ms, row->fix_at_ms) <= state_policy(core)->info->stale_fix_ms;
}

bool worker_is_on_shift(const struct core *core, uint32_t slot)
{
    const struct city_person *person = worker_person(core, slot);
    if (person == NULL || core->workers.rows[slot].status == STATUS_OFF) {
        return false;
    }
    return calendar_contains(state_city(core), person->shift, core->now_ms);
}

uint32_t worker_item_count(const struct worker_row *row)
{
    return (uint32_t)min_i64((int64_t)(row->item_seq_last - row->item_seq_taken), WORKER_ITEMS_MAX);
}

void worker_tell(struct core *core, uint32_t slot, enum item_kind kind, uint64_t order,
                 enum code code)
{
    struct worker_row *row = &core->workers.rows[slot];
    const uint64_t seq = ++row->item_seq_last;
    row->items[seq % WORKER_ITEMS_MAX] = (struct item_row){
        .seq = seq, .order = order, .code = (uint16_t)code, .kind = (uint8_t)kind};
    if (row->person == NONE32) {
        return; /* left the city: kept for the day the id returns, nobody to tell now */
    }
    const struct effect effect = {.kind = EFFECT_ITEM,
                                  .at_ms = core->now_ms,
                                  .of.item = {.person = row->person,
                                              .item_seq = seq,
                                              .kind = (uint8_t)kind,
                                              .order = order,
                                              .code = (uint16_t)code}};
    state_emit(core, &effect);
}

void workers_check(const struct core *core)
{
    const struct workers *workers = &core->workers;
    uint32_t in_grid = 0;
    for (uint32_t w = 0; w < workers->count; w++) {
        const struct worker_row *row = &workers->rows[w];
        must(workers_find(workers, row->id_hash) == w);
        must(row->item_seq_taken <= row->item_seq_last);
        in_grid += place_is_known(row->position);
        const struct city_person *person = worker_person(core, w);
        must(person == NULL || workers->person_slots[row->person] == w);
    }
    uint32_t chained = 0;
    for (uint32_t b = 0; b < workers->side * workers->side; b++) {
        uint32_t before = NONE32;
        for (uint32_t slot = workers->buckets[b]; slot != 0;) {
            const struct worker_row *row = &workers->rows[slot - 1];
            must(row->bucket == b && row->bucket_prev == before);
            must(bucket_of(workers, row->position) == b);
            before = slot - 1;
            slot = row->bucket_next == NONE32 ? 0 : row->bucket_next + 1;
            chained++;
        }
    }
    must(chained == in_grid && in_grid == workers->in_grid);
    table_check(&workers->by_id);
}
