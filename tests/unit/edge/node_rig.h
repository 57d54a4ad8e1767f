/* node_rig.h: a node on the test town with a fake clock and a fake disk that becomes durable when told. */
#ifndef TESTS_UNIT_EDGE_NODE_RIG_H
#define TESTS_UNIT_EDGE_NODE_RIG_H

#include "engine/edge/node.h"
#include "proto/codec.h"

/* Tuesday 2026-03-03 08:20 in Shanghai. */
#define RIG_START_MS INT64_C(1772497200000)
#define RIG_ENTRIES_MAX 512u

struct rig_entry {
    struct log_entry entry;
    uint8_t *payload;
    uint8_t *places;
};

struct rig {
    struct node *node;
    struct node_options options;
    void *city_bytes, *policy_bytes;
    size_t city_size, policy_size;
    int64_t now_ms;
    uint64_t position;
    struct rig_entry
        entries[RIG_ENTRIES_MAX]; /* everything appended, as a log would give it back */
    uint32_t entry_count;
    uint64_t request_id;
    struct codec_arena arena; /* of the answer read last */
    void *arena_bytes;
    struct codec_answer answer;
    struct hash128 effects; /* digest of all effects seen */
};

/* options NULL = small ones. */
void rig_open(struct rig *rig, const struct node_options *options);
void rig_close(struct rig *rig);

/* Replaces the node by a new one recovered from the entries. */
void rig_restart(struct rig *rig);

/* Sends a request; returns its id. */
uint64_t rig_send(struct rig *rig, const char *who, Gridloop__Wire__Request *request);

/* Appends what there is, without making it durable. Returns how many batches. */
uint32_t rig_append(struct rig *rig);

/* The next answer that may leave, opened; NULL when none. */
const Gridloop__Wire__Answer *rig_next(struct rig *rig);

/* Append, durable, next answer. */
const Gridloop__Wire__Answer *rig_settle(struct rig *rig);

/* One garbage event of camera C-001 with that fill; serial makes its id. */
uint64_t rig_send_garbage(struct rig *rig, uint64_t epoch, uint64_t seq, uint32_t serial,
                          double fill);
/* The same with `count` events, serial, serial + 1 ... */
#define RIG_BATCH_MAX 16u
uint64_t rig_send_garbage_batch(struct rig *rig, uint64_t epoch, uint64_t seq, uint32_t serial,
                                uint32_t count, double fill);
/* A batch of one event, in epoch 1; of that type and nothing else. */
void rig_send_event(struct rig *rig, const char *who, uint64_t seq, Gridloop__Wire__Event *event);
void rig_send_type(struct rig *rig, const char *who, uint64_t seq, const char *type_name);
uint64_t rig_send_poll(struct rig *rig, const char *who, uint64_t ack_seq, uint32_t wait_ms);
uint64_t rig_send_act(struct rig *rig, const char *who, uint64_t epoch, uint64_t seq,
                      uint64_t order, const char *case_no, uint32_t action);

#endif
