/* snapshot_rounds.c: a round that matches orders anew, in the middle of its work; the layout is at the top of snapshot.c. */
#include "engine/core/assign_rows.h"
#include "engine/core/snapshot_walk.h"

void walk_rounds(struct walk *walk, struct rounds *rounds)
{
    struct assign_problem *problem = &rounds->problem;
    walk_u32(walk, &rounds->phase);
    walk_u32(walk, &rounds->cursor);
    walk_u32(walk, &rounds->hand);
    walk_u32(walk, &rounds->moved);
    walk_u32(walk, &rounds->lacks_more);
    walk_u32(walk, &rounds->is_wanted);
    walk_i64(walk, &rounds->quiet_until_ms);
    walk_count(walk, &problem->row_count, problem->limits.rows);
    walk_count(walk, &problem->column_count, problem->limits.columns);
    walk_count(walk, &problem->pair_count, problem->limits.pairs);
    for (uint32_t i = 0; i < problem->row_count && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &rounds->rows[i], sizeof rounds->rows[i]);
        walk_bytes(walk, &problem->rows[i], sizeof problem->rows[i]);
    }
    for (uint32_t i = 0; i < problem->column_count && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &problem->columns[i], sizeof problem->columns[i]);
    }
    for (uint32_t i = 0; i < problem->pair_count && walk->err == ERR_OK; i++) {
        walk_bytes(walk, &problem->pairs[i], sizeof problem->pairs[i]);
    }
}
