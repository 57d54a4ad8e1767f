/* snapshot_file.c: see snapshot_file.h.
 *
 *   offset size  header
 *        0    8  magic "GRIDSNP1"
 *        8    4  version, SNAPSHOT_VERSION
 *       12    4  flags: 1 has images, 2 has clock
 *       16    8  position of the last entry whose effect is in the state
 *       24    8  time of that entry
 *       32    8  salt of the log
 *       40   32  chain of that entry
 *       72   32  digests of the city's and the policy's image, each hi, lo
 *      104    8  clock mode, clock speed (u32 each), as the log's first entry says
 *      112   16  core_digest of the state, hi, lo
 *      128    8  size of the core's stream
 *      136    4  number of chunks
 *      140    4  number of limits, n
 *      144  4*n  limits in the order of LIMITS_LIST; zeros up to 496
 *      496    8  checksum of the last chunk
 *      504    8  XXH3-64 of bytes 0..504, seed: the position
 *
 *      512    .  chunks of up to 64 KiB: the core's stream (engine/core/snapshot.c) in pieces
 *             8  XXH3-64 of the rest of the chunk; seed: the checksum of the chunk before, the first: the log's salt
 *             4  magic "GSC1"
 *             4  size, n
 *             n  bytes
 *        .   16  end mark: "GRIDSNPE", XXH3-64 of the header's 512 bytes; seed: the checksum of the last chunk
 *
 * The file ends behind the mark. The header is written last, over zeros: before the sync it can be the first thing on
 * disk all the same, which is why the name is temporary until then. */
#include "engine/edge/snapshot_file.h"

#include "engine/core/snapshot.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <xxhash.h>

#define HEADER_MAGIC "GRIDSNP1"
#define CHUNK_MAGIC "GSC1"
#define END_MAGIC "GRIDSNPE"
#define HEADER_SIZE 512u
#define LIMITS_OFFSET 144u
#define LIMITS_MAX ((496u - LIMITS_OFFSET) / 4u)
#define CHUNK_HEADER_SIZE 16u
#define CHUNK_SIZE_MAX 65536u
#define END_SIZE 16u
#define SYNC_EVERY                                                                                 \
    128u /* chunks: a large write-back at the end would hold up the log's own syncs */

enum { FLAG_IMAGES = 1u, FLAG_CLOCK = 2u };

#define LIMIT_COUNT(name, value, text) +1
_Static_assert(0 LIMITS_LIST(LIMIT_COUNT) <= LIMITS_MAX, "the header has room for all limits");

/* ---- header ---- */

static void put_u32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static void put_u64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof value);
}

static uint32_t get_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t get_u64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

struct tally {
    uint32_t chunk_count;
    uint64_t last; /* checksum of the last chunk */
};

#define LIMIT_VALUE(name, value, text) limits->name,
static void header_encode(const struct snapshot_info *info, struct tally tally,
                          uint8_t out[HEADER_SIZE])
{
    const struct limits *limits = &info->limits;
    const uint32_t values[] = {LIMITS_LIST(LIMIT_VALUE)};
    memset(out, 0, HEADER_SIZE);
    memcpy(out, HEADER_MAGIC, 8);
    put_u32(out + 8, SNAPSHOT_VERSION);
    put_u32(out + 12, (info->has_images ? FLAG_IMAGES : 0u) | (info->has_clock ? FLAG_CLOCK : 0u));
    put_u64(out + 16, info->position);
    put_u64(out + 24, (uint64_t)info->time_ms);
    put_u64(out + 32, info->log.salt);
    memcpy(out + 40, info->log.chain, sizeof info->log.chain);
    put_u64(out + 72, info->city.hi);
    put_u64(out + 80, info->city.lo);
    put_u64(out + 88, info->policy.hi);
    put_u64(out + 96, info->policy.lo);
    put_u32(out + 104, info->clock_mode);
    put_u32(out + 108, info->clock_speed);
    put_u64(out + 112, info->state.hi);
    put_u64(out + 120, info->state.lo);
    put_u64(out + 128, info->state_size);
    put_u32(out + 136, tally.chunk_count);
    put_u32(out + 140, COUNT_OF(values));
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        put_u32(out + LIMITS_OFFSET + 4 * i, values[i]);
    }
    put_u64(out + 496, tally.last);
    put_u64(out + 504, XXH3_64bits_withSeed(out, 504, info->position));
}

#define LIMIT_GET(name, value, text)                                                               \
    limits.name = get_u32(bytes + LIMITS_OFFSET + 4 * at);                                         \
    at++;
static enum err header_decode(const uint8_t bytes[HEADER_SIZE], struct snapshot_info *out_info,
                              struct tally *out_tally)
{
    struct limits limits;
    uint32_t at = 0;
    if (memcmp(bytes, HEADER_MAGIC, 8) != 0 ||
        get_u64(bytes + 504) != XXH3_64bits_withSeed(bytes, 504, get_u64(bytes + 16))) {
        return ERR_DAMAGED;
    }
    LIMITS_LIST(LIMIT_GET)
    if (get_u32(bytes + 8) != SNAPSHOT_VERSION || get_u32(bytes + 140) != at) {
        return ERR_VERSION;
    }
    *out_info = (struct snapshot_info){
        .position = get_u64(bytes + 16),
        .time_ms = (int64_t)get_u64(bytes + 24),
        .log.salt = get_u64(bytes + 32),
        .has_images = (get_u32(bytes + 12) & FLAG_IMAGES) != 0,
        .city = {get_u64(bytes + 72), get_u64(bytes + 80)},
        .policy = {get_u64(bytes + 88), get_u64(bytes + 96)},
        .has_clock = (get_u32(bytes + 12) & FLAG_CLOCK) != 0,
        .clock_mode = get_u32(bytes + 104),
        .clock_speed = get_u32(bytes + 108),
        .limits = limits,
        .state = {get_u64(bytes + 112), get_u64(bytes + 120)},
        .state_size = get_u64(bytes + 128),
    };
    memcpy(out_info->log.chain, bytes + 40, sizeof out_info->log.chain);
    *out_tally = (struct tally){get_u32(bytes + 136), get_u64(bytes + 496)};
    return ERR_OK;
}

/* ---- writing ---- */

struct file_writer {
    const struct disk *disk;
    int file;
    uint64_t offset;
    uint64_t state_size;
    struct tally tally;
    uint32_t used; /* bytes waiting in the chunk */
    uint8_t chunk[CHUNK_HEADER_SIZE + CHUNK_SIZE_MAX];
};

static enum err write_chunk(struct file_writer *writer)
{
    const struct disk *disk = writer->disk;
    if (writer->used == 0) {
        return ERR_OK;
    }
    memcpy(writer->chunk + 8, CHUNK_MAGIC, 4);
    put_u32(writer->chunk + 12, writer->used);
    writer->tally.last = XXH3_64bits_withSeed(
        writer->chunk + 8, CHUNK_HEADER_SIZE - 8 + writer->used, writer->tally.last);
    put_u64(writer->chunk, writer->tally.last);
    const uint64_t size = CHUNK_HEADER_SIZE + writer->used;
    enum err err = disk->write(disk->context, writer->file, writer->offset, writer->chunk, size);
    writer->offset += size;
    writer->used = 0;
    writer->tally.chunk_count++;
    if (err == ERR_OK && writer->tally.chunk_count % SYNC_EVERY == 0) {
        err = disk->sync(disk->context, writer->file);
    }
    return err;
}

static enum err take_piece(void *context, const void *bytes, size_t size)
{
    struct file_writer *writer = context;
    const uint8_t *at = bytes;
    enum err err = ERR_OK;
    writer->state_size += size;
    while (size > 0 && err == ERR_OK) {
        const size_t room = CHUNK_SIZE_MAX - writer->used;
        const size_t part = size < room ? size : room;
        memcpy(writer->chunk + CHUNK_HEADER_SIZE + writer->used, at, part);
        writer->used += (uint32_t)part;
        at += part;
        size -= part;
        if (writer->used == CHUNK_SIZE_MAX) {
            err = write_chunk(writer);
        }
    }
    return err;
}

static enum err write_ends(struct file_writer *writer, struct snapshot_info *info)
{
    const struct disk *disk = writer->disk;
    uint8_t header[HEADER_SIZE];
    uint8_t end[END_SIZE];
    info->state_size = writer->state_size;
    info->file_size = writer->offset + END_SIZE;
    header_encode(info, writer->tally, header);
    memcpy(end, END_MAGIC, 8);
    put_u64(end + 8, XXH3_64bits_withSeed(header, sizeof header, writer->tally.last));
    enum err err = disk->write(disk->context, writer->file, writer->offset, end, sizeof end);
    if (err == ERR_OK) {
        err = disk->write(disk->context, writer->file, 0, header, sizeof header);
    }
    return err == ERR_OK ? disk->sync(disk->context, writer->file) : err;
}

static enum err write_file(const struct disk *disk, int file, const struct core *core,
                           struct snapshot_info *info)
{
    struct file_writer writer = {
        .disk = disk, .file = file, .offset = HEADER_SIZE, .tally.last = info->log.salt};
    const struct snapshot_sink sink = {take_piece, &writer};
    enum err err = core_save(core, &sink, &info->state);
    if (err == ERR_OK) {
        err = write_chunk(&writer);
    }
    return err == ERR_OK ? write_ends(&writer, info) : err;
}

enum err snapshot_write(const struct disk *disk, const struct snapshot_paths *paths,
                        const struct core *core, struct snapshot_info *info)
{
    must(info->position > 0);
    int file;
    enum err err = disk->remove(disk->context, paths->temporary);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    err = disk->open(disk->context, paths->temporary, DISK_CREATE, &file);
    if (err != ERR_OK) {
        return err;
    }
    err = write_file(disk, file, core, info);
    disk->close(disk->context, file);
    if (err == ERR_OK) {
        err = disk->rename(disk->context, paths->temporary, paths->final);
    }
    if (err != ERR_OK) {
        (void)disk->remove(disk->context, paths->temporary);
        return err;
    }
    return disk->sync_directory(disk->context, SNAPSHOT_DIRECTORY);
}

/* ---- names ---- */

void snapshot_paths_make(uint64_t position, int64_t pid, struct snapshot_paths *out_paths)
{
    int size = snprintf(out_paths->final, sizeof out_paths->final,
                        SNAPSHOT_DIRECTORY "/%020llu.snap", (unsigned long long)position);
    must(size > 0 && (size_t)size < sizeof out_paths->final);
    size = snprintf(out_paths->temporary, sizeof out_paths->temporary,
                    SNAPSHOT_DIRECTORY "/%020llu.%lld.tmp", (unsigned long long)position,
                    (long long)pid);
    must(size > 0 && (size_t)size < sizeof out_paths->temporary);
}

static bool parse_name(const char *name, uint64_t *out_position)
{
    uint64_t position = 0;
    for (uint32_t i = 0; i < 20; i++) {
        if (name[i] < '0' || name[i] > '9') {
            return false;
        }
        position = position * 10 + (uint64_t)(name[i] - '0');
    }
    *out_position = position;
    return strcmp(name + 20, ".snap") == 0;
}

/* Names come in byte order, so oldest first; a full list loses its oldest. */
static bool visit_snapshot(void *visitor, const char *name)
{
    struct snapshot_list *list = visitor;
    uint64_t position;
    if (!parse_name(name, &position)) {
        return true;
    }
    const uint32_t kept =
        list->count < SNAPSHOTS_LISTED_MAX ? list->count : SNAPSHOTS_LISTED_MAX - 1;
    memmove(&list->positions[1], &list->positions[0], kept * sizeof list->positions[0]);
    list->positions[0] = position;
    list->count = kept + 1;
    return true;
}

enum err snapshot_list(const struct disk *disk, struct snapshot_list *out_list)
{
    struct snapshot_list list = {.count = 0};
    enum err err = disk->list(disk->context, SNAPSHOT_DIRECTORY, visit_snapshot, &list);
    if (err == ERR_OK || err == ERR_NOT_FOUND) {
        *out_list = list;
        return ERR_OK;
    }
    return err;
}

struct leftover {
    char path[SNAPSHOT_PATH_SIZE];
    bool is_found;
};

static bool visit_leftover(void *visitor, const char *name)
{
    struct leftover *leftover = visitor;
    const size_t size = strlen(name);
    const int length =
        snprintf(leftover->path, sizeof leftover->path, SNAPSHOT_DIRECTORY "/%s", name);
    leftover->is_found = size > 4 && strcmp(name + size - 4, ".tmp") == 0 && length > 0 &&
                         (size_t)length < sizeof leftover->path;
    return !leftover->is_found;
}

enum err snapshot_directory_make(const struct disk *disk)
{
    enum err err = disk->make_directory(disk->context, SNAPSHOT_DIRECTORY);
    if (err == ERR_OK) {
        err = disk->sync_directory(disk->context, ".");
    }
    for (;;) {
        struct leftover leftover = {.is_found = false};
        if (err == ERR_OK) {
            err = disk->list(disk->context, SNAPSHOT_DIRECTORY, visit_leftover, &leftover);
            err = err == ERR_NOT_FOUND ? ERR_OK : err; /* a disk may not know empty directories */
        }
        if (err != ERR_OK || !leftover.is_found) {
            return err;
        }
        err = disk->remove(disk->context, leftover.path);
    }
}

enum err snapshot_keep_newest(const struct disk *disk, uint32_t count, uint64_t until_position)
{
    struct snapshot_list list;
    enum err err = snapshot_list(disk, &list);
    bool has_needed = false;
    for (uint32_t i = 0; err == ERR_OK && i < list.count; i++) {
        struct snapshot_paths paths;
        const bool is_needed = !has_needed && list.positions[i] <= until_position;
        has_needed = has_needed || is_needed;
        if (i < count || is_needed) {
            continue;
        }
        snapshot_paths_make(list.positions[i], 0, &paths);
        err = disk->remove(disk->context, paths.final);
    }
    return err;
}

/* ---- reading ---- */

struct file_reader {
    const struct disk *disk;
    struct log_fault *fault;
    struct snapshot_paths paths;
    struct snapshot_info info;
    uint8_t header[HEADER_SIZE];
    struct tally expected;
    struct tally seen;
    int file;
    uint64_t offset;     /* of the next chunk */
    uint64_t given;      /* bytes of the stream read */
    uint32_t used, size; /* of the chunk in hand */
    uint8_t chunk[CHUNK_HEADER_SIZE + CHUNK_SIZE_MAX];
};

__attribute__((format(printf, 4, 5))) static enum err
refuse(struct file_reader *reader, enum err err, uint64_t offset, const char *format, ...)
{
    struct log_fault *fault = reader->fault;
    memset(fault, 0, sizeof *fault);
    (void)snprintf(fault->file, sizeof fault->file, "%s", reader->paths.final);
    fault->offset = offset;
    fault->position = reader->info.position;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(fault->what, sizeof fault->what, format, arguments);
    va_end(arguments);
    return err;
}

static enum err read_header(struct file_reader *reader, uint64_t position)
{
    const struct disk *disk = reader->disk;
    uint64_t size;
    enum err err = disk->size(disk->context, reader->file, &size);
    if (err != ERR_OK) {
        return refuse(reader, err, 0, "the file cannot be read");
    }
    if (size < HEADER_SIZE + END_SIZE) {
        return refuse(reader, ERR_DAMAGED, size, "the file is cut inside its header");
    }
    err = disk->read(disk->context, reader->file, 0, reader->header, HEADER_SIZE);
    if (err != ERR_OK) {
        return refuse(reader, err, 0, "the file cannot be read");
    }
    err = header_decode(reader->header, &reader->info, &reader->expected);
    if (err != ERR_OK) {
        return refuse(reader, err, 0, "%s",
                      err == ERR_VERSION ? "the snapshot was written by another version"
                                         : "the header is damaged");
    }
    if (reader->info.position != position) {
        return refuse(reader, ERR_DAMAGED, 16,
                      "the file was renamed: its header says position %llu",
                      (unsigned long long)reader->info.position);
    }
    reader->info.file_size = size;
    const uint64_t should = HEADER_SIZE + END_SIZE + reader->info.state_size +
                            (uint64_t)reader->expected.chunk_count * CHUNK_HEADER_SIZE;
    if (size != should) {
        return refuse(reader, ERR_DAMAGED, size, "the file has %llu bytes, not %llu",
                      (unsigned long long)size, (unsigned long long)should);
    }
    return ERR_OK;
}

/* *out_reader is heap; close in any case. */
static enum err reader_open(const struct disk *disk, uint64_t position, struct log_fault *fault,
                            struct file_reader **out_reader)
{
    struct file_reader *reader = calloc(1, sizeof *reader);
    memset(fault, 0, sizeof *fault);
    *out_reader = reader;
    if (reader == NULL) {
        return ERR_MEMORY;
    }
    *reader = (struct file_reader){
        .disk = disk, .fault = fault, .file = -1, .offset = HEADER_SIZE, .info.position = position};
    snapshot_paths_make(position, 0, &reader->paths);
    enum err err = disk->open(disk->context, reader->paths.final, DISK_READ, &reader->file);
    if (err != ERR_OK) {
        reader->file = -1;
        return refuse(reader, err, 0, "the file cannot be opened");
    }
    err = read_header(reader, position);
    reader->seen.last = reader->info.log.salt;
    return err;
}

static void reader_close(struct file_reader *reader)
{
    if (reader != NULL && reader->file >= 0) {
        reader->disk->close(reader->disk->context, reader->file);
    }
    free(reader);
}

static enum err read_chunk(struct file_reader *reader)
{
    const struct disk *disk = reader->disk;
    enum err err =
        disk->read(disk->context, reader->file, reader->offset, reader->chunk, CHUNK_HEADER_SIZE);
    const uint32_t size = err == ERR_OK ? get_u32(reader->chunk + 12) : 0;
    if (err == ERR_OK &&
        (memcmp(reader->chunk + 8, CHUNK_MAGIC, 4) != 0 || size == 0 || size > CHUNK_SIZE_MAX)) {
        return refuse(reader, ERR_DAMAGED, reader->offset, "a chunk's header is damaged");
    }
    if (err == ERR_OK) {
        err = disk->read(disk->context, reader->file, reader->offset + CHUNK_HEADER_SIZE,
                         reader->chunk + CHUNK_HEADER_SIZE, size);
    }
    if (err != ERR_OK) {
        return refuse(reader, err == ERR_CUT ? ERR_DAMAGED : err, reader->offset,
                      "a chunk cannot be read");
    }
    const uint64_t checksum =
        XXH3_64bits_withSeed(reader->chunk + 8, CHUNK_HEADER_SIZE - 8 + size, reader->seen.last);
    if (checksum != get_u64(reader->chunk)) {
        return refuse(reader, ERR_DAMAGED, reader->offset, "a chunk's checksum does not match");
    }
    reader->seen.last = checksum;
    reader->seen.chunk_count++;
    reader->offset += CHUNK_HEADER_SIZE + size;
    reader->used = 0;
    reader->size = size;
    return ERR_OK;
}

/* Behind the last chunk: totals and the end mark. */
static enum err read_end(struct file_reader *reader)
{
    const struct disk *disk = reader->disk;
    uint8_t end[END_SIZE];
    if (reader->seen.last != reader->expected.last || reader->given != reader->info.state_size) {
        return refuse(reader, ERR_DAMAGED, reader->offset,
                      "the chunks are not those of the header");
    }
    enum err err = disk->read(disk->context, reader->file, reader->offset, end, sizeof end);
    if (err != ERR_OK || memcmp(end, END_MAGIC, 8) != 0 ||
        get_u64(end + 8) != XXH3_64bits_withSeed(reader->header, HEADER_SIZE, reader->seen.last)) {
        return refuse(reader, ERR_DAMAGED, reader->offset, "the end mark is damaged");
    }
    return ERR_OK;
}

/* For core_load: whole chunks are checked before a byte of them is given. */
static enum err give_piece(void *context, void *bytes, size_t size, size_t *out_size)
{
    struct file_reader *reader = context;
    if (reader->used == reader->size) {
        if (reader->seen.chunk_count == reader->expected.chunk_count) {
            return ERR_CUT;
        }
        enum err err = read_chunk(reader);
        if (err != ERR_OK) {
            return err == ERR_CUT ? ERR_DAMAGED : err;
        }
    }
    const size_t left = reader->size - reader->used;
    const size_t part = left < size ? left : size;
    memcpy(bytes, reader->chunk + CHUNK_HEADER_SIZE + reader->used, part);
    reader->used += (uint32_t)part;
    reader->given += part;
    *out_size = part;
    return ERR_OK;
}

enum err snapshot_read_info(const struct disk *disk, uint64_t position,
                            struct snapshot_info *out_info, struct log_fault *out_fault)
{
    struct file_reader *reader;
    enum err err = reader_open(disk, position, out_fault, &reader);
    if (err == ERR_OK) {
        *out_info = reader->info;
    }
    reader_close(reader);
    return err;
}

enum err snapshot_verify(const struct disk *disk, uint64_t position, struct snapshot_info *out_info,
                         struct log_fault *out_fault)
{
    struct file_reader *reader;
    enum err err = reader_open(disk, position, out_fault, &reader);
    while (err == ERR_OK && reader->seen.chunk_count < reader->expected.chunk_count) {
        err = read_chunk(reader);
        reader->given += err == ERR_OK ? reader->size : 0;
    }
    if (err == ERR_OK) {
        err = read_end(reader);
    }
    if (err == ERR_OK) {
        *out_info = reader->info;
    }
    reader_close(reader);
    return err;
}

enum err snapshot_load(const struct disk *disk, uint64_t position, struct core *core,
                       struct log_fault *out_fault)
{
    struct file_reader *reader;
    struct hash128 state = {0, 0};
    enum err err = reader_open(disk, position, out_fault, &reader);
    if (err == ERR_OK) {
        const struct snapshot_source source = {give_piece, reader};
        err = core_load(core, &source, &state);
        if (err != ERR_OK && out_fault->what[0] == '\0') {
            err = refuse(reader, err, 0, "%s",
                         err == ERR_VERSION    ? "the state was written by another version"
                         : err == ERR_MISMATCH ? "it belongs to other limits or images"
                                               : "the state does not follow its format");
        }
    }
    if (err == ERR_OK) {
        err = read_end(reader);
    }
    if (err == ERR_OK && !hash128_is_equal(state, reader->info.state)) {
        err = refuse(reader, ERR_DAMAGED, 112, "the state is not the one the header names");
    }
    reader_close(reader);
    return err;
}
