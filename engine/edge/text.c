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

static void put_number(struct text *text, uint64_t magnitude, bool is_negative)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    if (is_negative) {
        digits[--at] = '-';
    }
    text_put_bytes(text, digits + at, sizeof digits - at);
}

/* What the conversion behind a % is, among those that need no printf; 0 = another one. */
enum conversion { OTHER, STRING = 's', WORD = 'u', LONG = 'd', COUNT = 'U' };

static enum conversion conversion_of(const char *at, size_t *out_size)
{
    static const struct {
        const char *spelt;
        enum conversion conversion;
    } KNOWN[] = {{"s", STRING}, {PRIu32, WORD}, {PRId64, LONG}, {PRIu64, COUNT}};
    for (size_t i = 0; i < COUNT_OF(KNOWN); i++) {
        const size_t size = strlen(KNOWN[i].spelt);
        if (strncmp(at, KNOWN[i].spelt, size) == 0) {
            *out_size = size;
            return KNOWN[i].conversion;
        }
    }
    return OTHER;
}

static bool is_plain(const char *format)
{
    size_t size;
    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at + 1, '%')) {
        if (conversion_of(at + 1, &size) == OTHER) {
            return false;
        }
    }
    return true;
}

/* Words and whole numbers: most of what is ever said, in a third of printf's time. */
static void format_plain(struct text *text, const char *format, va_list arguments)
{
    for (;;) {
        const char *percent = strchr(format, '%');
        text_put_bytes(text, format, percent == NULL ? strlen(format) : (size_t)(percent - format));
        if (percent == NULL) {
            return;
        }
        size_t size = 0;
        const enum conversion conversion = conversion_of(percent + 1, &size);
        format = percent + 1 + size;
        if (conversion == STRING) {
            text_put(text, va_arg(arguments, const char *));
        } else if (conversion == WORD) {
            put_number(text, va_arg(arguments, uint32_t), false);
        } else if (conversion == LONG) {
            const int64_t value = va_arg(arguments, int64_t);
            put_number(text, value < 0 ? 0u - (uint64_t)value : (uint64_t)value, value < 0);
        } else {
            put_number(text, va_arg(arguments, uint64_t), false);
        }
    }
}

void text_format(struct text *text, const char *format, ...)
{
    char piece[512];
    va_list arguments;
    va_start(arguments, format);
    if (is_plain(format)) {
        format_plain(text, format, arguments);
        va_end(arguments);
        return;
    }
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
