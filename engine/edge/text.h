/* text.h: a sentence put together in a buffer of fixed size, never cut inside a character.
 *
 * Owner   the caller's buffer; always terminated
 * Errors  what does not fit is left out and is_cut is set; nothing is added after the first cut */
#ifndef ENGINE_EDGE_TEXT_H
#define ENGINE_EDGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    char *out;
    size_t size; /* of the buffer, at least 1 */
    size_t used; /* bytes before the terminator */
    bool is_cut; /* something did not fit */
};

/* Takes blanks, colons and commas off both ends: left over where a name between them has no value. */
void text_trim(struct text *text);

/* out_size at least 1. */
void text_init(struct text *text, char *out, size_t out_size);

/* What does not fit: as many whole characters as do. */
void text_cut(struct text *text, const char *bytes, size_t size);

/* size bytes of UTF-8, or as many whole characters as fit; with no bytes, bytes may be NULL. Here: of a literal the compiler
 * knows the size, and most of what is said is put together from a few bytes at a time. */
static inline void text_put_bytes(struct text *text, const char *bytes, size_t size)
{
    if (size == 0) {
        return;
    }
    if (text->is_cut || size >= text->size - text->used) {
        text_cut(text, bytes, size);
        return;
    }
    memcpy(text->out + text->used, bytes, size);
    text->used += size;
    text->out[text->used] = '\0';
}
static inline void text_put(struct text *text, const char *terminated)
{
    text_put_bytes(text, terminated, strlen(terminated));
}
void text_put_number(struct text *text, uint64_t number);
__attribute__((format(printf, 2, 3))) void text_format(struct text *text, const char *format, ...);

/* A number in millionths without needless zeroes: 930000 is "0.93", 93000000 is "93". */
void text_put_micro(struct text *text, int64_t micro);

/* "420 m", "3.4 km"; "420 米", "3.4 公里" with the words given. cm >= 0. */
void text_put_distance(struct text *text, int64_t cm, const char *metres, const char *kilometres);

#endif
