/* grid.h: where everybody is and of which kind, so that a search for a few does not visit the many.
 *
 * Persons whom the filters of duty cannot tell apart (rights, roles, skills, shift) are one kind; a set of kinds is a mask
 * of KINDS_MAX bits. Who may take an order by their kind is a few words of OR and AND (grid_wanted); blocks of 16 x 16 buckets
 * keep the mask of the kinds in them and, for each kind, one bit a bucket, so that empty ground is stepped over.
 *
 * Shape   columns x rows of buckets about as wide as high over the city's box, those outside it in the border buckets; a bucket is a chunk of 7
 *         places, found by its number, and where it is full a chain of more: all but the one behind the first are full then,
 *         and taking somebody out moves the last of that one into his room
 *         members: the slots of each unit of the city, and of the whole city, sorted by kind
 * Cost    move O(1); 128 bytes a bucket and a chunk more for every 7 beyond its own; 16 bytes a bucket and kind-block, 12 a person for his place and traits, 28 a person and level for members
 * Owner   struct workers
 * Truth   everything follows from the rows of workers and the active city: it is neither in snapshots nor in digests, and no
 *         decision may depend on the order inside a bucket
 * Source  uniform grid as in dispatch practice: R-trees were 2-5 times slower to query and 30 times to move */
#ifndef ENGINE_CORE_GRID_H
#define ENGINE_CORE_GRID_H

#include "engine/core/arena.h"
#include "engine/core/city.h"
#include "engine/core/distance.h"
#include "engine/core/limits.h"
#include "engine/core/policy.h"

#define GRID_SIDE 256u /* most buckets along one side of the city's box */
#define BLOCK_SIDE 16u /* buckets along one side of a block */
#define KINDS_MAX 128u /* kinds of persons told apart */
#define KIND_WORDS (KINDS_MAX / 64u)
#define KIND_MIXED (KINDS_MAX - 1) /* everybody past the others: looked at one by one */
#define CHUNK_PLACES 7u

struct kind_mask {
    uint64_t words[KIND_WORDS];
};

struct worker_kind {
    uint64_t roles, skills;
    uint32_t rights;
    uint32_t shift; /* row of CITY_CALENDARS, NONE32 = always on */
};

#define GRID_MODE_OTHER UINT8_MAX /* the person's row says which */

/* What a search asks of everybody near, so that nobody's row in the city need be read for it. */
struct grid_traits {
    uint8_t kind;
    uint8_t mode;      /* row of CITY_MODES, GRID_MODE_OTHER */
    uint16_t capacity; /* active orders at once */
};

struct grid_place {
    struct place at;
    uint32_t slot; /* of the worker */
    struct grid_traits of;
};

/* The first line of the cache has all of a bucket of up to three. */
struct grid_chunk {
    uint32_t count;
    uint32_t next; /* chunk or NONE32; of a free one: the next free */
    uint32_t bucket;
    uint32_t reserved;
    struct grid_place places[CHUNK_PLACES];
};

#define BLOCK_WORDS (BLOCK_SIDE * BLOCK_SIDE / 64u)
_Static_assert(BLOCK_SIDE == 16, "block_bits_row and block_bits_column count on it");

/* A bit for each bucket of a block, from the south-west, row by row. */
struct block_bits {
    uint64_t words[BLOCK_WORDS];
};

/* Members of one kind in one unit. */
struct grid_group {
    uint32_t kind;
    uint32_t first, count; /* in members */
};

struct grid {
    struct grid_chunk *chunks;       /* the buckets', by number, and the others behind them */
    struct block_bits *kind_buckets; /* by block and kind: the buckets with somebody of it; may name
                                        one that he has left, never lacks one where he is */
    struct kind_mask *block_kinds;
    uint32_t *block_counts;        /* persons by block and kind */
    uint32_t *chunk_of;            /* by worker slot; NONE32 = nowhere */
    uint8_t *place_of;             /* place inside that chunk */
    struct place *at_of;           /* where the chunk has him: one look instead of three */
    struct grid_traits *traits_of; /* by worker slot */
    uint32_t *members;             /* worker slots, by unit and kind */
    struct grid_group *groups;
    uint32_t *unit_groups; /* first group by unit; the whole city is unit city->unit_count */
    uint32_t unit_limit, worker_limit, chunk_limit;
    uint32_t chunk_high, chunk_free;
    uint32_t columns, rows;     /* of buckets, each 1..GRID_SIDE */
    uint32_t count;             /* persons in some bucket */
    struct place origin;        /* south-west corner */
    int64_t lon_step, lat_step; /* 1e-7 degrees a bucket */
    int64_t lon_step_cm;        /* a bucket across and up, at the least, inside the box */
    int64_t lat_step_cm;
    int64_t shifts_until_ms; /* on_shift holds until then */
    uint32_t kind_count;     /* without KIND_MIXED */
    uint32_t has_mixed;
    struct worker_kind kinds[KINDS_MAX];
    uint32_t kind_counts[KINDS_MAX]; /* persons in some bucket */
    struct kind_mask by_role[CITY_ROLES_MAX], by_skill[CITY_SKILLS_MAX], by_right[32];
    struct kind_mask on_shift; /* now */
};

static inline bool kind_mask_has(const struct kind_mask *mask, uint32_t kind)
{
    return (mask->words[kind / 64] >> (kind % 64) & 1) != 0;
}

static inline void kind_mask_set(struct kind_mask *mask, uint32_t kind)
{
    mask->words[kind / 64] |= UINT64_C(1) << (kind % 64);
}

static inline bool kind_mask_meets(const struct kind_mask *a, const struct kind_mask *b)
{
    uint64_t met = 0;
    for (uint32_t i = 0; i < KIND_WORDS; i++) {
        met |= a->words[i] & b->words[i];
    }
    return met != 0;
}

void grid_init(struct grid *grid, struct arena *arena, const struct limits *limits);

/* Starts over for a city, empty: geometry, kinds, shifts still unknown. slots: worker slot by person row. */
void grid_lay(struct grid *grid, const struct city *city, const uint32_t *slots);

/* Puts the worker there, wherever he was; PLACE_NONE takes him out. */
void grid_move(struct grid *grid, uint32_t slot, struct place at);

/* Notes who is on shift now. Does nothing until one of the city's shifts changes. */
void grid_turn_shifts(struct grid *grid, const struct city *city, int64_t now_ms);

/* The kinds whose rights, roles, skills and shift allow that assign; KIND_MIXED always. */
struct kind_mask grid_wanted(const struct grid *grid, const struct policy_assign *assign);

/* The block of the bucket at x, y. */
static inline uint32_t grid_block(uint32_t x, uint32_t y)
{
    return y / BLOCK_SIDE * (GRID_SIDE / BLOCK_SIDE) + x / BLOCK_SIDE;
}

/* The buckets of a block in which somebody of the wanted kinds may be. */
static inline struct block_bits grid_buckets(const struct grid *grid, uint32_t block,
                                             const struct kind_mask *wanted)
{
    struct block_bits met = {{0}};
    for (uint32_t i = 0; i < KIND_WORDS; i++) {
        for (uint64_t kinds = wanted->words[i] & grid->block_kinds[block].words[i]; kinds != 0;
             kinds &= kinds - 1) {
            const uint32_t kind = i * 64 + (uint32_t)__builtin_ctzll(kinds);
            const struct block_bits *one = &grid->kind_buckets[block * KINDS_MAX + kind];
            for (uint32_t w = 0; w < BLOCK_WORDS; w++) {
                met.words[w] |= one->words[w];
            }
        }
    }
    return met;
}

/* The bits of the row of buckets at y, from the west. */
static inline uint32_t block_bits_row(const struct block_bits *bits, uint32_t y)
{
    const uint32_t bit = y % BLOCK_SIDE * BLOCK_SIDE;
    return (uint32_t)(bits->words[bit / 64] >> (bit % 64)) & 0xffff;
}

/* The bits of the column of buckets at x, from the south: four of a word, 16 bits apart. */
static inline uint32_t block_bits_column(const struct block_bits *bits, uint32_t x)
{
    uint32_t column = 0;
    for (uint32_t w = 0; w < BLOCK_WORDS; w++) {
        const uint64_t four = bits->words[w] >> (x % BLOCK_SIDE) & UINT64_C(0x0001000100010001);
        column |= (uint32_t)((four | four >> 15 | four >> 30 | four >> 45) & 0xf) << (w * 4);
    }
    return column;
}

/* Groups of a unit, or of the whole city for city->unit_count; sorted by kind. */
static inline struct image_range grid_groups(const struct grid *grid, uint32_t unit)
{
    must(unit < grid->unit_limit);
    return (struct image_range){grid->unit_groups[unit],
                                grid->unit_groups[unit + 1] - grid->unit_groups[unit]};
}

/* The bucket that a place hangs in. */
uint32_t grid_bucket(const struct grid *grid, struct place at);

/* Who is k + 1 buckets away from there or more is at least k times this far. */
int64_t grid_step_cm(const struct grid *grid, struct place at);

/* The four buckets that meet in the corner next to a place, whose own is grid_bucket. */
struct grid_corner {
    int64_t x,
        y; /* of the bucket north-east of it; one west or south of it may lie outside the grid, as this one may */
    int64_t reach_cm; /* nobody outside the four is nearer to the place */
};

struct grid_corner grid_corner(const struct grid *grid, struct place at, uint32_t bucket);

/* Where the worker is in the grid; PLACE_NONE: nowhere. */
static inline struct place grid_at(const struct grid *grid, uint32_t slot)
{
    return grid->at_of[slot];
}

/* slots and city as given to grid_lay. */
void grid_check(const struct grid *grid, const struct city *city, const uint32_t *slots);

#endif
