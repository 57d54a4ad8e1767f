/* web_scope.h: what somebody may read.
 *
 *   intake, shift chief, dispatcher, overseer, auditor, administrator   all cases
 *   department desk                                                     cases its department owns or holds, or has an order on
 *   worker, inspector                                                   cases they have or had an order on
 *   gateways                                                            none
 *
 * Of those, who is bound to a unit (workers.csv: unit) reads what lies under it, and nothing that lies in no cell. What is
 * out of reach answers as if it did not exist. */
#ifndef ENGINE_SHELL_WEB_SCOPE_H
#define ENGINE_SHELL_WEB_SCOPE_H

#include "engine/shell/history_read.h"
#include "engine/shell/web_view.h"

#define WEB_SCOPE_ID_SIZE 65u

struct web_scope {
    bool is_nobody;                    /* reads no case */
    uint32_t unit;                     /* row of CITY_UNITS, NONE32 = the whole city */
    uint32_t department;               /* row of CITY_DEPARTMENTS, NONE32 = any */
    uint32_t person;                   /* row of CITY_PERSONS, NONE32 = anybody's */
    char unit_code[WEB_SCOPE_ID_SIZE]; /* the same for the history; "" = any */
    char department_id[WEB_SCOPE_ID_SIZE];
    char person_id[WEB_SCOPE_ID_SIZE];
};

struct web_exchange;
struct web_who;
struct web_scope web_scope_of_who(const struct web_view *view, const struct web_who *who);
/* Of whoever asks. */
struct web_scope web_scope_of(const struct web_exchange *exchange);
bool web_scope_is_equal(const struct web_scope *a, const struct web_scope *b);
/* All there is? */
bool web_scope_is_all(const struct web_scope *scope);

/* ---- the view ---- */
bool web_scope_has_case(const struct web_scope *scope, const struct web_view *view,
                        const struct web_case *row);
/* One that has ended: who had an order on it is no longer known, so nobody bound to persons is told. */
bool web_scope_has_gone(const struct web_scope *scope, const struct web_view *view,
                        const struct web_gone *gone);
bool web_scope_has_person(const struct web_scope *scope, const struct web_view *view, uint32_t row);

/* ---- the history: one more condition on `cases c`, and its parameters ---- */
#define WEB_SCOPE_SQL                                                                              \
    " AND (?21 IS NULL OR ?21 IN (c.unit_1, c.unit_2, c.unit_3, c.unit_4, c.unit_5))"              \
    " AND (?22 IS NULL OR c.department = ?22 OR EXISTS (SELECT 1 FROM orders sd WHERE"             \
    " sd.case_id = c.id AND sd.department = ?22) OR EXISTS (SELECT 1 FROM timeline st WHERE"       \
    " st.case_id = c.id AND st.holder_department = ?22))"                                          \
    " AND (?23 IS NULL OR EXISTS (SELECT 1 FROM orders sp WHERE sp.case_id = c.id AND"             \
    " sp.person = ?23)) AND ?24"
void web_scope_bind(struct history_rows *rows, const struct web_scope *scope);

#endif
