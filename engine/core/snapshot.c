/* snapshot.c: see snapshot.h.
 *
 * All numbers little-endian, without padding; `no` is a case number (3 x u32), `h` a digest (u64 hi, u64 lo), `p` a
 * place (2 x i32). One function per row writes and reads it, so that the two cannot differ.
 *
 *   u32 SNAPSHOT_CORE_VERSION; u32 n, n x u32 limits in the order of LIMITS_LIST
 *   i64 now_ms; u32 operations, rehome_next; i64 borders_at_ms; i64 fastest_mm_per_s; u8 has_images; h city; h policy
 *   u32 n, n x u64 counters in the order of struct core_counts
 *   cases      u32 high, used, free_first; high x {u8 is_used; a row, or u32 free_next}
 *              u32 n, n x {u32 district, day, serial}
 *   orders     u32 high, used, free_first; u64 last_number; high x {u8 is_used; a row, or u32 free_next}
 *   workers    u32 count; count x row
 *   contacts   u32 high, used, free_first; high x {u8 is_used; u32 next; a row}; one u32 head a case slot
 *   marks      u32 count; count x {row; batches_kept x {batch; its results}}
 *   event_ids, dedupe    u32 next, high; i64 horizon_ms; high x {u8 is_used; a row, or nothing}
 *   windows    u32 high, used, free_first, hand, rule_count; u64 last_serial; u32 samples: high, used, free_first; the rows as
 *              they lie, which have no padding: rule_count x window_rule, high x window_row, samples high x sample_row
 *   waits      u32 high, used, free_first; high x wait_row as they lie, which have no padding
 *   sources    u32 count; count x {h key; u32 confirmed, false_alarms}
 *   disputes   u32 high, used, free_first; high x {u8 is_used; a row, or u32 free_next}
 *   rulings, objects, burdens    u32 next, high; high x {h key; a row where the key is not none}
 *   plans      u32 high, duty_high, late_high, duty_used, duty_free, last_number; the rows as they lie, which have no padding:
 *              high x plan_row, duty_high x duty_row, late_high x late_row
 *   groups     u32 high, free_first; the rows as they lie, which have no padding: high x group_row
 *   rounds     u32 phase, cursor, hand, moved, lacks_more, is_wanted; i64 quiet_until_ms; u32 rows, columns, pairs; the rows as they lie, which have no
 *              padding: rows x {round_row, assign_row}, columns x assign_column, pairs x assign_pair
 *   timers     u64 seq; u32 n, n x {i64 due_ms; u64 seq; u32 id} as they lie in the heap
 *   h          core_digest
 *
 * The rows are walk_case ... walk_memory_row below and in snapshot_offices.c, field by field. A new field in state.h changes the size of its
 * struct and stops the build here: add it to the walk, raise SNAPSHOT_CORE_VERSION, then correct the size. */
#include "engine/core/snapshot.h"

#include "engine/core/assign_round.h"
#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/groups.h"
#include "engine/core/inhibits.h"
#include "engine/core/keyring.h"
#include "engine/core/memory.h"
#include "engine/core/orders.h"
#include "engine/core/plans.h"
#include "engine/core/silences.h"
#include "engine/core/snapshot_check.h"
#include "engine/core/snapshot_offices.h"
#include "engine/core/snapshot_sizes.h"
#include "engine/core/snapshot_walk.h"
#include "engine/core/sources.h"
#include "engine/core/window_rows.h"
#include "engine/core/workers.h"

/* ---- rows ---- */

static void walk_handovers(struct walk *walk, struct core *core, struct case_row *row)
{
    struct handover steps[HANDOVERS_MAX];
    uint32_t count = row->handover_count;
    memset(steps, 0, sizeof steps);
    if (!walk_is_loading(walk)) {
        case_handovers_get(core, row, steps);
    }
    walk_count(walk, &count, HANDOVERS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        struct handover *step = &steps[i];
        walk_i64(walk, &step->at_ms);
        walk_u32(walk, &step->from);
        walk_u32(walk, &step->to);
        walk_u8(walk, &step->direction);
        walk_u8(walk, &step->reason);
        walk_u8(walk, &step->flags);
        walk_u16(walk, &step->used_permille);
        walk_u16(walk, &step->held_permille);
    }
    if (walk_is_loading(walk) && walk->err == ERR_OK) {
        case_handovers_put(core, row, steps, count);
        if (row->handover_count != count) {
            walk_fail(walk, ERR_MALFORMED); /* more than there is room for */
        }
    }
}

static void walk_captures(struct walk *walk, struct core *core, struct case_row *row)
{
    struct case_captures captures = {.count = 0};
    if (!walk_is_loading(walk)) {
        case_captures_get(core, row, &captures);
    }
    walk_count(walk, &captures.count, CASE_FIELDS_MAX);
    const uint32_t count = captures.count;
    uint32_t used = 0;
    for (uint32_t i = 0; i < count && walk->err == ERR_OK; i++) {
        struct case_capture *capture = &captures.list[i];
        walk_u32(walk, &capture->field);
        walk_u8(walk, &capture->kind);
        walk_u8(walk, &capture->size);
        if (used + capture->size > CASE_CAPTURE_SIZE) {
            walk_fail(walk, ERR_MALFORMED);
            return;
        }
        capture->offset = (uint16_t)used;
        walk_bytes(walk, captures.bytes + used, capture->size);
        used += capture->size;
    }
    if (walk_is_loading(walk) && walk->err == ERR_OK) {
        captures.used = used;
        case_captures_put(core, row, &captures);
        if (captures.count != count) {
            walk_fail(walk, ERR_MALFORMED);
        }
    }
}

static void walk_offices(struct walk *walk, struct core *core, struct case_row *row)
{
    uint32_t *const words[] = {&row->office, &row->first_office, &row->ruled_office, &row->dispute,
                               &row->office_permille};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        walk_u32(walk, words[i]);
    }
    walk_handovers(walk, core, row);
}

static void walk_case(struct walk *walk, struct core *core, struct case_row *row)
{
    walk_no(walk, &row->no);
    walk_u8(walk, &row->state);
    walk_u8(walk, &row->severity);
    walk_u8(walk, &row->clock);
    walk_u8(walk, &row->assign_mask);
    walk_u8(walk, &row->holder.kind);
    uint32_t *const words[] = {&row->holder.index, &row->flags,
                               &row->rule,         &row->class_row,
                               &row->cell,         &row->asset,
                               &row->device,       &row->gateway,
                               &row->department,   &row->handle_limit.unit,
                               &row->event_count,  &row->offer_count,
                               &row->steps_fired,  &row->round,
                               &row->extend_asker, &row->extend_first,
                               &row->parent,       &row->child_first,
                               &row->child_next,   &row->child_prev,
                               &row->owner,        &row->accuracy_cm,
                               &row->sources_seen, &row->merge_square_cm};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        walk_u32(walk, words[i]);
    }
    walk_u8(walk, &row->extensions);
    walk_u8(walk, &row->extend_stage);
    walk_u8(walk, &row->appeal);
    walk_u8(walk, &row->help_wanted);
    walk_no(walk, &row->survivor);
    walk_place(walk, &row->place);
    walk_place(walk, &row->first_place);
    int64_t *const instants[] = {
        &row->opened_at_ms,       &row->onset_at_ms,    &row->filed_at_ms,
        &row->first_offer_at_ms,  &row->handled_at_ms,  &row->closed_at_ms,
        &row->handle_used_ms,     &row->handle_from_ms, &row->clock_limit_ms,
        &row->handle_limit.value, &row->handle_base,    &row->supervise_limit_ms,
        &row->assigned_at_ms};
    for (size_t i = 0; i < COUNT_OF(instants); i++) {
        walk_i64(walk, instants[i]);
    }
    walk_count(walk, &row->person_count, CASE_WORKERS_MAX);
    for (uint32_t i = 0; i < row->person_count; i++) {
        uint32_t worker = row->persons[i].worker;
        uint32_t flags = row->persons[i].flags;
        walk_count(walk, &worker, PERSON_WORKER_MAX);
        walk_count(walk, &flags, PERSON_FLAGS_MAX);
        row->persons[i] = case_person_of(worker, flags);
    }
    walk_u32(walk, &row->order_first);
    walk_u32(walk, &row->order_count);
    walk_hash(walk, &row->merge_key);
    walk_hash(walk, &row->merge_base);
    walk_hash(walk, &row->close_key);
    walk_u32(walk, &row->merge_next);
    walk_u32(walk, &row->merge_prev);
    walk_u32(walk, &row->close_next);
    walk_u32(walk, &row->close_prev);
    walk_captures(walk, core, row);
    walk_offices(walk, core, row);
}

static void walk_order(struct walk *walk, struct order_row *row)
{
    walk_u64(walk, &row->number);
    walk_u32(walk, &row->case_slot);
    walk_u32(walk, &row->worker);
    walk_u32(walk, &row->post);
    walk_u32(walk, &row->assign);
    walk_u8(walk, &row->kind);
    walk_u8(walk, &row->state);
    walk_u8(walk, &row->is_lead);
    walk_u8(walk, &row->clock);
    walk_u8(walk, &row->assign_index);
    walk_u8(walk, &row->round);
    walk_u8(walk, &row->marks);
    int64_t *const instants[] = {&row->offered_at_ms, &row->accepted_at_ms, &row->arrived_at_ms,
                                 &row->ended_at_ms, &row->deadline_ms};
    for (size_t i = 0; i < COUNT_OF(instants); i++) {
        walk_i64(walk, instants[i]);
    }
    walk_u64(walk, &row->visit);
    walk_u32(walk, &row->next);
    walk_u32(walk, &row->worker_next);
    walk_u32(walk, &row->worker_prev);
    walk_u32(walk, &row->way_ms);
}

/* Only places of the ring that hold something: {u8 index, item} until index 0xff. */
static void walk_items(struct walk *walk, struct workers *workers, uint32_t slot)
{
    struct item_row *items = worker_item(workers, slot, 0);
    uint8_t at = 0;
    for (;;) {
        while (!walk_is_loading(walk) && at < WORKER_ITEMS_MAX && items[at].seq == 0) {
            at++;
        }
        uint8_t index = at < WORKER_ITEMS_MAX ? at : UINT8_MAX;
        walk_u8(walk, &index);
        if (index == UINT8_MAX || walk->err != ERR_OK) {
            return;
        }
        if (index < at || index >= WORKER_ITEMS_MAX) {
            walk_fail(walk, ERR_MALFORMED);
            return;
        }
        struct item_row *item = &items[index];
        walk_u64(walk, &item->seq);
        walk_u64(walk, &item->order);
        walk_u16(walk, &item->code);
        walk_u8(walk, &item->kind);
        at = (uint8_t)(index + 1);
    }
}

static void walk_results(struct walk *walk, struct worker_row *row)
{
    for (uint32_t i = 0; i < ACT_RESULTS_KEPT; i++) {
        struct act_result *kept = &row->results[i];
        uint64_t *const words[] = {&kept->epoch, &kept->seq, &kept->content_digest, &kept->order,
                                   &kept->possible};
        for (size_t w = 0; w < COUNT_OF(words); w++) {
            walk_u64(walk, words[w]);
        }
        walk_no(walk, &kept->case_no);
        walk_u16(walk, &kept->code);
        walk_u16(walk, &kept->state);
        walk_u16(walk, &kept->is_late);
        walk_u16(walk, &kept->report);
    }
}

static void walk_worker(struct walk *walk, struct workers *workers, uint32_t slot)
{
    struct worker_row *row = &workers->rows[slot];
    walk_hash(walk, &row->id_hash);
    walk_u32(walk, &row->person);
    walk_u32(walk, &row->status);
    walk_u32(walk, &row->load);
    walk_place(walk, &row->fix);
    walk_i64(walk, &row->fix_at_ms);
    walk_i64(walk, &row->seen_at_ms);
    walk_u32(walk, &row->order_first);
    walk_u64(walk, &row->item_seq_last);
    walk_u64(walk, &row->item_seq_taken);
    walk_items(walk, workers, slot);
    walk_u64(walk, &row->epoch);
    walk_u64(walk, &row->last_seq);
    walk_results(walk, row);
}

static void walk_mark(struct walk *walk, struct marks *marks, uint32_t slot)
{
    struct mark_row row = marks->rows[slot];
    walk_hash(walk, &row.id_hash);
    walk_u32(walk, &row.gateway);
    walk_u64(walk, &row.epoch);
    walk_u64(walk, &row.last_seq);
    if (walk_is_loading(walk)) {
        marks->rows[slot] = row;
    }
    for (uint32_t b = 0; b < marks->batches_kept; b++) {
        const size_t at = (size_t)slot * marks->batches_kept + b;
        struct kept_batch *batch = &marks->batches[at];
        walk_u64(walk, &batch->seq);
        walk_u64(walk, &batch->content_digest);
        walk_count(walk, &batch->count, marks->batch_events);
        for (uint32_t r = 0; r < batch->count; r++) {
            struct kept_result *kept = &marks->results[at * marks->batch_events + r];
            walk_no(walk, &kept->case_no);
            walk_u8(walk, &kept->code);
            walk_u8(walk, &kept->is_late);
            walk_u16(walk, &kept->report);
        }
    }
}

static void walk_memory_row(struct walk *walk, struct memory_row *row)
{
    walk_hash(walk, &row->key);
    walk_i64(walk, &row->until_ms);
    walk_no(walk, &row->case_no);
}

/* ---- tables ---- */

static void walk_cases(struct walk *walk, struct core *core)
{
    struct cases *cases = &core->cases;
    walk_count(walk, &cases->high, cases->limit);
    walk_u32(walk, &cases->used);
    walk_u32(walk, &cases->free_first);
    for (uint32_t i = 0; i < cases->high && walk->err == ERR_OK; i++) {
        struct case_row *row = &cases->rows[i];
        walk_is_used(walk, &row->is_used);
        if (row->is_used != 0) {
            walk_case(walk, core, row);
            if (walk_is_loading(walk)) {
                row->free_next = NONE32;
            }
        } else {
            walk_u32(walk, &row->free_next);
        }
    }
    walk_count(walk, &cases->district_count, cases->district_limit);
    for (uint32_t i = 0; i < cases->district_count; i++) {
        walk_u32(walk, &cases->districts[i].district);
        walk_u32(walk, &cases->districts[i].day);
        walk_u32(walk, &cases->districts[i].serial);
    }
}

static void walk_orders(struct walk *walk, struct orders *orders)
{
    walk_count(walk, &orders->high, orders->limit);
    walk_u32(walk, &orders->used);
    walk_u32(walk, &orders->free_first);
    walk_u64(walk, &orders->last_number);
    for (uint32_t i = 0; i < orders->high && walk->err == ERR_OK; i++) {
        struct order_row *row = &orders->rows[i];
        uint32_t is_used = row->is_used;
        walk_is_used(walk, &is_used);
        if (walk_is_loading(walk)) {
            row->is_used = (uint8_t)is_used;
        }
        if (row->is_used != 0) {
            walk_order(walk, row);
        } else {
            walk_u32(walk, &row->free_next);
        }
    }
}

static void walk_workers(struct walk *walk, struct workers *workers)
{
    walk_count(walk, &workers->count, workers->limit);
    for (uint32_t i = 0; i < workers->count && walk->err == ERR_OK; i++) {
        walk_worker(walk, workers, i);
    }
}

static void walk_marks(struct walk *walk, struct marks *marks)
{
    walk_count(walk, &marks->count, marks->limit);
    for (uint32_t i = 0; i < marks->count && walk->err == ERR_OK; i++) {
        walk_mark(walk, marks, i);
    }
}

static void walk_contacts(struct walk *walk, struct core *core)
{
    struct contacts *contacts = &core->contacts;
    walk_count(walk, &contacts->high, contacts->limit);
    walk_u32(walk, &contacts->used);
    walk_u32(walk, &contacts->free_first);
    for (uint32_t i = 0; i < contacts->high && walk->err == ERR_OK; i++) {
        struct contact_row *row = &contacts->rows[i];
        walk_is_used(walk, &row->is_used);
        walk_u32(walk, &row->next);
        if (row->is_used != 0) {
            walk_hash(walk, &row->id);
            walk_i64(walk, &row->at_ms);
            walk_u32(walk, &row->case_slot);
            walk_bytes(walk, row->sealed, sizeof row->sealed);
        }
    }
    for (uint32_t c = 0; c < core->cases.high && walk->err == ERR_OK; c++) {
        walk_u32(walk, &contacts->heads[c]);
    }
}

static void walk_memory(struct walk *walk, struct memory *memory)
{
    walk_u32(walk, &memory->next);
    walk_count(walk, &memory->high, memory->limit);
    walk_i64(walk, &memory->horizon_ms);
    for (uint32_t i = 0; i < memory->high && walk->err == ERR_OK; i++) {
        walk_is_used(walk, &memory->rows[i].is_used);
        if (memory->rows[i].is_used != 0) {
            walk_memory_row(walk, &memory->rows[i]);
        }
    }
}

static void walk_windows(struct walk *walk, struct windows *windows)
{
    struct samples *samples = &windows->samples;
    walk_count(walk, &windows->high, windows->limit);
    walk_u32(walk, &windows->used);
    walk_u32(walk, &windows->free_first);
    walk_u32(walk, &windows->hand);
    walk_count(walk, &windows->rule_count, windows->rule_limit);
    walk_u64(walk, &windows->last_serial);
    walk_count(walk, &samples->high, samples->limit);
    walk_u32(walk, &samples->used);
    walk_u32(walk, &samples->free_first);
    for (uint32_t i = 0; i < windows->rule_count && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &windows->rules[i], sizeof windows->rules[i]);
    }
    for (uint32_t i = 0; i < windows->high && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &windows->rows[i], sizeof windows->rows[i]);
    }
    for (uint32_t i = 0; i < samples->high && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &samples->rows[i], sizeof samples->rows[i]);
    }
}

static void walk_waits(struct walk *walk, struct waits *waits)
{
    walk_count(walk, &waits->high, waits->limit);
    walk_u32(walk, &waits->used);
    walk_u32(walk, &waits->free_first);
    for (uint32_t i = 0; i < waits->high && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &waits->rows[i], sizeof waits->rows[i]);
    }
}

static void walk_sources(struct walk *walk, struct sources *sources)
{
    walk_count(walk, &sources->count, sources->limit);
    for (uint32_t i = 0; i < sources->count && walk->err == ERR_OK; i++) {
        walk_hash(walk, &sources->rows[i].key);
        walk_u32(walk, &sources->rows[i].confirmed);
        walk_u32(walk, &sources->rows[i].false_alarms);
    }
}

static void walk_timers(struct walk *walk, struct timers *timers)
{
    walk_u64(walk, &timers->seq);
    walk_count(walk, &timers->count, timers->limit);
    for (uint32_t i = 0; i < timers->count && walk->err == ERR_OK; i++) {
        struct timer timer = timer_of(timers->heap[i]);
        walk_i64(walk, &timer.due_ms);
        walk_u64(walk, &timer.seq);
        walk_u32(walk, &timer.id);
        timers->heap[i] = timer_entry_read(timer);
    }
}

static void walk_plans(struct walk *walk, struct plans *plans)
{
    walk_count(walk, &plans->high, plans->limit);
    walk_count(walk, &plans->duty_high, plans->duty_limit);
    walk_count(walk, &plans->late_high, plans->late_limit);
    walk_u32(walk, &plans->duty_used);
    walk_u32(walk, &plans->duty_free);
    walk_u32(walk, &plans->last_number);
    for (uint32_t i = 0; i < plans->high && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &plans->rows[i], sizeof plans->rows[i]);
    }
    for (uint32_t i = 0; i < plans->duty_high && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &plans->duties[i], sizeof plans->duties[i]);
    }
    for (uint32_t i = 0; i < plans->late_high && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &plans->lates[i], sizeof plans->lates[i]);
    }
}

static void walk_held_back(struct walk *walk, struct core *core)
{
    struct silences *silences = &core->silences;
    struct inhibits *inhibits = &core->inhibits;
    walk_u64(walk, &silences->last_number);
    walk_count(walk, &silences->high, silences->limit);
    for (uint32_t i = 0; i < silences->high && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &silences->rows[i], sizeof silences->rows[i]);
    }
    walk_count(walk, &inhibits->high, inhibits->limit);
    walk_u32(walk, &inhibits->free_first);
    for (uint32_t i = 0; i < inhibits->high && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &inhibits->rows[i], sizeof inhibits->rows[i]);
    }
}

static void walk_keys(struct walk *walk, struct keyring *keys)
{
    walk_count(walk, &keys->high, keys->limit);
    for (uint32_t i = 0; i < keys->high && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &keys->rows[i], sizeof keys->rows[i]);
    }
}

static void walk_groups(struct walk *walk, struct groups *groups)
{
    walk_count(walk, &groups->high, groups->limit);
    walk_u32(walk, &groups->free_first);
    for (uint32_t i = 0; i < groups->high && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &groups->rows[i], sizeof groups->rows[i]);
    }
}

static void walk_counts(struct walk *walk, struct core_counts *counts)
{
    uint64_t words[sizeof *counts / sizeof(uint64_t)];
    memcpy(words, counts, sizeof words);
    walk_known(walk, COUNT_OF(words), ERR_VERSION);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        walk_u64(walk, &words[i]);
    }
    if (walk_is_loading(walk)) {
        memcpy(counts, words, sizeof words);
    }
}

#define LIMIT_VALUE(name, value, text) limits->name,
static void walk_limits(struct walk *walk, const struct limits *limits)
{
    const uint32_t values[] = {LIMITS_LIST(LIMIT_VALUE)};
    walk_known(walk, COUNT_OF(values), ERR_VERSION);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        walk_known(walk, values[i], ERR_MISMATCH);
    }
}

/* The pair in use; loading, the one that was staged for it. */
static void walk_images(struct walk *walk, struct core *core)
{
    struct hash128 city = {0, 0};
    struct hash128 policy = {0, 0};
    uint8_t has_images = core->has_images;
    if (core->has_images) {
        city = state_city(core)->image.digest;
        policy = state_policy(core)->image.digest;
    }
    walk_u8(walk, &has_images);
    walk_hash(walk, &city);
    walk_hash(walk, &policy);
    if (!walk_is_loading(walk) || walk->err != ERR_OK) {
        return;
    }
    if (has_images > 1) {
        walk_fail(walk, ERR_MALFORMED);
    } else if (has_images != 0 && (!core->has_staged_city || !core->has_staged_policy ||
                                   !hash128_is_equal(core->staged_city.image.digest, city) ||
                                   !hash128_is_equal(core->staged_policy.image.digest, policy))) {
        walk_fail(walk, ERR_MISMATCH);
    } else if (has_images != 0) {
        core->slot = 0;
        core->cities[0] = core->staged_city;
        core->policies[0] = core->staged_policy;
        core->has_images = true;
        core->has_staged_city = core->has_staged_policy = false;
        core->facts_digest = command_facts_digest(city, policy);
        plans_adopt(core);
    }
}

static void walk_core(struct walk *walk, struct core *core)
{
    walk_known(walk, SNAPSHOT_CORE_VERSION, ERR_VERSION);
    walk_limits(walk, &core->limits);
    walk_i64(walk, &core->now_ms);
    walk_u32(walk, &core->operations);
    walk_u32(walk, &core->rehome_next);
    walk_i64(walk, &core->borders_at_ms);
    walk_i64(walk, &core->fastest_mm_per_s);
    walk_images(walk, core);
    walk_counts(walk, &core->counts);
    walk_cases(walk, core);
    walk_orders(walk, &core->orders);
    walk_workers(walk, &core->workers);
    walk_marks(walk, &core->marks);
    walk_contacts(walk, core);
    walk_memory(walk, &core->event_ids);
    walk_memory(walk, &core->dedupe);
    walk_windows(walk, &core->windows);
    walk_waits(walk, &core->waits);
    walk_sources(walk, &core->sources);
    walk_disputes(walk, core);
    walk_rings(walk, core);
    walk_plans(walk, &core->plans);
    walk_held_back(walk, core);
    walk_keys(walk, &core->keyring);
    walk_groups(walk, &core->groups);
    walk_rounds(walk, &core->rounds);
    walk_timers(walk, &core->timers);
}

/* ---- what follows from the rows ---- */

static bool index_marks(struct marks *marks)
{
    for (uint32_t m = 0; m < marks->count; m++) {
        if (table_find(&marks->by_id, marks->rows[m].id_hash) != NONE32) {
            return false;
        }
        table_put(&marks->by_id, marks->rows[m].id_hash, m);
    }
    return true;
}

static bool index_timers(struct timers *timers)
{
    for (uint32_t i = 0; i < timers->count; i++) {
        const uint32_t id = timer_of(timers->heap[i]).id;
        if (id >= timers->limit) {
            return false;
        }
        timers->where[id] = i + 1; /* an id that comes twice is found by snapshot_rows_hold */
    }
    return true;
}

static bool index_all(struct core *core)
{
    return cases_index(&core->cases) && orders_index(&core->orders) && workers_index(core) &&
           index_marks(&core->marks) && memory_index(&core->event_ids) &&
           memory_index(&core->dedupe) && ring_index(&core->rulings.ring) &&
           ring_index(&core->objects.ring) && ring_index(&core->burdens.ring) &&
           sources_index(&core->sources) && windows_index(&core->windows) && plans_index(core) &&
           silences_hold(&core->silences) && keyring_index(&core->keyring) &&
           inhibits_index(core) && groups_index(core) && rounds_index(core);
}

/* ---- public ---- */

enum err core_save(const struct core *core, const struct snapshot_sink *sink,
                   struct hash128 *out_digest)
{
    must(core->sink == NULL); /* not inside a step */
    struct walk walk = {.sink = sink};
    struct hash128 digest = core_digest(core);
    /* A walk with a sink only reads: the const goes away so that one function serves both ways. */
    walk_core(&walk, (struct core *)(uintptr_t)core);
    walk_hash(&walk, &digest);
    walk_flush(&walk);
    if (walk.err == ERR_OK) {
        *out_digest = digest;
    }
    return walk.err;
}

enum err core_load(struct core *core, const struct snapshot_source *source,
                   struct hash128 *out_digest)
{
    must(core->now_ms == INT64_MIN && !core->has_images);
    struct walk walk = {.source = source};
    struct hash128 digest = {0, 0};
    walk_core(&walk, core);
    walk_hash(&walk, &digest);
    if (walk.err == ERR_OK && walk.used == walk.size) {
        walk_refill(&walk);
        walk.err = walk.err == ERR_CUT ? ERR_OK : walk.err;
    }
    if (walk.err == ERR_OK && walk.used < walk.size) {
        return ERR_MALFORMED; /* bytes behind the end */
    }
    if (walk.err != ERR_OK) {
        return walk.err;
    }
    const bool holds = index_timers(&core->timers) && snapshot_rows_hold(core) && index_all(core) &&
                       hash128_is_equal(core_digest(core), digest);
    if (!holds) {
        return ERR_MALFORMED;
    }
    *out_digest = digest;
    return ERR_OK;
}
