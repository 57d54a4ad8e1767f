/* digest.c: digests of state and of effects, field by field: struct padding is never hashed.
 *
 * Free lists are part of the state: they decide which slot the next case takes. Hash tables are not: they follow from
 * the rows. */
#include "engine/core/case_extras.h"
#include "engine/core/core.h"
#include "engine/core/state.h"

static struct hash128 add_i64(struct hash128 h, int64_t value)
{
    return hash128_add(h, (uint64_t)value);
}

static struct hash128 add_pair(struct hash128 h, uint32_t a, uint32_t b)
{
    return hash128_add(h, ((uint64_t)a << 32) | b);
}

static struct hash128 add_no(struct hash128 h, struct case_no no)
{
    return hash128_add(add_pair(h, no.district, no.day), no.serial);
}

static struct hash128 add_place(struct hash128 h, struct place place)
{
    return add_pair(h, (uint32_t)place.lon, (uint32_t)place.lat);
}

static struct hash128 add_offices(struct hash128 h, const struct core *core,
                                  const struct case_row *row)
{
    h = add_pair(h, row->office, row->first_office);
    h = add_pair(h, row->ruled_office, row->dispute);
    h = add_pair(h, row->office_permille, row->handover_count);
    struct handover steps[HANDOVERS_MAX];
    case_handovers_get(core, row, steps);
    for (uint32_t i = 0; i < row->handover_count; i++) {
        const struct handover *step = &steps[i];
        h = add_pair(add_i64(h, step->at_ms), step->from, step->to);
        h = add_pair(
            h, ((uint32_t)step->direction << 16) | ((uint32_t)step->reason << 8) | step->flags,
            ((uint32_t)step->used_permille << 16) | step->held_permille);
    }
    return h;
}

static struct hash128 add_captures(struct hash128 h, const struct core *core,
                                   const struct case_row *row)
{
    struct case_captures captures;
    case_captures_get(core, row, &captures);
    for (uint32_t i = 0; i < captures.count; i++) {
        const struct case_capture *capture = &captures.list[i];
        h = add_pair(h, capture->field, ((uint32_t)capture->kind << 8) | capture->size);
    }
    return hash128_join(h, state_hash_text((const char *)captures.bytes, captures.used));
}

static struct hash128 add_case(struct hash128 h, const struct core *core,
                               const struct case_row *row)
{
    h = add_no(h, row->no);
    h = add_pair(h, row->state, row->severity);
    h = add_pair(h, row->clock, row->assign_mask);
    h = add_pair(h, row->holder.kind, row->holder.index);
    h = add_pair(h, row->flags, row->rule);
    h = add_pair(h, row->class_row, row->cell);
    h = add_pair(h, row->asset, row->device);
    h = add_pair(h, row->gateway, row->department);
    h = add_place(add_place(h, row->place), row->first_place);
    h = add_pair(add_pair(h, row->owner, row->accuracy_cm), row->sources_seen,
                 row->merge_square_cm);
    const int64_t instants[] = {row->opened_at_ms,       row->onset_at_ms,    row->filed_at_ms,
                                row->first_offer_at_ms,  row->handled_at_ms,  row->closed_at_ms,
                                row->handle_limit.value, row->handle_used_ms, row->handle_from_ms,
                                row->clock_limit_ms,     row->assigned_at_ms};
    for (size_t i = 0; i < COUNT_OF(instants); i++) {
        h = add_i64(h, instants[i]);
    }
    h = add_pair(h, row->handle_limit.unit, row->event_count);
    h = add_pair(h, row->offer_count, row->steps_fired);
    h = add_i64(add_i64(h, row->handle_base), row->supervise_limit_ms);
    h = add_pair(h, ((uint32_t)row->extensions << 8) | row->extend_stage,
                 ((uint32_t)row->appeal << 8) | row->help_wanted);
    h = add_no(add_pair(h, row->extend_asker, row->extend_first), row->survivor);
    h = add_pair(add_pair(h, row->parent, row->child_first), row->child_next, row->child_prev);
    h = add_pair(h, row->round, row->person_count);
    for (uint32_t i = 0; i < row->person_count; i++) {
        h = add_pair(h, row->persons[i].worker, row->persons[i].flags);
    }
    h = add_pair(h, row->order_first, row->order_count);
    h = hash128_join(hash128_join(h, row->merge_key), row->close_key);
    h = hash128_join(h, row->merge_base);
    h = add_pair(h, row->merge_next, row->merge_prev);
    h = add_pair(h, row->close_next, row->close_prev);
    h = add_captures(h, core, row);
    return add_offices(h, core, row);
}

static struct hash128 digest_cases(struct hash128 h, const struct core *core)
{
    const struct cases *cases = &core->cases;
    h = add_pair(h, cases->high, cases->free_first);
    for (uint32_t i = 0; i < cases->high; i++) {
        h = cases->rows[i].is_used != 0 ? add_case(h, core, &cases->rows[i])
                                        : hash128_add(h, cases->rows[i].free_next);
    }
    for (uint32_t i = 0; i < cases->district_count; i++) {
        const struct district_counter *counter = &cases->districts[i];
        h = hash128_add(add_pair(h, counter->district, counter->day), counter->serial);
    }
    return h;
}

static struct hash128 digest_orders(struct hash128 h, const struct orders *orders)
{
    h = hash128_add(add_pair(h, orders->high, orders->free_first), orders->last_number);
    for (uint32_t i = 0; i < orders->high; i++) {
        const struct order_row *row = &orders->rows[i];
        if (row->is_used == 0) {
            h = hash128_add(h, row->free_next);
            continue;
        }
        h = hash128_add(h, row->number);
        h = hash128_add(add_pair(h, row->case_slot, row->worker), row->post);
        h = add_pair(h, row->assign,
                     ((uint32_t)row->kind << 24) | ((uint32_t)row->state << 16) |
                         ((uint32_t)row->is_lead << 8) | row->clock);
        h = add_pair(h,
                     ((uint32_t)row->marks << 16) | ((uint32_t)row->round << 8) | row->assign_index,
                     row->next);
        h = add_pair(h, row->worker_next, row->worker_prev);
        h = add_i64(add_i64(h, row->offered_at_ms), row->accepted_at_ms);
        h = add_i64(add_i64(h, row->arrived_at_ms), row->ended_at_ms);
        h = hash128_add(hash128_add(add_i64(h, row->deadline_ms), row->visit), row->way_ms);
    }
    return h;
}

static struct hash128 digest_workers(struct hash128 h, const struct workers *workers)
{
    for (uint32_t i = 0; i < workers->count; i++) {
        const struct worker_row *row = &workers->rows[i];
        h = hash128_join(h, row->id_hash);
        h = add_pair(h, row->person, row->status);
        h = add_pair(h, row->load, row->order_first);
        h = add_place(h, row->fix);
        h = add_i64(add_i64(h, row->fix_at_ms), row->seen_at_ms);
        h = hash128_add(hash128_add(h, row->item_seq_last), row->item_seq_taken);
        uint64_t seq = row->item_seq_taken;
        if (row->item_seq_last - seq > WORKER_ITEMS_MAX) {
            seq = row->item_seq_last - WORKER_ITEMS_MAX;
        }
        while (seq < row->item_seq_last) {
            const struct item_row *item = worker_item(workers, i, ++seq);
            h = hash128_add(hash128_add(h, item->seq), item->order);
            h = add_pair(h, item->kind, item->code);
        }
        h = hash128_add(hash128_add(h, row->epoch), row->last_seq);
        for (uint32_t j = 0; j < ACT_RESULTS_KEPT; j++) {
            const struct act_result *kept = &row->results[j];
            h = add_no(hash128_add(hash128_add(h, kept->seq), kept->content_digest), kept->case_no);
            h = hash128_add(hash128_add(hash128_add(h, kept->epoch), kept->order), kept->possible);
            h = add_pair(add_pair(h, kept->code, kept->state), kept->is_late, kept->report);
        }
    }
    return h;
}

static struct hash128 digest_marks(struct hash128 h, const struct marks *marks)
{
    for (uint32_t i = 0; i < marks->count; i++) {
        const struct mark_row *row = &marks->rows[i];
        h = hash128_join(h, row->id_hash);
        h = hash128_add(hash128_add(hash128_add(h, row->gateway), row->epoch), row->last_seq);
        for (uint32_t b = 0; b < marks->batches_kept; b++) {
            const size_t at = (size_t)i * marks->batches_kept + b;
            const struct kept_batch *batch = &marks->batches[at];
            h = hash128_add(hash128_add(h, batch->seq), batch->content_digest);
            h = hash128_add(h, batch->count);
            for (uint32_t r = 0; r < batch->count; r++) {
                const struct kept_result *kept = &marks->results[at * marks->batch_events + r];
                h = add_no(h, kept->case_no);
                h = hash128_add(add_pair(h, kept->code, kept->is_late), kept->report);
            }
        }
    }
    return h;
}

static struct hash128 digest_contacts(struct hash128 h, const struct core *core)
{
    const struct contacts *contacts = &core->contacts;
    h = add_pair(h, contacts->high, contacts->free_first);
    for (uint32_t i = 0; i < contacts->high; i++) {
        const struct contact_row *row = &contacts->rows[i];
        h = add_pair(hash128_join(h, row->id), row->case_slot, row->next);
        h = hash128_add(add_i64(h, row->at_ms), row->is_used);
        h = hash128_join(h, state_hash_text((const char *)row->sealed, sizeof row->sealed));
    }
    for (uint32_t c = 0; c < core->cases.high; c++) {
        h = hash128_add(h, contacts->heads[c]);
    }
    return h;
}

static struct hash128 digest_memory(struct hash128 h, const struct memory *memory)
{
    h = add_i64(add_pair(h, memory->next, memory->high), memory->horizon_ms);
    for (uint32_t i = 0; i < memory->high; i++) {
        const struct memory_row *row = &memory->rows[i];
        h = hash128_add(h, row->is_used);
        h = add_no(add_i64(hash128_join(h, row->key), row->until_ms), row->case_no);
    }
    return h;
}

static struct hash128 digest_disputes(struct hash128 h, const struct disputes *disputes)
{
    h = add_pair(h, disputes->high, disputes->free_first);
    for (uint32_t i = 0; i < disputes->high; i++) {
        const struct dispute_row *row = &disputes->rows[i];
        if (row->is_used == 0) {
            h = hash128_add(h, row->free_next);
            continue;
        }
        h = add_pair(add_pair(h, row->case_slot, row->reason), row->post, row->is_heard);
        h = add_i64(add_i64(hash128_add(h, row->order), row->opened_at_ms), row->due_ms);
        h = hash128_add(hash128_join(h, row->snapshot), row->party_count);
        for (uint32_t p = 0; p < row->party_count; p++) {
            const struct dispute_party *party = &row->parties[p];
            h = add_pair(add_pair(h, party->post, party->worker), party->state, party->reason);
            h = hash128_join(add_i64(h, party->at_ms), party->text);
        }
    }
    return h;
}

/* Rows without padding, a multiple of eight bytes. */
static struct hash128 add_words(struct hash128 h, const void *row, size_t size)
{
    const uint8_t *at = row;
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, at + i, sizeof word);
        h = hash128_add(h, word);
    }
    return h;
}

static struct hash128 digest_waits(struct hash128 h, const struct waits *waits)
{
    h = add_pair(h, waits->high, waits->used);
    h = hash128_add(h, waits->free_first);
    for (uint32_t i = 0; i < waits->high; i++) {
        h = add_words(h, &waits->rows[i], sizeof waits->rows[i]);
    }
    return h;
}

/* What an activation or a load makes anew is left out. */
static struct hash128 digest_windows(struct hash128 h, const struct windows *windows)
{
    const struct samples *samples = &windows->samples;
    h = add_pair(add_pair(h, windows->high, windows->used), windows->free_first, windows->hand);
    h = add_pair(add_pair(h, samples->high, samples->used), samples->free_first,
                 windows->rule_count);
    h = hash128_add(h, windows->last_serial);
    for (uint32_t i = 0; i < windows->rule_count; i++) {
        h = add_words(h, &windows->rules[i], sizeof windows->rules[i]);
    }
    for (uint32_t i = 0; i < windows->high; i++) {
        h = add_words(h, &windows->rows[i], sizeof windows->rows[i]);
    }
    for (uint32_t i = 0; i < samples->high; i++) {
        h = add_words(h, &samples->rows[i], sizeof samples->rows[i]);
    }
    return h;
}

static struct hash128 digest_ring(struct hash128 h, const struct ring *ring)
{
    h = add_pair(h, ring->next, ring->high);
    for (uint32_t i = 0; i < ring->high; i++) {
        h = hash128_join(h, ring->keys[i]);
    }
    return h;
}

static struct hash128 digest_rulings(struct hash128 h, const struct rulings *rulings)
{
    h = digest_ring(h, &rulings->ring);
    for (uint32_t i = 0; i < rulings->ring.high; i++) {
        const struct ruling_row *row = &rulings->rows[i];
        if (ring_has(&rulings->ring, i)) {
            h = add_pair(add_no(h, row->no), row->cell, row->asset);
            h = add_pair(add_pair(h, row->class_row, row->department), row->post, row->cited);
            h = add_i64(add_pair(h, row->silent, row->used_count), row->at_ms);
        }
    }
    return h;
}

static struct hash128 digest_objects(struct hash128 h, const struct objects *objects)
{
    h = digest_ring(h, &objects->ring);
    for (uint32_t i = 0; i < objects->ring.high; i++) {
        const struct object_row *row = &objects->rows[i];
        if (!ring_has(&objects->ring, i)) {
            continue;
        }
        h = add_pair(h, row->asset, row->case_count);
        for (uint32_t c = 0; c < OBJECT_CASES_MAX && c < row->case_count; c++) {
            const struct object_case *entry = &row->cases[c];
            h = add_pair(add_no(h, entry->no), entry->class_row, entry->state);
            h = add_i64(h, entry->at_ms);
        }
    }
    return h;
}

static struct hash128 digest_burdens(struct hash128 h, const struct burdens *burdens)
{
    h = digest_ring(h, &burdens->ring);
    for (uint32_t i = 0; i < burdens->ring.high; i++) {
        const struct burden_row *row = &burdens->rows[i];
        if (!ring_has(&burdens->ring, i)) {
            continue;
        }
        h = add_pair(add_pair(h, row->cell, row->department), (uint32_t)row->day, row->short_count);
        for (uint32_t d = 0; d < BURDEN_DAYS; d++) {
            h = hash128_add(h, row->counts[d]);
        }
    }
    return h;
}

static struct hash128 digest_plans(struct hash128 h, const struct plans *plans)
{
    h = add_pair(add_pair(h, plans->high, plans->duty_high), plans->late_high, plans->duty_free);
    h = add_pair(h, plans->duty_used, plans->last_number);
    for (uint32_t i = 0; i < plans->high; i++) {
        h = add_words(h, &plans->rows[i], sizeof plans->rows[i]);
    }
    for (uint32_t i = 0; i < plans->duty_high; i++) {
        h = add_words(h, &plans->duties[i], sizeof plans->duties[i]);
    }
    for (uint32_t i = 0; i < plans->late_high; i++) {
        h = add_words(h, &plans->lates[i], sizeof plans->lates[i]);
    }
    return h;
}

static struct hash128 digest_timers(struct hash128 h, const struct timers *timers)
{
    h = hash128_add(hash128_add(h, timers->count), timers->seq);
    for (uint32_t i = 0; i < timers->count; i++) {
        const struct timer timer = timer_of(timers->heap[i]);
        h = hash128_add(hash128_add(add_i64(h, timer.due_ms), timer.seq), timer.id);
    }
    return h;
}

static struct hash128 digest_counts(struct hash128 h, const struct core_counts *c)
{
    const uint64_t words[] = {
        c->events,        c->opened,      c->merged,        c->deduped,       c->no_rule,
        c->refused,       c->reopened,    c->cleared,       c->suppressed,    c->cases_opened,
        c->closed,        c->voided,      c->merged_away,   c->forced_closed, c->reopenings,
        c->open_now,      c->offers,      c->accepted,      c->declined,      c->expired,
        c->returned,      c->done,        c->checks_passed, c->checks_failed, c->nobody,
        c->clocks_missed, c->escalations, c->retired,       c->waiting};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        h = hash128_add(h, words[i]);
    }
    return h;
}

static struct hash128 digest_held_back(struct hash128 h, const struct core *core)
{
    const struct silences *silences = &core->silences;
    const struct inhibits *inhibits = &core->inhibits;
    h = hash128_add(hash128_add(h, silences->last_number), silences->high);
    for (uint32_t i = 0; i < silences->high; i++) {
        h = add_words(h, &silences->rows[i], sizeof silences->rows[i]);
    }
    h = add_pair(h, inhibits->high, inhibits->free_first);
    for (uint32_t i = 0; i < inhibits->high; i++) {
        h = add_words(h, &inhibits->rows[i], sizeof inhibits->rows[i]);
    }
    return h;
}

static struct hash128 digest_keys(struct hash128 h, const struct keyring *keys)
{
    h = hash128_add(h, keys->high);
    for (uint32_t i = 0; i < keys->high; i++) {
        h = add_words(h, &keys->rows[i], sizeof keys->rows[i]);
    }
    return h;
}

static struct hash128 digest_groups(struct hash128 h, const struct groups *groups)
{
    h = add_pair(h, groups->high, groups->free_first);
    for (uint32_t i = 0; i < groups->high; i++) {
        h = add_words(h, &groups->rows[i], sizeof groups->rows[i]);
    }
    return h;
}

/* Nothing where no rule moves orders. */
static struct hash128 digest_rounds(struct hash128 h, const struct rounds *rounds)
{
    const struct assign_problem *problem = &rounds->problem;
    if (!rounds->is_used) {
        return h;
    }
    h = add_pair(h, rounds->phase, rounds->cursor);
    h = add_i64(add_pair(h, rounds->hand, rounds->is_wanted), rounds->quiet_until_ms);
    h = add_pair(h, rounds->moved, rounds->lacks_more);
    h = add_pair(hash128_add(h, problem->row_count), problem->column_count, problem->pair_count);
    h = add_words(h, rounds->rows, problem->row_count * sizeof rounds->rows[0]);
    h = add_words(h, problem->rows, problem->row_count * sizeof problem->rows[0]);
    h = add_words(h, problem->columns, problem->column_count * sizeof problem->columns[0]);
    return add_words(h, problem->pairs, problem->pair_count * sizeof problem->pairs[0]);
}

struct hash128 core_digest(const struct core *core)
{
    struct hash128 h = {0, 0};
    h = hash128_add(add_i64(h, core->now_ms), core->operations);
    h = hash128_join(h, core_facts_digest(core));
    h = add_i64(hash128_add(h, core->rehome_next), core->borders_at_ms);
    h = digest_cases(h, core);
    h = digest_orders(h, &core->orders);
    h = digest_workers(h, &core->workers);
    h = digest_marks(h, &core->marks);
    h = digest_contacts(h, core);
    h = digest_memory(h, &core->event_ids);
    h = digest_memory(h, &core->dedupe);
    h = digest_windows(h, &core->windows);
    h = digest_waits(h, &core->waits);
    for (uint32_t i = 0; i < core->sources.count; i++) {
        const struct source_row *row = &core->sources.rows[i];
        h = add_pair(hash128_join(h, row->key), row->confirmed, row->false_alarms);
    }
    h = digest_disputes(h, &core->disputes);
    h = digest_rulings(h, &core->rulings);
    h = digest_objects(h, &core->objects);
    h = digest_burdens(h, &core->burdens);
    h = digest_plans(h, &core->plans);
    h = digest_held_back(h, core);
    h = digest_keys(h, &core->keyring);
    h = digest_groups(h, &core->groups);
    h = digest_rounds(h, &core->rounds);
    h = digest_timers(h, &core->timers);
    return digest_counts(h, &core->counts);
}

/* ---- effects ---- */

static struct hash128 add_timeline(struct hash128 h, const struct effect_timeline *t)
{
    h = hash128_add(add_no(h, t->case_no), t->order);
    h = add_pair(h, ((uint32_t)t->action << 16) | t->reason, t->code);
    h = add_pair(h, ((uint32_t)t->state_before << 16) | t->state,
                 ((uint32_t)t->order_kind << 16) | ((uint32_t)t->severity << 8) | t->clock);
    h = add_pair(add_pair(h, t->actor, t->gateway), t->subject, t->post);
    h = add_pair(add_pair(h, t->holder.kind, t->holder.index), t->rule, t->class_row);
    h = add_pair(add_pair(h, t->cell, t->asset), t->device, t->event_count);
    h = add_i64(add_i64(add_place(h, t->place), t->deadline_ms), t->distance_cm);
    h = add_pair(add_i64(add_no(h, t->other), t->until_ms), t->amount, t->report);
    h = hash128_add(h, t->is_drill);
    return t->text == NULL ? h : hash128_join(h, state_hash_text(t->text, t->text_size));
}

static struct hash128 add_decision(struct hash128 h, const struct effect_decision *d)
{
    h = hash128_add(add_no(h, d->case_no), d->order);
    h = add_pair(add_pair(h, d->rule, d->assign), ((uint32_t)d->order_kind << 16) | d->binding,
                 d->considered);
    h = add_pair(h, d->candidate_count, d->ruled);
    for (size_t i = 0; i < COUNT_OF(d->removed); i++) {
        h = hash128_add(h, d->removed[i]);
    }
    for (uint32_t i = 0; i < d->candidate_count; i++) {
        const struct effect_candidate *c = &d->candidates[i];
        h = add_pair(h, c->person, ((uint32_t)c->code << 16) | c->load);
        h = add_pair(h, ((uint32_t)c->capacity << 16) | c->ring,
                     ((uint32_t)c->travel << 2) | ((uint32_t)c->is_home_cell << 1) |
                         (uint32_t)c->is_home_position);
        h = add_i64(add_i64(h, c->distance_cm), c->travel_ms);
    }
    if (d->why == WHY_CHOSEN) {
        return h;
    }
    h = add_i64(add_pair(h, d->why | (uint32_t)d->reason << 8, d->from), d->from_ms);
    return add_pair(hash128_add(h, d->taken), d->round_orders, d->round_moved);
}

static struct hash128 add_result(struct hash128 h, const struct effect_result *r)
{
    h = hash128_add(hash128_add(hash128_join(h, r->principal), r->epoch), r->seq);
    h = add_pair(h, r->index, ((uint32_t)r->code << 16) | r->state);
    h = hash128_add(hash128_add(add_no(h, r->case_no), r->order), r->possible);
    return add_pair(h, r->is_late, r->report);
}

static struct hash128 add_plan(struct hash128 h, const struct effect_plan *p)
{
    const struct plan_counts *c = &p->counts;
    h = add_pair(add_no(hash128_join(h, p->id_hash), p->case_no), p->plan, p->what);
    h = add_pair(h, ((uint32_t)p->state << 1) | (uint32_t)p->is_drill, p->unit);
    h = add_pair(add_pair(h, p->post, c->total), c->waiting, c->open);
    h = add_pair(add_pair(h, c->started, c->done), c->cancelled, c->overdue);
    return add_pair(h, c->failed, c->in_time);
}

struct hash128 effect_digest(struct hash128 running, const struct effect *effect)
{
    struct hash128 h = add_i64(hash128_add(running, (uint64_t)effect->kind), effect->at_ms);
    switch (effect->kind) {
    case EFFECT_RESULT:
        return add_result(h, &effect->of.result);
    case EFFECT_FIRING:
        h = add_pair(h, effect->of.firing.rule, effect->of.firing.code);
        h = add_no(hash128_join(h, effect->of.firing.event_id), effect->of.firing.case_no);
        h = add_pair(h, effect->of.firing.would, effect->of.firing.winner);
        h = add_pair(h, effect->of.firing.have, effect->of.firing.need);
        h = hash128_add(h, effect->of.firing.reason_count);
        for (uint32_t i = 0; i < effect->of.firing.reason_count && i < SUPPRESS_REASONS_MAX; i++) {
            const struct suppress_reason *reason = &effect->of.firing.reasons[i];
            h = add_no(hash128_add(hash128_add(h, reason->silence), reason->rule), reason->case_no);
        }
        return hash128_add(h, effect->of.firing.candidates);
    case EFFECT_TIMELINE:
        return add_timeline(h, &effect->of.timeline);
    case EFFECT_DECISION:
        return add_decision(h, &effect->of.decision);
    case EFFECT_ITEM:
        h = add_pair(h, effect->of.item.person, effect->of.item.kind);
        h = hash128_add(hash128_add(h, effect->of.item.item_seq), effect->of.item.order);
        return hash128_add(h, effect->of.item.code);
    case EFFECT_NOTICE:
        h = add_pair(add_no(h, effect->of.notice.case_no), effect->of.notice.post,
                     effect->of.notice.step);
        h = add_pair(h, effect->of.notice.code, effect->of.notice.severity);
        h = add_pair(h, effect->of.notice.count, effect->of.notice.is_again);
        return hash128_add(h, effect->of.notice.rule);
    case EFFECT_SILENCE:
        h = add_words(h, &effect->of.silence.row, sizeof effect->of.silence.row);
        return add_pair(h, effect->of.silence.actor, effect->of.silence.what);
    case EFFECT_PLAN:
        return add_plan(h, &effect->of.plan);
    case EFFECT_ACTIVATED:
        h = hash128_join(hash128_join(h, effect->of.activated.city), effect->of.activated.policy);
        return hash128_join(h, effect->of.activated.by);
    case EFFECT_CONTACT:
        h = add_no(hash128_join(h, effect->of.contact.id), effect->of.contact.case_no);
        return hash128_add(h, effect->of.contact.code);
    default:
        must(false);
        return h;
    }
}
