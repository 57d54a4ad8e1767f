/* agents_rates.h: how fast and how reliable the people of a simulated city are.
 *
 * Durations are drawn from curves: a few quantiles with straight lines between them. Outside the given quantiles a curve
 * is flat: the lowest stands for everything below it, the highest for everything above.
 *
 * Defaults are written in agents_rates.c with their origin; CITY/sim.yaml or --agents FILE replaces them key by
 * key (docs/simulation.md has the keys).
 *
 * Units   ms, permille
 * Owner   plain values, the class table is inside */
#ifndef SIM_AGENTS_RATES_H
#define SIM_AGENTS_RATES_H

#include "engine/city/problems.h"
#include "engine/core/base.h"
#include "engine/core/err.h"
#include "sim/random.h"

#define RATE_POINTS_MAX 16u
#define RATE_CLASSES_MAX 256u
#define RATE_MODES_MAX 16u
#define RATE_CODE_SIZE 48u

/* Quantiles, ascending in both columns. */
struct rate_curve {
    uint32_t count; /* 0 = not given */
    uint16_t permille[RATE_POINTS_MAX];
    int64_t value[RATE_POINTS_MAX]; /* ms, or permille for spreads */
};

/* Curves by what they time. The first four may be given per class. */
enum rate_curve_kind {
    RATE_ACCEPT,  /* offer seen to accepted or declined */
    RATE_TURNOUT, /* accepted to moving */
    RATE_WORK,    /* on site to done */
    RATE_SPREAD,  /* permille of the travel time that the straight line, detour and speed give */
    RATE_CLASS_COUNT,              /* curves above this line exist once only */
    RATE_CHECK = RATE_CLASS_COUNT, /* on site to verdict, for checks and verifications */
    RATE_DESK,                     /* a desk gets a case to its first act on it */
    RATE_DESK_WORK,                /* a desk that handles a case itself: taken to done */
    RATE_SIGNAL_LOST,              /* how long an app cannot be reached */
    RATE_CURVE_COUNT,
};

/* Shares, in permille. */
enum rate_share_kind {
    SHARE_DECLINE,     /* of offers */
    SHARE_IGNORE,      /* of offers: neither accepted nor declined */
    SHARE_RETURN,      /* of orders on site, instead of done */
    SHARE_CHECK_FAIL,  /* of checks */
    SHARE_VERIFY_NO,   /* of verifications */
    SHARE_DESK_RETURN, /* of cases a department's desk holds, given back to the command post */
    SHARE_DESK_VOID,   /* of cases a dispatcher looks at */
    SHARE_REOPEN,      /* of closed cases */
    SHARE_SIGNAL_LOSS, /* per heartbeat */
    SHARE_EXCEPTION, /* of cases, at each of a few points: time, help, data, supervision, other cases */
    RATE_SHARE_COUNT,
};

struct rate_class {
    char code[RATE_CODE_SIZE]; /* "E.01.02"; holds for all codes below it too */
    struct rate_curve curves[RATE_CLASS_COUNT];
};

struct rate_mode {
    char name[RATE_CODE_SIZE];
    int64_t speed_mm_per_s;
    int64_t detour_permille;
    int64_t start_ms; /* of every trip, however short; spread too */
    struct rate_curve spread;
};

struct agent_rates {
    struct rate_curve curves[RATE_CURVE_COUNT];
    uint32_t shares[RATE_SHARE_COUNT];
    int64_t heartbeat_ms; /* an app on duty shows itself this often */
    int64_t fix_every_ms; /* position while travelling */
    uint32_t
        by_case; /* bit per rate_curve_kind below RATE_CLASS_COUNT: everyone on a case draws the same
                               quantile, as where one call is taken for all or one street is hard to reach */
    bool
        close_as_recorded; /* desks finish a case when the trace's truth says it was closed, and not at all without */
    uint32_t class_count;
    struct rate_class classes[RATE_CLASSES_MAX];
    uint32_t mode_count;
    struct rate_mode modes[RATE_MODES_MAX];
};

struct agent_rates agent_rates_default(void);

/* Replaces what the file gives. ERR_NOT_FOUND when there is no such file, ERR_INPUT when problems got an error. */
enum err agent_rates_load(const char *path, struct agent_rates *rates,
                          struct problems *problems) WARN_UNUSED;

/* Value of the curve at a quantile; curve->count > 0. */
int64_t rate_curve_at(const struct rate_curve *curve, uint32_t permille);

/* One value at random, finer than a permille. */
int64_t rate_curve_draw(const struct rate_curve *curve, struct random *random);

/* The value at a quantile in millionths, 0 .. 999,999. */
int64_t rate_curve_pick(const struct rate_curve *curve, uint32_t millionths);

/* The curve that holds for a class: its own, that of the nearest code above it, or the general one. */
const struct rate_curve *agent_rates_curve(const struct agent_rates *rates,
                                           enum rate_curve_kind kind, const char *class_code);

/* NULL when the file says nothing of that mode. */
const struct rate_mode *agent_rates_mode(const struct agent_rates *rates, const char *name,
                                         size_t size);

#endif
