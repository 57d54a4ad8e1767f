/* burden.c: see burden.h. */
#include "engine/core/burden.h"

#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/flow.h"
#include "engine/core/orders.h"

void burden_init(struct burdens *burdens, struct arena *arena, const struct limits *limits)
{
    burdens->rows = arena_take(arena, sizeof(struct burden_row), limits->burdens);
    ring_init(&burdens->ring, arena, limits->burdens);
}

static int32_t day_of(const struct core *core, int64_t at_ms)
{
    return (int32_t)div_floor(city_local_ms(state_city(core), at_ms), DAY_MS);
}

static uint32_t index_of(int32_t day)
{
    return (uint32_t)mod_floor(day, BURDEN_DAYS);
}

/* Forgets the days that the window has left behind. */
static void roll(struct burden_row *row, int32_t day)
{
    const int32_t passed = day - row->day;
    for (int32_t i = 1; i <= passed && i <= (int32_t)BURDEN_DAYS; i++) {
        row->counts[index_of(row->day + i)] = 0;
    }
    row->day = passed > 0 ? day : row->day;
}

static void count_task(struct core *core, const struct case_row *row, bool is_short)
{
    const struct city *city = state_city(core);
    const uint32_t department = flow_owner_of(core, row);
    if (row->cell == NONE32 || department == NONE32) {
        return;
    }
    const struct image_string cell = city->cells[row->cell].code;
    const struct image_string name = city->departments[department].code;
    const struct hash128 key = hash128_join(state_hash_text(city_text(city, cell), cell.size),
                                            state_hash_text(city_text(city, name), name.size));
    bool is_new;
    const uint32_t slot = ring_take(&core->burdens.ring, key, &is_new);
    struct burden_row *burden = &core->burdens.rows[slot];
    const int32_t day = day_of(core, core->now_ms);
    if (is_new) {
        *burden = (struct burden_row){.cell = row->cell, .department = department, .day = day};
    }
    roll(burden, day);
    burden->counts[index_of(day)]++;
    burden->short_count += is_short;
}

uint32_t burden_count(const struct core *core, const struct burden_row *row, int64_t at_ms)
{
    const int32_t today = day_of(core, at_ms);
    uint32_t count = 0;
    for (uint32_t i = 0; i < BURDEN_DAYS; i++) {
        const int32_t day = row->day - (int32_t)i;
        count += today - day < (int32_t)BURDEN_DAYS ? row->counts[index_of(day)] : 0;
    }
    return count;
}

static void remap(struct burdens *burdens, bool is_cell, const uint32_t *map)
{
    for (uint32_t slot = 0; slot < burdens->ring.high; slot++) {
        struct burden_row *row = &burdens->rows[slot];
        uint32_t *value = is_cell ? &row->cell : &row->department;
        if (ring_has(&burdens->ring, slot)) {
            *value = map[*value];
            if (*value == NONE32) {
                ring_drop(&burdens->ring, slot);
            }
        }
    }
}

void burden_remap_cells(struct burdens *burdens, const uint32_t *map)
{
    remap(burdens, true, map);
}

void burden_remap_departments(struct burdens *burdens, const uint32_t *map)
{
    remap(burdens, false, map);
}

void burden_check(const struct core *core)
{
    ring_check(&core->burdens.ring);
    for (uint32_t slot = 0; slot < core->burdens.ring.high; slot++) {
        const struct burden_row *row = &core->burdens.rows[slot];
        must(!ring_has(&core->burdens.ring, slot) ||
             (row->cell < state_city(core)->cell_count &&
              row->department < state_city(core)->department_count));
    }
}

void burden_note_order(struct core *core, uint32_t slot, uint32_t order_slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const int64_t notice_ms =
        row->class_row == NONE32 ? 0 : state_city(core)->classes[row->class_row].notice_ms;
    const int64_t deadline_ms = notice_ms > 0 ? clocks_handle_deadline(core, row) : NEVER_MS;
    const bool is_short =
        notice_ms > 0 && deadline_ms != NEVER_MS && deadline_ms - core->now_ms < notice_ms;
    count_task(core, row, is_short);
    if (is_short) {
        const uint32_t owner = flow_owner_of(core, row);
        const uint32_t post =
            owner == NONE32 ? NONE32 : state_city(core)->departments[owner].duty_post;
        flow_say(core, slot,
                 &(struct flow_note){.action = ACTION_SHORT_NOTICE,
                                     .order = order_slot + 1,
                                     .subject = orders_peek(&core->orders, order_slot)->worker + 1,
                                     .post = post + 1,
                                     .clock = CLOCK_HANDLE,
                                     .deadline_ms = deadline_ms});
    }
}
