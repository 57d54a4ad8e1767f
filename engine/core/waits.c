/* waits.c: see waits.h. */
#include "engine/core/waits.h"

#include "engine/core/timers.h"

void waits_init(struct waits *waits, struct arena *arena, const struct limits *limits)
{
    waits->rows = arena_take(arena, sizeof(struct wait_row), limits->waits);
    waits->limit = limits->waits;
    waits->free_first = NONE32;
}

uint32_t waits_take(struct waits *waits)
{
    uint32_t slot = waits->free_first;
    if (slot != NONE32) {
        waits->free_first = waits->rows[slot].next;
    } else if (waits->high < waits->limit) {
        slot = waits->high++;
    } else {
        return NONE32;
    }
    memset(&waits->rows[slot], 0, sizeof waits->rows[slot]);
    waits->rows[slot].is_used = 1;
    waits->used++;
    return slot;
}

void waits_give(struct core *core, uint32_t slot)
{
    struct waits *waits = &core->waits;
    must(slot < waits->high && waits->rows[slot].is_used != 0);
    timers_cancel(&core->timers, wait_timer_id(core, slot));
    memset(&waits->rows[slot], 0, sizeof waits->rows[slot]);
    waits->rows[slot].next = waits->free_first;
    waits->free_first = slot;
    waits->used--;
}

/* ---- checks ---- */

static bool is_row_or_none(uint32_t row, uint32_t count)
{
    return row == NONE32 || row < count;
}

static bool fields_hold(const struct core *core, const struct wait_row *row)
{
    if (row->field_count > EVENT_FIELDS_MAX || row->text_used > WAIT_TEXT_SIZE) {
        return false;
    }
    for (uint32_t i = 0; i < row->field_count; i++) {
        const struct event_field *field = &row->fields[i];
        if (field->field >= state_policy(core)->field_count ||
            (i > 0 && field[-1].field >= field->field) || field->text_offset > row->text_used ||
            field->size > row->text_used - field->text_offset) {
            return false;
        }
    }
    return true;
}

static bool head_holds(const struct core *core, const struct wait_row *row)
{
    const struct city *city = state_city(core);
    if (row->type >= state_policy(core)->type_count || row->area_count > EVENT_AREAS_MAX ||
        !is_row_or_none(row->device, city->device_count) ||
        !is_row_or_none(row->cell, city->cell_count) ||
        !is_row_or_none(row->asset, city->asset_count) ||
        !is_row_or_none(row->zone, city->area_count) ||
        !is_row_or_none(row->gateway, city->gateway_count) ||
        !is_row_or_none(row->worker, core->workers.count)) {
        return false;
    }
    for (uint32_t i = 0; i < row->area_count; i++) {
        if (row->areas[i] >= city->area_count) {
            return false;
        }
    }
    return true;
}

static bool row_holds(const struct core *core, uint32_t slot)
{
    const struct wait_row *row = &core->waits.rows[slot];
    const struct windows *windows = &core->windows;
    if (row->key_slot >= windows->high || windows->rows[row->key_slot].is_used == 0 ||
        windows->rows[row->key_slot].wait != slot + 1) {
        return false;
    }
    const uint32_t kind = state_policy(core)->windows[windows->rows[row->key_slot].window].kind;
    const bool is_armed = timers_due_ms(&core->timers, wait_timer_id(core, slot)) != NEVER_MS;
    return (kind == WINDOW_ABSENT || kind == WINDOW_SEQUENCE) &&
           is_armed == (kind == WINDOW_ABSENT) && head_holds(core, row) && fields_hold(core, row);
}

bool waits_hold(const struct core *core)
{
    const struct waits *waits = &core->waits;
    uint32_t used = 0;
    for (uint32_t i = 0; i < waits->high; i++) {
        if (waits->rows[i].is_used != 0 && !row_holds(core, i)) {
            return false;
        }
        used += waits->rows[i].is_used != 0;
    }
    uint32_t keys = 0;
    for (uint32_t i = 0; i < core->windows.high; i++) {
        keys += core->windows.rows[i].is_used != 0 && core->windows.rows[i].wait != 0;
    }
    uint32_t free_count = 0;
    for (uint32_t slot = waits->free_first; slot != NONE32; slot = waits->rows[slot].next) {
        if (slot >= waits->high || waits->rows[slot].is_used != 0 || ++free_count > waits->high) {
            return false;
        }
    }
    return used == waits->used && keys == used && free_count + used == waits->high;
}
