/* text.c: see text.h. */
#include "engine/edge/text.h"

#include "engine/core/base.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CM_PER_M 100
#define CM_PER_KM 100000

void text_init(struct text *text, char *out, size_t out_size)
{
    must(out != NULL);
    must(out_size > 0);
    *text = (struct text){.out = out, .size = out_size, .used = 0, .is_cut = false};
    out[0] = '\0';
}

/* Is this a byte that continues a UTF-8 character? */
static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0u) == 0x80u;
}

void text_put_bytes(struct text *text, const char *bytes, size_t size)
{
    must(text->used < text->size);
    if (text->is_cut) {
        return;
    }
    size_t room = text->size - text->used - 1;
    if (size > room) {
        text->is_cut = true;
        size = room;
        while (size > 0 && is_continuation(bytes[size])) {
            size--;
        }
    }
    if (size > 0) { /* no bytes may be NULL */
        memcpy(text->out + text->used, bytes, size);
    }
    text->used += size;
    text->out[text->used] = '\0';
}

void text_put(struct text *text, const char *terminated)
{
    text_put_bytes(text, terminated, strlen(terminated));
}

void text_format(struct text *text, const char *format, ...)
{
    char piece[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof(piece), format, arguments);
    va_end(arguments);
    must(length >= 0);
    must((size_t)length < sizeof(piece)); /* long strings go through text_put */
    text_put_bytes(text, piece, (size_t)length);
}

void text_put_micro(struct text *text, int64_t micro)
{
    /* The magnitude as unsigned: INT64_MIN has no positive twin. */
    uint64_t magnitude = micro < 0 ? 0u - (uint64_t)micro : (uint64_t)micro;
    uint64_t whole = magnitude / (uint64_t)MICRO;
    uint64_t part = magnitude % (uint64_t)MICRO;
    text_format(text, "%s%" PRIu64, micro < 0 ? "-" : "", whole);
    if (part == 0) {
        return;
    }
    char digits[8];
    int length = snprintf(digits, sizeof(digits), "%06" PRIu64, part);
    must(length == 6);
    while (digits[length - 1] == '0') {
        length--;
    }
    digits[length] = '\0';
    text_format(text, ".%s", digits);
}

void text_put_distance(struct text *text, int64_t cm, const char *metres, const char *kilometres)
{
    must(cm >= 0);
    if (cm < 10 * (int64_t)CM_PER_KM) {
        int64_t m = cm / CM_PER_M + (cm % CM_PER_M >= CM_PER_M / 2 ? 1 : 0);
        if (m < 1000) {
            text_format(text, "%" PRId64 " %s", m, metres);
            return;
        }
    }
    int64_t tenths = cm / (CM_PER_KM / 10); /* rounds down */
    text_format(text, "%" PRId64 ".%" PRId64 " %s", tenths / 10, tenths % 10, kilometres);
}
