/* agents.h: the people of a simulated city, as clients of the wire.
 *
 * Each person has an app: it polls, keeps an outbox with one act in flight, and knows of orders only what the engine's
 * answers say. Desks are people of posts who see what an operator's list shows: the records of report_cases.h.
 *
 *   effect seen -> agents_told / agents_case  -> a plan in the queue
 *   plan due    -> agents_run                 -> frames sent
 *   answer      -> agents_answer              -> plans
 *
 * Every person draws from a random stream of its own name, so that one more draw by one changes nothing for the rest.
 *
 * Owner   new/free
 * Errors  ERR_MEMORY from new; later a lack of memory stops the process */
#ifndef SIM_AGENTS_H
#define SIM_AGENTS_H

#include "engine/core/city.h"
#include "sim/agents_rates.h"
#include "sim/report_cases.h"
#include "sim/run_wire.h"
#include "sim/virtual_queue.h"

struct agents; /* opaque */

struct agents_options {
    const struct city *city;         /* borrowed for life */
    const struct agent_rates *rates; /* borrowed for life */
    struct report_cases *cases;      /* what desks look at; borrowed for life */
    struct run_wire *wire;           /* borrowed for life; client = row of CITY_PERSONS */
    struct virtual_queue
        *queue; /* borrowed for life; plan kinds below AGENTS_PLAN_LIMIT are the agents' */
    /* When the trace says the case was closed; NEVER_MS if it does not. Used with close_as_recorded. */
    int64_t (*recorded_close)(void *context, uint32_t truth);
    /* Does the rule (row of POLICY_RULES) want the place made safe before the work is done? */
    bool (*wants_safety)(void *context, uint32_t rule);
    /* Answers to the checklist of a case, all good; returns how many. NULL: none are asked for. */
    uint32_t (*checklist)(void *context, struct case_no no, struct run_act *out_acts,
                          uint32_t limit);
    void *context;
    uint64_t seed;
    int64_t
        stale_fix_ms; /* of the rules: an older position is not believed; 0: show oneself each heartbeat */
    int64_t start_ms; /* people report for duty within the minute after it */
};

#define AGENTS_PLAN_LIMIT 32u

enum err agents_new(const struct agents_options *options, struct agents **out_agents) WARN_UNUSED;
void agents_free(struct agents *agents); /* NULL is fine */

/* The engine has something to tell this person (EFFECT_ITEM). */
void agents_told(struct agents *agents, uint32_t person, int64_t now_ms);

/* State or holder of a case changed (row of report_cases). */
void agents_case(struct agents *agents, uint32_t record, int64_t now_ms);

/* A line of a case's story, which has its record already. */
void agents_line(struct agents *agents, const struct effect_timeline *line, int64_t now_ms);

/* A plan of the queue is due. Sends frames. */
void agents_run(struct agents *agents, const struct plan_entry *plan, int64_t now_ms);

/* An answer to a frame of this person. */
void agents_answer(struct agents *agents, uint32_t person, const Gridloop__Wire__Answer *answer,
                   int64_t now_ms);

/* What the apps saw. */
struct agents_counts {
    uint64_t people; /* who take orders */
    uint64_t polls, acts;
    uint64_t acts_done;    /* answered DONE */
    uint64_t acts_late;    /* the order was recalled or expired, or the case had moved on */
    uint64_t acts_refused; /* anything else */
    uint64_t resends;      /* after a refusal for load or rate */
    uint64_t rejects;      /* refused frames that a correct client never sees */
    uint64_t by_code[128]; /* answers to acts, by enum code */
};
struct agents_counts agents_counts_now(const struct agents *agents);

/* Stages of all tasks and outboxes fit together. */
void agents_check(const struct agents *agents);

#endif
