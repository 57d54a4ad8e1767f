/* run_gateways.h: the sources of a trace as gateways: batches with numbers, one in flight each, sent again when refused.
 *
 * Each event travels in a batch of its own, as a gateway without a backlog sends it. What became of each event is kept: the ledger of the run.
 *
 * Owner   init/fini
 * Errors  a lack of memory stops the process */
#ifndef SIM_RUN_GATEWAYS_H
#define SIM_RUN_GATEWAYS_H

#include "sim/report_cases.h"
#include "sim/run_wire.h"
#include "sim/trace_file.h"
#include "sim/truth.h"
#include "sim/virtual_queue.h"

#define GATEWAYS_MAX 256u
#define GATEWAYS_PLAN_RESEND 100u /* plan kind; who: client */

/* What became of one event, and what the trace says really happened. */
struct event_record {
    int64_t at_ms;
    uint32_t record; /* row of report_cases, NONE32 = none */
    uint16_t code;   /* enum code; CODE_NOTHING until answered */
    bool has_place;
    bool is_late;
    uint8_t truth_kind; /* enum truth_kind */
    uint16_t source;    /* row of run_gateways.rows */
    uint64_t incident;  /* truth_incident_of, 0 = unknown */
    struct hash128 id;  /* as the core knows it */
    uint64_t type_hash; /* low half of facts_hash */
    json_t *truth;      /* a reference, or NULL */
};

/* A batch that waits for its answer or its turn. */
struct gateway_batch {
    struct gateway_batch *next;
    uint64_t seq;
    uint32_t event;  /* row of events */
    uint8_t *packed; /* the EventBatch as the outbox keeps it */
    size_t packed_size;
};

struct run_gateway {
    char id[CODEC_KEY_ID_SIZE_MAX + 1];
    uint64_t last_seq;
    bool is_in_flight;
    struct gateway_batch *first, *last;
};

struct run_gateways {
    struct run_wire *wire;
    struct virtual_queue *queue;
    struct report_cases *cases;
    uint32_t client_first; /* client numbers from here on are gateways */
    uint32_t count;
    struct run_gateway rows[GATEWAYS_MAX];
    struct event_record *events;
    uint32_t event_count, event_room; /* rows, free ones included */
    uint32_t event_free;              /* first free row by its `record`, NONE32 */
    bool keep_truth;
    bool is_folding; /* rows of answered events are used again */
    uint64_t seen, late;
    uint64_t answered;
    uint64_t by_code[128]; /* results, by enum code */
    uint64_t resends;
};

void run_gateways_init(struct run_gateways *gateways, struct run_wire *wire,
                       struct virtual_queue *queue, struct report_cases *cases,
                       uint32_t client_first);
void run_gateways_fini(struct run_gateways *gateways);

/* Queues an event and sends it at once. ERR_TOO_LARGE: more than GATEWAYS_MAX sources or an id too long. */
enum err run_gateways_add(struct run_gateways *gateways,
                          const struct trace_event *event) WARN_UNUSED;

void run_gateways_answer(struct run_gateways *gateways, uint32_t client,
                         const Gridloop__Wire__Answer *answer, int64_t now_ms);
void run_gateways_resend(struct run_gateways *gateways, uint32_t client);

#endif
