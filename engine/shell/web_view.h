/* web_view.h: what is open right now, as the web thread knows it: cases as JSON rows, workers, numbers.
 *
 * Fed by web_link.h with rows of the core once they are durable. Each row's JSON is made once per change, so that lists
 * and deltas only join texts. Between a RESET and its READY the view is stale: it fills again, and says so.
 *
 * Shape   cases by number in a hash table, active orders by number, workers by row of CITY_PERSONS
 * Cost    about 1.2 KB per open case
 * Owner   web thread; borrows the disk for images */
#ifndef ENGINE_SHELL_WEB_VIEW_H
#define ENGINE_SHELL_WEB_VIEW_H

#include "engine/shell/history_names.h"
#include "engine/shell/web_link.h"

#include <jansson.h>

/* What waits for a person; several may hold. */
#define WEB_NEED_LIST(X)                                                                           \
    X(UNACCEPTED, 0, "unaccepted")     /* offered, nobody has taken it */                          \
    X(NOBODY, 1, "nobody")             /* nobody has an order, a post holds it */                  \
    X(OVERDUE, 2, "overdue")           /* a clock that binds now was missed */                     \
    X(CHECK, 3, "check")               /* a result waits to be checked */                          \
    X(ADJUDICATION, 4, "adjudication") /* who is responsible has to be ruled on */
#define WEB_NEED_ENUM(name, bit, word) WEB_NEED_##name = 1u << (bit),
enum web_need { WEB_NEED_LIST(WEB_NEED_ENUM) WEB_NEED_COUNT = 5 };
#undef WEB_NEED_ENUM
const char *web_need_name(uint32_t bit); /* 0 .. WEB_NEED_COUNT-1 */

struct web_case {
    struct case_no no;
    uint64_t changed; /* web_view.changed then */
    uint32_t needs;   /* enum web_need */
    uint32_t class_row, cell, department, holder_department;
    bool
        has_moved; /* from one office or person to another: somebody may no longer have to do with it */
    uint8_t severity;
    uint64_t lead;                                              /* its lead order, 0 = none */
    struct case_doors doors;                                    /* for core_possible */
    uint64_t orders[COUNT_OF(((struct case_view *)0)->orders)]; /* active ones */
    char *row;                                                  /* JSON, malloc'ed */
    uint32_t row_size;
    struct case_view *fresh; /* told, the row not yet made; NULL */
};

struct web_worker {
    struct worker_view view;
    uint64_t changed; /* 0: nothing is known of this row */
};

#define WEB_GONE_MAX 65536u
struct web_gone {
    struct case_no no;
    uint32_t cell;
    uint64_t changed;
};

struct web_numbers {
    uint32_t open, by_need[WEB_NEED_COUNT], by_severity[5];
    uint32_t workers_on_shift, workers_busy;
};

struct web_map {
    uint64_t *keys;
    uint32_t *values; /* NONE32 = free */
    uint32_t mask, count;
};

struct web_order {
    struct order_view view;
    bool is_used;
};

struct web_view {
    struct history_names names;
    struct effect_activated images;
    uint64_t version; /* raised by every RESET */
    bool is_ready;
    bool is_known; /* was ready once */
    uint64_t position;
    int64_t now_ms;    /* log time of the last record */
    uint64_t heard_ns; /* uv_hrtime then */
    uint64_t changed;  /* counts changes since the start */
    struct web_case *cases;
    uint32_t case_count, case_capacity; /* rows are dense: the last moves into a hole */
    struct web_map case_map;
    struct web_order *orders;
    uint32_t order_count, order_capacity;
    struct web_map order_map;
    struct web_worker *workers;
    uint32_t worker_count;
    struct web_gone *gone; /* ring */
    uint64_t gone_count;   /* since the start */
    uint64_t forgot;       /* changes up to here may have left the ring: a snapshot is needed */
};

enum err web_view_new(struct web_view **out_view) WARN_UNUSED;
void web_view_free(struct web_view *view);

/* Everything that is durable; rows are made at the end. */
void web_view_take(struct web_view *view, struct web_link *link, const struct node_images *images);

const struct web_case *web_view_find(const struct web_view *view, struct case_no no);
const struct order_view *web_view_order(const struct web_view *view, uint64_t number);
/* Of what that scope reads (web_scope.h); NULL = of all. */
struct web_scope;
struct web_numbers web_view_numbers(const struct web_view *view, const struct web_scope *scope);
json_t *web_view_counters(const struct web_view *view, const struct web_scope *scope);

/* ---- rows (web_rows.c) ---- */
json_t *web_row_case(const struct web_view *view, const struct case_view *row, uint32_t needs);
json_t *web_row_worker(const struct web_view *view, const struct web_worker *worker);
uint32_t web_row_needs(const struct web_view *view, const struct case_view *row);
/* Strings of an image; null for an empty one. */
json_t *web_city_text(const struct city *city, struct image_string text);
/* {"zh": .., "en": ..} */
json_t *web_both(const char *zh, const char *en);
json_t *web_instant(int64_t at_ms); /* null for 0 and NEVER_MS */

#endif
