/* cases.h: the table of cases: numbers, slots, the chains that merging and clearing search, persons on a case.
 *
 * Cost    all O(1) but the chain walks, which are as long as cases share one key
 * Owner   struct core
 * Errors  cases_take ERR_FULL past limits.cases or limits.districts; a stale slot is a bug */
#ifndef ENGINE_CORE_CASES_H
#define ENGINE_CORE_CASES_H

#include "engine/core/state.h"

void cases_init(struct cases *cases, struct arena *arena, const struct limits *limits);

/* A zeroed row with the next number of (district, day). */
enum err cases_take(struct cases *cases, uint32_t district, uint32_t day,
                    uint32_t *out_slot) WARN_UNUSED;

/* Gives the slot back; chains must be unlinked, extras given. */
void cases_give(struct cases *cases, uint32_t slot);

static inline struct case_row *cases_at(struct cases *cases, uint32_t slot)
{
    must(slot < cases->high && cases->rows[slot].is_used != 0);
    return &cases->rows[slot];
}
static inline const struct case_row *cases_peek(const struct cases *cases, uint32_t slot)
{
    must(slot < cases->high && cases->rows[slot].is_used != 0);
    return &cases->rows[slot];
}

/* Slot of a number, or NONE32. */
uint32_t cases_find(const struct cases *cases, struct case_no no);

/* The number will be looked for soon: asks for the memory that this will touch. Changes nothing. */
void cases_prefetch(const struct cases *cases, struct case_no no);

/* May the number have been given to a case that has left since? */
bool cases_was_given(const struct cases *cases, struct case_no no);

void cases_link_merge(struct cases *cases, uint32_t slot, struct hash128 key);
void cases_unlink_merge(struct cases *cases, uint32_t slot);
void cases_link_close(struct cases *cases, uint32_t slot, struct hash128 key);
void cases_unlink_close(struct cases *cases, uint32_t slot);
uint32_t cases_first_merge(const struct cases *cases, struct hash128 key);
uint32_t cases_first_close(const struct cases *cases, struct hash128 key);

/* The flags a case remembers of a worker, 0 if none. */
static inline uint32_t case_person_flags(const struct case_row *row, uint32_t worker)
{
    for (uint32_t i = 0; i < row->person_count; i++) {
        if (row->persons[i].worker == worker) {
            return row->persons[i].flags;
        }
    }
    return 0;
}

/* Is the worker on the list, with or without flags? */
bool case_has_person(const struct case_row *row, uint32_t worker);

/* Remembers; a full list forgets nothing and returns false (the caller then goes to a desk). */
bool case_person_add(struct case_row *row, uint32_t worker, uint32_t flags);

/* Could both be remembered, if everyone who neither handled nor commanded were forgotten? b may be NONE32. */
bool case_persons_fit(const struct case_row *row, uint32_t a, uint32_t b);

/* Forgets who neither handled nor commanded: a list full of those who declined must not stop a hand from above. No order
 * of the case is active. */
void case_persons_forget(struct case_row *row);

/* Builds the tables by key from the rows of a snapshot; false where a key occurs twice. */
bool cases_index(struct cases *cases) WARN_UNUSED;

void cases_check(const struct cases *cases);

#endif
