/* log_format.h: the bytes of the log's files, one struct and one encode/decode pair each.
 *
 * The tables of offsets are at the top of log_format.c.
 *
 * Owner   caller's buffers
 * Errors  decoders give ERR_DAMAGED (magic, checksum or a reserved byte), ERR_VERSION */
#ifndef ENGINE_EDGE_LOG_FORMAT_H
#define ENGINE_EDGE_LOG_FORMAT_H

#include "engine/core/base.h"
#include "engine/core/err.h"
#include "engine/edge/log.h"

#define LOG_VERSION 1u
#define LOG_CHAIN_SIZE 32u
#define LOG_SEGMENT_HEADER_SIZE 96u
#define LOG_ENTRY_HEADER_SIZE 120u
#define LOG_MARK_SIZE 32u
#define LOG_WITNESS_SLOT_SIZE 32u
#define LOG_WITNESS_SLOT_STEP                                                                      \
    4096u /* slots lie in different sectors: a torn write spoils one of them */
#define LOG_WITNESS_SIZE (2u * LOG_WITNESS_SLOT_STEP)

#define LOG_DIRECTORY "log"
#define LOG_WITNESS_PATH "log/witness"
#define LOG_TEMPORARY_PATH "log/new.tmp"
#define LOG_NEXT_PATH "log/next.tmp" /* the segment after, being made ahead */
#define LOG_PATH_SIZE 32u            /* "log/<20 digits>.seg" and its end */

struct log_segment {
    uint64_t first;          /* position of its first entry */
    uint64_t previous_first; /* of the segment before; 0 for the first */
    uint64_t file_size;      /* bytes it was created with; a shorter file was cut */
    int64_t time_before_ms;  /* time of the entry before; INT64_MIN for the first segment */
    uint64_t salt;           /* of this log */
    uint8_t chain_before[LOG_CHAIN_SIZE];
};

struct log_header {
    uint32_t kind;
    uint64_t position;
    int64_t time_ms;
    uint64_t durable_before;
    uint32_t payload_size;
    uint32_t places_size;
    struct hash128 payload_digest;
    struct hash128 places_digest;
    uint8_t chain[LOG_CHAIN_SIZE];
    bool is_redacted;
};

void log_segment_encode(const struct log_segment *segment, uint8_t out[LOG_SEGMENT_HEADER_SIZE]);
enum err log_segment_decode(const uint8_t bytes[LOG_SEGMENT_HEADER_SIZE],
                            struct log_segment *out_segment) WARN_UNUSED;

/* Computes checksum and chain; chain_before is that of the entry before and becomes this entry's. */
void log_header_encode(const struct log_header *header, uint64_t salt, const uint8_t key[32],
                       uint8_t chain_before[LOG_CHAIN_SIZE], uint8_t out[LOG_ENTRY_HEADER_SIZE]);
/* Checks magic, checksum, version and redaction mark; not the chain. */
enum err log_header_decode(const uint8_t bytes[LOG_ENTRY_HEADER_SIZE], uint64_t salt,
                           struct log_header *out_header) WARN_UNUSED;
/* The chain an intact entry with these header bytes has after chain_before. */
void log_chain_next(const uint8_t bytes[LOG_ENTRY_HEADER_SIZE], const uint8_t key[32],
                    const uint8_t chain_before[LOG_CHAIN_SIZE], uint8_t out[LOG_CHAIN_SIZE]);

/* What is written over the redaction mark of an entry when its location bytes are zeroed. */
uint64_t log_redaction_mark(uint64_t position, uint64_t salt);

/* The mark behind the last entry of a segment that has a successor. offset: where it lies in its file. */
void log_mark_encode(uint64_t next_first, uint64_t offset, uint64_t salt,
                     uint8_t out[LOG_MARK_SIZE]);
enum err log_mark_decode(const uint8_t bytes[LOG_MARK_SIZE], uint64_t offset, uint64_t salt,
                         uint64_t *out_next_first) WARN_UNUSED;

void log_witness_encode(uint64_t durable, uint64_t salt, uint8_t out[LOG_WITNESS_SLOT_SIZE]);
enum err log_witness_decode(const uint8_t bytes[LOG_WITNESS_SLOT_SIZE], uint64_t salt,
                            uint64_t *out_durable) WARN_UNUSED;

/* Bytes an entry takes in its file. */
uint64_t log_entry_size(uint64_t payload_size, uint64_t places_size);
struct hash128 log_digest(const void *bytes, uint64_t size);

void log_segment_path(uint64_t first, char out[LOG_PATH_SIZE]);
/* "00000000000000000001.seg" -> 1; false for any other name. */
bool log_segment_parse_name(const char *name, uint64_t *out_first);

static inline uint64_t log_pad8(uint64_t size)
{
    return (size + 7u) & ~UINT64_C(7);
}

#endif
