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

void text_cut(struct text *text, const char *bytes, size_t size)
{
    must(text->used < text->size);
    if (text->is_cut) {
        return;
    }
    size_t room = text->size - text->used - 1;
    must(size > room);
    text->is_cut = true;
    while (room > 0 && is_continuation(bytes[room])) {
        room--;
    }
    memcpy(text->out + text->used, bytes, room);
    text->used += room;
    text->out[text->used] = '\0';
}

/* Filled up to width with zeroes; the sign counts. */
static void put_number(struct text *text, uint64_t magnitude, bool is_negative, size_t width)
{
    char digits[32];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    while (sizeof digits - at + is_negative < width) {
        digits[--at] = '0';
    }
    if (is_negative) {
        digits[--at] = '-';
    }
    text_put_bytes(text, digits + at, sizeof digits - at);
}

void text_put_number(struct text *text, uint64_t number)
{
    put_number(text, number, false, 0);
}

/* What stands behind a %, among that which needs no printf. */
struct conversion {
    const char *end; /* NULL = another one */
    char letter;     /* s, d, u */
    bool is_long;    /* a d or u of 64 bits */
    uint8_t width;   /* filled up with zeroes; 0 = as long as it is */
};

_Static_assert(sizeof(uint32_t) == sizeof(unsigned) && sizeof(int64_t) == sizeof(long),
               "d and u are of 32 bits, ld and lu of 64");

static struct conversion conversion_of(const char *at)
{
    struct conversion found = {NULL, 0, false, 0};
    if (at[0] == '0' && at[1] >= '1' && at[1] <= '9') {
        found.width = (uint8_t)(at[1] - '0');
        at += 2;
    }
    const char *letter = at;
    while (*letter == 'l') {
        letter++;
    }
    found.is_long = letter != at;
    found.letter = *letter;
    bool is_string = found.letter == 's' && !found.is_long && found.width == 0;
    bool is_number = found.letter == 'u' || found.letter == 'd';
    found.end = is_string || is_number ? letter + 1 : NULL;
    return found;
}

/* Words and whole numbers are most of what is ever said, in a fifth of printf's time. Whatever else comes, printf says
 * from there on. */
__attribute__((format(printf, 2, 0))) static void
format_pieces(struct text *text, const char *format, va_list arguments)
{
    char piece[512];
    for (;;) {
        const char *percent = strchrnul(format, '%');
        text_put_bytes(text, format, (size_t)(percent - format));
        if (*percent == '\0') {
            return;
        }
        const struct conversion found = conversion_of(percent + 1);
        if (found.end == NULL) {
            format = percent;
            int length = vsnprintf(piece, sizeof(piece), format, arguments);
            must(length >= 0);
            must((size_t)length < sizeof(piece)); /* long strings go through text_put */
            text_put_bytes(text, piece, (size_t)length);
            return;
        }
        format = found.end;
        if (found.letter == 's') {
            text_put(text, va_arg(arguments, const char *));
        } else if (found.letter == 'd') {
            const int64_t value =
                found.is_long ? va_arg(arguments, int64_t) : (int64_t)va_arg(arguments, int32_t);
            put_number(text, value < 0 ? 0u - (uint64_t)value : (uint64_t)value, value < 0,
                       found.width);
        } else {
            put_number(text,
                       found.is_long ? va_arg(arguments, uint64_t) : va_arg(arguments, uint32_t),
                       false, found.width);
        }
    }
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_pieces(text, format, arguments);
    va_end(arguments);
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
            text_put_number(text, (uint64_t)m);
            text_put(text, " ");
            text_put(text, metres);
            return;
        }
    }
    int64_t tenths = cm / (CM_PER_KM / 10); /* rounds down */
    text_format(text, "%" PRId64 ".%" PRId64 " %s", tenths / 10, tenths % 10, kilometres);
}

/* What stands between a name and the words. */
static const char *const SEPARATORS[] = {" ", ":", ",", ";", "：", "，", "；", "、", "·"};

static size_t separator_at(const char *bytes, size_t size, bool is_end)
{
    for (size_t i = 0; i < COUNT_OF(SEPARATORS); i++) {
        const size_t own = strlen(SEPARATORS[i]);
        if (own <= size && memcmp(is_end ? bytes + size - own : bytes, SEPARATORS[i], own) == 0) {
            return own;
        }
    }
    return 0;
}

void text_trim(struct text *text)
{
    size_t skip = 0, own;
    while ((own = separator_at(text->out, text->used, true)) > 0) {
        text->used -= own;
    }
    while ((own = separator_at(text->out + skip, text->used - skip, false)) > 0) {
        skip += own;
    }
    text->used -= skip;
    memmove(text->out, text->out + skip, text->used);
    text->out[text->used] = '\0';
}
