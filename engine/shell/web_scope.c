/* web_scope.c: see web_scope.h. */
#include "engine/shell/web_scope.h"

#include "engine/shell/web_api.h"

#include <stdio.h>

#define READS_ALL                                                                                  \
    ((uint32_t)RIGHT_INTAKE | RIGHT_SHIFT_CHIEF | RIGHT_DISPATCHER | RIGHT_OVERSEER |              \
     RIGHT_AUDITOR | RIGHT_ADMINISTRATOR)

static void copy_id(char out[WEB_SCOPE_ID_SIZE], struct history_piece piece)
{
    (void)snprintf(out, WEB_SCOPE_ID_SIZE, "%.*s", (int)piece.size,
                   piece.bytes != NULL ? piece.bytes : "");
}

struct web_scope web_scope_of_who(const struct web_view *view, const struct web_who *who)
{
    const struct city *city = &view->names.city;
    struct web_scope scope = {
        .is_nobody = true, .unit = NONE32, .department = NONE32, .person = NONE32};
    if (!view->names.is_open || who->person >= city->person_count) {
        return scope;
    }
    const struct city_person *person = &city->persons[who->person];
    scope.is_nobody = false;
    if (person->unit > 0 && person->unit <= city->unit_count) {
        const struct image_string code = city->units[person->unit - 1].code;
        scope.unit = person->unit - 1;
        copy_id(scope.unit_code, (struct history_piece){city_text(city, code), code.size});
    }
    if ((who->rights & READS_ALL) != 0) {
        return scope;
    }
    if ((who->rights & RIGHT_DEPARTMENT_DESK) != 0 && person->department != NONE32) {
        scope.department = person->department;
        copy_id(scope.department_id, history_department(&view->names, person->department));
        return scope;
    }
    scope.unit = NONE32; /* an order may lead anywhere */
    scope.unit_code[0] = '\0';
    scope.person = who->person;
    copy_id(scope.person_id, history_person(&view->names, who->person));
    return scope;
}

struct web_scope web_scope_of(const struct web_exchange *exchange)
{
    return web_scope_of_who(web_view_of(exchange), web_who(exchange));
}

bool web_scope_is_equal(const struct web_scope *a, const struct web_scope *b)
{
    return a->is_nobody == b->is_nobody && a->unit == b->unit && a->department == b->department &&
           a->person == b->person;
}

bool web_scope_is_all(const struct web_scope *scope)
{
    return !scope->is_nobody && scope->unit == NONE32 && scope->department == NONE32 &&
           scope->person == NONE32;
}

/* Does the cell lie under the unit? */
static bool is_under(const struct city *city, uint32_t cell, uint32_t unit)
{
    uint32_t at = cell < city->cell_count ? city->cells[cell].unit : NONE32;
    for (uint32_t i = 0; i < CITY_LEVELS_MAX && at < city->unit_count; i++) {
        if (at == unit) {
            return true;
        }
        at = city->units[at].parent;
    }
    return false;
}

/* Has the department, or the person, one of the case's active orders? */
static bool has_order(const struct web_view *view, const struct web_case *row, uint32_t department,
                      uint32_t person)
{
    for (uint32_t i = 0; i < COUNT_OF(row->orders) && row->orders[i] != 0; i++) {
        const struct order_view *order = web_view_order(view, row->orders[i]);
        if (order == NULL || order->person >= view->names.city.person_count) {
            continue;
        }
        if (order->person == person ||
            (department != NONE32 &&
             view->names.city.persons[order->person].department == department)) {
            return true;
        }
    }
    return false;
}

bool web_scope_has_case(const struct web_scope *scope, const struct web_view *view,
                        const struct web_case *row)
{
    if (scope->is_nobody ||
        (scope->unit != NONE32 && !is_under(&view->names.city, row->cell, scope->unit))) {
        return false;
    }
    if (scope->person != NONE32) {
        return has_order(view, row, NONE32, scope->person);
    }
    return scope->department == NONE32 || row->department == scope->department ||
           row->holder_department == scope->department ||
           has_order(view, row, scope->department, NONE32);
}

bool web_scope_has_gone(const struct web_scope *scope, const struct web_view *view,
                        const struct web_gone *gone)
{
    return !scope->is_nobody && scope->person == NONE32 &&
           (scope->unit == NONE32 || is_under(&view->names.city, gone->cell, scope->unit));
}

bool web_scope_has_person(const struct web_scope *scope, const struct web_view *view, uint32_t row)
{
    const struct city *city = &view->names.city;
    if (scope->is_nobody || row >= city->person_count) {
        return false;
    }
    const struct city_person *person = &city->persons[row];
    return (scope->person == NONE32 || scope->person == row) &&
           (scope->department == NONE32 || person->department == scope->department) &&
           (scope->unit == NONE32 || is_under(city, person->home_cell, scope->unit));
}

static void bind_text(struct history_rows *rows, int at, const char *text)
{
    const int code =
        sqlite3_bind_text(rows->stmt, at, text[0] != '\0' ? text : NULL, -1, SQLITE_TRANSIENT);
    must(code == SQLITE_OK);
}

void web_scope_bind(struct history_rows *rows, const struct web_scope *scope)
{
    bind_text(rows, 21, scope->unit_code);
    bind_text(rows, 22, scope->department_id);
    bind_text(rows, 23, scope->person_id);
    const int code = sqlite3_bind_int(rows->stmt, 24, scope->is_nobody ? 0 : 1);
    must(code == SQLITE_OK);
}
