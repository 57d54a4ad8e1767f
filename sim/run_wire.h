/* run_wire.h: the client side of the wire for simulated gateways and people: real frames, no socket.
 *
 * A message is sealed into the wire's own buffer and handed to `send` at once; answers come back as bytes and are opened
 * with the same checks a real client makes.
 *
 * Owner   init/fini; frames and opened answers are borrowed until the next call */
#ifndef SIM_RUN_WIRE_H
#define SIM_RUN_WIRE_H

#include "engine/core/distance.h"
#include "proto/codec.h"

struct run_wire {
    void (*send)(void *context, uint32_t client, const void *frame, size_t size);
    void *context;
    uint8_t *frame;   /* CODEC_FRAME_SIZE_MAX */
    uint8_t *scratch; /* of the arena */
    struct codec_arena arena;
    uint64_t request_id; /* of the last request */
    uint64_t sent;       /* frames */
};

enum err run_wire_init(struct run_wire *wire,
                       void (*send)(void *context, uint32_t client, const void *frame, size_t size),
                       void *context) WARN_UNUSED;
void run_wire_fini(struct run_wire *wire);

/* Who speaks: its number in this process and its identity. */
struct run_speaker {
    uint32_t client;
    const char *key_id; /* terminated */
};

struct run_fix {
    struct place place; /* PLACE_NONE: no fix */
    int64_t at_ms;
};

void run_wire_poll(struct run_wire *wire, struct run_speaker speaker, uint64_t ack_seq,
                   uint32_t status, struct run_fix fix);

/* An act as a client keeps it in its outbox. */
struct run_act {
    uint64_t epoch, seq;
    uint64_t order;   /* 0: about the case */
    char case_no[48]; /* "" : about the order */
    uint32_t action;  /* enum action */
    uint32_t reason;  /* enum reason */
    char text[48];    /* "" = none */
    char subject[64]; /* "" = none */
    bool has_photo;
    char other_case[48]; /* "" = none */
    int64_t until_ms;
    uint32_t amount;
    struct run_fix fix;
};
void run_wire_act(struct run_wire *wire, struct run_speaker speaker, const struct run_act *act);

void run_wire_batch(struct run_wire *wire, struct run_speaker speaker,
                    const Gridloop__Wire__EventBatch *batch);

/* Opens an answer; must() when it is not one: the engine never sends anything else. */
const Gridloop__Wire__Answer *run_wire_open(struct run_wire *wire, const void *bytes, size_t size);

/* protobuf-c's structs take char *, and sealing does not write through it. */
char *run_wire_text(const char *text);

#endif
