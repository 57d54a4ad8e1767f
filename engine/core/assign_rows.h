/* assign_rows.h: the state of a round that matches orders anew; see assign_round.h. Part of state.h. */
#ifndef ENGINE_CORE_ASSIGN_ROWS_H
#define ENGINE_CORE_ASSIGN_ROWS_H

#include "engine/core/assign_solve.h"
#include "engine/core/command.h"

enum round_phase {
    ROUND_IDLE = 0,
    ROUND_GATHER = 1, /* pairs for each order of the frozen list */
    ROUND_SOLVE = 2,
    ROUND_GROW = 3,  /* more pairs for who is left alone */
    ROUND_APPLY = 4, /* what moves is taken from who has it */
    ROUND_GIVE = 5,  /* and given, an order at a time */
    ROUND_PHASE_COUNT
};

/* An order that may move, or one that waits for a worker. No padding. */
struct round_row {
    struct case_no no;
    uint32_t case_slot;
    uint64_t order; /* number, 0 = it waits */
    uint32_t assign, assign_index;
    uint32_t worker;  /* that has it, NONE32 = it waits */
    uint32_t nearest; /* so many workers were looked for */
    uint32_t weight;  /* of its severity */
    uint32_t is_cut;  /* there may be more of them */
    int64_t from_ms;  /* the way of who has it */
};

struct rounds {
    struct assign_problem problem; /* its rows are `rows`, ids of its columns are person rows */
    struct round_row *rows;
    uint32_t *columns; /* by worker slot: column + 1; follows from the problem */
    int32_t *
        held; /* by worker slot: rows that he has; while applied: what he gets less what he gives */
    uint64_t *members; /* bit per case slot whose rule moves orders; some more may be set */
    uint32_t member_words, worker_limit;
    bool is_used;        /* some rule of the policy moves orders */
    uint32_t phase;      /* enum round_phase */
    uint32_t cursor;     /* row that comes next */
    uint32_t hand;       /* case slot to begin the next round with: who found no room in the last */
    uint32_t moved;      /* so many rows change hands; while they are given */
    uint32_t lacks_more; /* some case that was given somebody still wants another */
    uint32_t is_wanted;  /* a worker was released while a round ran */
    int64_t quiet_until_ms; /* a release begins no round before: 1 ms for each order of the last */
};

#endif
