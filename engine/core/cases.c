/* cases.c: see cases.h. */
#include "engine/core/cases.h"

static struct hash128 key_of(struct case_no no)
{
    return (struct hash128){((uint64_t)no.district << 32) | no.day, (uint64_t)no.serial + 1};
}

static struct hash128 no_at(const void *rows, uint32_t slot)
{
    return key_of(((const struct case_row *)rows)[slot].no);
}

static struct hash128 merge_at(const void *rows, uint32_t slot)
{
    return ((const struct case_row *)rows)[slot].merge_key;
}

static struct hash128 close_at(const void *rows, uint32_t slot)
{
    return ((const struct case_row *)rows)[slot].close_key;
}

void cases_init(struct cases *cases, struct arena *arena, const struct limits *limits)
{
    cases->rows = arena_take(arena, sizeof(struct case_row), limits->cases);
    cases->districts = arena_take(arena, sizeof(struct district_counter), limits->districts);
    cases->limit = limits->cases;
    cases->used = 0;
    cases->high = 0;
    cases->free_first = NONE32;
    cases->district_count = 0;
    cases->district_limit = limits->districts;
    rowmap_init(&cases->by_no, arena, limits->cases, (struct rowmap_keys){cases->rows, no_at});
    rowmap_init(&cases->by_merge, arena, limits->cases,
                (struct rowmap_keys){cases->rows, merge_at});
    rowmap_init(&cases->by_close, arena, limits->cases,
                (struct rowmap_keys){cases->rows, close_at});
}

static struct district_counter *find_district(struct cases *cases, uint32_t district)
{
    for (uint32_t i = 0; i < cases->district_count; i++) {
        if (cases->districts[i].district == district) {
            return &cases->districts[i];
        }
    }
    if (cases->district_count == cases->district_limit) {
        return NULL;
    }
    struct district_counter *counter = &cases->districts[cases->district_count++];
    *counter = (struct district_counter){.district = district};
    return counter;
}

enum err cases_take(struct cases *cases, uint32_t district, uint32_t day, uint32_t *out_slot)
{
    if (cases->used == cases->limit) {
        return ERR_FULL;
    }
    struct district_counter *counter = find_district(cases, district);
    if (counter == NULL) {
        return ERR_FULL;
    }
    if (day > counter->day) { /* log time never goes back, so numbers are never reused */
        counter->day = day;
        counter->serial = 0;
    }
    uint32_t slot = cases->free_first;
    if (slot != NONE32) {
        cases->free_first = cases->rows[slot].free_next;
    } else {
        slot = cases->high++;
    }
    must(slot < cases->limit && cases->rows[slot].is_used == 0);
    cases->used++;
    struct case_row *row = &cases->rows[slot];
    memset(row, 0, sizeof *row);
    row->is_used = 1;
    row->no = (struct case_no){district, counter->day, ++counter->serial};
    row->rule = row->class_row = row->cell = row->asset = row->owner = NONE32;
    row->device = row->gateway = row->department = NONE32;
    row->order_first = row->free_next = NONE32;
    row->extend_asker = row->extend_first = NONE32;
    row->parent = row->child_first = row->child_next = row->child_prev = NONE32;
    row->merge_next = row->merge_prev = row->close_next = row->close_prev = NONE32;
    row->office = row->first_office = row->ruled_office = row->dispute = NONE32;
    row->place = row->first_place = place_none();
    rowmap_put(&cases->by_no, key_of(row->no), slot);
    *out_slot = slot;
    return ERR_OK;
}

void cases_give(struct cases *cases, uint32_t slot)
{
    struct case_row *row = cases_at(cases, slot);
    must((row->flags & (CASE_HAS_MERGE | CASE_HAS_CLOSE)) == 0);
    must(row->order_first == NONE32 && row->capture_first == 0 && row->handover_first == 0);
    must(row->parent == NONE32 && row->child_first == NONE32);
    rowmap_remove(&cases->by_no, key_of(row->no));
    memset(row, 0, sizeof *row);
    row->free_next = cases->free_first;
    cases->free_first = slot;
    cases->used--;
}

uint32_t cases_find(const struct cases *cases, struct case_no no)
{
    return rowmap_find(&cases->by_no, key_of(no));
}

void cases_prefetch(const struct cases *cases, struct case_no no)
{
    rowmap_prefetch(&cases->by_no, key_of(no));
}

bool cases_was_given(const struct cases *cases, struct case_no no)
{
    for (uint32_t i = 0; i < cases->district_count; i++) {
        const struct district_counter *counter = &cases->districts[i];
        if (counter->district == no.district && no.serial > 0) {
            return no.day < counter->day ||
                   (no.day == counter->day && no.serial <= counter->serial);
        }
    }
    return false;
}

void cases_link_merge(struct cases *cases, uint32_t slot, struct hash128 key)
{
    struct case_row *row = cases_at(cases, slot);
    must((row->flags & CASE_HAS_MERGE) == 0);
    const uint32_t first = rowmap_find(&cases->by_merge, key);
    row->merge_key = key;
    row->merge_next = first;
    row->merge_prev = NONE32;
    if (first != NONE32) {
        cases->rows[first].merge_prev = slot;
    }
    row->flags |= CASE_HAS_MERGE;
    rowmap_put(&cases->by_merge, key, slot);
}

void cases_unlink_merge(struct cases *cases, uint32_t slot)
{
    struct case_row *row = cases_at(cases, slot);
    if ((row->flags & CASE_HAS_MERGE) == 0) {
        return;
    }
    row->flags &= ~(uint32_t)CASE_HAS_MERGE;
    if (row->merge_next != NONE32) {
        cases->rows[row->merge_next].merge_prev = row->merge_prev;
    }
    if (row->merge_prev != NONE32) {
        cases->rows[row->merge_prev].merge_next = row->merge_next;
    } else if (row->merge_next != NONE32) {
        rowmap_put(&cases->by_merge, row->merge_key, row->merge_next);
    } else {
        rowmap_remove(&cases->by_merge, row->merge_key);
    }
    row->merge_next = row->merge_prev = NONE32;
}

void cases_link_close(struct cases *cases, uint32_t slot, struct hash128 key)
{
    struct case_row *row = cases_at(cases, slot);
    must((row->flags & CASE_HAS_CLOSE) == 0);
    const uint32_t first = rowmap_find(&cases->by_close, key);
    row->close_key = key;
    row->close_next = first;
    row->close_prev = NONE32;
    if (first != NONE32) {
        cases->rows[first].close_prev = slot;
    }
    row->flags |= CASE_HAS_CLOSE;
    rowmap_put(&cases->by_close, key, slot);
}

void cases_unlink_close(struct cases *cases, uint32_t slot)
{
    struct case_row *row = cases_at(cases, slot);
    if ((row->flags & CASE_HAS_CLOSE) == 0) {
        return;
    }
    row->flags &= ~(uint32_t)CASE_HAS_CLOSE;
    if (row->close_next != NONE32) {
        cases->rows[row->close_next].close_prev = row->close_prev;
    }
    if (row->close_prev != NONE32) {
        cases->rows[row->close_prev].close_next = row->close_next;
    } else if (row->close_next != NONE32) {
        rowmap_put(&cases->by_close, row->close_key, row->close_next);
    } else {
        rowmap_remove(&cases->by_close, row->close_key);
    }
    row->close_next = row->close_prev = NONE32;
}

uint32_t cases_first_merge(const struct cases *cases, struct hash128 key)
{
    return rowmap_find(&cases->by_merge, key);
}

uint32_t cases_first_close(const struct cases *cases, struct hash128 key)
{
    return rowmap_find(&cases->by_close, key);
}

bool case_has_person(const struct case_row *row, uint32_t worker)
{
    for (uint32_t i = 0; i < row->person_count; i++) {
        if (row->persons[i].worker == worker) {
            return true;
        }
    }
    return false;
}

bool case_person_add(struct case_row *row, uint32_t worker, uint32_t flags)
{
    for (uint32_t i = 0; i < row->person_count; i++) {
        if (row->persons[i].worker == worker) {
            row->persons[i] = case_person_of(worker, row->persons[i].flags | flags);
            return true;
        }
    }
    if (row->person_count == CASE_WORKERS_MAX) {
        return false;
    }
    row->persons[row->person_count++] = case_person_of(worker, flags);
    return true;
}

static bool is_kept(const struct case_person *person)
{
    return (person->flags & (PERSON_HANDLED | PERSON_COMMANDED | PERSON_FILED)) != 0;
}

bool case_persons_fit(const struct case_row *row, uint32_t a, uint32_t b)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < row->person_count; i++) {
        kept +=
            is_kept(&row->persons[i]) && row->persons[i].worker != a && row->persons[i].worker != b;
    }
    return kept + 1 + (b != NONE32 && b != a) <= CASE_WORKERS_MAX;
}

void case_persons_forget(struct case_row *row)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < row->person_count; i++) {
        if (is_kept(&row->persons[i])) {
            const uint32_t flags =
                row->persons[i].flags & ~(uint32_t)(PERSON_DECLINED | PERSON_CHECKED);
            row->persons[kept++] = case_person_of(row->persons[i].worker, flags);
        }
    }
    row->person_count = kept;
}

/* Puts the key unless it is there. */
static bool index_one(struct rowmap *table, struct hash128 key, uint32_t slot)
{
    if (rowmap_find(table, key) != NONE32) {
        return false;
    }
    rowmap_put(table, key, slot);
    return true;
}

bool cases_index(struct cases *cases)
{
    for (uint32_t slot = 0; slot < cases->high; slot++) {
        const struct case_row *row = &cases->rows[slot];
        if (row->is_used == 0) {
            continue;
        }
        if (!index_one(&cases->by_no, key_of(row->no), slot)) {
            return false;
        }
        if ((row->flags & CASE_HAS_MERGE) != 0 && row->merge_prev == NONE32 &&
            !index_one(&cases->by_merge, row->merge_key, slot)) {
            return false;
        }
        if ((row->flags & CASE_HAS_CLOSE) != 0 && row->close_prev == NONE32 &&
            !index_one(&cases->by_close, row->close_key, slot)) {
            return false;
        }
    }
    return true;
}

void cases_check(const struct cases *cases)
{
    uint32_t used = 0;
    must(cases->high <= cases->limit);
    for (uint32_t slot = 0; slot < cases->high; slot++) {
        const struct case_row *row = &cases->rows[slot];
        if (row->is_used == 0) {
            continue;
        }
        used++;
        must(cases_find(cases, row->no) == slot);
        must(row->severity >= 1 && row->severity <= 4);
        must(row->person_count <= CASE_WORKERS_MAX);
        if ((row->flags & CASE_HAS_MERGE) != 0 && row->merge_prev == NONE32) {
            must(rowmap_find(&cases->by_merge, row->merge_key) == slot);
        }
        if (row->merge_next != NONE32) {
            must(cases->rows[row->merge_next].merge_prev == slot);
        }
        if ((row->flags & CASE_HAS_CLOSE) != 0 && row->close_prev == NONE32) {
            must(rowmap_find(&cases->by_close, row->close_key) == slot);
        }
        if (row->close_next != NONE32) {
            must(cases->rows[row->close_next].close_prev == slot);
        }
    }
    must(used == cases->used);
    rowmap_check(&cases->by_no);
    rowmap_check(&cases->by_merge);
    rowmap_check(&cases->by_close);
}
