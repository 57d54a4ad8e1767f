/* choice_outward.c: people looked at from the case outward: four buckets or nine, then square by square of buckets; of each
 * square the nearest first, so that few rows are read; see choice_search.h. */
#include "engine/core/choice_search.h"

#define CORNER_LIMIT 2u /* for so few on the list four buckets are looked at first; measured */

/* ---- in batches ---- */

/* Can somebody there change neither choice nor record? */
static bool is_beyond(const struct search *search, const struct near_place *near)
{
    if (search->beyond == UINT64_MAX || search->is_everybody) {
        return false;
    }
    const uint64_t squared = near->squared != SQUARED_UNKNOWN
                                 ? near->squared
                                 : distance_squared(near->place.at, search->row->place);
    return squared >= search->beyond;
}

/* His row need not even be read. */
static void pass_over(struct search *search)
{
    search->record->considered++;
    if (search->list != NULL) {
        search->list->is_cut = true;
    }
}

static void consider_unless_beyond(struct search *search, const struct near_place *near)
{
    if (is_beyond(search, near)) {
        pass_over(search);
    } else {
        choice_consider(search, near);
    }
}

/* Field by field: what was just written in parts is not read as a whole, which would have to wait. */
static void put_near(struct near_place *to, uint64_t squared, const struct grid_place *place)
{
    to->squared = squared;
    to->place = *place;
}

static void take_other(struct search *search, uint64_t squared, const struct grid_place *place)
{
    struct batch *batch = &search->batch;
    if (batch->other_count < BATCH_OTHERS_MAX) {
        put_near(&batch->others[batch->other_count++], squared, place);
    } else {
        const struct near_place near = {squared, *place};
        consider_unless_beyond(search, &near);
    }
}

static void take(struct search *search, const struct grid_place *place)
{
    struct batch *batch = &search->batch;
    if (!search->is_batched) {
        const struct near_place near = {SQUARED_UNKNOWN, *place};
        consider_unless_beyond(search, &near);
        return;
    }
    const uint64_t squared = distance_from_squared(&search->from, place->at);
    if (squared >= search->beyond) {
        pass_over(search);
        return;
    }
    uint32_t at = batch->near_count;
    if (at < search->near_limit) {
        batch->near_count++;
    } else if (squared >= batch->near[at - 1].squared) {
        take_other(search, squared, place);
        return;
    } else {
        at--;
        take_other(search, batch->near[at].squared, &batch->near[at].place);
    }
    __builtin_prefetch(&search->core->workers.rows[place->slot]); /* all that a search reads */
    for (; at > 0 && squared < batch->near[at - 1].squared; at--) {
        batch->near[at] = batch->near[at - 1];
    }
    put_near(&batch->near[at], squared, place);
}

void choice_take(struct search *search, const struct grid_place *places, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (kind_mask_has(&search->wanted, places[i].of.kind)) {
            take(search, &places[i]);
        }
    }
}

/* Everybody of a square, the nearest first: most of the others are beyond then. */
void choice_flush(struct search *search)
{
    struct batch *batch = &search->batch;
    const struct worker_row *rows = search->core->workers.rows;
    const struct city_person *persons = state_city(search->core)->persons;
    for (uint32_t i = 0; search->ring->kind == RING_LEVEL && i < batch->near_count; i++) {
        const struct city_person *person = &persons[rows[batch->near[i].place.slot].person];
        __builtin_prefetch(&person->rights);
        __builtin_prefetch(&person->has_base);
    }
    for (uint32_t i = 0; i < batch->near_count; i++) {
        consider_unless_beyond(search, &batch->near[i]);
    }
    for (uint32_t i = 0; i < batch->other_count; i++) {
        if (batch->others[i].squared >= search->beyond) {
            pass_over(search);
        } else {
            choice_consider(search, &batch->others[i]);
        }
    }
    batch->near_count = batch->other_count = 0;
}

/* ---- outward ---- */

static void consider_bucket(struct search *search, uint32_t bucket)
{
    const struct grid *grid = &search->core->workers.grid;
    for (uint32_t c = bucket; c != NONE32; c = grid->chunks[c].next) {
        choice_take(search, grid->chunks[c].places, grid->chunks[c].count);
    }
}

/* The buckets of a block that are worth a look, NULL = none. */
static const struct block_bits *wanted_in(struct search *search, uint32_t x, uint32_t y)
{
    const struct grid *grid = &search->core->workers.grid;
    struct kept_blocks *kept = &search->kept;
    const uint32_t block = grid_block(x, y);
    const uint32_t at =
        y / BLOCK_SIDE % BLOCKS_KEPT_SIDE * BLOCKS_KEPT_SIDE + x / BLOCK_SIDE % BLOCKS_KEPT_SIDE;
    if (!kind_mask_meets(&search->wanted, &grid->block_kinds[block])) {
        return NULL;
    }
    if (kept->blocks[at] != block) {
        kept->blocks[at] = block;
        kept->bits[at] = grid_buckets(grid, block, &search->wanted);
    }
    return &kept->bits[at];
}

/* One side of a square of buckets, those outside the grid cut off. */
struct stretch {
    int64_t x, y;
    int64_t count;
    bool is_upright;
};

static void consider_stretch(struct search *search, struct stretch s)
{
    const struct grid *grid = &search->core->workers.grid;
    const int64_t across = s.is_upright ? s.x : s.y;
    const int64_t side = s.is_upright ? grid->rows : grid->columns;
    if (across < 0 || across >= (s.is_upright ? grid->columns : grid->rows)) {
        return;
    }
    const uint32_t from = (uint32_t)max_i64(0, s.is_upright ? s.y : s.x);
    const uint32_t end = (uint32_t)max_i64(
        from, min_i64(side, (s.is_upright ? s.y : s.x) + s.count)); /* may lie outside wholly */
    for (uint32_t i = from; i < end;) {
        const uint32_t stop = min_u32(end, (i / BLOCK_SIDE + 1) * BLOCK_SIDE);
        const struct block_bits *bits = s.is_upright ? wanted_in(search, (uint32_t)across, i)
                                                     : wanted_in(search, i, (uint32_t)across);
        uint32_t line = bits == NULL   ? 0
                        : s.is_upright ? block_bits_column(bits, (uint32_t)across)
                                       : block_bits_row(bits, (uint32_t)across);
        const uint32_t first = i % BLOCK_SIDE;
        for (line = line >> first & ((2u << (stop - 1 - i)) - 1); line != 0; line &= line - 1) {
            const uint32_t at = i + (uint32_t)__builtin_ctz(line);
            consider_bucket(search, s.is_upright ? at * grid->columns + (uint32_t)across
                                                 : (uint32_t)across * grid->columns + at);
        }
        i = stop;
    }
}

static struct square inside_grid(const struct grid *grid, struct square square)
{
    return (struct square){max_i64(0, square.west), max_i64(0, square.south),
                           min_i64(grid->columns - 1, square.east),
                           min_i64(grid->rows - 1, square.north)};
}

/* The bucket at x, y and those next to it. */
static struct square square_around(const struct grid *grid, int64_t x, int64_t y)
{
    return inside_grid(grid, (struct square){x - 1, y - 1, x + 1, y + 1});
}

/* Where few are asked for, four buckets are looked at first: nine times in ten they are enough. */
static bool is_few(const struct near_list *list)
{
    return list != NULL && list->limit <= CORNER_LIMIT;
}

struct outset choice_set_out(const struct grid *grid, struct place at, const struct near_list *list)
{
    const uint32_t home = place_is_known(at) ? grid_bucket(grid, at) : 0;
    const int64_t x = home % grid->columns;
    const int64_t y = home / grid->columns;
    struct outset outset = {x, y, square_around(grid, x, y), 0};
    if (!place_is_known(at)) {
        return outset;
    }
    if (is_few(list)) {
        const struct grid_corner corner = grid_corner(grid, at, home);
        outset.first =
            inside_grid(grid, (struct square){corner.x - 1, corner.y - 1, corner.x, corner.y});
        outset.reach_cm = corner.reach_cm;
    }
    for (int64_t row = outset.first.south; row <= outset.first.north; row++) {
        for (int64_t column = outset.first.west; column <= outset.first.east; column++) {
            const struct grid_chunk *chunk = &grid->chunks[row * grid->columns + column];
            __builtin_prefetch(chunk);
            __builtin_prefetch(&chunk->places[CHUNK_PLACES - 1]);
        }
    }
    return outset;
}

/* Reading a bucket of a few is less work than asking what is in it; of a crowd it is not. */
static void consider_if_wanted(struct search *search, int64_t x, int64_t y)
{
    const struct grid *grid = &search->core->workers.grid;
    const uint32_t bucket = (uint32_t)(y * grid->columns + x);
    if (grid->chunks[bucket].next == NONE32) {
        choice_take(search, grid->chunks[bucket].places, grid->chunks[bucket].count);
        return;
    }
    const struct block_bits *bits = wanted_in(search, (uint32_t)x, (uint32_t)y);
    if (bits != NULL && (block_bits_row(bits, (uint32_t)y) >> x % BLOCK_SIDE & 1) != 0) {
        consider_bucket(search, bucket);
    }
}

/* The buckets of a small square that are not of the other, which lies in it or has none. */
static void consider_square(struct search *search, const struct square *square,
                            const struct square *but)
{
    for (int64_t y = square->south; y <= square->north; y++) {
        const bool is_cut = y >= but->south && y <= but->north;
        for (int64_t x = square->west; x <= square->east; x++) {
            if (!is_cut || x < but->west || x > but->east) {
                consider_if_wanted(search, x, y);
            }
        }
    }
    choice_flush(search);
}

/* The case's own bucket and those next to it. */
static void consider_first(struct search *search)
{
    static const struct square none = {0, 0, -1, -1};
    const struct outset *outset = &search->outset;
    consider_square(search, &outset->first, &none);
    if (is_few(search->list) && !choice_is_settled(search, outset->reach_cm)) {
        const struct square around =
            square_around(&search->core->workers.grid, outset->x, outset->y);
        consider_square(search, &around, &outset->first);
    }
}

void choice_outward(struct search *search)
{
    const struct grid *grid = &search->core->workers.grid;
    const bool has_place = place_is_known(search->row->place);
    /* no place: everybody is looked at, nobody is near */
    const struct place at = has_place ? search->row->place : grid->origin;
    const int64_t step_cm = grid_step_cm(grid, at);
    const int64_t x = search->outset.x;
    const int64_t y = search->outset.y;
    memset(search->kept.blocks, 0xff, sizeof search->kept.blocks);
    if (!has_place || !choice_is_settled(search, 0)) {
        consider_first(search);
    }
    for (int64_t k = 2; k < max_i64(grid->columns, grid->rows); k++) {
        if (has_place && choice_is_settled(search, (k - 1) * step_cm)) {
            return;
        }
        const int64_t width = 2 * k + 1;
        consider_stretch(search, (struct stretch){x - k, y - k, width, false});
        consider_stretch(search, (struct stretch){x - k, y + k, width, false});
        consider_stretch(search, (struct stretch){x - k, y - k + 1, width - 2, true});
        consider_stretch(search, (struct stretch){x + k, y - k + 1, width - 2, true});
        choice_flush(search);
    }
    choice_flush(search);
}
