/* office_views.c: see office_views.h. */
#include "engine/core/office_views.h"

#include "engine/core/burden.h"
#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/dispute.h"
#include "engine/core/ledger.h"
#include "engine/core/rulings.h"

_Static_assert(VIEW_PARTIES_MAX == DISPUTE_PARTIES_MAX, "every party is shown");
_Static_assert(VIEW_OBJECT_CASES_MAX == OBJECT_CASES_MAX, "every kept case is shown");
_Static_assert(VIEW_BURDEN_DAYS == BURDEN_DAYS, "every day is shown");
_Static_assert((int)VIEW_PARTY_SILENT == (int)PARTY_SILENT, "the same states");

uint32_t core_case_handovers(const struct core *core, struct case_no no,
                             struct handover out[HANDOVERS_MAX])
{
    const uint32_t slot = cases_find(&core->cases, no);
    if (slot == NONE32) {
        return 0;
    }
    const struct case_row *row = cases_peek(&core->cases, slot);
    case_handovers_get(core, row, out);
    return row->handover_count;
}

bool core_case_offices(const struct core *core, struct case_no no, uint32_t *out_now,
                       uint32_t *out_first, uint32_t *out_ruled)
{
    const uint32_t slot = cases_find(&core->cases, no);
    if (slot == NONE32) {
        return false;
    }
    const struct case_row *row = cases_peek(&core->cases, slot);
    *out_now = row->office;
    *out_first = row->first_office;
    *out_ruled = row->ruled_office;
    return true;
}

bool core_case_dispute(const struct core *core, struct case_no no, struct dispute_view *out_view)
{
    const uint32_t slot = cases_find(&core->cases, no);
    const struct dispute_row *row =
        slot == NONE32 ? NULL : dispute_peek(core, cases_peek(&core->cases, slot));
    if (row == NULL) {
        return false;
    }
    *out_view = (struct dispute_view){.no = no,
                                      .reason = (enum reason)row->reason,
                                      .post = row->post,
                                      .order = row->order,
                                      .is_heard = row->is_heard != 0,
                                      .opened_at_ms = row->opened_at_ms,
                                      .due_ms = row->due_ms,
                                      .party_count = row->party_count};
    for (uint32_t i = 0; i < row->party_count; i++) {
        const struct dispute_party *party = &row->parties[i];
        out_view->parties[i] = (struct party_view){
            .post = party->post,
            .person = party->worker == NONE32 ? NONE32 : core->workers.rows[party->worker].person,
            .state = (enum view_party_state)party->state,
            .reason = (enum reason)party->reason,
            .at_ms = party->at_ms};
    }
    return true;
}

static void view_ruling(const struct ruling_row *row, struct ruling_view *out_view)
{
    *out_view = (struct ruling_view){.no = row->no,
                                     .cell = row->cell,
                                     .asset = row->asset,
                                     .class_row = row->class_row,
                                     .department = row->department,
                                     .post = row->post,
                                     .cited = row->cited,
                                     .silent = row->silent,
                                     .used_count = row->used_count,
                                     .at_ms = row->at_ms};
}

bool core_case_ruling(const struct core *core, struct case_no no, struct ruling_view *out_view)
{
    const uint32_t slot = cases_find(&core->cases, no);
    const uint32_t found =
        slot == NONE32 ? NONE32 : rulings_find(core, cases_peek(&core->cases, slot));
    if (found == NONE32) {
        return false;
    }
    view_ruling(&core->rulings.rows[found], out_view);
    return true;
}

/* The next slot of the ring that has something, from *slot on; NONE32 after the last. */
static uint32_t next_of(const struct ring *ring, uint32_t *slot)
{
    while (*slot < ring->high) {
        const uint32_t at = (*slot)++;
        if (ring_has(ring, at)) {
            return at;
        }
    }
    return NONE32;
}

bool core_next_ruling(const struct core *core, uint32_t *slot, struct ruling_view *out_view)
{
    const uint32_t at = next_of(&core->rulings.ring, slot);
    if (at != NONE32) {
        view_ruling(&core->rulings.rows[at], out_view);
    }
    return at != NONE32;
}

static void view_object(const struct object_row *row, struct object_view *out_view)
{
    *out_view = (struct object_view){.asset = row->asset, .case_count = row->case_count};
    out_view->kept = row->case_count < OBJECT_CASES_MAX ? row->case_count : OBJECT_CASES_MAX;
    for (uint32_t i = 0; i < out_view->kept; i++) {
        const struct object_case *one = &row->cases[(row->case_count - 1 - i) % OBJECT_CASES_MAX];
        out_view->cases[i].no = one->no;
        out_view->cases[i].class_row = one->class_row;
        out_view->cases[i].state = (enum case_state)one->state;
        out_view->cases[i].at_ms = one->at_ms;
    }
}

bool core_find_object(const struct core *core, uint32_t asset, struct object_view *out_view)
{
    const uint32_t slot = ledger_find(core, asset);
    if (slot != NONE32) {
        view_object(&core->objects.rows[slot], out_view);
    }
    return slot != NONE32;
}

bool core_next_object(const struct core *core, uint32_t *slot, struct object_view *out_view)
{
    const uint32_t at = next_of(&core->objects.ring, slot);
    if (at != NONE32) {
        view_object(&core->objects.rows[at], out_view);
    }
    return at != NONE32;
}

bool core_next_burden(const struct core *core, uint32_t *slot, struct burden_view *out_view)
{
    const uint32_t at = next_of(&core->burdens.ring, slot);
    if (at == NONE32) {
        return false;
    }
    const struct burden_row *row = &core->burdens.rows[at];
    const int32_t today = (int32_t)div_floor(city_local_ms(state_city(core), core->now_ms), DAY_MS);
    *out_view = (struct burden_view){.cell = row->cell,
                                     .department = row->department,
                                     .short_count = row->short_count,
                                     .total = burden_count(core, row, core->now_ms)};
    for (uint32_t i = 0; i < BURDEN_DAYS; i++) {
        const int32_t day = today - (int32_t)i;
        const bool is_kept = day <= row->day && row->day - day < (int32_t)BURDEN_DAYS;
        out_view->days[i] = is_kept ? row->counts[(uint32_t)mod_floor(day, BURDEN_DAYS)] : 0;
    }
    return true;
}
