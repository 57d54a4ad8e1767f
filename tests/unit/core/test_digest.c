/* test_digest.c: every field of the state and of the effects counts in its digest. */
#include "tests/unit/core/town.c"

#include "engine/core/cases.h"
#include "engine/core/state.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};
static const struct town_field wet[] = {{"level", NULL, 500000}, {0}};

static int open_town(void **state)
{
    struct town *town = malloc(sizeof *town);
    town_open(town, NULL);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_OPENED);
    assert_int_equal(town_act(town, "li", town_order_of(town, "li"), no_case, ACTION_ACCEPT,
                              REASON_NONE, near_bin, NULL),
                     CODE_DONE);
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet),
                     CODE_OPENED);
    *state = town;
    return 0;
}

struct field {
    const char *name;
    void *at;
    size_t size;
};

#define FIELD(lvalue)                                                                              \
    {                                                                                              \
#lvalue, &(lvalue), sizeof(lvalue)                                                         \
    }

/* Each byte of each field, changed, changes the digest; changed back, brings it back. */
static void all_count(const struct town *town, const struct field *fields, size_t count)
{
    const struct hash128 before = core_digest(town->core);
    for (size_t i = 0; i < count; i++) {
        for (size_t byte = 0; byte < fields[i].size; byte++) {
            uint8_t *at = (uint8_t *)fields[i].at + byte;
            *at ^= 0x40;
            if (hash128_is_equal(core_digest(town->core), before)) {
                fail_msg("%s, byte %zu, is not in the digest", fields[i].name, byte);
            }
            *at ^= 0x40;
        }
    }
    assert_true(hash128_is_equal(core_digest(town->core), before));
}

static void test_digest_of_cases(void **state)
{
    struct town *town = *state;
    struct case_row *row = &town->core->cases.rows[1];
    struct district_counter *district = &town->core->cases.districts[0];
    assert_true(row->capture_count > 0 && row->person_count > 0);
    uint8_t *packed = town->core->extras.blocks[row->capture_first - 1].bytes;
    const struct field fields[] = {
        FIELD(row->no.district),
        FIELD(row->no.day),
        FIELD(row->no.serial),
        FIELD(row->state),
        FIELD(row->severity),
        FIELD(row->clock),
        FIELD(row->assign_mask),
        FIELD(row->holder.kind),
        FIELD(row->holder.index),
        FIELD(row->flags),
        FIELD(row->rule),
        FIELD(row->class_row),
        FIELD(row->cell),
        FIELD(row->asset),
        FIELD(row->device),
        FIELD(row->gateway),
        FIELD(row->department),
        FIELD(row->place.lon),
        FIELD(row->place.lat),
        FIELD(row->opened_at_ms),
        FIELD(row->onset_at_ms),
        FIELD(row->filed_at_ms),
        FIELD(row->first_offer_at_ms),
        FIELD(row->handled_at_ms),
        FIELD(row->closed_at_ms),
        FIELD(row->handle_limit.value),
        FIELD(row->handle_limit.unit),
        FIELD(row->handle_used_ms),
        FIELD(row->handle_from_ms),
        FIELD(row->clock_limit_ms),
        FIELD(row->event_count),
        FIELD(row->offer_count),
        FIELD(row->steps_fired),
        FIELD(row->round),
        FIELD(row->persons[0]),
        FIELD(row->order_first),
        FIELD(row->order_count),
        FIELD(row->merge_key),
        FIELD(row->close_key),
        FIELD(row->merge_next),
        FIELD(row->merge_prev),
        FIELD(row->close_next),
        FIELD(row->close_prev),
        {"field and kind of a capture", packed, 5},
        {"text of a capture", packed + 6, 1}, /* its size would not fit */
        FIELD(district->district),
        FIELD(district->day),
        FIELD(district->serial),
        FIELD(town->core->cases.free_first),
        FIELD(town->core->now_ms)};
    all_count(town, fields, COUNT_OF(fields));
    row->person_count++;
    const struct hash128 one_more = core_digest(town->core);
    row->person_count--;
    assert_false(hash128_is_equal(one_more, core_digest(town->core)));
}

static void test_digest_of_orders_and_timers(void **state)
{
    struct town *town = *state;
    struct order_row *row = &town->core->orders.rows[0];
    struct timer_entry *timer = &town->core->timers.heap[0];
    const struct field fields[] = {FIELD(row->number),
                                   FIELD(row->case_slot),
                                   FIELD(row->worker),
                                   FIELD(row->assign),
                                   FIELD(row->kind),
                                   FIELD(row->state),
                                   FIELD(row->is_lead),
                                   FIELD(row->clock),
                                   FIELD(row->assign_index),
                                   FIELD(row->round),
                                   FIELD(row->offered_at_ms),
                                   FIELD(row->accepted_at_ms),
                                   FIELD(row->arrived_at_ms),
                                   FIELD(row->ended_at_ms),
                                   FIELD(row->deadline_ms),
                                   FIELD(row->next),
                                   FIELD(row->worker_next),
                                   FIELD(row->worker_prev),
                                   FIELD(town->core->orders.last_number),
                                   FIELD(town->core->orders.free_first),
                                   FIELD(timer->due_and_seq),
                                   FIELD(timer->seq_and_id),
                                   FIELD(town->core->timers.seq)};
    all_count(town, fields, COUNT_OF(fields));
}

static void test_digest_of_workers(void **state)
{
    struct town *town = *state;
    struct worker_row *row =
        &town->core->workers.rows[workers_find(&town->core->workers, town_id("li"))];
    struct item_row *item =
        worker_item(&town->core->workers, (uint32_t)(row - town->core->workers.rows), 1);
    assert_true(row->last_seq == 1 && item->seq == 1);
    struct act_result *kept = &row->results[1];
    const struct field fields[] = {FIELD(row->id_hash),
                                   FIELD(row->person),
                                   FIELD(row->status),
                                   FIELD(row->load),
                                   FIELD(row->fix.lon),
                                   FIELD(row->fix.lat),
                                   FIELD(row->fix_at_ms),
                                   FIELD(row->seen_at_ms),
                                   FIELD(row->order_first),
                                   FIELD(row->item_seq_last),
                                   FIELD(item->order),
                                   FIELD(item->code),
                                   FIELD(item->kind),
                                   FIELD(row->epoch),
                                   FIELD(row->last_seq),
                                   FIELD(kept->epoch),
                                   FIELD(kept->seq),
                                   FIELD(kept->content_digest),
                                   FIELD(kept->order),
                                   FIELD(kept->possible),
                                   FIELD(kept->case_no.district),
                                   FIELD(kept->case_no.day),
                                   FIELD(kept->case_no.serial),
                                   FIELD(kept->code),
                                   FIELD(kept->state),
                                   FIELD(kept->is_late)};
    all_count(town, fields, COUNT_OF(fields));
}

static void test_digest_of_marks_memory_and_counts(void **state)
{
    struct town *town = *state;
    struct core *core = town->core;
    struct mark_row *mark = &core->marks.rows[0];
    assert_int_equal(mark->last_seq, 1);
    const size_t at = 1 % core->marks.batches_kept;
    struct kept_batch *batch = &core->marks.batches[at];
    struct kept_result *result = &core->marks.results[at * core->marks.batch_events];
    struct memory_row *id = &core->event_ids.rows[0];
    struct memory_row *window = &core->dedupe.rows[0];
    const struct field fields[] = {FIELD(mark->id_hash),
                                   FIELD(mark->gateway),
                                   FIELD(mark->epoch),
                                   FIELD(mark->last_seq),
                                   FIELD(batch->seq),
                                   FIELD(batch->content_digest),
                                   FIELD(result->case_no),
                                   FIELD(result->code),
                                   FIELD(result->is_late),
                                   FIELD(id->key),
                                   FIELD(id->until_ms),
                                   FIELD(id->case_no),
                                   FIELD(window->key),
                                   FIELD(window->until_ms),
                                   FIELD(window->case_no),
                                   FIELD(core->event_ids.next),
                                   FIELD(core->event_ids.horizon_ms),
                                   FIELD(core->dedupe.next),
                                   FIELD(core->facts_digest),
                                   FIELD(core->counts)};
    all_count(town, fields, COUNT_OF(fields));
}

/* ---- effects ---- */

static void effect_counts(const struct effect *effect, const struct field *fields, size_t count)
{
    const struct hash128 start = {1, 2};
    const struct hash128 before = effect_digest(start, effect);
    for (size_t i = 0; i < count; i++) {
        for (size_t byte = 0; byte < fields[i].size; byte++) {
            uint8_t *at = (uint8_t *)fields[i].at + byte;
            *at ^= 1; /* a bool stays a bool */
            if (hash128_is_equal(effect_digest(start, effect), before)) {
                fail_msg("%s, byte %zu, is not in the digest", fields[i].name, byte);
            }
            *at ^= 1;
        }
    }
    assert_true(hash128_is_equal(effect_digest(start, effect), before));
    assert_false(hash128_is_equal(effect_digest((struct hash128){1, 3}, effect), before));
}

static void test_digest_of_results_firings_and_small_effects(void **state)
{
    (void)state;
    struct effect e = {.kind = EFFECT_RESULT};
    struct effect_result *r = &e.of.result;
    const struct field result[] = {FIELD(e.at_ms),    FIELD(r->principal), FIELD(r->epoch),
                                   FIELD(r->seq),     FIELD(r->index),     FIELD(r->code),
                                   FIELD(r->is_late), FIELD(r->case_no),   FIELD(r->order),
                                   FIELD(r->state),   FIELD(r->possible)};
    effect_counts(&e, result, COUNT_OF(result));
    e = (struct effect){.kind = EFFECT_FIRING};
    struct effect_firing *f = &e.of.firing;
    const struct field firing[] = {FIELD(f->rule),     FIELD(f->code),       FIELD(f->case_no),
                                   FIELD(f->event_id), FIELD(f->candidates), FIELD(f->would),
                                   FIELD(f->winner)};
    effect_counts(&e, firing, COUNT_OF(firing));
    e = (struct effect){.kind = EFFECT_ITEM};
    struct effect_item *item = &e.of.item;
    const struct field items[] = {FIELD(item->person), FIELD(item->item_seq), FIELD(item->kind),
                                  FIELD(item->order), FIELD(item->code)};
    effect_counts(&e, items, COUNT_OF(items));
    e = (struct effect){.kind = EFFECT_NOTICE};
    struct effect_notice *n = &e.of.notice;
    const struct field notice[] = {FIELD(n->case_no), FIELD(n->post),     FIELD(n->step),
                                   FIELD(n->code),    FIELD(n->severity), FIELD(n->rule)};
    effect_counts(&e, notice, COUNT_OF(notice));
    e = (struct effect){.kind = EFFECT_ACTIVATED};
    const struct field activated[] = {FIELD(e.of.activated.city), FIELD(e.of.activated.policy),
                                      FIELD(e.of.activated.by)};
    effect_counts(&e, activated, COUNT_OF(activated));
    e = (struct effect){.kind = EFFECT_CONTACT};
    const struct field contact[] = {FIELD(e.of.contact.id), FIELD(e.of.contact.case_no),
                                    FIELD(e.of.contact.code)};
    effect_counts(&e, contact, COUNT_OF(contact));
}

static void test_digest_of_timelines_and_decisions(void **state)
{
    (void)state;
    char text[] = "words";
    struct effect e = {.kind = EFFECT_TIMELINE};
    struct effect_timeline *t = &e.of.timeline;
    t->text = text;
    t->text_size = 5;
    const struct field timeline[] = {
        FIELD(t->case_no),      FIELD(t->order),       FIELD(t->action),
        FIELD(t->reason),       FIELD(t->code),        FIELD(t->state_before),
        FIELD(t->state),        FIELD(t->order_kind),  FIELD(t->severity),
        FIELD(t->clock),        FIELD(t->actor),       FIELD(t->gateway),
        FIELD(t->subject),      FIELD(t->post),        FIELD(t->holder.kind),
        FIELD(t->holder.index), FIELD(t->rule),        FIELD(t->class_row),
        FIELD(t->cell),         FIELD(t->asset),       FIELD(t->device),
        FIELD(t->place),        FIELD(t->deadline_ms), FIELD(t->distance_cm),
        FIELD(t->event_count),  {"text", text, 5}};
    effect_counts(&e, timeline, COUNT_OF(timeline));
    e = (struct effect){.kind = EFFECT_DECISION};
    struct effect_decision *d = &e.of.decision;
    d->candidate_count = 2;
    struct effect_candidate *c = &d->candidates[1];
    const struct field decision[] = {
        FIELD(d->case_no),     FIELD(d->order),        FIELD(d->rule),
        FIELD(d->assign),      FIELD(d->order_kind),   FIELD(d->binding),
        FIELD(d->considered),  FIELD(d->removed[3]),   FIELD(c->person),
        FIELD(c->code),        FIELD(c->load),         FIELD(c->capacity),
        FIELD(c->ring),        FIELD(c->is_home_cell), FIELD(c->is_home_position),
        FIELD(c->distance_cm), FIELD(c->travel_ms)};
    effect_counts(&e, decision, COUNT_OF(decision));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_digest_of_cases, open_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_digest_of_orders_and_timers, open_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_digest_of_workers, open_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_digest_of_marks_memory_and_counts, open_town,
                                        town_teardown),
        cmocka_unit_test(test_digest_of_results_firings_and_small_effects),
        cmocka_unit_test(test_digest_of_timelines_and_decisions),
    };
    return cmocka_run_group_tests_name("engine/core/digest", tests, NULL, NULL);
}
