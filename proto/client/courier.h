/* courier.h: carries an outbox to an engine: greeting, credit, order, resending, refusals.
 *
 * Shared by gateways (a batch = many events) and workers (a batch = one act or report). The courier decides what
 * is sent when; what an answer means to people is its owner's affair, told by on_settled.
 *
 *   not greeted --Welcome--> greeted: batches go out in order, at most `credit` in flight
 *   answered            the oldest answered batches leave the outbox; on_settled was called
 *   silence             the oldest unanswered and all after it are sent again, later each time, then at the next url
 *   SEQ_GAP             sent again from the number expected; or, when the engine has never heard of this outbox,
 *                       everything waiting is numbered anew under a new epoch (it cannot have been taken)
 *   RATE, OVERLOADED, RESOLVE_AGAIN, NO_CITY, TABLE_FULL    the same later
 *   EPOCH_OLD, UNKNOWN_IDENTITY, NO_RIGHT                   the same later, and `held_code` says so
 *   MALFORMED, TOO_LARGE ...   a batch of many is cut smaller to find the one at fault; that one is settled as refused
 *
 * Owner   its link and outbox; one thread */
#ifndef PROTO_CLIENT_COURIER_H
#define PROTO_CLIENT_COURIER_H

#include "proto/client/link.h"
#include "proto/client/outbox.h"

/* Payload tags of outbox items: the field of Request that carries them. */
enum courier_tag { COURIER_EVENT = 3, COURIER_ACT = 5, COURIER_REPORT = 6 };

struct courier_options {
    uint32_t batch_items_max; /* 1 for acts and reports */
    uint32_t resend_ms;
    uint32_t credit_max;
    /* All items of a batch are settled: by a BatchAck or ActResult, or refused for good by a Reject. The batch is
     * still in the outbox and can be read. */
    void (*on_settled)(void *context, uint32_t batch_index, const Gridloop__Wire__Answer *answer);
    void (*on_welcome)(void *context, const Gridloop__Wire__Welcome *welcome);
    void *context;
};

/* One batch on its way; the index is that of the outbox's batch. */
struct courier_flight {
    uint64_t request_ids[4]; /* of the last sends, newest first; 0 = none */
    int64_t sent_at_ms;      /* 0 = must be sent */
    uint64_t sent_number;    /* orders the sends of all flights */
    bool is_settled;
};

struct courier {
    struct link link;
    struct outbox *outbox;
    struct courier_options options;
    struct courier_flight flights[OUTBOX_BATCHES_MAX];
    bool is_greeted;
    uint64_t hello_id;
    int64_t hello_at_ms;
    int64_t hold_until_ms; /* nothing is sent before */
    uint32_t resend_ms;    /* grows while nobody answers */
    uint32_t silences;     /* resends since the last answer */
    int64_t blocked_at_ms; /* since when there is no connection to greet on; 0 = there is */
    uint32_t credit;
    uint32_t
        small_left; /* items still to be sent in batches of one, looking for the one at fault */
    uint64_t sends;
    uint32_t renewals;      /* of the link's session, as last seen */
    int64_t answered_at_ms; /* last answer of any kind, 0 = never */
    enum code held_code;    /* why the engine refuses for now, CODE_NOTHING = it does not */
    char hint[160];         /* of the last refusal */
    enum err failure;       /* of the outbox file; nothing more is sent after it */
};

/* Opens link and outbox. out_cut_size as outbox_open. */
enum err courier_open(struct courier *courier, const char *urls, const char *identity,
                      struct link_key key, const char *path, const struct outbox_options *outbox,
                      const struct courier_options *options, uint64_t *out_cut_size) WARN_UNUSED;
void courier_close(struct courier *courier);

/* Handles what came and sends what is due, without waiting. Returns how many batches were settled. */
uint32_t courier_turn(struct courier *courier);

/* Real ms until courier_turn has something to do of itself; the fd may wake it earlier. */
uint32_t courier_wait_ms(const struct courier *courier);

/* Waits for an answer or wait_ms, then a turn. */
uint32_t courier_wait(struct courier *courier, uint32_t wait_ms);

/* Waits until nothing is left to send; false when the time is over or the outbox failed. */
bool courier_flush(struct courier *courier, uint32_t wait_ms);

/* Forget the greeting: the other side may have changed. */
void courier_greet_again(struct courier *courier);

#endif
