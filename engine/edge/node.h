/* node.h: the engine without a socket, a file or a clock: bytes and time in, bytes out.
 *
 * A node owns the core, the facts of the active images, the sessions of all identities, the intake
 * lanes and the answers waiting to leave. The libuv shell and the fault simulation drive the very
 * same calls:
 *
 *   start    node_open -> node_recover for every entry read back -> node_activate (a city and its
 * rules) a turn   node_receive*  ->  node_turn ... -> log append -> node_appended    (repeat while
 * node_turn gives batches) later    node_durable(position) -> node_next_output* until false -> send
 *   sleep    until node_next_wake_ms, a frame, or a durable position
 *
 * Every batch that node_turn hands out must be given back by node_appended before node_turn is
 * called again: the core steps through the appended bytes just as a replay would. The core may run
 * ahead of the disk, answers may not: each answer is tagged with the position it rests on and
 * leaves only when that is durable.
 *
 * Time     now_ms is the log clock. A smaller value than one seen before counts as the greatest
 * seen. Owner    the caller owns route and frame bytes during the call only; outputs and batches
 * are borrowed until the next call on the node Bounds   struct node_limits; a full queue answers
 * OVERLOADED with retry_after_ms Errors   node_recover: ERR_MISMATCH, ERR_MALFORMED, ERR_NOT_FOUND
 * (an image is missing). node_receive never fails: what is wrong with a frame is answered (or
 * counted, when there is nobody to answer) */
#ifndef ENGINE_EDGE_NODE_H
#define ENGINE_EDGE_NODE_H

#include "engine/core/code.h"
#include "engine/core/command.h"
#include "engine/core/core.h"
#include "engine/core/err.h"
#include "engine/edge/contact.h"
#include "engine/edge/log.h"
#include "engine/edge/seals.h"

#define NODE_ROUTE_MAX                                                                             \
    256u /* bytes of an opaque reply address (nanomsg's REP header and a socket number) */
#define NODE_FRAME_MAX (4u << 20) /* bytes of a frame; NN_RCVMAXSIZE */

struct node; /* opaque */

/* Bounds of the edge; those of the core are struct limits. */
struct node_limits {
    uint32_t queue_requests; /* requests waiting per lane */
    uint64_t queue_bytes; /* bytes of frames waiting, all lanes together; twice that is set aside */
    uint32_t polls;       /* polls held at once */
    uint32_t outputs;     /* answers waiting for the disk */
    uint64_t output_bytes; /* bytes of those */
    uint64_t batch_bytes;  /* a batch is closed when its payload passes this */
    uint64_t
        slice_bytes; /* ... or when reports and telemetry in it pass this: what is urgent waits for one slice */
    uint32_t batch_commands;     /* commands in one batch */
    uint32_t credit;             /* batches of one identity in flight */
    uint32_t rate_per_s;         /* requests one identity may send per real second, sustained */
    uint32_t rate_burst;         /* ... and at once */
    uint32_t checkpoint_entries; /* entries between two state digests; 0 = none */
};
struct node_limits node_limits_default(void);

/* Finds an image that an ACTIVATE in the log names. *out_bytes is malloc'ed, 8-aligned, owned by
 * the node. */
struct node_images {
    enum err (*load)(void *context, struct hash128 digest, void **out_bytes, uint64_t *out_size);
    void *context;
};

struct node_options {
    struct limits limits; /* of the core */
    struct node_limits edge;
    uint32_t clock_mode; /* 0 wall, 1 scaled: recorded as COMMAND_START in the first entry */
    uint32_t speed;      /* log ms per real ms; 1 for wall */
    struct node_images
        images;       /* for node_recover; load may be NULL when nothing will be recovered */
    bool takes_blobs; /* somebody calls node_take_blob; else blobs are refused UNKNOWN_COMMAND */
    struct contact_keys keys; /* take NULL: reports with a contact are refused NO_KEYS */
    /* What decides a command: core_step. A measurement of the edge alone puts something cheaper here. */
    void (*step)(struct core *core, int64_t now_ms, const struct command *command,
                 const struct effect_sink *sink);
};
struct node_options node_options_default(void);

/* Allocates everything. ERR_MEMORY. */
enum err node_open(const struct node_options *options, struct node **out_node) WARN_UNUSED;
void node_close(struct node *node); /* NULL is fine */

/* ---- start ---- */

/* Steps one entry that the log already holds, in order, before any other call. Its effects are not
 * sent (observers see them); every entry read back counts as durable. ERR_MISMATCH: the state
 * differs from a recorded digest. */
enum err node_recover(struct node *node, const struct log_entry *entry) WARN_UNUSED;

/* Takes the state of a snapshot instead of the entries up to its position (snapshot_file.h); before any node_recover,
 * which goes on behind it. Sessions are rebuilt from the core, as after any recovery. ERR_NOT_FOUND and ERR_DAMAGED also
 * for its images. After an error the node is as it was opened. */
struct snapshot_info;
enum err node_restore(struct node *node, const struct disk *disk, const struct snapshot_info *info,
                      struct log_fault *out_fault) WARN_UNUSED;

/* What node_restore will want to know of this moment: all of the header but the log's identity and what is only known
 * when the state has been written. No batch may be out. */
void node_describe(const struct node *node, struct snapshot_info *out_info);

/* What the log's first entry says of its clock; false when the log has no entry. Mixing clocks is
 * the caller's to refuse. */
bool node_recorded_clock(const struct node *node, uint32_t *out_mode, uint32_t *out_speed);

/* Uses this pair of images from the next batch on (copies both). Nothing happens when they are
 * active already. The caller has made them durable before. ERR_MALFORMED, ERR_VERSION, ERR_MISMATCH
 * (policy of another city), ERR_FULL (the city has more persons, gateways or districts than the
 * limits). */
enum err node_activate(struct node *node, const void *city_bytes, uint64_t city_size,
                       const void *policy_bytes, uint64_t policy_size) WARN_UNUSED;

/* ---- a turn ---- */

/* One frame as it came. route is given back with each answer to it. */
void node_receive(struct node *node, const void *route, uint32_t route_size, const void *frame,
                  uint64_t frame_size, int64_t now_ms);

struct node_batch {
    const uint8_t *payload; /* 8-aligned */
    uint64_t payload_size;
    const struct place *places; /* locations of the entry */
    uint64_t places_size;       /* bytes */
    int64_t time_ms;            /* stamp of the entry, never less than the last */
    uint32_t command_count;
};

/* Expires polls and builds the next batch; false when there is nothing to append. */
bool node_turn(struct node *node, int64_t now_ms, struct node_batch *out_batch);

/* Does a request of the first lane wait? The next batch begins with it. */
bool node_has_life_safety(const struct node *node);

/* The batch lies in the log at that position with that time: steps the core, prepares answers. */
void node_appended(struct node *node, uint64_t position, int64_t time_ms);

/* The caller appended a SEAL there: an entry without a command. */
void node_sealed(struct node *node, uint64_t position, int64_t time_ms);

/* Everything up to position is on disk. */
void node_durable(struct node *node, uint64_t position);

struct node_output {
    const uint8_t *route;
    uint32_t route_size;
    const uint8_t *bytes;
    uint64_t size;
    uint64_t position; /* the answer rests on; <= the durable position */
};

/* The next answer that may leave, in order; false when none. Borrowed until the next call on the
 * node. */
bool node_next_output(struct node *node, struct node_output *out_output);

/* Log time at which node_turn has something to do; NEVER_MS. Not greater than the last now_ms
 * means: at once. */
int64_t node_next_wake_ms(const struct node *node);

/* While there is a reason, reports and telemetry are answered OVERLOADED, with the reason as a hint; life-safety events,
 * accepts, arrivals and closes are still taken. */
enum node_shed {
    NODE_SHED_DISK = 1u << 0,    /* the disk is nearly full */
    NODE_SHED_HISTORY = 1u << 1, /* the history cannot follow */
};
void node_shed_reports(struct node *node, uint32_t reasons);

/* ---- evidence: one blob at a time, written by the caller wherever it likes ---- */

#define NODE_DIGEST_SIZE 16u

struct node_blob {
    uint8_t digest[NODE_DIGEST_SIZE]; /* as claimed; not checked yet */
    struct hash128 owner;             /* who sent it */
    const uint8_t *bytes;             /* the node's until node_blob_done */
    uint32_t size;
    int64_t now_ms;
};

/* A blob came and was not given out yet. */
bool node_take_blob(struct node *node, struct node_blob *out_blob);

/* What became of it: STORED or a refusal with its reason. */
void node_blob_done(struct node *node, enum code code, const char *hint);

/* ---- rules: one request to use other rules at a time; the caller compiles them wherever it likes ---- */

#define NODE_RULES_HINT_SIZE 2048u

struct node_rules {
    struct hash128 by;       /* a person with the right to */
    struct hash128 expected; /* of the rule files; none: whatever they are */
    char reason[ACTIVATE_REASON_SIZE];
};

struct node_rules_counts {
    uint32_t kept, reset, added, removed;
};

/* A request came and was not given out yet. */
bool node_take_rules(struct node *node, struct node_rules *out_rules);

/* As node_activate, on that request: its ACTIVATE bears who and why. */
enum err node_activate_rules(struct node *node, const void *city_bytes, uint64_t city_size,
                             const void *policy_bytes, uint64_t policy_size) WARN_UNUSED;

/* What became of it: DONE (answered when the ACTIVATE is in the log) or a refusal, with what is wrong. */
void node_rules_done(struct node *node, enum code code, struct node_rules_counts counts,
                     const char *hint);

/* ---- stop ---- */

/* From now on new work is answered OVERLOADED and polls are let go; what was accepted is still
 * carried out. */
void node_stop_intake(struct node *node);

/* Nothing waits in a lane, and every appended position is durable and answered. */
bool node_is_idle(const struct node *node);

/* ---- looking on ---- */

/* Called for each effect as it is decided (not yet durable), with the position of its entry; in
 * recovery too. At most NODE_OBSERVERS_MAX; must() otherwise. Must not call the node. */
#define NODE_OBSERVERS_MAX 4u
struct node_observer {
    void (*see)(void *context, uint64_t position, const struct effect *effect);
    void *context;
    /* the command that gave these effects is stepped: rows of node_core may be read. NULL: not wanted */
    void (*settle)(void *context, uint64_t position);
};
void node_observe(struct node *node, struct node_observer observer);

/* Counters of the edge. Refusals before the log are counted here and nowhere else. */
struct node_counts {
    uint64_t frames;    /* received */
    uint64_t batches;   /* appended */
    uint64_t commands;  /* in them */
    uint64_t answers;   /* given to node_next_output's caller */
    uint64_t resends;   /* answered or adopted without a second command */
    uint64_t malformed; /* frames or requests that do not follow their schema */
    uint64_t unknown_identity;
    uint64_t rate_refused;
    uint64_t overloaded;
    uint64_t refused; /* other refusals before the log */
    uint64_t resolved_again;
    uint64_t cuts;                /* identities cut off for ignoring their credit */
    uint64_t coalesced;           /* samples answered COALESCED */
    uint64_t rejects[CODE_LIMIT]; /* refusals before the log, by code */
    uint64_t results[CODE_LIMIT]; /* results of events and acts, by code; resends not again */
    uint64_t outputs_dropped;     /* answers that found no room; the client asks again */
    uint64_t polls_held;          /* now */
    uint64_t queued;              /* requests in lanes, now */
    uint64_t outputs_waiting;     /* now */
};
struct node_counts node_counts_now(const struct node *node);

/* What only the process around the node knows, asked for when somebody asks for the counters (counters.h). */
struct node_gauges {
    uint64_t uptime_ms;
    uint64_t memory_bytes;  /* resident */
    uint64_t pending_bytes; /* encoded, not yet on their way to the disk */
    uint64_t syncs;         /* groups written and synced */
    uint64_t sync_us;       /* ... time they took, together */
    uint64_t sync_p50_us, sync_p99_us, sync_max_us;
    bool has_seals; /* auth keys */
    struct seals_counts seals;
};
struct node_gauge_source {
    void (*read)(void *context, struct node_gauges *out_gauges); /* NULL: nobody knows */
    void *context;
};
void node_set_gauges(struct node *node, struct node_gauge_source source);

const struct core *node_core(const struct node *node);
uint64_t node_position(const struct node *node); /* last appended */
uint64_t node_durable_position(const struct node *node);
int64_t node_now_ms(const struct node *node); /* greatest log time seen */

/* Walks lanes, sessions, polls and outputs; must() fails on the first truth that does not hold. */
void node_check(const struct node *node);

#endif
