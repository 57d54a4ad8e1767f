/* memory.h: what happened lately, by key: event ids seen, dedupe windows open.
 *
 * A ring: when it is full the oldest entry makes room. until_ms is the end of a dedupe window, or the arrival time
 * of an event id; the newest until_ms pushed out is the horizon: what is older cannot be told from a repeat.
 * Owner   struct core
 * Cost    O(1); 72 bytes a row with its index */
#ifndef ENGINE_CORE_MEMORY_H
#define ENGINE_CORE_MEMORY_H

#include "engine/core/state.h"

void memory_init(struct memory *memory, struct arena *arena, uint32_t limit);

/* The entry of the key, or NULL. Borrowed until the next memory_put. */
const struct memory_row *memory_find(const struct memory *memory, struct hash128 key);

/* The key will be looked for soon, and perhaps added, with `before` others added until then: asks for the memory that this
 * will touch. Changes nothing. */
void memory_prefetch(const struct memory *memory, struct hash128 key, uint32_t before);

/* Remembers a key that memory_find has just not found: must(). */
void memory_add(struct memory *memory, struct hash128 key, int64_t until_ms,
                struct case_no case_no);

/* Remembers the key, in a new row if it has one. */
void memory_put(struct memory *memory, struct hash128 key, int64_t until_ms,
                struct case_no case_no);

void memory_check(const struct memory *memory);

/* Builds the index from the rows of a snapshot; false where a key occurs twice. */
bool memory_index(struct memory *memory) WARN_UNUSED;

#endif
