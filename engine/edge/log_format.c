/* log_format.c: the bytes of the log's files. All numbers are little-endian.
 *
 *   DATA/log/<first position, 20 digits>.seg   entries, in order
 *   DATA/log/witness                           how far the log is known to be on disk
 *
 *   segment header, 96 bytes at offset 0 of the file
 *   offset size
 *        0    8  magic "GRIDSEG1"
 *        8    4  LOG_VERSION
 *       12    4  zero
 *       16    8  position of the first entry
 *       24    8  position of the first entry of the segment before; 0 = this is the first segment
 *       32    8  size of the file when it was created
 *       40    8  time of the entry before, ms; INT64_MIN in the first segment
 *       48    8  salt of this log: seed of all checksums below, so that bytes which somebody sends, or which an
 *                older log left on the disk, cannot pass for an entry
 *       56   32  chain of the entry before; zero in the first segment
 *       88    8  XXH3-64 of bytes 0..88
 *
 *   entry header, 120 bytes, at a multiple of 8
 *        0    4  magic "GLE1"
 *        4    2  LOG_VERSION
 *        6    2  kind (enum log_entry_kind)
 *        8    8  position
 *       16    8  time, ms since 1970 by the log clock
 *       24    8  durable_before: greatest position known to be on disk when this was written
 *       32    4  size of the payload
 *       36    4  size of the location bytes
 *       40   16  XXH3-128 of the payload, hi then lo
 *       56   16  XXH3-128 of the location bytes as they were written, hi then lo
 *       72    8  XXH3-64 of bytes 0..72, seeded with the salt
 *       80   32  chain: keyed BLAKE2b-256 of bytes 0..80, then the chain of the entry before
 *      112    8  zero, or the redaction mark: XXH3-64 of the position, seeded with the salt + 1. Outside
 *                checksum and chain, so that location bytes can be zeroed later and both still verify
 *      120    .  payload, zero-padded to 8; location bytes, zero-padded to 8
 *
 *   mark, 32 bytes, behind the last entry of a segment that has a successor: its successor must exist
 *        0    4  magic "GLM1"
 *        4    4  LOG_VERSION
 *        8    8  position of the first entry of the next segment
 *       16    8  offset of this mark in its file
 *       24    8  XXH3-64 of bytes 0..24, seeded with the salt
 *
 *   witness slot, 32 bytes, at offsets 0 and 4096 of the file, written in turn after each sync, never synced
 *        0    8  magic "GRIDWIT1"
 *        8    4  LOG_VERSION
 *       12    4  zero
 *       16    8  position that was on disk when this was written
 *       24    8  XXH3-64 of bytes 0..24, seeded with the salt
 *
 * The rest of a segment file is zero. */
#include "engine/edge/log_format.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>
#include <xxhash.h>

#define SEGMENT_MAGIC "GRIDSEG1"
#define ENTRY_MAGIC "GLE1"
#define MARK_MAGIC "GLM1"
#define WITNESS_MAGIC "GRIDWIT1"
#define NAME_DIGITS 20
#define CHAINED_SIZE 80u /* bytes of an entry header under the chain */

static void store(uint8_t *at, uint64_t value, size_t size)
{
    memcpy(at, &value, size); /* base.h has checked that this machine is little-endian */
}

static uint64_t load(const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, at, size);
    return value;
}

static void store_hash(uint8_t *at, struct hash128 hash)
{
    store(at, hash.hi, 8);
    store(at + 8, hash.lo, 8);
}

static struct hash128 load_hash(const uint8_t *at)
{
    return (struct hash128){load(at, 8), load(at + 8, 8)};
}

/* ---- segment header ---- */

void log_segment_encode(const struct log_segment *segment, uint8_t out[LOG_SEGMENT_HEADER_SIZE])
{
    memcpy(out, SEGMENT_MAGIC, 8);
    store(out + 8, LOG_VERSION, 4);
    store(out + 12, 0, 4);
    store(out + 16, segment->first, 8);
    store(out + 24, segment->previous_first, 8);
    store(out + 32, segment->file_size, 8);
    store(out + 40, (uint64_t)segment->time_before_ms, 8);
    store(out + 48, segment->salt, 8);
    memcpy(out + 56, segment->chain_before, LOG_CHAIN_SIZE);
    store(out + 88, XXH3_64bits(out, 88), 8);
}

enum err log_segment_decode(const uint8_t bytes[LOG_SEGMENT_HEADER_SIZE],
                            struct log_segment *out_segment)
{
    if (memcmp(bytes, SEGMENT_MAGIC, 8) != 0 || load(bytes + 88, 8) != XXH3_64bits(bytes, 88)) {
        return ERR_DAMAGED;
    }
    if (load(bytes + 8, 4) != LOG_VERSION || load(bytes + 12, 4) != 0) {
        return ERR_VERSION;
    }
    out_segment->first = load(bytes + 16, 8);
    out_segment->previous_first = load(bytes + 24, 8);
    out_segment->file_size = load(bytes + 32, 8);
    out_segment->time_before_ms = (int64_t)load(bytes + 40, 8);
    out_segment->salt = load(bytes + 48, 8);
    memcpy(out_segment->chain_before, bytes + 56, LOG_CHAIN_SIZE);
    return ERR_OK;
}

/* ---- entry header ---- */

void log_chain_next(const uint8_t bytes[LOG_ENTRY_HEADER_SIZE], const uint8_t key[32],
                    const uint8_t chain_before[LOG_CHAIN_SIZE], uint8_t out[LOG_CHAIN_SIZE])
{
    uint8_t input[CHAINED_SIZE + LOG_CHAIN_SIZE];
    memcpy(input, bytes, CHAINED_SIZE);
    memcpy(input + CHAINED_SIZE, chain_before, LOG_CHAIN_SIZE);
    int failed = crypto_generichash(out, LOG_CHAIN_SIZE, input, sizeof input, key, 32);
    must(failed == 0); /* only for sizes out of range */
}

uint64_t log_redaction_mark(uint64_t position, uint64_t salt)
{
    uint64_t mark = XXH3_64bits_withSeed(&position, sizeof position, salt + 1);
    return mark == 0 ? 1 : mark;
}

void log_header_encode(const struct log_header *header, uint64_t salt, const uint8_t key[32],
                       uint8_t chain_before[LOG_CHAIN_SIZE], uint8_t out[LOG_ENTRY_HEADER_SIZE])
{
    must(header->durable_before < header->position);
    must(!header->is_redacted);
    memcpy(out, ENTRY_MAGIC, 4);
    store(out + 4, LOG_VERSION, 2);
    store(out + 6, header->kind, 2);
    store(out + 8, header->position, 8);
    store(out + 16, (uint64_t)header->time_ms, 8);
    store(out + 24, header->durable_before, 8);
    store(out + 32, header->payload_size, 4);
    store(out + 36, header->places_size, 4);
    store_hash(out + 40, header->payload_digest);
    store_hash(out + 56, header->places_digest);
    store(out + 72, XXH3_64bits_withSeed(out, 72, salt), 8);
    log_chain_next(out, key, chain_before, out + CHAINED_SIZE);
    memcpy(chain_before, out + CHAINED_SIZE, LOG_CHAIN_SIZE);
    store(out + 112, 0, 8);
}

enum err log_header_decode(const uint8_t bytes[LOG_ENTRY_HEADER_SIZE], uint64_t salt,
                           struct log_header *out_header)
{
    if (memcmp(bytes, ENTRY_MAGIC, 4) != 0 ||
        load(bytes + 72, 8) != XXH3_64bits_withSeed(bytes, 72, salt)) {
        return ERR_DAMAGED;
    }
    if (load(bytes + 4, 2) != LOG_VERSION) {
        return ERR_VERSION;
    }
    struct log_header header = {
        .kind = (uint32_t)load(bytes + 6, 2),
        .position = load(bytes + 8, 8),
        .time_ms = (int64_t)load(bytes + 16, 8),
        .durable_before = load(bytes + 24, 8),
        .payload_size = (uint32_t)load(bytes + 32, 4),
        .places_size = (uint32_t)load(bytes + 36, 4),
        .payload_digest = load_hash(bytes + 40),
        .places_digest = load_hash(bytes + 56),
    };
    memcpy(header.chain, bytes + CHAINED_SIZE, LOG_CHAIN_SIZE);
    uint64_t mark = load(bytes + 112, 8);
    if (mark != 0 && mark != log_redaction_mark(header.position, salt)) {
        return ERR_DAMAGED;
    }
    header.is_redacted = mark != 0;
    *out_header = header;
    return ERR_OK;
}

/* ---- mark and witness ---- */

void log_mark_encode(uint64_t next_first, uint64_t offset, uint64_t salt,
                     uint8_t out[LOG_MARK_SIZE])
{
    memcpy(out, MARK_MAGIC, 4);
    store(out + 4, LOG_VERSION, 4);
    store(out + 8, next_first, 8);
    store(out + 16, offset, 8);
    store(out + 24, XXH3_64bits_withSeed(out, 24, salt), 8);
}

enum err log_mark_decode(const uint8_t bytes[LOG_MARK_SIZE], uint64_t offset, uint64_t salt,
                         uint64_t *out_next_first)
{
    if (memcmp(bytes, MARK_MAGIC, 4) != 0 || load(bytes + 16, 8) != offset ||
        load(bytes + 24, 8) != XXH3_64bits_withSeed(bytes, 24, salt)) {
        return ERR_DAMAGED;
    }
    if (load(bytes + 4, 4) != LOG_VERSION) {
        return ERR_VERSION;
    }
    *out_next_first = load(bytes + 8, 8);
    return ERR_OK;
}

void log_witness_encode(uint64_t durable, uint64_t salt, uint8_t out[LOG_WITNESS_SLOT_SIZE])
{
    memcpy(out, WITNESS_MAGIC, 8);
    store(out + 8, LOG_VERSION, 4);
    store(out + 12, 0, 4);
    store(out + 16, durable, 8);
    store(out + 24, XXH3_64bits_withSeed(out, 24, salt), 8);
}

enum err log_witness_decode(const uint8_t bytes[LOG_WITNESS_SLOT_SIZE], uint64_t salt,
                            uint64_t *out_durable)
{
    if (memcmp(bytes, WITNESS_MAGIC, 8) != 0 || load(bytes + 12, 4) != 0 ||
        load(bytes + 24, 8) != XXH3_64bits_withSeed(bytes, 24, salt)) {
        return ERR_DAMAGED;
    }
    if (load(bytes + 8, 4) != LOG_VERSION) {
        return ERR_VERSION;
    }
    *out_durable = load(bytes + 16, 8);
    return ERR_OK;
}

/* ---- sizes, digests, names ---- */

uint64_t log_entry_size(uint64_t payload_size, uint64_t places_size)
{
    return LOG_ENTRY_HEADER_SIZE + log_pad8(payload_size) + log_pad8(places_size);
}

struct hash128 log_digest(const void *bytes, uint64_t size)
{
    XXH128_hash_t hash = XXH3_128bits(bytes, size);
    return (struct hash128){hash.high64, hash.low64};
}

void log_segment_path(uint64_t first, char out[LOG_PATH_SIZE])
{
    int size =
        snprintf(out, LOG_PATH_SIZE, LOG_DIRECTORY "/%020llu.seg", (unsigned long long)first);
    must(size > 0 && (size_t)size < LOG_PATH_SIZE);
}

bool log_segment_parse_name(const char *name, uint64_t *out_first)
{
    if (strlen(name) != NAME_DIGITS + 4 || strcmp(name + NAME_DIGITS, ".seg") != 0) {
        return false;
    }
    uint64_t first = 0;
    for (int i = 0; i < NAME_DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9' || first > (UINT64_MAX - 9) / 10) {
            return false;
        }
        first = first * 10 + (uint64_t)(name[i] - '0');
    }
    *out_first = first;
    return first > 0;
}
