/* node_state.h: what node.c, node_intake.c, node_batch.c and node_answer.c share. Nobody else
 * includes it. */
#ifndef ENGINE_EDGE_NODE_STATE_H
#define ENGINE_EDGE_NODE_STATE_H

#include "engine/city/facts.h"
#include "engine/edge/block.h"
#include "engine/edge/lanes.h"
#include "engine/edge/latest.h"
#include "engine/edge/node.h"
#include "engine/edge/outputs.h"
#include "engine/edge/polls.h"
#include "engine/edge/sessions.h"
#include "proto/codec.h"

#define NODE_BATCH_CAPACITY (12u << 20) /* batch_bytes and then one request of the largest kind */
#define NODE_BATCH_BYTES_MAX (2u << 20)
#define NODE_ITEMS_MAX 64u /* items in one Tasks; the rest follows when these are acknowledged */
#define NODE_HINTS_MAX 16u /* nearest types looked up for one answer */

/* A pair of images, owned. Zero: none. */
struct node_pair {
    void *city_bytes;
    void *policy_bytes;
    struct hash128 city;
    struct hash128 policy;
    uint64_t city_size;
    uint64_t policy_size;
};

/* Strings of one item while an answer is packed. */
struct node_item_text {
    char case_no[36];
    char title[256];
    char place_name[128];
    char class_code[64];
    char task[256];
    char reporter[CONTACT_MASK_SIZE];
};

/* The blob that waits for the caller or is being written. */
struct node_blob_slot {
    uint8_t *bytes; /* CODEC_BLOB_SIZE_MAX, taken when the first blob comes; NULL until then */
    struct node_blob blob;
    bool is_used, is_out;
    uint64_t request_id;
    uint32_t route_size;
    uint8_t route[NODE_ROUTE_MAX];
};

/* The request for other rules that waits for the caller or is being compiled. */
struct node_rules_slot {
    struct node_rules rules;
    struct node_rules_counts counts;
    bool is_used, is_out;
    bool is_signed;  /* node->next is what it asked for */
    bool is_settled; /* answered DONE when node->next is in the log */
    uint64_t request_id;
    uint32_t route_size;
    uint8_t route[NODE_ROUTE_MAX];
};

#define NODE_CHECKLIST_MAX 96u /* lines of checklists in one Tasks */

struct node_check_text {
    char id[64];
    char text[256];
};

/* Checklists of the items of an answer while it is packed. */
struct node_checklist {
    uint32_t used;
    Gridloop__Wire__ChecklistLine rows[NODE_CHECKLIST_MAX];
    Gridloop__Wire__ChecklistLine *pointers[NODE_CHECKLIST_MAX];
    struct node_check_text texts[NODE_CHECKLIST_MAX];
};

/* Why an event was held back, or how much of it a rule has. */
struct node_held {
    struct suppress_reason first; /* of SUPPRESSED */
    uint32_t count;               /* of all reasons */
    uint32_t rule;                /* row of POLICY_RULES */
    uint32_t have, need;          /* of WAITING */
    uint16_t code;                /* SUPPRESSED, WAITING; NOTHING: neither */
};

/* The same of an event with a number, for its resend. */
#define NODE_KEPT_MAX 256u
struct node_kept {
    struct hash128 principal;
    uint64_t epoch, seq;
    uint32_t index; /* in its batch */
    struct node_held held;
};

struct node {
    struct node_options options;
    struct block core_block;
    struct core *core;
    struct facts *facts;        /* of the active pair; NULL until the first need */
    struct node_pair active;    /* what the core reads */
    struct node_pair before[2]; /* kept: the core may read an image until two activations later */
    struct node_pair next;      /* waits for its ACTIVATE */
    struct sessions sessions;
    struct lanes lanes;
    struct latest latest;
    struct polls polls;
    struct outputs outputs;
    void *arena_bytes;
    struct codec_arena arena;   /* of the request being read */
    struct fact_record *record; /* scratch of resolving */

    /* the batch being built or waiting for node_appended */
    uint8_t *payload;
    struct place *places;
    struct batch_writer writer;
    uint32_t *flights; /* request row per command, NONE32 = the node's own */
    bool is_batch_out; /* node_turn gave it, node_appended has not come */
    bool was_alone;    /* the last one held life-safety requests and nothing else */
    int64_t batch_time_ms;

    /* the command being stepped */
    struct effect_result *results;
    uint32_t result_count;
    struct node_held *held;    /* of results[i] */
    struct node_held held_now; /* of the event being decided */
    bool has_held;             /* false: results are those of a resend, held is of others */
    struct node_kept kept[NODE_KEPT_MAX]; /* a ring */
    uint32_t kept_count;                  /* ever */
    uint32_t *items_for;                  /* sessions that got an item in this batch */
    uint32_t items_for_count;
    bool is_activated; /* the core took a new pair in this batch */

    uint64_t position; /* last appended */
    uint64_t durable;
    int64_t now_ms;               /* greatest seen */
    int64_t last_time_ms;         /* of the last entry */
    uint32_t entries_since_check; /* entries since the last CHECKPOINT */
    bool has_started;             /* START of this run is in the log */
    bool has_clock;               /* the log says which clock it runs on */
    uint32_t clock_mode;
    uint32_t clock_speed;
    bool is_stopping;
    uint32_t
        shed; /* enum node_shed: why reports and telemetry are refused for now, 0 = they are not */
    uint64_t output_position; /* of the answer being given out: it is dropped at the next call */
    bool is_output_out;
    struct node_item_text *item_text; /* NODE_ITEMS_MAX */
    struct node_checklist *checklist;
    struct node_observer observers[NODE_OBSERVERS_MAX];
    uint32_t observer_count;
    struct node_gauge_source gauges;
    struct node_blob_slot blob;
    struct session asker; /* the rate of all who ask for counters or plans, together */
    struct node_rules_slot rules;
    struct node_counts counts;
};

/* Where an answer goes. */
struct node_reply {
    const uint8_t *route;
    uint32_t route_size;
    uint64_t request_id;
};

static inline struct node_reply node_reply_to(const struct request *request)
{
    return (struct node_reply){request->route, request->route_size, request->request_id};
}

/* ---- node.c ---- */
/* Builds facts and sessions of the active pair if that was not done yet; false when no pair is
 * active. */
bool node_adopt(struct node *node);
/* Steps one command and tells observers; results of it are in node->results. */
void node_step(struct node *node, int64_t time_ms, const struct command *command);
void node_pair_free(struct node_pair *pair);
/* Finds a pair of images by their digests and stages it with the core: it becomes node->next. */
enum err node_load_pair(struct node *node, struct hash128 city, struct hash128 policy) WARN_UNUSED;
/* The core took node->next: it becomes active. */
void node_promote_pair(struct node *node);

/* ---- node_batch.c ---- */
void node_release_due_polls(struct node *node);
/* An event of the wire as facts take it; what it borrows from. */
struct node_sent_event {
    struct fact_event event;
    struct fact_field fields[CODEC_FIELDS_MAX];
    char name[64];
};
/* Into node->record. index: among the events of the request; device_hash: of facts_look_ahead, or none. */
void node_resolve_event(struct node *node, const struct request *request, const char *source,
                        const Gridloop__Wire__Event *wire, uint32_t index,
                        struct hash128 device_hash, struct node_sent_event *sent);

/* ---- node_load.c ---- */
/* 0 calm .. 3 full. */
uint32_t node_pressure(const struct node *node);
/* Batches an identity may have in flight under this pressure. */
uint32_t node_credit(const struct node *node);
/* Real ms after which to try again under this pressure. */
int64_t node_retry_ms(const struct node *node);
/* Was it cut off for ignoring its credit? Then *out_retry_ms says for how long (real ms). */
bool node_is_cut(const struct node *node, const struct session *session, int64_t *out_retry_ms);
void node_note_violation(struct node *node, struct session *session);
/* Telemetry that was just queued: marks what it overtakes. */
void node_coalesce(struct node *node, uint32_t row, const Gridloop__Wire__EventBatch *batch);
/* OVERLOADED, with the reason as its hint. */
void node_refuse_load(struct node *node, struct node_reply reply);

/* ---- node_hints.c ---- */
/* The request whose results are being answered, opened again when a hint wants its events. Zero at first. */
struct node_asked {
    struct codec_request opened;
    Gridloop__Wire__Event **events;
    uint32_t count;
    bool is_read;
};
/* Of the event being decided. */
void node_note_firing(struct node *node, const struct effect_firing *firing);
/* After a command with numbered events: for their resend. */
void node_keep_held(struct node *node, const struct command_head *head);
/* What its sender should know besides the code, into out of HINT_SIZE; "" nothing. */
const char *node_hint(struct node *node, const struct request *request, struct node_asked *asked,
                      uint32_t index, const struct effect_result *result, char *out);

/* ---- node_answer.c: each queues an answer that rests on the last appended position ---- */
struct node_refusal {
    enum code code;
    int64_t retry_after_ms; /* real ms, 0 = no use in waiting */
    const char *hint;       /* NULL: the code's own words */
    uint64_t expected_seq;  /* SEQ_GAP */
};
void node_answer_refusal(struct node *node, struct node_reply reply,
                         const struct node_refusal *refusal);
void node_answer_welcome(struct node *node, struct node_reply reply, const struct session *session);
/* Results of a request: of an EVENTS an ack, of an ACT or REPORT an ActResult. */
void node_answer_results(struct node *node, const struct request *request, struct node_reply reply,
                         const struct effect_result *results, uint32_t count);
/* Items after ack_seq, perhaps none. */
void node_answer_tasks(struct node *node, struct node_reply reply, const struct session *session,
                       uint64_t ack_seq);
void node_answer_counters(struct node *node, struct node_reply reply);
/* For the files that put an answer together themselves: fills in number and clock. */
void node_queue_answer(struct node *node, struct node_reply reply, Gridloop__Wire__Answer *answer);
void node_answer_stored(struct node *node, struct node_reply reply);
/* node_plans.c */
/* node_silences.c: one page of silences, for plan asks with what = 4. */
void node_answer_silences(struct node *node, struct node_reply reply, uint32_t after,
                          bool is_chinese);

void node_receive_plan_ask(struct node *node, struct node_reply reply,
                           const struct session *session, const Gridloop__Wire__PlanAsk *wire);
/* node_rules.c */
void node_receive_rules(struct node *node, struct node_reply reply, const struct session *session,
                        const Gridloop__Wire__Rules *wire);
/* The core took node->next. */
void node_rules_settled(struct node *node);
/* Who and why, of the ACTIVATE of node->next. */
void node_rules_sign(const struct node *node, struct command_head *head,
                     struct activate_body *body);
/* node_blob.c */
void node_receive_blob(struct node *node, struct node_reply reply, struct hash128 owner,
                       const Gridloop__Wire__BlobPut *wire);
/* Has that person items after ack_seq? */
bool node_has_items(const struct node *node, const struct session *session, uint64_t ack_seq);

#endif
