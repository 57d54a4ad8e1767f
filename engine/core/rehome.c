/* rehome.c: see rehome.h. core->rehome_next is the slot to look at next, plus one; 0 = all are where they belong. */
#include "engine/core/rehome.h"

#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/dispatch.h"
#include "engine/core/flow.h"
#include "engine/core/offices.h"
#include "engine/core/orders.h"

void rehome_begin(struct core *core)
{
    core->borders_at_ms = core->now_ms;
    core->rehome_next = core->cases.high > 0 ? 1 : 0;
}

void rehome_ask(struct core *core, uint32_t slot)
{
    must(slot < core->cases.high);
    if (core->rehome_next == 0 || slot < core->rehome_next - 1) {
        core->rehome_next = slot + 1;
    }
}

bool rehome_is_older(const struct core *core, int64_t at_ms)
{
    return core->borders_at_ms != 0 && at_ms <= core->borders_at_ms;
}

uint32_t core_rehome_from(const struct core *core)
{
    return core->rehome_next == 0 ? NONE32 : core->rehome_next - 1;
}

bool core_rehome_next(const struct core *core, uint32_t *slot, struct rehome_view *out_view)
{
    for (; *slot < core->cases.high; (*slot)++) {
        const struct case_row *row = &core->cases.rows[*slot];
        if (row->is_used != 0 && !case_state_is_terminal((enum case_state)row->state) &&
            place_is_known(row->place)) {
            *out_view = (struct rehome_view){row->no, row->place, row->cell};
            (*slot)++;
            return true;
        }
    }
    return false;
}

/* ---- what follows ---- */

static bool is_of_cell(const struct city *city, uint32_t cell, uint32_t person)
{
    const struct image_range persons =
        cell == NONE32 ? (struct image_range){0, 0} : city->cells[cell].persons;
    for (uint32_t i = persons.first; i < persons.first + persons.count; i++) {
        if (city->cell_persons[i] == person) {
            return true;
        }
    }
    return false;
}

static uint32_t unit_of(const struct city *city, uint32_t cell, uint32_t level)
{
    return cell == NONE32 ? NONE32 : city_unit_of_cell(city, cell, level);
}

/* Do the rings that lead to this worker look elsewhere now? */
static bool rests_on_cell(const struct core *core, const struct order_row *order, uint32_t before,
                          uint32_t after)
{
    const struct city *city = state_city(core);
    const struct policy *policy = state_policy(core);
    const uint32_t person = core->workers.rows[order->worker].person;
    const struct image_range rings = policy->assigns[order->assign].rings;
    for (uint32_t i = rings.first; i < rings.first + rings.count; i++) {
        const struct policy_ring *ring = &policy->rings[i];
        if (ring->kind == RING_GRID) {
            const bool has_others = after != NONE32 && city->cells[after].persons.count > 0;
            if (is_of_cell(city, after, person)) {
                return false;
            }
            if (has_others || is_of_cell(city, before, person)) {
                return true;
            }
        } else if (ring->kind == RING_LEVEL &&
                   unit_of(city, before, ring->level) != unit_of(city, after, ring->level)) {
            return true;
        }
    }
    return false;
}

/* Offers that nobody has accepted go back where others come first in the new cell. */
static void take_back_offers(struct core *core, uint32_t slot, uint32_t before)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const uint32_t kinds = (1u << KIND_HANDLE) | (1u << KIND_ASSIST) | (1u << KIND_VERIFY_REPORT) |
                           (1u << KIND_CHECK_RESULT);
    for (uint32_t o = row->order_first; o != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, o);
        const uint32_t next = order->next;
        if (order->state == ORDER_OFFERED && (kinds & (1u << order->kind)) != 0 &&
            order->worker != NONE32 && order->assign != NONE32 &&
            rests_on_cell(core, order, before, row->cell)) {
            dispatch_withdraw(core, o, ACTION_RECALL, CODE_RECALLED, (struct case_no){0}, false);
        }
        o = next;
    }
    const uint32_t seek = case_timer_id(slot, CASE_TIMER_SEEK);
    if (timers_is_armed(&core->timers, seek)) { /* whom it did not find may be found from here */
        timers_arm(&core->timers, seek, core->now_ms);
    }
}

/* Who answers for the case by its cell alone. */
struct answers {
    uint32_t department;
    uint32_t desk;
};

static struct answers answers_of(const struct core *core, const struct case_row *row)
{
    return (struct answers){flow_owner_of(core, row),
                            offices_find_staffed(core, flow_desk_of(core, row))};
}

static void say_moved(struct core *core, uint32_t slot, uint32_t before)
{
    const struct city *city = state_city(core);
    struct flow_note note = {.action = ACTION_REHOME};
    if (before != NONE32) {
        note.text = city_text(city, city->cells[before].code);
        note.text_size = city->cells[before].code.size;
    }
    flow_say(core, slot, &note);
}

static void move_case(struct core *core, uint32_t slot, uint32_t cell)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const uint32_t before = row->cell;
    const struct answers old = answers_of(core, row);
    row->cell = cell;
    const struct answers new = answers_of(core, row);
    const bool is_at_desk = row->state == CASE_ASSIGNED && row->holder.kind == HOLDER_POST;
    if (!is_at_desk && (row->flags & CASE_HANDLE_RUNS) != 0 && row->department == old.department &&
        new.department != old.department) {
        clocks_bind_handle(core, slot, new.department);
    }
    say_moved(core, slot, before);
    if (is_at_desk && row->holder.index == old.desk && new.desk != old.desk) {
        flow_to_desk(core, slot, NONE32, CODE_NOTHING, (row->flags & CASE_IS_SEEKING) != 0);
    }
    take_back_offers(core, slot, before);
    clocks_arm_step(core, slot);
}

void rehome_take(struct core *core, const struct command *command)
{
    const struct rehome_body *body = command->body.rehome.head;
    if (core->rehome_next == 0 ||
        !hash128_is_equal(command->head->facts_digest, core->facts_digest)) {
        return; /* located under other borders */
    }
    for (uint32_t i = 0; i < body->count; i++) {
        const struct rehome_row *to = &command->body.rehome.rows[i];
        const uint32_t slot = cases_find(&core->cases, to->no);
        const struct case_row *row = slot == NONE32 ? NULL : cases_peek(&core->cases, slot);
        if (row != NULL && !case_state_is_terminal((enum case_state)row->state) &&
            to->cell != row->cell &&
            (to->cell == NONE32 || to->cell < state_city(core)->cell_count)) {
            move_case(core, slot, to->cell);
        }
    }
    if (body->from_slot <= core->rehome_next - 1) { /* else one before was asked for meanwhile */
        core->rehome_next = body->until_slot < core->cases.high ? body->until_slot + 1 : 0;
    }
}
