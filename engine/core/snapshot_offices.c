/* snapshot_offices.c: see snapshot_offices.h. */
#include "engine/core/snapshot_offices.h"

static void walk_dispute(struct walk *walk, struct dispute_row *row)
{
    walk_u32(walk, &row->case_slot);
    walk_u32(walk, &row->reason);
    walk_u32(walk, &row->post);
    walk_u64(walk, &row->order);
    walk_i64(walk, &row->opened_at_ms);
    walk_i64(walk, &row->due_ms);
    walk_hash(walk, &row->snapshot);
    walk_u32(walk, &row->is_heard);
    walk_count(walk, &row->party_count, DISPUTE_PARTIES_MAX);
    for (uint32_t i = 0; i < row->party_count; i++) {
        struct dispute_party *party = &row->parties[i];
        walk_u32(walk, &party->post);
        walk_u32(walk, &party->worker);
        walk_u32(walk, &party->state);
        walk_u32(walk, &party->reason);
        walk_i64(walk, &party->at_ms);
        walk_hash(walk, &party->text);
    }
}

static void walk_ruling(struct walk *walk, struct ruling_row *row)
{
    walk_no(walk, &row->no);
    uint32_t *const words[] = {&row->cell, &row->asset, &row->class_row, &row->department,
                               &row->post, &row->cited, &row->silent,    &row->used_count};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        walk_u32(walk, words[i]);
    }
    walk_i64(walk, &row->at_ms);
}

static void walk_object(struct walk *walk, struct object_row *row)
{
    walk_u32(walk, &row->asset);
    walk_u32(walk, &row->case_count);
    for (uint32_t i = 0; i < OBJECT_CASES_MAX && i < row->case_count; i++) {
        walk_no(walk, &row->cases[i].no);
        walk_u32(walk, &row->cases[i].class_row);
        walk_u32(walk, &row->cases[i].state);
        walk_i64(walk, &row->cases[i].at_ms);
    }
}

static void walk_burden(struct walk *walk, struct burden_row *row)
{
    uint32_t day = (uint32_t)row->day;
    walk_u32(walk, &row->cell);
    walk_u32(walk, &row->department);
    walk_u32(walk, &day);
    walk_u32(walk, &row->short_count);
    for (uint32_t i = 0; i < BURDEN_DAYS; i++) {
        walk_u32(walk, &row->counts[i]);
    }
    if (walk_is_loading(walk)) {
        row->day = (int32_t)day;
    }
}

void walk_disputes(struct walk *walk, struct core *core)
{
    struct disputes *disputes = &core->disputes;
    walk_count(walk, &disputes->high, disputes->limit);
    walk_u32(walk, &disputes->used);
    walk_u32(walk, &disputes->free_first);
    for (uint32_t i = 0; i < disputes->high && walk->err == ERR_OK; i++) {
        struct dispute_row *row = &disputes->rows[i];
        walk_is_used(walk, &row->is_used);
        if (row->is_used != 0) {
            walk_dispute(walk, row);
            if (walk_is_loading(walk)) {
                row->free_next = NONE32;
            }
        } else {
            walk_u32(walk, &row->free_next);
        }
    }
}

/* The slots of a ring; what a slot holds is walked after its key. */
static void walk_ring_head(struct walk *walk, struct ring *ring)
{
    walk_u32(walk, &ring->next);
    walk_count(walk, &ring->high, ring->limit);
}

static bool walk_ring_key(struct walk *walk, struct ring *ring, uint32_t slot)
{
    walk_hash(walk, &ring->keys[slot]);
    return ring_has(ring, slot);
}

void walk_rings(struct walk *walk, struct core *core)
{
    walk_ring_head(walk, &core->rulings.ring);
    for (uint32_t i = 0; i < core->rulings.ring.high && walk->err == ERR_OK; i++) {
        if (walk_ring_key(walk, &core->rulings.ring, i)) {
            walk_ruling(walk, &core->rulings.rows[i]);
        }
    }
    walk_ring_head(walk, &core->objects.ring);
    for (uint32_t i = 0; i < core->objects.ring.high && walk->err == ERR_OK; i++) {
        if (walk_ring_key(walk, &core->objects.ring, i)) {
            walk_object(walk, &core->objects.rows[i]);
        }
    }
    walk_ring_head(walk, &core->burdens.ring);
    for (uint32_t i = 0; i < core->burdens.ring.high && walk->err == ERR_OK; i++) {
        if (walk_ring_key(walk, &core->burdens.ring, i)) {
            walk_burden(walk, &core->burdens.rows[i]);
        }
    }
}
