/* links.c: see links.h. */
#include "engine/core/links.h"

#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/plans.h"
#include "engine/core/rehome.h"

/* ---- children ---- */

static void attach(struct core *core, uint32_t parent, uint32_t child)
{
    struct case_row *above = cases_at(&core->cases, parent);
    struct case_row *row = cases_at(&core->cases, child);
    must(row->parent == NONE32);
    row->parent = parent;
    row->child_prev = NONE32;
    row->child_next = above->child_first;
    if (above->child_first != NONE32) {
        cases_at(&core->cases, above->child_first)->child_prev = child;
    }
    above->child_first = child;
}

static void detach(struct core *core, uint32_t child)
{
    struct case_row *row = cases_at(&core->cases, child);
    must(row->parent != NONE32);
    if (row->child_next != NONE32) {
        cases_at(&core->cases, row->child_next)->child_prev = row->child_prev;
    }
    if (row->child_prev != NONE32) {
        cases_at(&core->cases, row->child_prev)->child_next = row->child_next;
    } else {
        cases_at(&core->cases, row->parent)->child_first = row->child_next;
    }
    row->parent = row->child_next = row->child_prev = NONE32;
}

bool links_has_open_child(const struct core *core, const struct case_row *row)
{
    for (uint32_t child = row->child_first; child != NONE32;) {
        const struct case_row *below = cases_peek(&core->cases, child);
        if (!case_state_is_terminal((enum case_state)below->state)) {
            return true;
        }
        child = below->child_next;
    }
    return false;
}

void links_forget(struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    while (row->child_first != NONE32) {
        detach(core, row->child_first);
    }
    if (row->parent != NONE32) {
        detach(core, slot);
    }
}

/* What the other case's story says of it. */
static void say_on_other(const struct act *act, uint32_t other, uint32_t slot, enum action action)
{
    struct flow_note note = act_note(act);
    note.action = action;
    note.other = cases_peek(&act->core->cases, slot)->no;
    flow_say(act->core, other, &note);
}

static void say_with(const struct act *act, uint32_t slot, uint32_t other)
{
    struct flow_note note = act_note(act);
    note.other = cases_peek(&act->core->cases, other)->no;
    flow_say(act->core, slot, &note);
}

/* A drill never meets the real, not by hand either. */
static bool are_of_one_kind(const struct case_row *a, const struct case_row *b)
{
    return ((a->flags ^ b->flags) & CASE_IS_DRILL) == 0;
}

enum code links_take_child(const struct act *act, uint32_t slot, uint32_t other)
{
    struct core *core = act->core;
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct case_row *child = cases_peek(&core->cases, other);
    if (case_state_is_terminal((enum case_state)child->state) || child->parent != NONE32 ||
        child->child_first != NONE32 || row->parent != NONE32 || !are_of_one_kind(row, child)) {
        return CODE_OTHER_CASE_NEEDED;
    }
    attach(core, slot, other);
    say_with(act, slot, other);
    say_on_other(act, other, slot, ACTION_GET_PARENT);
    return CODE_DONE;
}

enum code links_let_child_go(const struct act *act, uint32_t slot, uint32_t other)
{
    if (cases_peek(&act->core->cases, other)->parent != slot) {
        return CODE_OTHER_CASE_NEEDED;
    }
    detach(act->core, other);
    say_with(act, slot, other);
    say_on_other(act, other, slot, ACTION_LEAVE_PARENT);
    return CODE_DONE;
}

enum code links_relate(const struct act *act, uint32_t slot, uint32_t other)
{
    say_with(act, slot, other);
    say_on_other(act, other, slot, ACTION_RELATE);
    return CODE_DONE;
}

/* ---- merging and splitting ---- */

/* Children go along, unless the survivor is one of them or cannot be a parent. */
static void pass_children(struct core *core, uint32_t slot, uint32_t survivor)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    while (row->child_first != NONE32) {
        const uint32_t child = row->child_first;
        detach(core, child);
        if (child != survivor && cases_peek(&core->cases, survivor)->parent == NONE32) {
            attach(core, survivor, child);
        }
    }
    if (row->parent != NONE32) {
        detach(core, slot);
    }
}

enum code links_merge(const struct act *act, uint32_t slot, uint32_t other)
{
    struct core *core = act->core;
    struct case_row *row = cases_at(&core->cases, slot);
    struct case_row *survivor = cases_at(&core->cases, other);
    /* An inspection of a plan is nothing but itself: it has a checklist, and is counted. */
    const bool is_duty = plans_duty_of_case(core, row->no) != NONE32 ||
                         plans_duty_of_case(core, survivor->no) != NONE32;
    if (case_state_is_terminal((enum case_state)survivor->state) || is_duty ||
        !are_of_one_kind(row, survivor)) {
        return CODE_OTHER_CASE_NEEDED;
    }
    pass_children(core, slot, other);
    row->survivor = survivor->no;
    survivor->event_count = (uint32_t)min_i64((int64_t)survivor->event_count + row->event_count,
                                              core->limits.case_events);
    if (row->severity < survivor->severity) {
        survivor->severity = row->severity;
    }
    struct flow_note note = act_note(act);
    note.other = survivor->no;
    flow_close(core, slot, CASE_MERGED, &note);
    say_on_other(act, other, slot, ACTION_ABSORB);
    clocks_arm_step(core, other);
    return CODE_DONE;
}

/* A case of its own for the part that is another matter: same place, class and rule, its own number and clocks. */
enum code links_split(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    uint32_t part_slot;
    const struct case_no origin = cases_peek(&core->cases, slot)->no;
    if (cases_take(&core->cases, origin.district, city_local_date(state_city(core), core->now_ms),
                   &part_slot) != ERR_OK) {
        return CODE_TABLE_FULL;
    }
    const struct case_row *row = cases_peek(&core->cases, slot);
    struct case_row *part = cases_at(&core->cases, part_slot);
    part->state = CASE_REPORTED;
    part->severity = row->severity;
    part->assign_mask = row->assign_mask;
    part->rule = row->rule;
    part->class_row = row->class_row;
    part->cell = row->cell;
    part->asset = row->asset;
    part->device = row->device;
    part->place = part->first_place = row->place;
    part->accuracy_cm = row->accuracy_cm;
    part->owner = row->owner;
    part->opened_at_ms = core->now_ms;
    part->onset_at_ms = row->onset_at_ms;
    part->event_count = 1;
    struct case_captures captures;
    case_captures_get(core, row, &captures);
    case_captures_put(core, part, &captures);
    flow_hold_by_post(part, state_city(core)->info->command_post);
    core->counts.open_now++;
    core->counts.cases_opened++;
    say_with(act, slot, part_slot);
    struct flow_note note = act_note(act);
    note.action = ACTION_OPEN;
    note.other = origin;
    flow_say(core, part_slot, &note);
    if (core_rehome_from(core) != NONE32) { /* the case it was split off may not be located yet */
        rehome_ask(core, part_slot);
    }
    flow_file(core, part_slot);
    act->result->case_no =
        cases_peek(&core->cases, part_slot)->no; /* the answer names the new one */
    return CODE_DONE;
}

/* ---- following ---- */

uint32_t links_follow(const struct core *core, uint32_t slot)
{
    for (uint32_t i = 0; i < FOLLOW_MAX; i++) {
        const struct case_row *row = cases_peek(&core->cases, slot);
        const uint32_t next =
            row->state == CASE_MERGED ? cases_find(&core->cases, row->survivor) : NONE32;
        if (next == NONE32) {
            break;
        }
        slot = next;
    }
    return slot;
}

struct case_no links_follow_no(const struct core *core, struct case_no no)
{
    const uint32_t slot = cases_find(&core->cases, no);
    return slot == NONE32 ? no : cases_peek(&core->cases, links_follow(core, slot))->no;
}

/* ---- checks ---- */

static bool is_case(const struct core *core, uint32_t slot)
{
    return slot < core->cases.high && core->cases.rows[slot].is_used != 0;
}

bool links_hold(const struct core *core)
{
    const struct case_row *rows = core->cases.rows;
    uint32_t children = 0;
    uint32_t met = 0;
    for (uint32_t slot = 0; slot < core->cases.high; slot++) {
        const struct case_row *row = &rows[slot];
        if (row->is_used == 0) {
            continue;
        }
        children += row->parent != NONE32;
        if (row->parent != NONE32 &&
            (!is_case(core, row->parent) || rows[row->parent].parent != NONE32)) {
            return false;
        }
        uint32_t before = NONE32;
        for (uint32_t child = row->child_first; child != NONE32; child = rows[child].child_next) {
            if (!is_case(core, child) || rows[child].parent != slot ||
                rows[child].child_prev != before || ++met > core->cases.used) {
                return false;
            }
            before = child;
        }
    }
    return met == children;
}
