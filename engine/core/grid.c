/* grid.c: see grid.h.
 *
 * Truths checked by grid_check():
 *   (1) Everybody who is in the grid is in the chain of the bucket of his place, once, with his kind.
 *   (2) Of a chain of several only the second may have room; none but a bucket's own is empty.
 *   (3) The mask of a block names every kind that is in it, and the bits of the kind every bucket; its counts are right.
 *   (4) The members of the whole city are the persons with a capacity; kinds rise inside a unit. */
#include "engine/core/grid.h"

#include "engine/core/calendar.h"

#define BLOCKS_ACROSS (GRID_SIDE / BLOCK_SIDE)
#define RESCAN_CHUNKS 4u /* a longer chain keeps the mask it has: it may name too much */

/* About two workers a bucket: a finer grid would be walked in vain. */
static uint32_t buckets_for(uint32_t persons)
{
    return min_u32(persons / 2 + 1, GRID_SIDE * GRID_SIDE);
}

/* Rows of blocks are whole, and no more of them than there are rows of buckets for. */
static size_t bit_rows_for(uint32_t rows)
{
    return (size_t)((rows + BLOCK_SIDE - 1) / BLOCK_SIDE) * BLOCKS_ACROSS * KINDS_MAX;
}

/* Buckets are as wide as high, as far as GRID_SIDE allows: so the few next to a place reach farthest. */
static void lay_buckets(struct grid *grid, const struct city_info *info, uint32_t persons)
{
    const uint32_t buckets = buckets_for(persons);
    const int64_t lon_span = (int64_t)info->lon_max - info->lon_min;
    const int64_t lat_span = (int64_t)info->lat_max - info->lat_min;
    const int32_t middle = (int32_t)(info->lat_min + lat_span / 2);
    const int64_t degree_cm =
        distance_cm((struct place){0, middle}, (struct place){DISTANCE_DEGREE, middle});
    const int64_t equator_cm =
        distance_cm((struct place){0, 0}, (struct place){DISTANCE_DEGREE, 0});
    const int64_t wide = lon_span * degree_cm / equator_cm; /* where lat_span is high */
    const int64_t columns =
        (int64_t)isqrt_u64((uint64_t)wide * buckets / (uint64_t)max_i64(1, lat_span));
    const int64_t fewest = (buckets + GRID_SIDE - 1) / GRID_SIDE;
    grid->columns = (uint32_t)max_i64(fewest, min_i64(columns, min_u32(buckets, GRID_SIDE)));
    grid->rows = buckets / grid->columns;
    grid->lon_step = lon_span / grid->columns + 1;
    grid->lat_step = lat_span / grid->rows + 1;
}

void grid_init(struct grid *grid, struct arena *arena, const struct limits *limits)
{
    const uint32_t buckets = buckets_for(limits->workers);
    const uint32_t workers = limits->workers;
    grid->worker_limit = workers;
    grid->unit_limit = limits->image_rows + 1;
    grid->chunk_limit = buckets + workers / CHUNK_PLACES + 1;
    grid->chunks = arena_take(arena, sizeof(struct grid_chunk), grid->chunk_limit);
    grid->kind_buckets =
        arena_take(arena, sizeof(struct block_bits), bit_rows_for(min_u32(buckets, GRID_SIDE)));
    grid->block_kinds = arena_take(arena, sizeof(struct kind_mask), BLOCKS_ACROSS * BLOCKS_ACROSS);
    grid->block_counts =
        arena_take(arena, sizeof(uint32_t), BLOCKS_ACROSS * BLOCKS_ACROSS * KINDS_MAX);
    grid->chunk_of = arena_take(arena, sizeof(uint32_t), workers);
    grid->place_of = arena_take(arena, sizeof(uint8_t), workers);
    grid->at_of = arena_take(arena, sizeof(struct place), workers);
    grid->traits_of = arena_take(arena, sizeof(struct grid_traits), workers);
    const size_t members = (size_t)workers * (CITY_LEVELS_MAX + 1);
    grid->members = arena_take(arena, sizeof(uint32_t), members);
    grid->groups = arena_take(arena, sizeof(struct grid_group), members);
    grid->unit_groups = arena_take(arena, sizeof(uint32_t), (size_t)grid->unit_limit + 1);
}

/* ---- buckets ---- */

static uint32_t clamp_bucket(int64_t index, uint32_t count)
{
    return index < 0 ? 0 : index >= count ? count - 1 : (uint32_t)index;
}

uint32_t grid_bucket(const struct grid *grid, struct place at)
{
    const int64_t x = ((int64_t)at.lon - grid->origin.lon) / grid->lon_step;
    const int64_t y = ((int64_t)at.lat - grid->origin.lat) / grid->lat_step;
    return clamp_bucket(y, grid->rows) * grid->columns + clamp_bucket(x, grid->columns);
}

static uint32_t block_of(const struct grid *grid, uint32_t bucket)
{
    return grid_block(bucket % grid->columns, bucket / grid->columns);
}

/* The word of the kind that has the bucket's bit, and the bit. */
static uint64_t *kind_word(const struct grid *grid, uint32_t bucket, uint32_t kind,
                           uint64_t *out_bit)
{
    const uint32_t x = bucket % grid->columns;
    const uint32_t y = bucket / grid->columns;
    const uint32_t bit = y % BLOCK_SIDE * BLOCK_SIDE + x % BLOCK_SIDE;
    *out_bit = UINT64_C(1) << bit % 64;
    return &grid->kind_buckets[grid_block(x, y) * KINDS_MAX + kind].words[bit / 64];
}

static void bucket_note(struct grid *grid, uint32_t bucket, uint32_t kind)
{
    uint64_t bit;
    uint64_t *word = kind_word(grid, bucket, kind, &bit);
    *word |= bit;
}

static void mask_clear(struct kind_mask *mask, uint32_t kind)
{
    mask->words[kind / 64] &= ~(UINT64_C(1) << (kind % 64));
}

static uint32_t chunk_take(struct grid *grid)
{
    uint32_t chunk = grid->chunk_free;
    if (chunk != NONE32) {
        grid->chunk_free = grid->chunks[chunk].next;
    } else {
        chunk = grid->chunk_high++;
    }
    must(chunk < grid->chunk_limit);
    return chunk;
}

/* The bit of a bucket after somebody of that kind left. */
static void bucket_forget(struct grid *grid, uint32_t bucket, uint32_t kind)
{
    uint32_t looked = 0;
    uint64_t bit;
    for (uint32_t c = bucket; c != NONE32; c = grid->chunks[c].next) {
        if (looked++ == RESCAN_CHUNKS) {
            return;
        }
        for (uint32_t i = 0; i < grid->chunks[c].count; i++) {
            if (grid->chunks[c].places[i].of.kind == kind) {
                return;
            }
        }
    }
    uint64_t *word = kind_word(grid, bucket, kind, &bit);
    *word &= ~bit;
}

static void leave(struct grid *grid, uint32_t slot)
{
    const uint32_t c = grid->chunk_of[slot];
    if (c == NONE32) {
        return;
    }
    const uint32_t bucket = grid->chunks[c].bucket;
    const uint32_t kind = grid->traits_of[slot].kind;
    const uint32_t block = block_of(grid, bucket);
    struct grid_chunk *own = &grid->chunks[bucket];
    const uint32_t second = own->next;
    struct grid_chunk *from = second == NONE32 ? own : &grid->chunks[second];
    must(from->count > 0);
    const struct grid_place last = from->places[--from->count];
    grid->chunks[c].places[grid->place_of[slot]] = last;
    grid->chunk_of[last.slot] = c;
    grid->place_of[last.slot] = grid->place_of[slot];
    if (from->count == 0 && from != own) {
        own->next = from->next;
        from->next = grid->chunk_free;
        grid->chunk_free = second;
    }
    grid->chunk_of[slot] = NONE32;
    grid->at_of[slot] = place_none();
    grid->count--;
    grid->kind_counts[kind]--;
    bucket_forget(grid, bucket, kind);
    uint32_t *left = &grid->block_counts[block * KINDS_MAX + kind];
    must(*left > 0);
    if (--*left == 0) {
        mask_clear(&grid->block_kinds[block], kind);
    }
}

static uint32_t chunk_with_room(struct grid *grid, uint32_t bucket)
{
    struct grid_chunk *own = &grid->chunks[bucket];
    if (own->count < CHUNK_PLACES) {
        return bucket;
    }
    if (own->next != NONE32 && grid->chunks[own->next].count < CHUNK_PLACES) {
        return own->next;
    }
    const uint32_t fresh = chunk_take(grid);
    grid->chunks[fresh].count = 0;
    grid->chunks[fresh].next = own->next;
    grid->chunks[fresh].bucket = bucket;
    own->next = fresh;
    return fresh;
}

void grid_move(struct grid *grid, uint32_t slot, struct place at)
{
    must(slot < grid->worker_limit);
    const uint32_t bucket = place_is_known(at) ? grid_bucket(grid, at) : NONE32;
    const uint32_t now = grid->chunk_of[slot];
    if (now != NONE32 && grid->chunks[now].bucket == bucket) {
        grid->at_of[slot] = at;
        grid->chunks[now].places[grid->place_of[slot]].at = at;
        return;
    }
    leave(grid, slot);
    if (bucket == NONE32) {
        return;
    }
    const uint32_t c = chunk_with_room(grid, bucket);
    struct grid_chunk *chunk = &grid->chunks[c];
    const uint32_t kind = grid->traits_of[slot].kind;
    grid->chunk_of[slot] = c;
    grid->at_of[slot] = at;
    grid->place_of[slot] = (uint8_t)chunk->count;
    chunk->places[chunk->count++] = (struct grid_place){at, slot, grid->traits_of[slot]};
    grid->count++;
    grid->kind_counts[kind]++;
    const uint32_t block = block_of(grid, bucket);
    bucket_note(grid, bucket, kind);
    kind_mask_set(&grid->block_kinds[block], kind);
    grid->block_counts[block * KINDS_MAX + kind]++;
}

/* ---- kinds ---- */

static void note_kind(struct grid *grid, uint32_t kind)
{
    const struct worker_kind *row = &grid->kinds[kind];
    for (uint32_t bit = 0; bit < 64; bit++) {
        if ((row->roles >> bit & 1) != 0) {
            kind_mask_set(&grid->by_role[bit], kind);
        }
        if ((row->skills >> bit & 1) != 0) {
            kind_mask_set(&grid->by_skill[bit], kind);
        }
        if (bit < 32 && (row->rights >> bit & 1) != 0) {
            kind_mask_set(&grid->by_right[bit], kind);
        }
    }
}

static uint32_t kind_for(struct grid *grid, const struct city_person *person)
{
    for (uint32_t kind = 0; kind < grid->kind_count; kind++) {
        const struct worker_kind *row = &grid->kinds[kind];
        if (row->roles == person->roles && row->skills == person->skills &&
            row->rights == person->rights && row->shift == person->shift) {
            return kind;
        }
    }
    if (grid->kind_count == KIND_MIXED) {
        grid->has_mixed = 1;
        return KIND_MIXED;
    }
    const uint32_t kind = grid->kind_count++;
    grid->kinds[kind] =
        (struct worker_kind){person->roles, person->skills, person->rights, person->shift};
    note_kind(grid, kind);
    return kind;
}

void grid_turn_shifts(struct grid *grid, const struct city *city, int64_t now_ms)
{
    if (now_ms < grid->shifts_until_ms) {
        return;
    }
    grid->shifts_until_ms = NEVER_MS;
    for (uint32_t kind = 0; kind < grid->kind_count; kind++) {
        const uint32_t shift = grid->kinds[kind].shift;
        mask_clear(&grid->on_shift, kind);
        if (calendar_contains(city, shift, now_ms)) {
            kind_mask_set(&grid->on_shift, kind);
        }
        if (shift != NONE32) {
            grid->shifts_until_ms =
                min_i64(grid->shifts_until_ms, calendar_next_change(city, shift, now_ms));
        }
    }
}

/* Kinds that have one of the bits; none of them where the bits are none. */
static struct kind_mask any_of(const struct kind_mask *by_bit, uint64_t bits)
{
    struct kind_mask mask = {{0}};
    for (; bits != 0; bits &= bits - 1) {
        const struct kind_mask *one = &by_bit[__builtin_ctzll(bits)];
        for (uint32_t i = 0; i < KIND_WORDS; i++) {
            mask.words[i] |= one->words[i];
        }
    }
    return mask;
}

static void keep_those(struct kind_mask *mask, const struct kind_mask *among)
{
    for (uint32_t i = 0; i < KIND_WORDS; i++) {
        mask->words[i] &= among->words[i];
    }
}

struct kind_mask grid_wanted(const struct grid *grid, const struct policy_assign *assign)
{
    struct kind_mask wanted = any_of(grid->by_right, assign->rights);
    if (assign->roles != 0) {
        const struct kind_mask roles = any_of(grid->by_role, assign->roles);
        keep_those(&wanted, &roles);
    }
    for (uint64_t skills = assign->skills; skills != 0; skills &= skills - 1) {
        keep_those(&wanted, &grid->by_skill[__builtin_ctzll(skills)]);
    }
    if (assign->ignore_shift == 0) {
        keep_those(&wanted, &grid->on_shift);
    }
    if (grid->has_mixed != 0) {
        kind_mask_set(&wanted, KIND_MIXED);
    }
    return wanted;
}

/* ---- members ---- */

/* Everybody with a capacity, by kind and person: the run of the whole city, which the other units' runs are made from. */
static uint32_t list_everybody(struct grid *grid, const struct city *city, const uint32_t *slots)
{
    uint32_t firsts[KINDS_MAX + 1] = {0};
    for (uint32_t p = 0; p < city->person_count; p++) {
        if (city->persons[p].capacity > 0) {
            firsts[grid->traits_of[slots[p]].kind + 1]++;
        }
    }
    for (uint32_t kind = 0; kind < KINDS_MAX; kind++) {
        firsts[kind + 1] += firsts[kind];
    }
    const uint32_t count = firsts[KINDS_MAX];
    for (uint32_t p = 0; p < city->person_count; p++) {
        if (city->persons[p].capacity > 0) {
            grid->members[firsts[grid->traits_of[slots[p]].kind]++] = p;
        }
    }
    return count;
}

/* The unit of that level above somebody's home, or NONE32; level 0 starts at the cell. */
static uint32_t first_unit(const struct city *city, const struct city_person *person)
{
    return person->home_cell == NONE32 ? NONE32 : city->cells[person->home_cell].unit;
}

/* Runs of units lie behind the run of the whole city; unit_groups holds their ends while they are filled. */
static void list_units(struct grid *grid, const struct city *city, uint32_t everybody)
{
    uint32_t *ends = grid->unit_groups;
    memset(ends, 0, ((size_t)city->unit_count + 2) * sizeof *ends);
    for (uint32_t i = 0; i < everybody; i++) {
        const struct city_person *person = &city->persons[grid->members[i]];
        uint32_t level = 0;
        for (uint32_t u = first_unit(city, person); u != NONE32 && level < CITY_LEVELS_MAX;
             u = city->units[u].parent, level++) {
            ends[u]++;
        }
    }
    uint32_t at = everybody;
    for (uint32_t u = 0; u < city->unit_count; u++) {
        const uint32_t count = ends[u];
        ends[u] = at;
        at += count;
    }
    must(at <= grid->worker_limit * (CITY_LEVELS_MAX + 1));
    for (uint32_t i = 0; i < everybody; i++) {
        const struct city_person *person = &city->persons[grid->members[i]];
        uint32_t level = 0;
        for (uint32_t u = first_unit(city, person); u != NONE32 && level < CITY_LEVELS_MAX;
             u = city->units[u].parent, level++) {
            grid->members[ends[u]++] = grid->members[i];
        }
    }
    ends[city->unit_count] = everybody; /* where the units' runs begin, for group_units */
}

/* Turns a run of persons into groups of worker slots; returns how many groups there are then. */
static uint32_t group_run(struct grid *grid, const uint32_t *slots, uint32_t first, uint32_t end,
                          uint32_t groups)
{
    for (uint32_t i = first; i < end; i++) {
        const uint32_t slot = slots[grid->members[i]];
        const uint32_t kind = grid->traits_of[slot].kind;
        grid->members[i] = slot;
        if (i == first || grid->groups[groups - 1].kind != kind) {
            grid->groups[groups++] = (struct grid_group){.kind = kind, .first = i};
        }
        grid->groups[groups - 1].count++;
    }
    return groups;
}

static void list_members(struct grid *grid, const struct city *city, const uint32_t *slots)
{
    must(city->unit_count < grid->unit_limit);
    const uint32_t everybody = list_everybody(grid, city, slots);
    list_units(grid, city, everybody);
    uint32_t groups = 0;
    uint32_t first = everybody;
    for (uint32_t u = 0; u < city->unit_count; u++) {
        const uint32_t end = grid->unit_groups[u];
        grid->unit_groups[u] = groups;
        groups = group_run(grid, slots, first, end, groups);
        first = end;
    }
    grid->unit_groups[city->unit_count] = groups;
    groups = group_run(grid, slots, 0, everybody, groups);
    grid->unit_groups[city->unit_count + 1] = groups;
}

/* ---- life ---- */

/* A bucket across and up: measured where a degree of longitude is shortest, at the edge of the box nearest a pole, and a
 * twentieth less for those beyond that edge. */
struct steps {
    int64_t lon_cm, lat_cm;
};

static struct steps least_steps(const struct grid *grid, int32_t lat)
{
    const int64_t top = grid->origin.lat + (int64_t)grid->rows * grid->lat_step;
    const int64_t low = min_i64(lat, grid->origin.lat);
    const int64_t high = min_i64(max_i64(lat, top), LAT_LIMIT);
    const struct place from = {0, (int32_t)(high > -low ? high : low)};
    const struct place east = {(int32_t)min_i64(grid->lon_step, LON_LIMIT), from.lat};
    const struct place south = {
        0, (int32_t)(from.lat - (from.lat > 0 ? 1 : -1) * min_i64(grid->lat_step, LAT_LIMIT))};
    return (struct steps){distance_cm(from, east) * 19 / 20, distance_cm(from, south) * 19 / 20};
}

static struct steps steps_at(const struct grid *grid, struct place at)
{
    const int64_t top = grid->origin.lat + (int64_t)grid->rows * grid->lat_step;
    const bool is_inside = at.lat >= grid->origin.lat && at.lat <= top;
    return is_inside ? (struct steps){grid->lon_step_cm, grid->lat_step_cm}
                     : least_steps(grid, at.lat);
}

int64_t grid_step_cm(const struct grid *grid, struct place at)
{
    const struct steps steps = steps_at(grid, at);
    return min_i64(steps.lon_cm, steps.lat_cm);
}

/* How far a place at that offset into its bucket is from the edge farther off, where the four end; outside the box there is
 * nothing on the other side. */
static int64_t to_farther_edge(int64_t offset, int64_t step, int64_t step_cm)
{
    const int64_t inside = max_i64(0, min_i64(offset, step));
    return max_i64(inside, step - inside) * step_cm / step;
}

struct grid_corner grid_corner(const struct grid *grid, struct place at, uint32_t bucket)
{
    const int64_t x = bucket % grid->columns;
    const int64_t y = bucket / grid->columns;
    const int64_t east = (int64_t)at.lon - grid->origin.lon - x * grid->lon_step;
    const int64_t north = (int64_t)at.lat - grid->origin.lat - y * grid->lat_step;
    const struct steps steps = steps_at(grid, at);
    return (struct grid_corner){x + (2 * east >= grid->lon_step), y + (2 * north >= grid->lat_step),
                                min_i64(to_farther_edge(east, grid->lon_step, steps.lon_cm),
                                        to_farther_edge(north, grid->lat_step, steps.lat_cm))};
}

void grid_lay(struct grid *grid, const struct city *city, const uint32_t *slots)
{
    const struct city_info *info = city->info;
    must(city->person_count <= grid->worker_limit);
    grid->count = 0;
    grid->origin = (struct place){info->lon_min, info->lat_min};
    lay_buckets(grid, info, city->person_count);
    const struct steps steps = least_steps(grid, info->lat_min);
    grid->lon_step_cm = steps.lon_cm;
    grid->lat_step_cm = steps.lat_cm;
    grid->chunk_high = grid->columns * grid->rows;
    grid->chunk_free = NONE32;
    for (uint32_t bucket = 0; bucket < grid->chunk_high; bucket++) {
        struct grid_chunk *own = &grid->chunks[bucket];
        own->count = 0;
        own->next = NONE32;
        own->bucket = bucket;
    }
    memset(grid->kind_buckets, 0, bit_rows_for(grid->rows) * sizeof *grid->kind_buckets);
    memset(grid->block_kinds, 0, BLOCKS_ACROSS * BLOCKS_ACROSS * sizeof *grid->block_kinds);
    memset(grid->block_counts, 0,
           (size_t)BLOCKS_ACROSS * BLOCKS_ACROSS * KINDS_MAX * sizeof *grid->block_counts);
    memset(grid->chunk_of, 0xff, grid->worker_limit * sizeof *grid->chunk_of);
    for (uint32_t w = 0; w < grid->worker_limit; w++) {
        grid->at_of[w] = place_none();
    }
    memset(grid->kind_counts, 0, sizeof grid->kind_counts);
    memset(grid->by_role, 0, sizeof grid->by_role);
    memset(grid->by_skill, 0, sizeof grid->by_skill);
    memset(grid->by_right, 0, sizeof grid->by_right);
    grid->on_shift = (struct kind_mask){{0}};
    grid->kind_count = grid->has_mixed = 0;
    grid->shifts_until_ms = INT64_MIN;
    for (uint32_t p = 0; p < city->person_count; p++) {
        const struct city_person *person = &city->persons[p];
        grid->traits_of[slots[p]] = (struct grid_traits){
            (uint8_t)kind_for(grid, person), (uint8_t)min_u32(person->mode, GRID_MODE_OTHER),
            (uint16_t)min_u32(person->capacity, UINT16_MAX)};
    }
    list_members(grid, city, slots);
}

/* ---- checks ---- */

/* Counts of kinds over all blocks. */
static void check_kinds(const struct grid *grid)
{
    for (uint32_t kind = 0; kind < KINDS_MAX; kind++) {
        uint32_t count = 0;
        for (uint32_t block = 0; block < BLOCKS_ACROSS * BLOCKS_ACROSS; block++) {
            count += grid->block_counts[block * KINDS_MAX + kind];
        }
        must(count == grid->kind_counts[kind]);
    }
}

static bool kind_has_bucket(const struct grid *grid, uint32_t bucket, uint32_t kind)
{
    uint64_t bit;
    return (*kind_word(grid, bucket, kind, &bit) & bit) != 0;
}

static void check_bucket(const struct grid *grid, uint32_t bucket, uint32_t *block_counts,
                         uint32_t *met)
{
    const uint32_t second = grid->chunks[bucket].next;
    for (uint32_t c = bucket; c != NONE32; c = grid->chunks[c].next) {
        const struct grid_chunk *chunk = &grid->chunks[c];
        must(chunk->bucket == bucket && (chunk->count > 0 || c == bucket));
        must(c == (second == NONE32 ? bucket : second) || chunk->count == CHUNK_PLACES);
        for (uint32_t i = 0; i < chunk->count; i++) {
            const struct grid_place *place = &chunk->places[i];
            must(grid->chunk_of[place->slot] == c && grid->place_of[place->slot] == i);
            const struct grid_traits *traits = &grid->traits_of[place->slot];
            must(place->of.kind == traits->kind && place->of.mode == traits->mode &&
                 place->of.capacity == traits->capacity);
            must(grid_bucket(grid, place->at) == bucket);
            must(kind_has_bucket(grid, bucket, place->of.kind));
            must(grid->at_of[place->slot].lon == place->at.lon);
            must(grid->at_of[place->slot].lat == place->at.lat);
            block_counts[place->of.kind]++;
            ++*met;
        }
    }
}

static void check_block(const struct grid *grid, uint32_t block, uint32_t *met)
{
    uint32_t counts[KINDS_MAX] = {0};
    const uint32_t left = block % BLOCKS_ACROSS * BLOCK_SIDE;
    const uint32_t low = block / BLOCKS_ACROSS * BLOCK_SIDE;
    for (uint32_t y = low; y < low + BLOCK_SIDE && y < grid->rows; y++) {
        for (uint32_t x = left; x < left + BLOCK_SIDE && x < grid->columns; x++) {
            check_bucket(grid, y * grid->columns + x, counts, met);
        }
    }
    for (uint32_t kind = 0; kind < KINDS_MAX; kind++) {
        must(counts[kind] == grid->block_counts[block * KINDS_MAX + kind]);
        must((counts[kind] > 0) == kind_mask_has(&grid->block_kinds[block], kind));
    }
}

void grid_check(const struct grid *grid, const struct city *city, const uint32_t *slots)
{
    uint32_t met = 0;
    for (uint32_t block = 0; block < BLOCKS_ACROSS * BLOCKS_ACROSS; block++) {
        check_block(grid, block, &met);
    }
    must(met == grid->count);
    check_kinds(grid);
    uint32_t takers = 0;
    for (uint32_t p = 0; p < city->person_count; p++) {
        takers += city->persons[p].capacity > 0;
        const struct grid_traits *traits = &grid->traits_of[slots[p]];
        must(traits->kind == KIND_MIXED ||
             grid->kinds[traits->kind].roles == city->persons[p].roles);
        must(traits->capacity == min_u32(city->persons[p].capacity, UINT16_MAX));
    }
    for (uint32_t u = 0; u <= city->unit_count; u++) {
        const struct image_range groups = grid_groups(grid, u);
        uint32_t listed = 0;
        for (uint32_t g = groups.first; g < groups.first + groups.count; g++) {
            must(g == groups.first || grid->groups[g].kind > grid->groups[g - 1].kind);
            listed += grid->groups[g].count;
        }
        must(u < city->unit_count || listed == takers);
    }
}
