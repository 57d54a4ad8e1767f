/* possible.c: see possible.h. */
#include "engine/core/possible.h"

#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/contacts.h"
#include "engine/core/dispute.h"
#include "engine/core/links.h"
#include "engine/core/plans.h"
#include "engine/core/workers.h"

#define ACT(action) (UINT64_C(1) << ACTION_##action)

/* ---- how the case stands, whoever asks ---- */

static uint64_t refused_for_time(const struct core *core, const struct case_row *row)
{
    const bool is_over =
        (row->flags & CASE_HANDLE_MISSED) != 0 || core->now_ms >= clocks_handle_deadline(core, row);
    const bool is_asked = row->extend_stage != EXTEND_NONE;
    const bool may_ask = !is_over && !is_asked && row->extensions < EXTENSIONS_MAX;
    return (may_ask ? 0 : ACT(EXTEND)) | (is_asked ? 0 : ACT(EXTEND_NO)) |
           (is_asked && !is_over ? 0 : ACT(EXTEND_YES)) |
           ((row->flags & CASE_WAS_SUSPENDED) != 0 ? ACT(SUSPEND) : 0) |
           ((row->flags & CASE_IS_SAFE) != 0 ? ACT(MAKE_SAFE) : 0);
}

static uint64_t refused_for_watch(const struct case_row *row)
{
    const bool may_appeal = (row->flags & CASE_EVER_MISSED) != 0 && row->appeal == APPEAL_NONE;
    return ((row->flags & CASE_IS_SUPERVISED) != 0 ? ACT(SUPERVISE) : ACT(ANSWER)) |
           (may_appeal ? 0 : ACT(APPEAL)) |
           (row->appeal == APPEAL_OPEN ? 0 : ACT(APPEAL_YES) | ACT(APPEAL_NO));
}

static uint64_t refused_for_ties(const struct core *core, const struct case_row *row)
{
    const bool is_duty = plans_duty_of_case(core, row->no) != NONE32;
    return (links_has_open_child(core, row)
                ? ACT(CHECK_PASS) | ACT(CLOSE) | ACT(VOID) | ACT(FORCE_CLOSE)
                : 0) |
           (row->child_first == NONE32 ? ACT(UNLINK_CHILD) : 0) |
           (row->parent != NONE32 ? ACT(LINK_CHILD) : 0) |
           (is_duty ? ACT(MERGE_INTO) | ACT(REPLACE) : 0);
}

/* In a dispute, and at the office that a ruling named, nobody hands the case on. */
static uint64_t refused_for_dispute(const struct core *core, const struct case_row *row)
{
    const struct dispute_row *dispute = dispute_peek(core, row);
    const uint64_t hand_over =
        ACT(HAND_OVER) | (row->state == CASE_ASSIGNED ? ACT(RETURN) : UINT64_C(0));
    const bool is_ruled = row->ruled_office != NONE32 && row->holder.index == row->ruled_office;
    if (dispute == NULL) {
        return ACT(POSITION) | ACT(RULE) | (is_ruled ? hand_over : 0);
    }
    return hand_over | ACT(SEND_TO_DESK) | ACT(DISPATCH) |
           (dispute_blocks(core, row) ? ACT(REASSIGN) : 0) |
           (dispute->is_heard != 0 ? ACT(POSITION) : ACT(RULE));
}

_Static_assert(CASE_PARTS_MAX == CASE_WORKERS_MAX, "everybody whom a case remembers has a part");
_Static_assert(CASE_PARTIES_MAX == DISPUTE_PARTIES_MAX, "all parties of a dispute are told");

static void fill_parts(const struct core *core, const struct case_row *row,
                       struct case_doors *doors)
{
    const uint32_t seen = (row->flags & CASE_IS_RECHECK) != 0 ? PERSON_CHECKED : 0u;
    for (uint32_t i = 0; i < row->person_count; i++) {
        const uint32_t person = core->workers.rows[row->persons[i].worker].person;
        const uint32_t own = row->persons[i].flags;
        const bool no_check = (own & (PERSON_HANDLED | PERSON_COMMANDED | seen)) != 0;
        const uint32_t flags = (no_check ? (uint32_t)PART_MAY_NOT_CHECK : 0) |
                               ((own & PERSON_FILED) != 0 ? (uint32_t)PART_MAY_NOT_COMMAND : 0);
        if (flags != 0 && person <= PERSON_WORKER_MAX) { /* NONE32: left the city */
            doors->parts[doors->part_count++] =
                (struct case_part){person & PERSON_WORKER_MAX, flags & PERSON_FLAGS_MAX};
        }
    }
}

static uint32_t person_of(const struct core *core, uint32_t worker)
{
    return worker == NONE32 ? NONE32 : core->workers.rows[worker].person;
}

uint64_t possible_refused(const struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    return refused_for_time(core, row) | refused_for_watch(row) | refused_for_ties(core, row) |
           refused_for_dispute(core, row) |
           (contacts_ask(core, slot) != CODE_DONE ? ACT(REVEAL) | ACT(ERASE) : 0);
}

void possible_fill(const struct core *core, uint32_t slot, struct case_view *view)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct dispute_row *dispute = dispute_peek(core, row);
    struct case_doors *doors = &view->doors;
    doors->refused = possible_refused(core, slot);
    doors->state = row->state;
    doors->holder = view->holder;
    doors->department = row->department;
    doors->is_extension_asked = row->extend_stage == EXTEND_ASKED;
    doors->extend_asker =
        row->extend_stage == EXTEND_NONE ? NONE32 : person_of(core, row->extend_asker);
    doors->extend_first =
        row->extend_stage == EXTEND_APPROVED_ONCE ? person_of(core, row->extend_first) : NONE32;
    doors->ruling_post = dispute == NULL ? NONE32 : dispute->post;
    for (uint32_t i = 0; dispute != NULL && i < dispute->party_count; i++) {
        doors->parties[doors->party_count++] = dispute->parties[i].post;
    }
    fill_parts(core, row, doors);
}

/* ---- who asks ---- */

static bool is_of_post(const struct city *city, uint32_t person, uint32_t post)
{
    const struct city_post *row = &city->posts[post];
    for (uint32_t i = 0; i < row->persons.count; i++) {
        if (city->post_persons[row->persons.first + i] == person) {
            return true;
        }
    }
    return row->department != NONE32 && city->persons[person].department == row->department &&
           (city->persons[person].rights & RIGHT_DEPARTMENT_DESK) != 0;
}

struct asking {
    const struct case_doors *doors;
    const struct city *city;
    uint32_t person, rights, flags; /* row, enum right, enum case_part_flag */
};

static bool is_of_holder(const struct asking *asking)
{
    const struct holder holder = asking->doors->holder;
    return holder.kind == HOLDER_POST && holder.index < asking->city->post_count &&
           is_of_post(asking->city, asking->person, holder.index);
}

static bool is_of_side(const struct asking *asking)
{
    const struct case_doors *doors = asking->doors;
    const uint32_t department = doors->department;
    const bool holds = doors->holder.kind == HOLDER_PERSON && doors->holder.index == asking->person;
    return holds || is_of_holder(asking) ||
           (department != NONE32 &&
            asking->city->persons[asking->person].department == department &&
            (asking->rights & RIGHT_DEPARTMENT_DESK) != 0);
}

/* First the department's desk or a dispatcher, then a shift chief; nobody twice or about his own request. */
static bool may_decide(const struct asking *asking)
{
    const struct case_doors *doors = asking->doors;
    const bool is_desk = (asking->rights & RIGHT_DEPARTMENT_DESK) != 0 && is_of_side(asking);
    const bool may = doors->is_extension_asked ? is_desk || (asking->rights & RIGHT_DISPATCHER) != 0
                                               : (asking->rights & RIGHT_SHIFT_CHIEF) != 0;
    return may && asking->person != doors->extend_asker && asking->person != doors->extend_first;
}

static bool is_party(const struct asking *asking, uint32_t but)
{
    const struct case_doors *doors = asking->doors;
    for (uint32_t i = 0; i < doors->party_count; i++) {
        if (doors->parties[i] != but &&
            is_of_post(asking->city, asking->person, doors->parties[i])) {
            return true;
        }
    }
    return false;
}

static bool may(const struct asking *asking, const struct life_case_rule *rule)
{
    const struct case_doors *doors = asking->doors;
    const bool is_dispatch_of_desk =
        rule->action == ACTION_DISPATCH && (asking->rights & RIGHT_DISPATCHER) == 0;
    if ((rule->rights != 0 && (asking->rights & rule->rights) == 0) ||
        (((rule->needs & NEED_HOLDER) != 0 || is_dispatch_of_desk) && !is_of_holder(asking)) ||
        ((rule->needs & NEED_SIDE) != 0 && !is_of_side(asking)) ||
        ((rule->needs & NEED_NO_PART) != 0 && (asking->flags & PART_MAY_NOT_CHECK) != 0) ||
        ((rule->needs & NEED_NO_VIEW) != 0 && (asking->flags & PART_MAY_NOT_COMMAND) != 0)) {
        return false;
    }
    switch (rule->action) {
    case ACTION_EXTEND_YES:
    case ACTION_EXTEND_NO:
        return may_decide(asking);
    case ACTION_POSITION:
        return is_party(asking, NONE32);
    case ACTION_RULE:
        return doors->ruling_post < asking->city->post_count &&
               is_of_post(asking->city, asking->person, doors->ruling_post) &&
               !is_party(asking, doors->ruling_post);
    default:
        return true;
    }
}

uint64_t core_possible(const struct case_doors *doors, const struct city *city, uint32_t person)
{
    uint32_t count;
    const struct life_case_rule *rules = life_case_rules(&count);
    uint64_t actions = 0;
    if (person >= city->person_count) {
        return 0;
    }
    struct asking asking = {doors, city, person, city->persons[person].rights, 0};
    for (uint32_t i = 0; i < doors->part_count; i++) {
        asking.flags |= doors->parts[i].person == person ? doors->parts[i].flags : 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        if ((rules[i].states & (1u << doors->state)) != 0 && may(&asking, &rules[i])) {
            actions |= action_bit((enum action)rules[i].action);
        }
    }
    return actions & ~doors->refused;
}
