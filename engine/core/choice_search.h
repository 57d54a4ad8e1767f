/* choice_search.h: one search for a person: what it holds, who is filtered out, how the rest are ranked. Internal to choice*.c. */
#ifndef ENGINE_CORE_CHOICE_SEARCH_H
#define ENGINE_CORE_CHOICE_SEARCH_H

#include "engine/core/choice.h"
#include "engine/core/grid.h"
#include "engine/core/ledger.h"
#include "engine/core/road_walks.h"
#include "engine/core/state.h"

#define SQUARED_UNKNOWN UINT64_MAX
#define BATCH_NEAR_MAX                                                                             \
    24u /* of one square, put in order: those of a round's list and half as many more */
#define BATCH_OTHERS_MAX 64u /* of one square; more are looked at as they come */

/* What a candidate is ranked by; smaller wins, compared from the top. */
struct rank {
    int64_t
        team; /* checks: 1 = same team as a handler; else choice_call_of: 0 = nobody goes before */
    int64_t first;
    int64_t second;
    int64_t third;
    uint32_t person; /* image row: rows are in id order */
};

/* People of one square of buckets, before anybody's row is read: the nearest few by distance, the others as they come. */
struct near_place {
    uint64_t squared; /* distance_squared to the case, SQUARED_UNKNOWN: not asked for yet */
    struct grid_place place;
};

struct batch {
    uint32_t near_count, other_count;
    struct near_place near[BATCH_NEAR_MAX];
    struct near_place others[BATCH_OTHERS_MAX];
};

#define BLOCKS_KEPT_SIDE 4u /* a square of blocks is kept, each in its own room; measured */
#define BLOCKS_KEPT (BLOCKS_KEPT_SIDE * BLOCKS_KEPT_SIDE)

/* Buckets of some blocks where somebody of the wanted kinds may be, put together once a search. */
struct kept_blocks {
    uint32_t blocks[BLOCKS_KEPT]; /* NONE32 = free */
    struct block_bits bits[BLOCKS_KEPT];
};

/* Ways to the case by road, one walk a mode, asked for when somebody of the mode is looked at. */
struct case_roads {
    bool is_used;   /* the city has roads, the case a place, and travel time decides */
    uint32_t begun; /* bit per mode */
    uint32_t targets[ROAD_MODES_MAX];  /* the case's node, NONE32 = no road near */
    int64_t access_ms[ROAD_MODES_MAX]; /* between it and the case */
    struct road_walk *walks[ROAD_MODES_MAX];
    int64_t driven_ms[ROAD_MODES_MAX]; /* how far this search would have driven it by itself */
};

/* Of buckets, all inside the grid; none where north is less than south. */
struct square {
    int64_t west, south, east, north;
};

/* Where a search begins. */
struct outset {
    int64_t x, y;        /* bucket of the case; of the grid's corner where it has no place */
    struct square first; /* what is looked at first */
    int64_t reach_cm;    /* nobody outside of it is nearer, where few are asked for */
};

struct search {
    const struct core *core;
    const struct case_row *row;
    const struct policy_assign *assign;
    const struct policy_ring *ring;
    struct effect_decision *record;
    struct kind_mask wanted; /* kinds that may pass the filters of duty */
    enum order_kind kind;
    uint8_t ring_index;
    bool is_grid_ring;
    bool is_batched;     /* the nearest first, so that few rows are read */
    uint32_t near_limit; /* so many of a square are put in order */
    bool may_preempt;
    bool is_any_load;       /* what he carries does not count */
    struct near_list *list; /* collects all who could, instead of the best; or NULL */
    bool is_everybody;      /* nobody was found: counting who was removed by what */
    bool has_earlier; /* the record holds people of earlier rings, who may be looked at again */
    uint64_t beyond;  /* squared distance from which on nobody can change choice, record or list */
    struct distance_from from; /* the case, while is_batched */
    struct outset outset;
    uint32_t case_unit; /* RING_LEVEL: the unit the case lies in */
    uint32_t best;      /* worker slot or NONE32 */
    struct rank best_rank;
    struct effect_candidate best_line; /* what the record says of him */
    uint32_t visitor_count;
    struct visitor visitors[OBJECT_CASES_MAX]; /* who goes to the same object anyway */
    struct case_roads roads;
    struct batch batch; /* this and what follows is not cleared when a search begins */
    struct kept_blocks kept;
};

/* ---- choice.c ---- */

/* list NULL: the best alone is wanted, and the record of how it came about. */
void choice_search_begin(struct search *search, const struct core *core,
                         struct choice_question question, struct near_list *list,
                         struct effect_decision *record);
void choice_search_ring(struct search *search, uint32_t index);

/* The first filter that stops somebody wherever he is; and where he is, so far from the case. */
enum code choice_filter_self(const struct search *search, const struct grid_place *place,
                             const struct city_person *person);
enum code choice_filter_all(const struct search *search, const struct grid_place *place,
                            const struct city_person *person, enum code position, int64_t away_cm);

/* One by one: filtered, ranked, recorded. */
void choice_consider(struct search *search, const struct near_place *near);

/* Can nobody at least bound_cm away beat the best so far? */
bool choice_is_settled(const struct search *search, int64_t bound_cm);

/* ---- choice_outward.c ---- */

/* Where a search begins. Asks for what will be read first, so do it before anything else: one bucket after the other they
 * would take longer than all the rest. list: as for choice_search_begin. */
struct outset choice_set_out(const struct grid *grid, struct place at,
                             const struct near_list *list);

/* Those of the wanted kinds, now or at the next flush. */
void choice_take(struct search *search, const struct grid_place *places, uint32_t count);

/* Everybody taken since the last one, the nearest first: most of the others are beyond then. */
void choice_flush(struct search *search);

/* Buckets outward from the case until nothing better is possible. */
void choice_outward(struct search *search);

/* ---- choice_near.c ---- */

/* Adds somebody who could take it to the list of the search. */
void choice_near_take(struct search *search, uint32_t slot, const struct city_person *person,
                      struct place at, const struct effect_candidate *line);

/* The squared distance from which on nobody of this ring can get onto the list; UINT64_MAX: there may be anywhere. */
uint64_t choice_near_beyond(const struct search *search);

/* Can nobody at least bound_cm away get onto the list? */
bool choice_near_is_full(const struct search *search, int64_t bound_cm);

/* ---- choice_roads.c: travel times by road ---- */

/* Fills travel and travel_ms of the line for somebody at `at`; what takes longer than give_up_ms is LONGER. */
void choice_road_travel(struct search *search, const struct city_person *person, struct place at,
                        int64_t give_up_ms, struct effect_candidate *line);

/* What travel_ms a line is ranked by. */
int64_t choice_road_rank_ms(const struct effect_candidate *line);

/* When somebody was chosen: every line of the record gets its time, or LONGER. */
void choice_road_settle(struct search *search);

/* ---- choice_filters.c: CODE_ELIGIBLE, or the filter ---- */

bool choice_rank_is_before(const struct rank *a, const struct rank *b);
enum code choice_filter_duty(const struct search *search, const struct grid_place *place,
                             const struct city_person *person);
enum code choice_filter_case(const struct core *core, const struct case_row *row, uint32_t slot,
                             enum order_kind kind, uint32_t limit);
enum code choice_filter_position(const struct search *search, uint32_t slot,
                                 const struct city_person *person, struct place *inout_at,
                                 bool *out_is_home);
enum code choice_filter_area(const struct search *search, const struct city_person *person,
                             int64_t distance_cm);
int64_t choice_travel_ms(const struct search *search, const struct grid_place *place,
                         const struct city_person *person, int64_t distance_cm);
struct rank choice_rank_of(const struct search *search, uint32_t slot,
                           const struct city_person *person, int64_t distance_cm,
                           int64_t travel_ms);
bool choice_has_role(const struct policy_assign *assign, const struct city_person *person);
int64_t choice_call_of(const struct search *search, uint32_t slot,
                       const struct city_person *person);

#endif
