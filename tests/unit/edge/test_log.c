/* test_log.c: what was acknowledged is read back; damage anywhere is refused or was never acknowledged. */
#include "engine/edge/log_format.h"

/* Compiled in: the unit rule links one test file with its room. */
#include "tests/unit/edge/memory_disk.c"
#include "tests/unit/panic.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SEGMENT_SIZE 2048u
#define ENTRIES_MAX 64u

struct kept {
    uint64_t count; /* entries read */
    uint64_t cut_bytes;
    struct log_fault fault;
    enum err err; /* of log_open or of the reader; ERR_OK when read to the end */
};

static struct log_options options_small(void)
{
    struct log_options options = log_options_default();
    options.segment_size = SEGMENT_SIZE;
    options.salt = UINT64_C(0x5a17);
    return options;
}

static struct log *open_log(struct memory_disk *memory)
{
    struct log_options options = options_small();
    struct log *log;
    uint64_t cut_bytes;
    struct log_fault fault;
    assert_int_equal(log_open(&memory->disk, &options, &log, &cut_bytes, &fault), ERR_OK);
    assert_int_equal(cut_bytes, 0);
    return log;
}

/* Payload and places of an entry are functions of its position. */
static uint64_t payload_of(uint64_t position, uint8_t out[512])
{
    uint64_t size = (position * 37) % 90;
    for (uint64_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(position * 13 + i * 7);
    }
    return size;
}

static uint64_t places_of(uint64_t position, uint8_t out[64])
{
    uint64_t size = 8 * (position % 3);
    memset(out, (int)(position & 0xff) | 1, size);
    return size;
}

static void encode(struct log *log, enum log_entry_kind kind)
{
    uint8_t payload[512];
    uint8_t places[64];
    uint64_t position = log_last_position(log) + 1;
    uint64_t payload_size = kind == LOG_BATCH ? payload_of(position, payload) : 0;
    uint64_t places_size = kind == LOG_BATCH ? places_of(position, places) : 0;
    uint64_t given;
    assert_int_equal(log_encode(log, (int64_t)(1000 * position), kind, payload, payload_size,
                                places, places_size, &given),
                     ERR_OK);
    assert_int_equal(given, position);
}

static enum err write_pending(struct log *log)
{
    uint64_t durable;
    struct log_group *group = log_take_group(log);
    assert_non_null(group);
    enum err err = log_write_group(log, group, &durable);
    if (err == ERR_OK) {
        assert_int_equal(durable, log_last_position(log));
        assert_int_equal(log_durable_position(log), durable);
    }
    return err;
}

/* Groups of 1, 2, 1, 2 ... entries until the log has count. */
static void append(struct log *log, uint64_t count)
{
    for (uint64_t size = 1; log_last_position(log) < count; size = 3 - size) {
        for (uint64_t i = 0; i < size && log_last_position(log) < count; i++) {
            encode(log, LOG_BATCH);
        }
        assert_int_equal(write_pending(log), ERR_OK);
    }
}

static void check_entry(const struct log_entry *entry, uint64_t position)
{
    uint8_t payload[512];
    uint8_t places[64];
    assert_int_equal(entry->position, position);
    assert_int_equal(entry->time_ms, 1000 * position);
    assert_int_equal((uintptr_t)entry->payload % 8, 0);
    if (entry->kind == LOG_SEAL) {
        assert_int_equal(entry->payload_size, 0);
        return;
    }
    assert_int_equal(entry->payload_size, payload_of(position, payload));
    assert_memory_equal(entry->payload, payload, entry->payload_size);
    assert_int_equal(entry->places_size, places_of(position, places));
    assert_memory_equal(entry->places, places, entry->places_size);
}

/* Reads from a position to the end; every entry handed out must be the one that was written. */
static struct kept read_all(struct memory_disk *memory, uint64_t from)
{
    struct log_options options = options_small();
    struct kept kept = {0};
    struct log_reader *reader;
    kept.err = log_reader_open(&memory->disk, &options, from, &reader, &kept.fault);
    if (kept.err != ERR_OK) {
        return kept;
    }
    struct log_entry entry;
    for (;;) {
        kept.err = log_reader_next(reader, &entry, &kept.fault);
        if (kept.err != ERR_OK) {
            break;
        }
        check_entry(&entry, from + kept.count);
        kept.count++;
    }
    log_reader_close(reader);
    kept.err = kept.err == ERR_NOT_FOUND ? ERR_OK : kept.err;
    return kept;
}

/* What an engine would have after a restart on these files. */
static struct kept restart(struct memory_disk *memory)
{
    struct log_options options = options_small();
    struct kept kept = {0};
    struct log *log;
    uint64_t cut_bytes = 0;
    kept.err = log_open(&memory->disk, &options, &log, &cut_bytes, &kept.fault);
    if (kept.err != ERR_OK) {
        return kept;
    }
    kept = read_all(memory, 1);
    kept.cut_bytes = cut_bytes;
    if (kept.err == ERR_OK) {
        assert_int_equal(kept.count, log_last_position(log));
    }
    log_close(log);
    return kept;
}

static void assert_damaged(struct kept kept, const char *words)
{
    assert_int_equal(kept.err, ERR_DAMAGED);
    assert_true(kept.fault.file[0] != '\0');
    if (strstr(kept.fault.what, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", kept.fault.what, words);
    }
}

static struct memory_file *last_segment(struct memory_disk *memory)
{
    struct memory_file *last = NULL;
    for (int i = 0; i < MEMORY_FILES_MAX; i++) {
        struct memory_file *file = &memory->files[i];
        if (file->exists && strstr(file->path, ".seg") != NULL &&
            (last == NULL || strcmp(file->path, last->path) > 0)) {
            last = file;
        }
    }
    assert_non_null(last);
    return last;
}

/* End of the last byte that is not zero, and starts of the last three entries, newest first. */
static uint64_t last_entries(const struct memory_file *file, uint64_t starts[3])
{
    uint64_t offset = LOG_SEGMENT_HEADER_SIZE;
    struct log_header header;
    while (log_header_decode(file->bytes + offset, options_small().salt, &header) == ERR_OK) {
        starts[2] = starts[1];
        starts[1] = starts[0];
        starts[0] = offset;
        offset += log_entry_size(header.payload_size, header.places_size);
    }
    return offset;
}

static void forget_witness(struct memory_disk *memory)
{
    assert_int_equal(memory->disk.remove(memory, LOG_WITNESS_PATH), ERR_OK);
}

static struct memory_disk original;
static struct memory_disk copy;

static int set_up(void **state)
{
    (void)state;
    memory_disk_init(&original);
    memory_disk_init(&copy);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    memory_disk_fini(&original);
    memory_disk_fini(&copy);
    return 0;
}

static void test_log_reads_back_over_segments_and_restarts(void **state)
{
    (void)state;
    for (uint64_t count = 5; count <= 45; count += 5) {
        struct log *log = open_log(&original);
        append(log, count);
        log_close(log);
        struct kept kept = restart(&original);
        assert_int_equal(kept.err, ERR_OK);
        assert_int_equal(kept.count, count);
        assert_int_equal(kept.cut_bytes, 0);
    }
    assert_int_equal(read_all(&original, 30).count, 16);
    assert_int_equal(read_all(&original, 45).count, 1);
    assert_int_equal(read_all(&original, 46).count, 0);
}

static void test_log_syncs_once_per_group(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    append(log, 1);
    uint32_t before = original.sync_count;
    for (int i = 0; i < 4; i++) {
        encode(log, LOG_BATCH);
    }
    assert_int_equal(write_pending(log), ERR_OK);
    assert_int_equal(original.sync_count, before + 1);
    assert_null(log_take_group(log));
    log_close(log);
}

static void test_log_seal_is_needed_after_entries_only(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    assert_false(log_needs_seal(log));
    encode(log, LOG_BATCH);
    assert_false(log_needs_seal(log));
    assert_int_equal(write_pending(log), ERR_OK);
    assert_true(log_needs_seal(log));
    encode(log, LOG_SEAL);
    assert_int_equal(write_pending(log), ERR_OK);
    assert_false(log_needs_seal(log));
    log_close(log);
    assert_int_equal(restart(&original).count, 2);
}

static void encode_at(struct log *log, int64_t time_ms)
{
    uint64_t position;
    assert_int_equal(log_encode(log, time_ms, LOG_SEAL, NULL, 0, NULL, 0, &position), ERR_OK);
}

static void test_log_time_never_goes_back(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    append(log, 3);
    expect_panic(encode_at(log, 2999));
    log_close(log);
    log = open_log(&original);
    assert_int_equal(log_last_time_ms(log), 3000);
    expect_panic(encode_at(log, 2999));
    log_close(log);
}

static void test_log_group_larger_than_a_segment_gets_its_own(void **state)
{
    (void)state;
    static uint8_t big[3 * SEGMENT_SIZE];
    struct log *log = open_log(&original);
    uint64_t position;
    for (int i = 0; i < 2; i++) { /* into an empty segment, and behind a full one */
        assert_int_equal(log_encode(log, i, LOG_BATCH, big, sizeof big, NULL, 0, &position),
                         ERR_OK);
        assert_int_equal(write_pending(log), ERR_OK);
    }
    assert_int_equal(
        log_encode(log, 2, LOG_BATCH, big, LOG_PAYLOAD_SIZE_MAX + 1, NULL, 0, &position),
        ERR_TOO_LARGE);
    log_close(log);
    log = open_log(&original);
    assert_int_equal(log_last_position(log), 2);
    log_close(log);
}

/* A file that lost its end. */
static void test_log_cut_file_is_refused_at_every_byte(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    append(log, 7);
    log_close(log);
    uint64_t starts[3];
    uint64_t end = last_entries(last_segment(&original), starts);
    for (int with_witness = 0; with_witness < 2; with_witness++) {
        for (uint64_t at = starts[2]; at <= end; at++) {
            memory_disk_copy(&copy, &original);
            if (!with_witness) {
                forget_witness(&copy);
            }
            last_segment(&copy)->size = at;
            assert_damaged(restart(&copy), "was cut");
        }
    }
}

/* Sectors at the end that read as zeros. The witness knows; without it only the last group may go. */
static void test_log_zeroed_end_is_refused_at_every_byte(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    append(log, 7);
    encode(log, LOG_SEAL);
    assert_int_equal(write_pending(log), ERR_OK);
    log_close(log);
    uint64_t starts[3];
    uint64_t end = last_entries(last_segment(&original), starts);
    for (uint64_t at = starts[2]; at < end; at++) {
        memory_disk_copy(&copy, &original);
        struct memory_file *file = last_segment(&copy);
        memset(file->bytes + at, 0, file->size - at);
        if (memcmp(file->bytes, last_segment(&original)->bytes, file->size) == 0) {
            continue; /* the byte was zero */
        }
        assert_damaged(restart(&copy), "");
    }
    /* A hole in the middle is noticed without the witness as well. */
    for (uint64_t at = starts[2]; at < starts[0]; at += 8) {
        memory_disk_copy(&copy, &original);
        forget_witness(&copy);
        struct memory_file *file = last_segment(&copy);
        memset(file->bytes + at, 0, starts[0] - at);
        assert_damaged(restart(&copy), "");
    }
}

/* Power fails while the last group (two entries) is being written: any prefix of it, and any one sector of it,
 * may be missing. It is cut, loudly; what came before is all there, and the log goes on. */
static void test_log_torn_group_is_cut_loudly(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    append(log, 4);
    memory_disk_copy(&copy, &original);
    static struct memory_disk before;
    memory_disk_init(&before);
    memory_disk_copy(&before, &original);
    encode(log, LOG_BATCH);
    encode(log, LOG_BATCH);
    assert_int_equal(write_pending(log), ERR_OK);
    log_close(log);
    const struct memory_file *whole = last_segment(&original);
    uint64_t starts[3] = {0};
    uint64_t end = last_entries(whole, starts);
    uint32_t cuts = 0;
    for (uint64_t at = starts[1]; at <= end; at++) {
        memory_disk_copy(&copy, &before);
        memcpy(last_segment(&copy)->bytes, whole->bytes, at);
        struct kept kept = restart(&copy);
        assert_int_equal(kept.err, ERR_OK);
        assert_true(kept.count >= 4 && kept.count <= 6);
        assert_true(kept.count > 4 || at < starts[0]);
        cuts += kept.cut_bytes > 0;
        log = open_log(&copy);
        append(log, 9);
        log_close(log);
        assert_int_equal(restart(&copy).count, 9);
    }
    assert_true(cuts > end - starts[1] - 64);
    for (uint64_t at = starts[1]; at + 8 <= end; at += 8) { /* written out of order */
        memory_disk_copy(&copy, &before);
        memcpy(last_segment(&copy)->bytes, whole->bytes, whole->size);
        memset(last_segment(&copy)->bytes + at, 0, 8);
        assert_int_equal(restart(&copy).err, ERR_OK);
    }
    memory_disk_fini(&before);
}

/* Every bit of every file, one at a time: refused, or everything acknowledged is still there. */
static void flip_every_bit(uint64_t count, bool with_witness, uint64_t count_min)
{
    uint32_t refused = 0;
    uint32_t cut = 0;
    uint32_t unchanged = 0;
    for (int i = 0; i < MEMORY_FILES_MAX; i++) {
        if (!original.files[i].exists) {
            continue;
        }
        for (uint64_t bit = 0; bit < original.files[i].size * 8; bit++) {
            memory_disk_copy(&copy, &original);
            copy.files[i].bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            if (!with_witness) {
                forget_witness(&copy);
            }
            struct kept kept = restart(&copy);
            if (kept.err != ERR_OK) {
                assert_true(kept.err == ERR_DAMAGED || kept.err == ERR_VERSION);
                assert_true(kept.fault.what[0] != '\0');
                refused++;
                continue;
            }
            assert_true(kept.count >= count_min);
            assert_true(kept.count == count || kept.cut_bytes > 0);
            cut += kept.cut_bytes > 0;
            unchanged += kept.cut_bytes == 0;
        }
    }
    print_message("# flips: %u refused, %u cut, %u without effect\n", refused, cut, unchanged);
    assert_true(refused > 5000);
}

static void test_log_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct log_options options = options_small();
    options.segment_size = 640;
    struct log *log;
    uint64_t cut_bytes;
    struct log_fault fault;
    assert_int_equal(log_open(&original.disk, &options, &log, &cut_bytes, &fault), ERR_OK);
    append(log, 6);
    log_close(log);
    assert_true(strcmp(last_segment(&original)->path, "log/00000000000000000001.seg") > 0);
    struct memory_file *witness = memory_disk_find(&original, LOG_WITNESS_PATH);
    witness->size = LOG_WITNESS_SLOT_STEP + LOG_WITNESS_SLOT_SIZE;
    flip_every_bit(6, true, 6);
    /* The last group holds entries 5 and 6. Without the witness it may be taken for unsynced, no other. */
    flip_every_bit(6, false, 4);
}

static void test_log_missing_segments_are_noticed(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    append(log, 40);
    log_close(log);
    uint32_t removed = 0;
    for (int i = 0; i < MEMORY_FILES_MAX; i++) {
        if (!original.files[i].exists || strstr(original.files[i].path, ".seg") == NULL) {
            continue;
        }
        for (int with_witness = 0; with_witness < 2; with_witness++) {
            memory_disk_copy(&copy, &original);
            if (!with_witness) {
                forget_witness(&copy);
            }
            assert_int_equal(copy.disk.remove(&copy, original.files[i].path), ERR_OK);
            assert_damaged(restart(&copy), "missing");
            assert_damaged(read_all(&copy, 1), "missing");
        }
        removed++;
    }
    assert_true(removed >= 3);
}

static void test_log_lost_as_a_whole_is_noticed(void **state)
{
    (void)state;
    int file;
    assert_int_equal(original.disk.open(&original, "images/0123.img", DISK_CREATE, &file), ERR_OK);
    assert_damaged(restart(&original), "removed");
    assert_int_equal(original.disk.remove(&original, "images/0123.img"), ERR_OK);
    assert_int_equal(restart(&original).err, ERR_OK);
    assert_int_equal(original.disk.remove(&original, "log/00000000000000000001.seg"), ERR_OK);
    assert_damaged(restart(&original), "removed");
}

/* After a restart the segment before the last knows that there is one more. */
static void assert_old_segment_is_marked(struct memory_disk *memory)
{
    if (memory_disk_find(memory, "log/00000000000000000001.seg") == last_segment(memory)) {
        return; /* no second segment yet */
    }
    static struct memory_disk cut;
    memory_disk_init(&cut);
    memory_disk_copy(&cut, memory);
    forget_witness(&cut);
    char path[DISK_PATH_MAX + 1];
    (void)snprintf(path, sizeof path, "%s", last_segment(&cut)->path);
    assert_int_equal(cut.disk.remove(&cut, path), ERR_OK);
    assert_damaged(restart(&cut), "missing");
    memory_disk_fini(&cut);
}

/* The engine stops between any two calls to the disk while it goes to a new segment. */
static void test_log_interrupted_rotation_goes_on(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    uint64_t count = 0;
    while (memory_disk_find(&original, "log/00000000000000000001.seg") == last_segment(&original)) {
        memory_disk_copy(&copy, &original);
        append(log, ++count);
    }
    log_close(log);
    static struct memory_disk before;
    memory_disk_init(&before);
    memory_disk_copy(&before, &copy);
    for (uint32_t writes = 0; writes < 5; writes++) {
        for (uint32_t syncs = 0; syncs < 4; syncs++) {
            memory_disk_copy(&copy, &before);
            log = open_log(&copy);
            copy.fail_writes_after = writes;
            copy.fail_syncs_after = syncs;
            encode(log, LOG_BATCH);
            uint64_t durable;
            enum err err = log_write_group(log, log_take_group(log), &durable);
            log_close(log);
            copy.fail_writes_after = UINT32_MAX;
            copy.fail_syncs_after = UINT32_MAX;
            struct kept kept = restart(&copy);
            assert_int_equal(kept.err, ERR_OK);
            assert_true(kept.count == count || (kept.count == count - 1 && err != ERR_OK));
            assert_old_segment_is_marked(&copy);
            log = open_log(&copy);
            append(log, count + 12);
            log_close(log);
            assert_int_equal(restart(&copy).count, count + 12);
        }
    }
    memory_disk_fini(&before);
}

static void test_log_first_error_is_for_good(void **state)
{
    (void)state;
    for (int what = 0; what < 2; what++) {
        memory_disk_fini(&original);
        memory_disk_init(&original);
        struct log *log = open_log(&original);
        append(log, 3);
        if (what == 0) {
            original.fail_writes_after = 0;
        } else {
            original.fail_syncs_after = 0;
        }
        encode(log, LOG_BATCH);
        assert_int_equal(write_pending(log), ERR_IO);
        original.fail_writes_after = UINT32_MAX;
        original.fail_syncs_after = UINT32_MAX;
        encode(log, LOG_BATCH);
        assert_int_equal(write_pending(log), ERR_IO);
        assert_int_equal(log_failure(log), ERR_IO);
        assert_int_equal(log_durable_position(log), 3);
        log_close(log);
    }
}

static void test_log_full_disk_takes_the_reserve_first(void **state)
{
    (void)state;
    original.free_bytes = LOG_WITNESS_SIZE + 2 * SEGMENT_SIZE + 1100;
    assert_int_equal(log_reserve_make(&original.disk, 1024), ERR_OK);
    assert_int_equal(log_reserve_make(&original.disk, 1024), ERR_OK); /* is there */
    struct log *log = open_log(&original);
    assert_true(log_space_is_low(log));
    uint64_t count = 0;
    enum err err = ERR_OK;
    while (err == ERR_OK) {
        assert_true(count < 100);
        encode(log, LOG_BATCH);
        err = write_pending(log);
        count += err == ERR_OK;
    }
    assert_int_equal(err, ERR_NO_SPACE);
    assert_int_equal(log_failure(log), ERR_NO_SPACE);
    assert_null(memory_disk_find(&original, LOG_RESERVE_PATH));
    log_close(log);
    assert_true(count > 20); /* more than two segments hold */
    original.free_bytes = 1 << 20;
    assert_int_equal(restart(&original).count, count);
}

static void test_log_reserve_comes_back_with_room(void **state)
{
    (void)state;
    original.free_bytes = LOG_WITNESS_SIZE + 8 * SEGMENT_SIZE;
    struct log *log = open_log(&original);
    assert_false(log_space_is_low(log));
    log_note_no_reserve(log);
    log_look_up_space(log);
    assert_true(log_space_is_low(log)); /* room for segments, but none for the reserve */
    original.free_bytes = LOG_RESERVE_SIZE_DEFAULT + 8 * SEGMENT_SIZE;
    log_look_up_space(log);
    assert_false(log_space_is_low(log));
    assert_non_null(memory_disk_find(&original, LOG_RESERVE_PATH));
    original.free_bytes = SEGMENT_SIZE;
    log_look_up_space(log);
    assert_true(log_space_is_low(log));
    log_close(log);
}

static void test_log_reader_follows_a_writer(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    struct log_options options = options_small();
    struct log_reader *reader;
    struct log_fault fault;
    struct log_entry entry;
    assert_int_equal(log_reader_open(&original.disk, &options, 1, &reader, &fault), ERR_OK);
    for (uint64_t count = 1; count <= 40; count++) {
        assert_int_equal(log_reader_next(reader, &entry, &fault), ERR_NOT_FOUND);
        append(log, count);
        assert_int_equal(log_reader_next(reader, &entry, &fault), ERR_OK);
        check_entry(&entry, count);
        assert_true(entry.is_durable);
    }
    log_reader_close(reader);
    log_close(log);
}

/* A reader that looks while a group is half written waits; it does not cry damage. */
static void test_log_reader_waits_for_a_group_in_flight(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    append(log, 4);
    memory_disk_copy(&copy, &original);
    append(log, 5);
    log_close(log);
    const struct memory_file *whole = last_segment(&original);
    uint64_t starts[3] = {0};
    uint64_t end = last_entries(whole, starts);
    struct log_options options = options_small();
    struct log_reader *reader;
    struct log_fault fault;
    struct log_entry entry;
    assert_int_equal(log_reader_open(&copy.disk, &options, 4, &reader, &fault), ERR_OK);
    assert_int_equal(log_reader_next(reader, &entry, &fault), ERR_OK);
    for (uint64_t at = starts[0]; at < end - 8; at++) {
        memcpy(last_segment(&copy)->bytes, whole->bytes, at);
        assert_int_equal(log_reader_next(reader, &entry, &fault), ERR_NOT_FOUND);
    }
    memcpy(last_segment(&copy)->bytes, whole->bytes, whole->size);
    assert_int_equal(log_reader_next(reader, &entry, &fault), ERR_OK);
    check_entry(&entry, 5);
    assert_false(entry.is_durable); /* written, but nobody has said that it was synced */
    log_reader_close(reader);
}

/* Bytes that look like an entry of another log, sent as the text of an event, must not make a torn tail look
 * like damage: that would keep the engine from starting after any power loss. */
static void test_log_foreign_entry_in_a_payload_proves_nothing(void **state)
{
    (void)state;
    struct log_header foreign = {.kind = LOG_BATCH, .position = 1000, .durable_before = 999};
    uint8_t chain[LOG_CHAIN_SIZE] = {0};
    uint8_t key[32] = {0};
    _Alignas(8) uint8_t payload[LOG_ENTRY_HEADER_SIZE];
    log_header_encode(&foreign, options_small().salt + 1, key, chain, payload);
    struct log *log = open_log(&original);
    append(log, 2);
    memory_disk_copy(&copy, &original);
    uint64_t position;
    assert_int_equal(log_encode(log, 3000, LOG_BATCH, payload, sizeof payload, NULL, 0, &position),
                     ERR_OK);
    assert_int_equal(write_pending(log), ERR_OK);
    log_close(log);
    struct memory_file *torn = last_segment(&copy);
    memcpy(torn->bytes, last_segment(&original)->bytes, torn->size);
    uint64_t starts[3] = {0};
    (void)last_entries(torn, starts);
    torn->bytes[starts[0] + 20] ^= 1;
    struct kept kept = restart(&copy);
    assert_int_equal(kept.err, ERR_OK);
    assert_int_equal(kept.count, 2);
    assert_true(kept.cut_bytes > 0);
}

static void test_log_wrong_key_is_refused(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    append(log, 3);
    log_close(log);
    struct log_options options = options_small();
    options.chain_key[5] = 1;
    uint64_t cut_bytes;
    struct log_fault fault;
    assert_int_equal(log_open(&original.disk, &options, &log, &cut_bytes, &fault), ERR_DAMAGED);
    assert_non_null(strstr(fault.what, "key"));
}

static void test_log_redacted_places_keep_the_chain(void **state)
{
    (void)state;
    struct log *log = open_log(&original);
    append(log, 5);
    log_close(log);
    struct memory_file *file = last_segment(&original);
    uint64_t starts[3] = {0};
    (void)last_entries(file, starts); /* entries 5, 4, 3; entry 4 has one place */
    struct log_header header;
    uint64_t salt = options_small().salt;
    assert_int_equal(log_header_decode(file->bytes + starts[1], salt, &header), ERR_OK);
    assert_int_equal(header.places_size, 8);
    uint64_t places = starts[1] + LOG_ENTRY_HEADER_SIZE + log_pad8(header.payload_size);
    memset(file->bytes + places, 0, 8);
    assert_damaged(read_all(&original, 5), "location bytes");
    uint64_t mark = log_redaction_mark(4, salt);
    memcpy(file->bytes + starts[1] + 112, &mark, 8);
    struct log_options options = options_small();
    struct log_reader *reader;
    struct log_fault fault;
    struct log_entry entry;
    assert_int_equal(log_reader_open(&original.disk, &options, 4, &reader, &fault), ERR_OK);
    assert_int_equal(log_reader_next(reader, &entry, &fault), ERR_OK);
    assert_true(entry.is_redacted);
    assert_int_equal(log_reader_next(reader, &entry, &fault), ERR_OK);
    check_entry(&entry, 5);
    log_reader_close(reader);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(test_log_reads_back_over_segments_and_restarts),
        LOG_TEST(test_log_syncs_once_per_group),
        LOG_TEST(test_log_seal_is_needed_after_entries_only),
        LOG_TEST(test_log_time_never_goes_back),
        LOG_TEST(test_log_group_larger_than_a_segment_gets_its_own),
        LOG_TEST(test_log_cut_file_is_refused_at_every_byte),
        LOG_TEST(test_log_zeroed_end_is_refused_at_every_byte),
        LOG_TEST(test_log_torn_group_is_cut_loudly),
        LOG_TEST(test_log_every_flipped_bit_is_noticed),
        LOG_TEST(test_log_missing_segments_are_noticed),
        LOG_TEST(test_log_lost_as_a_whole_is_noticed),
        LOG_TEST(test_log_interrupted_rotation_goes_on),
        LOG_TEST(test_log_first_error_is_for_good),
        LOG_TEST(test_log_full_disk_takes_the_reserve_first),
        LOG_TEST(test_log_reserve_comes_back_with_room),
        LOG_TEST(test_log_reader_follows_a_writer),
        LOG_TEST(test_log_reader_waits_for_a_group_in_flight),
        LOG_TEST(test_log_foreign_entry_in_a_payload_proves_nothing),
        LOG_TEST(test_log_wrong_key_is_refused),
        LOG_TEST(test_log_redacted_places_keep_the_chain),
    };
    return cmocka_run_group_tests_name("tests/unit/edge/test_log", tests, NULL, NULL);
}
