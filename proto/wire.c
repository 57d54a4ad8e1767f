/* wire.c: reads fields without trusting a single byte. */
#include "proto/wire.h"

static bool read_varint(const struct wire_reader *reader, size_t *offset, uint64_t *out_number)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (*offset >= reader->size) {
            return false;
        }
        uint8_t byte = reader->bytes[(*offset)++];
        if (shift == 63 && byte > 1) {
            return false; /* more than 64 bits */
        }
        number |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out_number = number;
            return true;
        }
    }
    return false;
}

static bool read_fixed(const struct wire_reader *reader, size_t *offset, size_t size,
                       uint64_t *out_number)
{
    if (size > reader->size - *offset) {
        return false;
    }
    *out_number = 0;
    memcpy(out_number, reader->bytes + *offset, size);
    *offset += size;
    return true;
}

bool wire_next(struct wire_reader *reader, struct wire_value *out_value)
{
    size_t offset = reader->offset;
    uint64_t tag = 0;
    struct wire_value value = {0};
    if (!read_varint(reader, &offset, &tag) || tag > UINT32_MAX || tag >> 3 == 0) {
        return false;
    }
    value.field = (uint32_t)(tag >> 3);
    value.type = (uint32_t)(tag & 7);
    uint64_t size = 0;
    switch (value.type) {
    case 0:
        if (!read_varint(reader, &offset, &value.number)) {
            return false;
        }
        break;
    case 1:
        if (!read_fixed(reader, &offset, 8, &value.number)) {
            return false;
        }
        break;
    case 2:
        if (!read_varint(reader, &offset, &size) || size > reader->size - offset) {
            return false;
        }
        value.bytes = reader->bytes + offset;
        value.size = (size_t)size;
        offset += value.size;
        break;
    case 5:
        if (!read_fixed(reader, &offset, 4, &value.number)) {
            return false;
        }
        break;
    default:
        return false;
    }
    reader->offset = offset;
    *out_value = value;
    return true;
}

/* Bytes of the character at bytes[0], 0 = not one. */
static size_t character_size(const uint8_t *bytes, size_t left)
{
    uint8_t first = bytes[0];
    if (first < 0x80) {
        return first != 0;
    }
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > left) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (first == 0xe0 && bytes[1] < 0xa0) || (first == 0xf0 && bytes[1] < 0x90);
    bool is_surrogate = first == 0xed && bytes[1] >= 0xa0;
    bool is_beyond = first == 0xf4 && bytes[1] >= 0x90;
    return is_overlong || is_surrogate || is_beyond ? 0 : size;
}

/* Eight bytes of ASCII without a zero byte? */
static bool is_plain(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    return ((word | (word - ones)) & tops) == 0;
}

static uint64_t load_64(const uint8_t bytes[8])
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint32_t load_32(const uint8_t bytes[4])
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

bool wire_is_text(const uint8_t *bytes, size_t size)
{
    size_t offset = 0;
    while (size - offset >= 8 && is_plain(load_64(bytes + offset))) {
        offset += 8;
    }
    /* The last bytes again with some before them: most texts are plain to the end. */
    if (size >= 8 && size - offset < 8 && is_plain(load_64(bytes + size - 8))) {
        return true;
    }
    if (size >= 4 && size < 8 &&
        is_plain((uint64_t)load_32(bytes) << 32 | load_32(bytes + size - 4))) {
        return true;
    }
    while (offset < size) {
        if (bytes[offset] != 0 && bytes[offset] < 0x80) {
            offset++;
            continue;
        }
        size_t step = character_size(bytes + offset, size - offset);
        if (step == 0) {
            return false;
        }
        offset += step;
    }
    return true;
}

size_t wire_varint_size(uint64_t number)
{
    size_t size = 1;
    while (number >= 0x80) {
        number >>= 7;
        size++;
    }
    return size;
}

uint8_t *wire_put_varint(uint8_t *at, uint64_t number)
{
    while (number >= 0x80) {
        *at++ = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    *at++ = (uint8_t)number;
    return at;
}
