/* marks.c: see marks.h. */
#include "engine/core/marks.h"

void marks_init(struct marks *marks, struct arena *arena, const struct limits *limits)
{
    const size_t batches = (size_t)limits->gateways * limits->batches_kept;
    marks->rows = arena_take(arena, sizeof(struct mark_row), limits->gateways);
    marks->batches = arena_take(arena, sizeof(struct kept_batch), batches);
    marks->results = arena_take(arena, sizeof(struct kept_result), batches * limits->batch_events);
    marks->limit = limits->gateways;
    marks->count = 0;
    marks->batches_kept = limits->batches_kept;
    marks->batch_events = limits->batch_events;
    table_init(&marks->by_id, arena, limits->gateways);
}

bool marks_fit(const struct core *core, const struct city *city)
{
    const struct marks *marks = &core->marks;
    uint32_t added = 0;
    for (uint32_t g = 0; g < city->gateway_count; g++) {
        added += marks_find(marks, city->gateways[g].id_hash) == NONE32;
    }
    return added <= marks->limit - marks->count;
}

void marks_adopt(struct core *core)
{
    struct marks *marks = &core->marks;
    const struct city *city = state_city(core);
    must(marks_fit(core, city));
    for (uint32_t m = 0; m < marks->count; m++) {
        marks->rows[m].gateway = NONE32;
    }
    for (uint32_t g = 0; g < city->gateway_count; g++) {
        const struct hash128 id = city->gateways[g].id_hash;
        uint32_t slot = marks_find(marks, id);
        if (slot == NONE32) {
            slot = marks->count++;
            marks->rows[slot] = (struct mark_row){.id_hash = id};
            table_put(&marks->by_id, id, slot);
        }
        marks->rows[slot].gateway = g;
    }
}

uint32_t marks_find(const struct marks *marks, struct hash128 id_hash)
{
    return table_find(&marks->by_id, id_hash);
}

enum code mark_admit(uint64_t epoch_known, uint64_t seq_known, uint64_t epoch, uint64_t seq)
{
    if (epoch == 0) {
        return CODE_NOTHING;
    }
    if (seq == 0) { /* numbers start at 1 */
        return CODE_SEQ_GAP;
    }
    if (epoch < epoch_known) {
        return CODE_EPOCH_OLD;
    }
    if (epoch > epoch_known) {
        return seq == 1 ? CODE_NOTHING : CODE_SEQ_GAP;
    }
    if (seq <= seq_known) {
        return CODE_DONE;
    }
    return seq == seq_known + 1 ? CODE_NOTHING : CODE_SEQ_GAP;
}

static struct kept_batch *batch_at(const struct marks *marks, uint32_t slot, uint64_t seq)
{
    return &marks->batches[(size_t)slot * marks->batches_kept + seq % marks->batches_kept];
}

static struct kept_result *results_at(const struct marks *marks, uint32_t slot, uint64_t seq)
{
    const size_t batch = (size_t)slot * marks->batches_kept + seq % marks->batches_kept;
    return &marks->results[batch * marks->batch_events];
}

void mark_open_batch(struct marks *marks, uint32_t slot, const struct command_head *head,
                     uint32_t count)
{
    struct mark_row *row = &marks->rows[slot];
    must(count <= marks->batch_events);
    if (head->epoch != row->epoch) { /* a new outbox: nothing of the old one is given again */
        for (uint64_t seq = 0; seq < marks->batches_kept; seq++) {
            *batch_at(marks, slot, seq) = (struct kept_batch){.seq = 0};
        }
    }
    row->epoch = head->epoch;
    row->last_seq = head->seq;
    *batch_at(marks, slot, head->seq) = (struct kept_batch){
        .seq = head->seq, .content_digest = head->content_digest, .count = count};
}

void mark_keep(struct marks *marks, uint32_t slot, uint64_t seq, uint32_t index,
               const struct effect_result *result)
{
    must(index < marks->batch_events);
    results_at(marks, slot, seq)[index] = (struct kept_result){.case_no = result->case_no,
                                                               .code = (uint8_t)result->code,
                                                               .is_late = result->is_late,
                                                               .report = (uint16_t)result->report};
}

bool mark_find_one(const struct core *core, uint32_t slot, const struct command_head *head,
                   uint32_t index, struct effect_result *out_result)
{
    const struct marks *marks = &core->marks;
    const struct kept_batch *batch = batch_at(marks, slot, head->seq);
    struct effect_result result = {.principal = marks->rows[slot].id_hash,
                                   .epoch = head->epoch,
                                   .seq = head->seq,
                                   .index = index};
    if (batch->seq != head->seq || batch->content_digest != head->content_digest) {
        result.code = batch->seq != head->seq ? CODE_FORGOTTEN : CODE_SEQ_REUSED;
        *out_result = result;
        return index == 0;
    }
    if (index >= batch->count) {
        return false;
    }
    const struct kept_result *kept = &results_at(marks, slot, head->seq)[index];
    result.code = kept->code;
    result.is_late = kept->is_late != 0;
    result.case_no = kept->case_no;
    result.report = kept->report;
    *out_result = result;
    return true;
}

enum err mark_find_results(const struct core *core, uint32_t slot, uint64_t epoch, uint64_t seq,
                           uint64_t content_digest, struct effect_result *out_results,
                           uint32_t limit, uint32_t *out_count)
{
    const struct mark_row *row = &core->marks.rows[slot];
    const struct command_head head = {.epoch = epoch, .seq = seq, .content_digest = content_digest};
    if (mark_admit(row->epoch, row->last_seq, epoch, seq) != CODE_DONE) {
        return ERR_NOT_FOUND;
    }
    uint32_t count = 0;
    struct effect_result result;
    while (mark_find_one(core, slot, &head, count, &result)) {
        if (count == limit) {
            return ERR_TOO_LARGE;
        }
        out_results[count++] = result;
    }
    *out_count = count;
    return ERR_OK;
}

void mark_keep_act(struct worker_row *row, uint64_t content_digest,
                   const struct effect_result *result)
{
    if (result->epoch == 0) {
        return;
    }
    if (result->epoch != row->epoch) {
        memset(row->results, 0, sizeof row->results);
    }
    row->epoch = result->epoch;
    row->last_seq = result->seq;
    row->results[result->seq % ACT_RESULTS_KEPT] =
        (struct act_result){.epoch = result->epoch,
                            .seq = result->seq,
                            .content_digest = content_digest,
                            .order = result->order,
                            .possible = result->possible,
                            .case_no = result->case_no,
                            .code = result->code,
                            .state = result->state,
                            .is_late = result->is_late,
                            .report = (uint16_t)result->report};
}

enum err mark_find_act(const struct worker_row *row, uint64_t epoch, uint64_t seq,
                       uint64_t content_digest, struct effect_result *out_result)
{
    if (mark_admit(row->epoch, row->last_seq, epoch, seq) != CODE_DONE) {
        return ERR_NOT_FOUND;
    }
    const struct act_result *kept = &row->results[seq % ACT_RESULTS_KEPT];
    *out_result = (struct effect_result){.principal = row->id_hash, .epoch = epoch, .seq = seq};
    if (kept->seq != seq || kept->epoch != epoch) {
        out_result->code = CODE_FORGOTTEN;
    } else if (kept->content_digest != content_digest) {
        out_result->code = CODE_SEQ_REUSED;
    } else {
        out_result->code = kept->code;
        out_result->case_no = kept->case_no;
        out_result->order = kept->order;
        out_result->possible = kept->possible;
        out_result->state = kept->state;
        out_result->is_late = kept->is_late != 0;
        out_result->report = kept->report;
    }
    return ERR_OK;
}

void marks_check(const struct core *core)
{
    const struct marks *marks = &core->marks;
    for (uint32_t m = 0; m < marks->count; m++) {
        must(marks_find(marks, marks->rows[m].id_hash) == m);
        for (uint64_t i = 0; i < marks->batches_kept; i++) {
            const struct kept_batch *batch = batch_at(marks, m, i);
            must(batch->count <= marks->batch_events);
            must(batch->seq <= marks->rows[m].last_seq);
        }
    }
    table_check(&marks->by_id);
}
