/* log.h: the command log on segment files: entries in order, stamped, chained, durable before acted on.
 *
 * The bytes are described at the top of log_format.c, what recovery keeps and refuses at the top of log_open.c.
 * Contract for everyone else:
 *
 *   position  1, 2, 3 ... of entries, without holes
 *   time_ms   of an entry, never less than the one before
 *   durable   a position is durable once log_write_group covering it returned ERR_OK
 *
 * Writing is split so that encoding happens on the engine thread and I/O on the writer thread:
 * log_encode (engine thread, assigns the position) -> log_write_group (writer thread, write + sync).
 *
 * Errors  ERR_DAMAGED names file, offset and position in struct log_fault; nothing is skipped */
#ifndef ENGINE_EDGE_LOG_H
#define ENGINE_EDGE_LOG_H

#include "engine/core/base.h"
#include "engine/core/distance.h"
#include "engine/core/err.h"
#include "engine/edge/disk.h"

enum log_entry_kind { LOG_BATCH = 1, LOG_SEAL = 2 };

/* One entry as read back. Pointers borrow from the reader until the next call. payload is 8-aligned. */
struct log_entry {
    uint64_t position;
    int64_t time_ms;
    uint32_t kind; /* enum log_entry_kind; SEAL entries carry no payload and no command */
    const uint8_t *payload;
    uint64_t payload_size;
    const uint8_t *places; /* location bytes; zeroed once redacted */
    uint64_t places_size;
    bool is_redacted;
    bool
        is_durable; /* known to be on disk. Not yet: act on it only as the engine that has opened the log */
};

/* Where and why a log was refused. */
struct log_fault {
    char file[64];
    uint64_t offset;
    uint64_t position; /* of the entry that should have been there */
    char what[160];
};

struct log_options {
    uint64_t segment_size; /* default 64 MiB */
    uint8_t chain_key[32]; /* keyed BLAKE2b; zero key while auth is none */
    uint64_t
        salt; /* of a log about to be created: random, so that foreign bytes never pass for an entry */
};
struct log_options log_options_default(void);

#define LOG_PAYLOAD_SIZE_MAX (16u << 20) /* bytes in one entry */
#define LOG_PLACES_SIZE_MAX (4u << 20)
#define LOG_RESERVE_PATH "reserve"
#define LOG_RESERVE_SIZE_DEFAULT (32u << 20)

struct log; /* opaque: writer */

/* Opens DATA/log for writing, creating it when empty (open the log before putting the first image: images without a
 * log mean a lost log and are refused). Everything read back from it afterwards is on disk. Verifies the tail: cuts only the last unsynced group, and
 * says so in *out_cut_bytes; damage at or before the greatest known durable_before is ERR_DAMAGED with out_fault. */
enum err log_open(const struct disk *disk, const struct log_options *options, struct log **out_log,
                  uint64_t *out_cut_bytes, struct log_fault *out_fault) WARN_UNUSED;
void log_close(struct log *log);

uint64_t log_last_position(const struct log *log);
int64_t log_last_time_ms(const struct log *log);

/* Appends an encoded entry to the pending group and gives its position. ERR_TOO_LARGE. */
enum err log_encode(struct log *log, int64_t time_ms, enum log_entry_kind kind, const void *payload,
                    uint64_t payload_size, const void *places, uint64_t places_size,
                    uint64_t *out_position) WARN_UNUSED;

/* The last entry is not a SEAL and nothing is pending: when nothing else comes within 100 ms, encode a SEAL, which
 * proves the entries before it. */
bool log_needs_seal(const struct log *log);

/* Detaches the pending group (engine thread) ... */
struct log_group;                                  /* opaque: bytes and the positions they hold */
struct log_group *log_take_group(struct log *log); /* NULL when nothing is pending */
/* ... writes and syncs it (writer thread; one at a time, in order), giving the durable position. Frees the group.
 * Any error is for good: every later call gives it again, nothing more becomes durable, the engine must stop. */
enum err log_write_group(struct log *log, struct log_group *group,
                         uint64_t *out_durable) WARN_UNUSED;

/* A thread of its own, beside the writer: makes the next segment's file ahead of need, one bounded step a call, so that
 * a rotation does not wait for it. True while there is more to do. Without these calls rotations make it themselves. */
bool log_next_is_wanted(const struct log *log);
bool log_next_prepare(struct log *log);
/* That thread: the open one fills so fast that there should be no pause before the next step. */
bool log_next_is_late(const struct log *log);
/* Any thread: the open segment is nearly full and the next one still being made. What can wait should, for otherwise the
 * rotation makes one itself while everything waits. */
bool log_awaits_segment(const struct log *log);

/* Any thread: the first error of log_write_group, ERR_OK while there is none. */
enum err log_failure(const struct log *log);
/* Any thread: the greatest position on disk. */
uint64_t log_durable_position(const struct log *log);

/* Any thread: the disk can hold less than two more segments, or the reserve was used: refuse new reports, so that
 * accepts, arrivals and closes still fit. Looked up when opened, at each new segment, every 64 groups and by
 * log_look_up_space. */
bool log_space_is_low(const struct log *log);

/* Writer thread: looks how much the disk can still hold. A reserve that gave way is made again once there is room. */
void log_look_up_space(struct log *log);

/* Before the writer starts: there is no reserve and no room for one. */
void log_note_no_reserve(struct log *log);

/* Engine thread: bytes encoded and not yet taken as a group. */
uint64_t log_pending_size(const struct log *log);

/* A file of that size that gives way when the disk is full: log_write_group removes it before it fails. Makes it unless
 * it exists. */
enum err log_reserve_make(const struct disk *disk, uint64_t size) WARN_UNUSED;
enum err log_reserve_release(const struct disk *disk) WARN_UNUSED;

/* Which log, and which entry of it: a snapshot bears this, so that it is never used with another log. */
struct log_identity {
    uint64_t salt;
    uint8_t chain[32]; /* of the entry */
};

/* Engine thread; of the last entry, which must be on disk (must() otherwise). */
void log_identify(const struct log *log, struct log_identity *out_identity);

/* Reading, by the same or another process, while a writer may append. */
struct log_reader; /* opaque */
enum err log_reader_open(const struct disk *disk, const struct log_options *options,
                         uint64_t from_position, struct log_reader **out_reader,
                         struct log_fault *out_fault) WARN_UNUSED;
/* ERR_NOT_FOUND: at the end (call again later when tailing); out_fault->what then says what lies behind the end, ""
 * for nothing. ERR_DAMAGED with out_fault. */
enum err log_reader_next(struct log_reader *reader, struct log_entry *out_entry,
                         struct log_fault *out_fault) WARN_UNUSED;
/* Is that position known to be on disk by now? Looks at the witness again. */
enum err log_reader_ask_durable(struct log_reader *reader, uint64_t position,
                                bool *out_is_durable) WARN_UNUSED;
/* Of the entry that log_reader_next gave last. */
void log_reader_identify(const struct log_reader *reader, struct log_identity *out_identity);
void log_reader_close(struct log_reader *reader);

#endif
