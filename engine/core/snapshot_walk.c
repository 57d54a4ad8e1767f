/* snapshot_walk.c: see snapshot_walk.h. */
#include "engine/core/snapshot_walk.h"

bool walk_is_loading(const struct walk *walk)
{
    return walk->source != NULL;
}

void walk_fail(struct walk *walk, enum err err)
{
    if (walk->err == ERR_OK) {
        walk->err = err;
    }
}

void walk_flush(struct walk *walk)
{
    if (walk->err == ERR_OK && walk->used > 0) {
        walk->err = walk->sink->write(walk->sink->context, walk->buffer, walk->used);
    }
    walk->used = 0;
}

void walk_refill(struct walk *walk)
{
    walk->used = walk->size = 0;
    if (walk->err == ERR_OK) {
        walk->err = walk->source->read(walk->source->context, walk->buffer, sizeof walk->buffer,
                                       &walk->size);
        must(walk->size <= sizeof walk->buffer);
        must(walk->err != ERR_OK || walk->size > 0);
    }
}

void walk_bytes(struct walk *walk, void *bytes, size_t size)
{
    uint8_t *at = bytes;
    if (!walk_is_loading(walk)) {
        must(size <= sizeof walk->buffer);
        if (walk->used + size > sizeof walk->buffer) {
            walk_flush(walk);
        }
        memcpy(walk->buffer + walk->used, at, size);
        walk->used += size;
        return;
    }
    while (size > 0) {
        if (walk->used == walk->size) {
            walk_refill(walk);
        }
        if (walk->err != ERR_OK) {
            memset(at, 0, size);
            return;
        }
        const size_t left = walk->size - walk->used;
        const size_t part = left < size ? left : size;
        memcpy(at, walk->buffer + walk->used, part);
        walk->used += part;
        at += part;
        size -= part;
    }
}

/* Little-endian hosts only (base.h), so the bytes of a number are its encoding. */
void walk_u8(struct walk *walk, uint8_t *value)
{
    walk_bytes(walk, value, sizeof *value);
}

void walk_u16(struct walk *walk, uint16_t *value)
{
    walk_bytes(walk, value, sizeof *value);
}

void walk_u32(struct walk *walk, uint32_t *value)
{
    walk_bytes(walk, value, sizeof *value);
}

void walk_u64(struct walk *walk, uint64_t *value)
{
    walk_bytes(walk, value, sizeof *value);
}

void walk_i64(struct walk *walk, int64_t *value)
{
    walk_bytes(walk, value, sizeof *value);
}

void walk_hash(struct walk *walk, struct hash128 *value)
{
    walk_u64(walk, &value->hi);
    walk_u64(walk, &value->lo);
}

void walk_no(struct walk *walk, struct case_no *no)
{
    walk_u32(walk, &no->district);
    walk_u32(walk, &no->day);
    walk_u32(walk, &no->serial);
}

void walk_place(struct walk *walk, struct place *place)
{
    walk_bytes(walk, &place->lon, sizeof place->lon);
    walk_bytes(walk, &place->lat, sizeof place->lat);
}

/* A number of things, at most limit; nothing is walked after one that is larger. */
void walk_count(struct walk *walk, uint32_t *count, uint32_t limit)
{
    walk_u32(walk, count);
    if (*count > limit) {
        must(walk_is_loading(walk));
        walk_fail(walk, ERR_MALFORMED);
        *count = 0;
    }
}

/* A number that must be what the reader knows it to be. */
void walk_known(struct walk *walk, uint32_t known, enum err err)
{
    uint32_t value = known;
    walk_u32(walk, &value);
    if (value != known) {
        walk_fail(walk, err);
    }
}

void walk_is_used(struct walk *walk, uint32_t *is_used)
{
    uint8_t flag = *is_used != 0;
    walk_u8(walk, &flag);
    if (flag > 1) {
        walk_fail(walk, ERR_MALFORMED);
    }
    if (walk_is_loading(walk)) {
        *is_used = flag;
    }
}
