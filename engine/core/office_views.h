/* office_views.h: what read-only tools may see of offices: hand-overs, disputes, rulings, files of objects, burden.
 *
 * Rows are copied out; posts, departments, cells, classes and assets are rows of the active city image. */
#ifndef ENGINE_CORE_OFFICE_VIEWS_H
#define ENGINE_CORE_OFFICE_VIEWS_H

#include "engine/core/core.h"
#include "engine/core/handover.h"

#define VIEW_PARTIES_MAX 4u
#define VIEW_OBJECT_CASES_MAX 8u
#define VIEW_BURDEN_DAYS 7u

enum view_party_state { VIEW_PARTY_ASKED = 0, VIEW_PARTY_FILED = 1, VIEW_PARTY_SILENT = 2 };

struct party_view {
    uint32_t post;
    uint32_t person; /* who spoke for it, NONE32 */
    enum view_party_state state;
    enum reason reason;
    int64_t at_ms; /* of the position or the silence, 0 */
};

struct dispute_view {
    struct case_no no;
    enum reason reason;
    uint32_t post;  /* that rules */
    uint64_t order; /* 0 = none */
    bool is_heard;
    int64_t opened_at_ms, due_ms;
    uint32_t party_count;
    struct party_view parties[VIEW_PARTIES_MAX];
};

/* What was ruled once. cell NONE32: about an object; asset NONE32: about a cell. */
struct ruling_view {
    struct case_no no; /* the case it was ruled on */
    uint32_t cell, asset, class_row, department, post;
    uint32_t cited, silent; /* bit per party */
    uint32_t used_count;
    int64_t at_ms;
};

struct object_view {
    uint32_t asset;
    uint32_t case_count; /* ever; the newest are below */
    uint32_t kept;
    struct {
        struct case_no no;
        uint32_t class_row;
        enum case_state state;      /* of opening or of its end */
        int64_t at_ms;              /* of that */
    } cases[VIEW_OBJECT_CASES_MAX]; /* newest first */
};

/* Accepted orders that a department has put on a cell in the last days. */
struct burden_view {
    uint32_t cell, department;
    uint32_t total; /* of the window that ends today */
    uint32_t
        short_count; /* of them with less notice than their class asks for, since the row is kept */
    uint32_t days[VIEW_BURDEN_DAYS]; /* today first */
};

/* Hand-overs of a case, oldest first; how many were written to out (HANDOVERS_MAX). */
uint32_t core_case_handovers(const struct core *core, struct case_no no,
                             struct handover out[HANDOVERS_MAX]);

/* The office that has the case, that had it first, that a ruling named: posts or NONE32. False: no such case. */
bool core_case_offices(const struct core *core, struct case_no no, uint32_t *out_now,
                       uint32_t *out_first, uint32_t *out_ruled);

/* False: it is in no dispute. */
bool core_case_dispute(const struct core *core, struct case_no no, struct dispute_view *out_view);

/* The ruling that governs the case, its own or an earlier one; false if none. */
bool core_case_ruling(const struct core *core, struct case_no no, struct ruling_view *out_view);

/* Walk what was ruled: start with *slot = 0; false after the last. */
bool core_next_ruling(const struct core *core, uint32_t *slot, struct ruling_view *out_view);

/* The file of an object; false where no case was ever about it. */
bool core_find_object(const struct core *core, uint32_t asset, struct object_view *out_view);

/* Walk them, as above. */
bool core_next_object(const struct core *core, uint32_t *slot, struct object_view *out_view);
bool core_next_burden(const struct core *core, uint32_t *slot, struct burden_view *out_view);

#endif
