/* photo.c: see photo.h. */
#include "engine/shell/photo.h"

#include <stdbool.h>
#include <string.h>

static const uint8_t PNG_MAGIC[8] = {0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a};

enum photo_kind photo_kind_of(const uint8_t *bytes, size_t size)
{
    if (size >= 4 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff) {
        return PHOTO_JPEG;
    }
    return size >= sizeof PNG_MAGIC && memcmp(bytes, PNG_MAGIC, sizeof PNG_MAGIC) == 0
               ? PHOTO_PNG
               : PHOTO_OTHER;
}

const char *photo_ending(enum photo_kind kind)
{
    return kind == PHOTO_JPEG ? ".jpg" : kind == PHOTO_PNG ? ".png" : ".bin";
}

/* Moves a kept part to where the last one ended. */
static void keep(uint8_t *bytes, size_t *to, size_t from, size_t size)
{
    memmove(bytes + *to, bytes + from, size);
    *to += size;
}

/* Segments up to the start of the scan; the scan runs to the end mark, and what lies behind that goes (some phones put whole
 * other pictures there). */
static size_t strip_jpeg(uint8_t *bytes, size_t size)
{
    size_t at = 2, to = 2;
    while (at + 4 <= size) {
        if (bytes[at] != 0xff) {
            return 0;
        }
        const uint8_t kind = bytes[at + 1];
        const size_t length = 2 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]);
        if (length < 4 || length > size - at) {
            return 0;
        }
        const bool is_metadata = (kind >= 0xe1 && kind <= 0xef) || kind == 0xfe;
        if (!is_metadata) {
            keep(bytes, &to, at, length);
        }
        at += length;
        if (kind != 0xda) {
            continue;
        }
        size_t end =
            at; /* inside a scan 0xff is followed by 0 or a restart mark; a further scan's tables may come between */
        while (end + 1 < size &&
               !(bytes[end] == 0xff && bytes[end + 1] != 0 && bytes[end + 1] != 0xff &&
                 (bytes[end + 1] < 0xd0 || bytes[end + 1] > 0xd7))) {
            end++;
        }
        if (end + 1 >= size) {
            return 0;
        }
        keep(bytes, &to, at, end - at);
        at = end;
        if (bytes[at + 1] == 0xd9) {
            keep(bytes, &to, at, 2);
            return to;
        }
    }
    return 0;
}

static size_t strip_png(uint8_t *bytes, size_t size)
{
    static const char *const DROPPED[] = {"eXIf", "tEXt", "zTXt", "iTXt", "tIME"};
    size_t at = sizeof PNG_MAGIC, to = at;
    while (at + 12 <= size) {
        const size_t length = 12 + ((size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                                    (size_t)bytes[at + 2] << 8 | bytes[at + 3]);
        if (length > size - at) {
            return 0;
        }
        const bool is_end = memcmp(bytes + at + 4, "IEND", 4) == 0;
        bool is_dropped = false;
        for (size_t i = 0; i < sizeof DROPPED / sizeof DROPPED[0]; i++) {
            is_dropped = is_dropped || memcmp(bytes + at + 4, DROPPED[i], 4) == 0;
        }
        if (!is_dropped) {
            keep(bytes, &to, at, length);
        }
        at += length;
        if (is_end) {
            return to;
        }
    }
    return 0;
}

size_t photo_strip(enum photo_kind kind, uint8_t *bytes, size_t size)
{
    return kind == PHOTO_JPEG  ? strip_jpeg(bytes, size)
           : kind == PHOTO_PNG ? strip_png(bytes, size)
                               : size;
}
