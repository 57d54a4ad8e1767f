/* ledger.c: see ledger.h. */
#include "engine/core/ledger.h"

#include "engine/core/cases.h"
#include "engine/core/flow.h"
#include "engine/core/orders.h"
#include "engine/core/rulings.h"

void ledger_init(struct objects *objects, struct arena *arena, const struct limits *limits)
{
    objects->rows = arena_take(arena, sizeof(struct object_row), limits->objects);
    ring_init(&objects->ring, arena, limits->objects);
}

static struct hash128 key_of(const struct city *city, uint32_t asset)
{
    const struct image_string code = city->assets[asset].code;
    return state_hash_text(city_text(city, code), code.size);
}

uint32_t ledger_find(const struct core *core, uint32_t asset)
{
    return asset == NONE32 ? NONE32
                           : ring_find(&core->objects.ring, key_of(state_city(core), asset));
}

void ledger_note(struct core *core, const struct case_row *row)
{
    if (row->asset == NONE32) {
        return;
    }
    bool is_new;
    const uint32_t slot =
        ring_take(&core->objects.ring, key_of(state_city(core), row->asset), &is_new);
    struct object_row *object = &core->objects.rows[slot];
    if (is_new) {
        *object = (struct object_row){.asset = row->asset};
    }
    const uint32_t kept =
        object->case_count < OBJECT_CASES_MAX ? object->case_count : OBJECT_CASES_MAX;
    struct object_case *entry = NULL;
    for (uint32_t i = 0; i < kept; i++) {
        if (case_no_is_equal(object->cases[i].no, row->no)) {
            entry = &object->cases[i];
        }
    }
    if (entry == NULL) {
        entry = &object->cases[object->case_count++ % OBJECT_CASES_MAX];
    }
    *entry = (struct object_case){
        .no = row->no, .class_row = row->class_row, .state = row->state, .at_ms = core->now_ms};
}

uint32_t ledger_visitors(const struct core *core, const struct case_row *row,
                         struct visitor out[OBJECT_CASES_MAX])
{
    const uint32_t slot = ledger_find(core, row->asset);
    uint32_t count = 0;
    if (slot == NONE32) {
        return 0;
    }
    const struct object_row *object = &core->objects.rows[slot];
    for (uint32_t i = 0; i < OBJECT_CASES_MAX && i < object->case_count; i++) {
        const uint32_t other = cases_find(&core->cases, object->cases[i].no);
        if (other == NONE32 || case_no_is_equal(object->cases[i].no, row->no)) {
            continue;
        }
        const uint32_t lead = orders_find_lead(core, cases_peek(&core->cases, other));
        if (lead != NONE32) {
            const struct order_row *order = orders_peek(&core->orders, lead);
            out[count++] = (struct visitor){order->worker, order->number};
        }
    }
    return count;
}

uint64_t ledger_visit(const struct core *core, const struct case_row *row, uint32_t worker)
{
    struct visitor visitors[OBJECT_CASES_MAX];
    const uint32_t count = ledger_visitors(core, row, visitors);
    for (uint32_t i = 0; i < count; i++) {
        if (visitors[i].worker == worker) {
            return visitors[i].order;
        }
    }
    return 0;
}

uint32_t ledger_find_conflict(const struct core *core, const struct case_row *row)
{
    if (row->asset == NONE32 || row->class_row == NONE32) {
        return NONE32;
    }
    const uint32_t ruling = rulings_find(core, row);
    if (ruling != NONE32 && core->rulings.rows[ruling].asset != NONE32) {
        return NONE32; /* it was ruled on for this object */
    }
    return city_find_permit(state_city(core), row->asset, row->class_row, flow_owner_of(core, row),
                            core->now_ms);
}

void ledger_remap_assets(struct objects *objects, const uint32_t *map)
{
    for (uint32_t slot = 0; slot < objects->ring.high; slot++) {
        if (ring_has(&objects->ring, slot)) {
            objects->rows[slot].asset = map[objects->rows[slot].asset];
            if (objects->rows[slot].asset == NONE32) {
                ring_drop(&objects->ring, slot);
            }
        }
    }
}

void ledger_remap_classes(struct objects *objects, const uint32_t *map)
{
    for (uint32_t slot = 0; slot < objects->ring.high; slot++) {
        struct object_row *row = &objects->rows[slot];
        for (uint32_t i = 0; ring_has(&objects->ring, slot) && i < OBJECT_CASES_MAX; i++) {
            if (i < row->case_count && row->cases[i].class_row != NONE32) {
                row->cases[i].class_row = map[row->cases[i].class_row];
            }
        }
    }
}

void ledger_check(const struct core *core)
{
    ring_check(&core->objects.ring);
    for (uint32_t slot = 0; slot < core->objects.ring.high; slot++) {
        must(!ring_has(&core->objects.ring, slot) ||
             ledger_find(core, core->objects.rows[slot].asset) == slot);
    }
}
