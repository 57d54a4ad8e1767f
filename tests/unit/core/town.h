/* town.h: a compiled town (tests/data/town) with a core on it: tests speak in ids and minutes.
 *
 * Every command goes through the batch writer and reader, as in production, and core_check() runs after each step. */
#ifndef TESTS_UNIT_CORE_TOWN_H
#define TESTS_UNIT_CORE_TOWN_H

#include "engine/city/facts.h"
#include "engine/core/core.h"

#define TOWN_EFFECTS_MAX 4096u

/* Tuesday 2026-03-03 08:20 in Shanghai. */
#define TOWN_START_MS INT64_C(1772497200000)

struct town {
    void *city_bytes;
    void *policy_bytes;
    size_t city_size, policy_size;
    void *old_bytes[16]; /* images of pairs before */
    uint32_t old_count;
    void *block;
    size_t block_size;
    struct core *core;
    struct facts *facts;
    struct city city;
    struct policy policy;
    int64_t now_ms;
    uint32_t check_every; /* core_check() after every so many commands; 0 = each */
    uint32_t step_count;
    uint64_t event_serial;
    uint64_t act_serial;
    struct effect *effects; /* since town_open; starts over after TOWN_EFFECTS_MAX */
    uint32_t effect_count;
    uint32_t told[ACTION_LIMIT]; /* timeline entries by action, since town_open */
    struct hash128 effects_digest;
    struct effect_result last; /* newest EFFECT_RESULT */
};

/* Compiles the town and starts a core on it. limits NULL = small ones. */
void town_open(struct town *town, const struct limits *limits);
struct limits town_limits(void);

/* The same with another city directory. */
void town_open_at(struct town *town, const struct limits *limits, const char *directory);

/* Compiles another city directory and activates it; the pair before stays readable. */
void town_move(struct town *town, const char *directory);

/* cmocka's setup and teardown of a test with a town of its own. With a changed copy of the directory: town_setup_at. limits
 * NULL = small ones. */
int town_setup(void **state);
int town_setup_at(void **state, const struct limits *limits, const char *copy);
int town_teardown(void **state);

/* Adds a file to such a copy, and its folder if need be. */
void town_write(const char *directory, const char *file, const char *text);

/* A copy of the town's directory to change, gone when the program ends; the path is kept in a static buffer. */
const char *town_copy(void);

/* Replaces the line of a file of that copy that starts with prefix (NULL: adds one at the end); line NULL removes it. */
void town_edit(const char *directory, const char *file, const char *prefix, const char *line);

/* Bytes of a snapshot in memory, for struct snapshot_sink and snapshot_source. */
struct town_bytes {
    uint8_t *at; /* to be freed */
    size_t size, capacity, read;
    size_t piece; /* most bytes given at once; 0 = as many as asked for */
};
enum err town_keep(void *context, const void *bytes, size_t size);
enum err town_give(void *context, void *bytes, size_t size, size_t *out_size);

/* What town_give brings becomes the town's core, in the block of the one before. */
enum err town_load(struct town *town, struct town_bytes *bytes);

/* The engine is killed and starts again from a snapshot of now. */
enum err town_restart(struct town *town);

/* The bin at camera C-001 is full: a case. */
struct case_no town_bin_case(struct town *town);

/* The whole core as it is now, and back to it: the next act starts from the same state. */
void *town_save(const struct town *town);
void town_restore(struct town *town, const void *saved);
void town_close(struct town *town);

/* Lets time pass, firing timers as the shell would. */
void town_pass(struct town *town, int64_t ms);

struct town_field {
    const char *name;
    const char *text; /* or NULL and: */
    int64_t number;   /* millionths */
};

/* Sends one event; fields end with a NULL name. place (PLACE_NONE) or device. Returns the result's code. */
enum code town_event(struct town *town, const char *source, const char *type, const char *device,
                     struct place place, const struct town_field *fields);

/* One event of a batch. */
struct town_report {
    const char *id, *type, *device;
    struct place place;
    int64_t after_ms; /* event time, from now */
    uint16_t flags;   /* enum event_flag */
    const struct town_field *fields;
    uint64_t contact; /* name of its key, 0 = none; the ciphertext is made of it */
};

struct town_outbox {
    uint64_t epoch, seq, digest;
};

/* Sends a batch under numbers of the caller's choice; epoch 0: a door without an outbox. */
void town_send(struct town *town, const char *source, struct town_outbox outbox,
               const struct town_report *reports, uint32_t count);

/* A person acts on an order (number) or, with order 0, on the case no. */
enum code town_act(struct town *town, const char *who, uint64_t order, struct case_no no,
                   enum action action, enum reason reason, struct place place, const char *subject);

/* An act with all that it may bring; what is not set is none. */
struct town_deed {
    uint64_t order;
    struct case_no no, other;
    enum action action;
    enum reason reason;
    bool has_place;
    struct place place;
    const char *subject, *text;
    int64_t until_ms;
    uint32_t amount;
    const struct hash128 *evidence;
    uint16_t evidence_count;
};
enum code town_do(struct town *town, const char *who, struct town_deed deed);

void town_seen(struct town *town, const char *who, enum worker_status status, struct place fix);

void town_items_taken(struct town *town, const char *who, uint64_t item_seq);

/* Sends raw command bytes built by the caller through the core. */
void town_step(struct town *town, const struct batch_writer *writer);

/* Look-ups. */
struct case_view town_case(const struct town *town, struct case_no no);
const char *town_holder(const struct town *town,
                        struct case_no no); /* person id or post code, static buffer */
uint64_t town_order_of(const struct town *town,
                       const char *who); /* newest active order, 0 = none */
uint32_t town_count(const struct town *town,
                    enum action action); /* timeline entries of that action */
const struct effect_decision *town_decision(const struct town *town); /* newest, or NULL */
struct hash128 town_id(const char *id);

#endif
