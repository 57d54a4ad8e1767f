/* arena.h: memory that one compilation of a rule set takes piece by piece and gives back at once.
 *
 * Owner   arena_free ends every piece. Pieces are zeroed and 16-aligned
 * Errors  input sizes are bounded (tree.h), so running out of memory while compiling stops the process */
#ifndef RULES_ARENA_H
#define RULES_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* size 0 gives a valid pointer to nothing. */
void *arena_take(struct arena *arena, size_t size);

/* A terminated copy. */
char *arena_text(struct arena *arena, const char *bytes, size_t size);

/* A copy of old_size bytes in a piece of new_size. The old piece stays until the end. */
void *arena_grow(struct arena *arena, const void *old, size_t old_size, size_t new_size);

#endif
