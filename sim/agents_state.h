/* agents_state.h: rows of agents.c, agents_field.c, agents_desk.c and agents_flows.c; nobody else includes it.
 *
 * A task of a field worker:
 *
 *   DECIDING --accept sent--> ACCEPTING --DONE--> WAITING --its turn--> TURNOUT -> TRAVEL -> ARRIVING --DONE-->
 *   WORKING -> FINISHING --DONE--> gone
 *
 * Any refusal, a recall or the engine's silence about the order ends it. At most one task is between TURNOUT
 * and FINISHING: the one named by `current`. */
#ifndef SIM_AGENTS_STATE_H
#define SIM_AGENTS_STATE_H

#include "sim/agents.h"
#include "sim/agents_way.h"
#include "sim/random.h"

#define AGENT_TASKS_MAX 16u

enum plan_kind {
    PLAN_DUTY = 1,  /* a shift begins or ends */
    PLAN_WAKE,      /* poll: there is news */
    PLAN_HEARTBEAT, /* poll: still here; what: beat */
    PLAN_FIX,       /* poll with a position on the way */
    PLAN_SIGNAL,    /* the signal is back */
    PLAN_RESEND,    /* the outbox's oldest act again */
    PLAN_DECIDE,    /* what: order */
    PLAN_DEPART,    /* what: order */
    PLAN_REACH,     /* what: order */
    PLAN_FINISH,    /* what: order */
    PLAN_DESK,      /* what: record and generation */
    PLAN_DESK_DONE, /* what: record and generation */
    PLAN_REOPEN,    /* what: record and generation */
    PLAN_CALLED,    /* an emergency plan waits for who; what: record */
    PLAN_FLOW,      /* what: step, and record or order: agents_flows.c */
};

enum task_stage {
    TASK_FREE,
    TASK_DECIDING,
    TASK_ACCEPTING,
    TASK_WAITING,
    TASK_TURNOUT,
    TASK_TRAVEL,
    TASK_ARRIVING,
    TASK_WORKING,
    TASK_FINISHING,
};

#define AGENT_CHECKS_MAX                                                                           \
    8u /* lines of a checklist; one app of the simulation knows no longer ones */

struct task_check {
    char id[32];
    bool has_photo, is_number;
};

struct task {
    uint64_t order;
    struct task_check checks[AGENT_CHECKS_MAX];
    uint32_t check_count;
    uint8_t stage; /* enum task_stage */
    uint8_t kind;  /* enum order_kind */
    uint8_t severity;
    uint64_t case_mix; /* of the case's number and the seed: quantiles that all on the case share */
    struct place place; /* PLACE_NONE: unknown, nothing to travel */
    char class_code[RATE_CODE_SIZE];
};

struct agent {
    char key_id[CODEC_KEY_ID_SIZE_MAX + 1];
    struct random random;
    bool takes_orders;
    bool is_on_shift;
    bool is_signed_on; /* told the engine READY */
    bool has_signal;
    bool has_news;    /* told while without signal */
    bool has_wake;    /* a PLAN_WAKE is queued */
    uint64_t beat;    /* of the heartbeats planned, the one that holds */
    int64_t beat_ms;  /* when it is due */
    uint64_t current; /* order being worked on, 0 = none */
    /* position: on the way between two places; on the straight line where no road is known */
    struct place from, to;
    struct way way;
    int64_t depart_ms, reach_ms;
    uint64_t item_seq; /* newest item stored */
    /* outbox: acts in order, the oldest may be in flight */
    uint64_t last_seq;
    uint32_t outbox_first, outbox_count, outbox_room;
    bool is_in_flight;
    struct run_act *outbox;
    struct task tasks[AGENT_TASKS_MAX];
};

struct agents {
    struct agents_options options;
    struct agent *rows; /* by row of CITY_PERSONS */
    uint32_t count;
    struct random desk_random, flow_random;
    uint32_t last_child; /* record linked last */
    struct agents_counts counts;
    struct way_map roads;
};

/* ---- agents.c ---- */
void agents_plan(struct agents *agents, enum plan_kind kind, uint32_t who, uint64_t what,
                 int64_t at_ms);
struct place agent_position(const struct agent *agent, int64_t now_ms);
void agent_poll(struct agents *agents, uint32_t who, int64_t now_ms);

/* Shows itself again after the time that somebody with a task, or without one, may stay silent. */
void agent_plan_beat(struct agents *agents, uint32_t who, bool has_task, int64_t now_ms);

/* Puts an act in the outbox and sends it when it is its turn. */
void agent_act(struct agents *agents, uint32_t who, const struct run_act *act, int64_t now_ms);
/* task NULL: not about a case. */
int64_t agent_draw(struct agents *agents, struct agent *agent, enum rate_curve_kind kind,
                   const struct task *task);
int64_t agent_draw_from(struct agents *agents, struct agent *agent, const struct rate_curve *curve,
                        enum rate_curve_kind kind, const struct task *task);
bool agent_chance(struct agents *agents, struct random *random, enum rate_share_kind share);

/* ---- agents_field.c ---- */
void field_item(struct agents *agents, uint32_t who, const Gridloop__Wire__Item *item,
                int64_t now_ms);
void field_result(struct agents *agents, uint32_t who, const struct run_act *act, uint32_t code,
                  int64_t now_ms);
void field_run(struct agents *agents, const struct plan_entry *plan, int64_t now_ms);
/* The shift is over: gives back what has not been begun. */
void field_end_shift(struct agents *agents, uint32_t who, int64_t now_ms);

/* ---- agents_desk.c ---- */
void desk_case(struct agents *agents, uint32_t record, int64_t now_ms);
void desk_run(struct agents *agents, const struct plan_entry *plan, int64_t now_ms);

/* Of the post's roster with one of the rights the first on shift, else the first, else anybody; NONE32 = nobody. */
uint32_t desk_pick_person(const struct agents *agents, uint32_t post, uint32_t rights,
                          int64_t now_ms);

/* The case left its hold-up: a desk that waited looks at it again. */
void desk_again(struct agents *agents, uint32_t record, int64_t now_ms);
/* The plan of that case stands down: desks look at it again. */
void desk_plan_over(struct agents *agents, uint32_t record, int64_t now_ms);
void desk_called(struct agents *agents, uint32_t post, uint32_t record, int64_t now_ms);

/* ---- agents_flows.c ---- */
void flows_seen(struct agents *agents, const struct effect_timeline *line, uint32_t record,
                int64_t now_ms);
void flows_run(struct agents *agents, const struct plan_entry *plan, int64_t now_ms);

#endif
