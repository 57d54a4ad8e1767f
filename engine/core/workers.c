/* workers.c: see workers.h. */
#include "engine/core/workers.h"

#include "engine/core/assign_round.h"
#include "engine/core/calendar.h"

void workers_init(struct workers *workers, struct arena *arena, const struct limits *limits)
{
    workers->rows = arena_take(arena, sizeof(struct worker_row), limits->workers);
    workers->items =
        arena_take(arena, sizeof(struct item_row), (size_t)limits->workers * WORKER_ITEMS_MAX);
    workers->person_slots = arena_take(arena, sizeof(uint32_t), limits->workers);
    workers->limit = limits->workers;
    workers->count = 0;
    table_init(&workers->by_id, arena, limits->workers);
    grid_init(&workers->grid, arena, limits);
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

/* Everybody of the active city who takes orders, from nothing. */
static void lay_grid(struct core *core)
{
    struct workers *workers = &core->workers;
    const struct city *city = state_city(core);
    grid_lay(&workers->grid, city, workers->person_slots);
    grid_turn_shifts(&workers->grid, city, core->now_ms);
    for (uint32_t p = 0; p < city->person_count; p++) {
        const struct city_person *person = &city->persons[p];
        const uint32_t slot = workers->person_slots[p];
        const struct worker_row *row = &workers->rows[slot];
        if (person->capacity > 0) {
            grid_move(&workers->grid, slot,
                      place_is_known(row->fix) ? row->fix : resting_place(core, person));
        }
    }
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
    }
    for (uint32_t p = 0; p < city->person_count; p++) {
        const struct city_person *person = &city->persons[p];
        uint32_t slot = workers_find(workers, person->id_hash);
        if (slot == NONE32) {
            slot = workers->count++;
            workers->rows[slot] = (struct worker_row){
                .id_hash = person->id_hash, .fix = place_none(), .order_first = NONE32};
            table_put(&workers->by_id, person->id_hash, slot);
        }
        workers->rows[slot].person = p;
        workers->person_slots[p] = slot;
    }
    lay_grid(core);
}

bool workers_index(struct core *core)
{
    struct workers *workers = &core->workers;
    for (uint32_t w = 0; w < workers->count; w++) {
        const struct worker_row *row = &workers->rows[w];
        if (table_find(&workers->by_id, row->id_hash) != NONE32) {
            return false;
        }
        table_put(&workers->by_id, row->id_hash, w);
        if (row->person != NONE32) {
            workers->person_slots[row->person] = w;
        }
    }
    uint32_t met = 0;
    for (uint32_t w = 0; w < workers->count; w++) {
        const uint32_t person = workers->rows[w].person;
        if (person != NONE32 && workers->person_slots[person] != w) {
            return false; /* two workers are one person */
        }
        met += person != NONE32;
    }
    if (!core->has_images) {
        return met == 0;
    }
    if (met != state_city(core)->person_count) {
        return false; /* somebody of the city has no row */
    }
    lay_grid(core);
    return true;
}

uint32_t workers_find(const struct workers *workers, struct hash128 id_hash)
{
    return table_find(&workers->by_id, id_hash);
}

/* Where somebody was while at work is nobody's business afterwards. */
static void forget_fix(struct core *core, uint32_t slot)
{
    struct worker_row *row = &core->workers.rows[slot];
    const struct city_person *person = worker_person(core, slot);
    if (!place_is_known(row->fix)) {
        return;
    }
    row->fix = place_none();
    row->fix_at_ms = 0;
    if (person != NULL && person->capacity > 0) {
        grid_move(&core->workers.grid, slot, resting_place(core, person));
    }
}

void worker_seen(struct core *core, uint32_t slot, uint32_t status, struct place fix,
                 int64_t fix_at_ms)
{
    struct worker_row *row = &core->workers.rows[slot];
    const struct city_person *person = worker_person(core, slot);
    row->seen_at_ms = core->now_ms;
    if (status != STATUS_UNKNOWN && status < STATUS_LIMIT) {
        if (status == STATUS_READY && row->status != STATUS_READY) {
            rounds_release(core);
        }
        row->status = status;
    }
    if (row->status == STATUS_OFF || !worker_is_in_hours(core, slot)) {
        forget_fix(core, slot);
        return;
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
        grid_move(&core->workers.grid, slot, fix);
    }
}

bool worker_is_in_hours(const struct core *core, uint32_t slot)
{
    const struct city_person *person = worker_person(core, slot);
    return person != NULL && calendar_contains(state_city(core), person->shift, core->now_ms);
}

bool worker_is_on_shift(const struct core *core, uint32_t slot)
{
    const struct city_person *person = worker_person(core, slot);
    if (person == NULL || core->workers.rows[slot].status == STATUS_OFF) {
        return false;
    }
    const struct grid *grid = &core->workers.grid;
    const uint32_t kind = grid->traits_of[slot].kind;
    return kind == KIND_MIXED ? calendar_contains(state_city(core), person->shift, core->now_ms)
                              : kind_mask_has(&grid->on_shift, kind);
}

void worker_tell(struct core *core, uint32_t slot, enum item_kind kind, uint64_t order,
                 enum code code)
{
    struct worker_row *row = &core->workers.rows[slot];
    const uint64_t seq = ++row->item_seq_last;
    *worker_item(&core->workers, slot, seq) = (struct item_row){
        .seq = seq, .order = order, .code = (uint16_t)code, .kind = (uint8_t)kind};
    if (row->person == NONE32) {
        return; /* left the city: kept for the day the id returns, nobody to tell now */
    }
    struct effect effect; /* not cleared: larger effects share its room */
    effect.kind = EFFECT_ITEM;
    effect.at_ms = core->now_ms;
    effect.of.item = (struct effect_item){.person = row->person,
                                          .item_seq = seq,
                                          .kind = (uint8_t)kind,
                                          .order = order,
                                          .code = (uint16_t)code};
    state_emit(core, &effect);
}

void workers_check(const struct core *core)
{
    const struct workers *workers = &core->workers;
    uint32_t placed = 0;
    for (uint32_t w = 0; w < workers->count; w++) {
        const struct worker_row *row = &workers->rows[w];
        must(workers_find(workers, row->id_hash) == w);
        must(row->item_seq_taken <= row->item_seq_last);
        const struct city_person *person = worker_person(core, w);
        must(person == NULL || workers->person_slots[row->person] == w);
        const struct place at = grid_at(&workers->grid, w);
        placed += place_is_known(at);
        if (person == NULL || person->capacity == 0) {
            must(!place_is_known(at));
        } else {
            const struct place known =
                place_is_known(row->fix) ? row->fix : resting_place(core, person);
            must(at.lon == known.lon && at.lat == known.lat);
        }
    }
    must(placed == workers->grid.count);
    grid_check(&workers->grid, state_city(core), workers->person_slots);
    table_check(&workers->by_id);
}
