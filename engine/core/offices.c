/* offices.c: see offices.h. */
#include "engine/core/offices.h"

#include "engine/core/acts.h"
#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/dispute.h"
#include "engine/core/flow.h"
#include "engine/core/workers.h"

/* The oldest makes room; no room at all: it is forgotten. */
static void add_step(struct core *core, struct case_row *row, struct handover step)
{
    struct handover steps[HANDOVERS_MAX + 1];
    case_handovers_get(core, row, steps);
    const uint32_t count = row->handover_count + 1u;
    const uint32_t from = count > HANDOVERS_MAX ? 1 : 0;
    steps[count - 1] = step;
    case_handovers_put(core, row, steps + from, count - from);
}

static uint32_t level_of(const struct city *city, uint32_t post)
{
    const uint32_t department = city->posts[post].department;
    return department == NONE32 ? 0 : city->departments[department].level;
}

/* Up is the own lead post or an office of a higher level; between levels that the city does not give all is lateral. */
static enum handover_direction direction_of(const struct city *city, uint32_t from, uint32_t to)
{
    if (to == NONE32 || from == to) {
        return HANDOVER_LATERAL;
    }
    const uint32_t department = city->posts[from].department;
    if (department != NONE32 && city->posts[to].department == department) {
        if (city->departments[department].lead_post == to) {
            return HANDOVER_UP;
        }
        return city->departments[department].lead_post == from ? HANDOVER_DOWN : HANDOVER_LATERAL;
    }
    const uint32_t above = level_of(city, from);
    const uint32_t below = level_of(city, to);
    if (above == 0 || below == 0 || above == below) {
        return HANDOVER_LATERAL;
    }
    return below > above ? HANDOVER_DOWN : HANDOVER_UP;
}

static void put_step(struct core *core, struct case_row *row, enum reason reason, uint32_t to,
                     uint32_t flags)
{
    const uint32_t used = clocks_used_permille(core, row);
    const uint32_t held = used > row->office_permille ? used - row->office_permille : 0;
    const bool has_acted = (row->flags & CASE_OFFICE_ACTED) != 0;
    const struct handover step = {
        .at_ms = core->now_ms,
        .from = row->office,
        .to = to,
        .direction = (uint8_t)direction_of(state_city(core), row->office, to),
        .reason = (uint8_t)reason,
        .flags = (uint8_t)(flags | (has_acted ? (uint32_t)HANDOVER_ACTED : 0)),
        .used_permille = (uint16_t)used,
        .held_permille = (uint16_t)held};
    add_step(core, row, step);
}

void offices_receive(struct core *core, uint32_t slot, uint32_t post)
{
    struct case_row *row = cases_at(&core->cases, slot);
    must(post < state_city(core)->post_count);
    if (row->office == post) {
        return;
    }
    if ((row->flags & CASE_IS_SENT_BACK) != 0) {
        struct handover steps[HANDOVERS_MAX];
        must(row->handover_count > 0);
        case_handovers_get(core, row, steps);
        struct handover *last = &steps[row->handover_count - 1];
        /* To the same again: it was overruled, and its step stays without a receiver. */
        last->to = post != last->from ? post : NONE32;
        case_handovers_put(core, row, steps, row->handover_count);
        row->flags &= ~(uint32_t)CASE_IS_SENT_BACK;
    } else if (row->office != NONE32) {
        put_step(core, row, REASON_NONE, post, HANDOVER_TAKEN);
    }
    row->office = post;
    row->first_office = row->first_office == NONE32 ? post : row->first_office;
    row->flags &= ~(uint32_t)CASE_OFFICE_ACTED;
    row->office_permille = clocks_used_permille(core, row);
}

void offices_leave(struct core *core, uint32_t slot, enum reason reason, uint32_t to,
                   uint32_t flags)
{
    struct case_row *row = cases_at(&core->cases, slot);
    if (row->office == NONE32 || row->office == to) {
        return; /* nobody's yet, or it stays in the office */
    }
    const uint32_t owner = state_city(core)->posts[row->office].department;
    const bool is_duty = owner != NONE32 && owner == flow_owner_of(core, row);
    put_step(core, row, reason, to, flags | (is_duty ? (uint32_t)HANDOVER_DUTY : 0));
    row->office = NONE32;
    row->flags &= ~(uint32_t)CASE_OFFICE_ACTED;
    row->flags |= to == NONE32 && row->handover_count > 0 ? (uint32_t)CASE_IS_SENT_BACK : 0;
}

void offices_act(struct case_row *row)
{
    row->flags |= CASE_OFFICE_ACTED;
}

uint32_t offices_of_worker(const struct core *core, uint32_t worker)
{
    const struct city_person *person = worker_person(core, worker);
    if (person == NULL || person->department == NONE32) {
        return NONE32;
    }
    return state_city(core)->departments[person->department].duty_post;
}

bool offices_is_empty(const struct core *core, uint32_t post)
{
    const struct city *city = state_city(core);
    const struct image_range persons = city->posts[post].persons;
    for (uint32_t i = 0; i < persons.count; i++) {
        const uint32_t person = city->post_persons[persons.first + i];
        if (worker_is_on_shift(core, core->workers.person_slots[person])) {
            return false;
        }
    }
    return persons.count >
           0; /* a post without a roster is somebody else's: nothing is known of it */
}

uint32_t offices_find_staffed(const struct core *core, uint32_t post)
{
    const struct city *city = state_city(core);
    const uint32_t department = city->posts[post].department;
    const uint32_t lead = department == NONE32 ? NONE32 : city->departments[department].lead_post;
    const uint32_t others[] = {post, lead, city->info->desk_post, city->info->command_post};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (others[i] != NONE32 && !offices_is_empty(core, others[i])) {
            return others[i];
        }
    }
    return post;
}

void offices_receive_worker(struct core *core, uint32_t slot, uint32_t worker)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const uint32_t own = offices_of_worker(core, worker);
    if (own != NONE32) {
        offices_receive(core, slot, own);
    } else if (row->office == NONE32) { /* of the grid: it works for whoever answers for the case */
        offices_receive(core, slot, flow_desk_of(core, row));
    }
}

/* What an office keeps of a case that it hands over. */
enum keeps { KEEPS_NOTHING = 0, KEEPS_SHARE = 1, KEEPS_INSPECTION = 2 };

/* A desk gives a case to another office without the command post. */
enum code offices_hand_over(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    const struct case_row *row = cases_peek(&core->cases, slot);
    const uint32_t to = act_subject_post(act);
    if (to == NONE32 || to == row->holder.index) {
        return CODE_UNKNOWN_WORKER;
    }
    if (act->body->amount > KEEPS_INSPECTION) {
        return CODE_BAD_AMOUNT;
    }
    struct flow_note note = act_note(act);
    note.post = to + 1;
    note.amount = act->body->amount;
    core->counts.returned++;
    flow_say(core, slot, &note);
    offices_leave(core, slot, note.reason, to,
                  note.amount == KEEPS_INSPECTION ? (uint32_t)HANDOVER_INSPECTION : 0);
    flow_recall_all(core, slot, false);
    flow_to_desk(core, slot, to, CODE_NOTHING, false);
    dispute_judge(core, slot);
    return CODE_DONE;
}
