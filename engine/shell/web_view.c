/* web_view.c: see web_view.h.
 *
 * Truths: case_map holds exactly the numbers of cases[0..case_count), order_map those of orders[0..order_count). */
#include "engine/shell/web_view.h"

#include "engine/edge/words_city.h"
#include "engine/shell/report.h"
#include "engine/shell/web_scope.h"

#include <stdlib.h>

#define FIRST_CAPACITY 256u

/* ---- a table from numbers to places ---- */

static uint64_t case_key(struct case_no no)
{
    return mix64(mix64(((uint64_t)no.district << 32) | no.day) ^ no.serial);
}

static enum err map_init(struct web_map *map, uint32_t capacity)
{
    map->mask = capacity * 2 - 1;
    map->count = 0;
    map->keys = calloc(capacity * 2u, sizeof *map->keys);
    map->values = malloc(capacity * 2u * sizeof *map->values);
    if (map->keys == NULL || map->values == NULL) {
        return ERR_MEMORY;
    }
    memset(map->values, 0xff, capacity * 2u * sizeof *map->values);
    return ERR_OK;
}

static void map_fini(struct web_map *map)
{
    free(map->keys);
    free(map->values);
}

/* Where the key lies, or the free place where it would: half of the places are free. */
static uint32_t map_probe(const struct web_map *map, uint64_t key)
{
    uint32_t at = (uint32_t)mix64(key) & map->mask;
    while (map->values[at] != NONE32 && map->keys[at] != key) {
        at = (at + 1) & map->mask;
    }
    return at;
}

static uint32_t map_find(const struct web_map *map, uint64_t key)
{
    return map->values[map_probe(map, key)];
}

static void map_put(struct web_map *map, uint64_t key, uint32_t value)
{
    const uint32_t at = map_probe(map, key);
    map->count += map->values[at] == NONE32;
    map->keys[at] = key;
    map->values[at] = value;
}

/* Keys behind the hole move up, so that probing still finds them. */
static void map_remove(struct web_map *map, uint64_t key)
{
    uint32_t hole = map_probe(map, key);
    must(map->values[hole] != NONE32);
    map->count--;
    for (uint32_t at = (hole + 1) & map->mask; map->values[at] != NONE32;
         at = (at + 1) & map->mask) {
        const uint32_t home = (uint32_t)mix64(map->keys[at]) & map->mask;
        if (((at - home) & map->mask) >= ((at - hole) & map->mask)) {
            map->keys[hole] = map->keys[at];
            map->values[hole] = map->values[at];
            hole = at;
        }
    }
    map->values[hole] = NONE32;
}

static void map_grow(struct web_map *map)
{
    struct web_map larger;
    must(map_init(&larger, map->mask + 1) == ERR_OK);
    for (uint32_t i = 0; i <= map->mask; i++) {
        if (map->values[i] != NONE32) {
            map_put(&larger, map->keys[i], map->values[i]);
        }
    }
    map_fini(map);
    *map = larger;
}

static void map_clear(struct web_map *map)
{
    memset(map->values, 0xff, (map->mask + 1u) * sizeof *map->values);
    map->count = 0;
}

/* ---- life ---- */

enum err web_view_new(struct web_view **out_view)
{
    struct web_view *view = calloc(1, sizeof *view);
    if (view == NULL) {
        return ERR_MEMORY;
    }
    history_names_init(&view->names);
    view->cases = calloc(FIRST_CAPACITY, sizeof *view->cases);
    view->orders = calloc(FIRST_CAPACITY, sizeof *view->orders);
    view->gone = calloc(WEB_GONE_MAX, sizeof *view->gone);
    view->case_capacity = view->order_capacity = FIRST_CAPACITY;
    if (view->cases == NULL || view->orders == NULL || view->gone == NULL ||
        map_init(&view->case_map, FIRST_CAPACITY) != ERR_OK ||
        map_init(&view->order_map, FIRST_CAPACITY) != ERR_OK) {
        web_view_free(view);
        return ERR_MEMORY;
    }
    *out_view = view;
    return ERR_OK;
}

static void clear_cases(struct web_view *view)
{
    for (uint32_t i = 0; i < view->case_count; i++) {
        free(view->cases[i].row);
        free(view->cases[i].fresh);
    }
    view->case_count = 0;
    view->order_count = 0;
}

void web_view_free(struct web_view *view)
{
    if (view == NULL) {
        return;
    }
    clear_cases(view);
    map_fini(&view->case_map);
    map_fini(&view->order_map);
    free(view->cases);
    free(view->orders);
    free(view->workers);
    free(view->gone);
    history_names_fini(&view->names);
    free(view);
}

/* ---- taking records ---- */

static void reset(struct web_view *view, const struct web_record *record,
                  const struct node_images *images)
{
    clear_cases(view);
    map_clear(&view->case_map);
    map_clear(&view->order_map);
    view->is_ready = false;
    view->version++;
    view->changed++;
    view->forgot = view->changed;
    if (!hash128_is_equal(view->images.city, record->of.images.city) ||
        !hash128_is_equal(view->images.policy, record->of.images.policy)) {
        const enum err err = history_names_use(&view->names, images, record->of.images.city,
                                               record->of.images.policy);
        if (err != ERR_OK) {
            report(REPORT_ERROR, "web_images", "error=%d note=\"the console shows nothing\"",
                   (int)err);
            view->names.is_open = false;
            return;
        }
        view->images = record->of.images;
        words_use(&view->names.city);
    }
    view->worker_count = view->names.city.person_count;
    free(view->workers);
    view->workers = calloc(view->worker_count + 1u, sizeof *view->workers);
    must(view->workers != NULL);
}

static struct web_case *case_at(struct web_view *view, struct case_no no)
{
    const uint64_t key = case_key(no);
    const uint32_t at = map_find(&view->case_map, key);
    if (at != NONE32) {
        return &view->cases[at];
    }
    if (view->case_count == view->case_capacity) {
        view->case_capacity *= 2;
        view->cases = reallocarray(view->cases, view->case_capacity, sizeof *view->cases);
        must(view->cases != NULL);
        map_grow(&view->case_map);
    }
    map_put(&view->case_map, key, view->case_count);
    struct web_case *row = &view->cases[view->case_count++];
    *row = (struct web_case){.no = no};
    return row;
}

static void remove_case(struct web_view *view, struct case_no no)
{
    const uint64_t key = case_key(no);
    const uint32_t at = map_find(&view->case_map, key);
    if (at == NONE32) {
        return;
    }
    const uint32_t cell =
        view->cases[at].fresh != NULL ? view->cases[at].fresh->cell : view->cases[at].cell;
    free(view->cases[at].row);
    free(view->cases[at].fresh);
    map_remove(&view->case_map, key);
    view->cases[at] = view->cases[--view->case_count];
    if (at < view->case_count) {
        map_put(&view->case_map, case_key(view->cases[at].no), at);
    }
    struct web_gone *gone = &view->gone[view->gone_count++ % WEB_GONE_MAX];
    view->forgot = gone->changed > view->forgot ? gone->changed : view->forgot;
    *gone = (struct web_gone){.no = no, .cell = cell, .changed = ++view->changed};
}

static void take_case(struct web_view *view, const struct case_view *row)
{
    if (case_state_is_terminal(row->state)) {
        remove_case(view, row->no);
        return;
    }
    struct web_case *at = case_at(view, row->no);
    if (at->fresh == NULL) {
        at->fresh = malloc(sizeof *at->fresh);
        must(at->fresh != NULL);
    }
    *at->fresh = *row;
}

static void take_order(struct web_view *view, const struct order_view *row)
{
    const uint32_t at = map_find(&view->order_map, row->number);
    if (!order_state_is_active(row->state)) {
        if (at != NONE32) {
            map_remove(&view->order_map, row->number);
            view->orders[at] = view->orders[--view->order_count];
            if (at < view->order_count) {
                map_put(&view->order_map, view->orders[at].view.number, at);
            }
        }
        return;
    }
    if (at != NONE32) {
        view->orders[at].view = *row;
        return;
    }
    if (view->order_count == view->order_capacity) {
        view->order_capacity *= 2;
        view->orders = reallocarray(view->orders, view->order_capacity, sizeof *view->orders);
        must(view->orders != NULL);
        map_grow(&view->order_map);
    }
    map_put(&view->order_map, row->number, view->order_count);
    view->orders[view->order_count++] = (struct web_order){.view = *row, .is_used = true};
}

static void take_worker(struct web_view *view, const struct worker_view *row)
{
    if (row->person < view->worker_count) {
        view->workers[row->person] = (struct web_worker){.view = *row, .changed = ++view->changed};
    }
}

static uint32_t department_of(const struct city *city, struct holder holder)
{
    if (holder.kind == HOLDER_POST) {
        return holder.index < city->post_count ? city->posts[holder.index].department : NONE32;
    }
    return holder.kind == HOLDER_PERSON && holder.index < city->person_count
               ? city->persons[holder.index].department
               : NONE32;
}

static void note_offices(struct web_view *view, struct web_case *row, const struct case_view *fresh)
{
    const uint32_t department = history_owner(&view->names, fresh->rule, fresh->class_row);
    const uint32_t holder = department_of(&view->names.city, fresh->holder);
    row->has_moved =
        row->has_moved ||
        (row->changed != 0 && (row->department != department || row->holder_department != holder ||
                               memcmp(row->orders, fresh->orders, sizeof row->orders) != 0));
    row->department = department;
    row->holder_department = holder;
    memcpy(row->orders, fresh->orders, sizeof row->orders);
}

static void make_rows(struct web_view *view)
{
    for (uint32_t i = 0; i < view->case_count; i++) {
        struct web_case *row = &view->cases[i];
        const struct case_view *fresh = row->fresh;
        if (fresh == NULL) {
            continue;
        }
        row->needs = web_row_needs(view, fresh);
        row->class_row = fresh->class_row;
        row->cell = fresh->cell;
        note_offices(view, row, fresh);
        row->severity = fresh->severity;
        row->lead = fresh->orders[0];
        row->doors = fresh->doors;
        row->changed = ++view->changed;
        json_t *json = web_row_case(view, fresh, row->needs);
        free(row->row);
        row->row = json_dumps(json, JSON_COMPACT);
        must(row->row != NULL);
        row->row_size = (uint32_t)strlen(row->row);
        json_decref(json);
        free(row->fresh);
        row->fresh = NULL;
    }
}

static void take(struct web_view *view, const struct web_record *record,
                 const struct node_images *images)
{
    if (record->kind == WEB_RECORD_RESET) {
        reset(view, record, images);
    } else if (!view->names.is_open) {
        return;
    } else if (record->kind == WEB_RECORD_CASE) {
        take_case(view, &record->of.view);
    } else if (record->kind == WEB_RECORD_ORDER) {
        take_order(view, &record->of.order);
    } else if (record->kind == WEB_RECORD_WORKER) {
        take_worker(view, &record->of.worker);
    } else if (record->kind == WEB_RECORD_READY) {
        view->is_ready = view->is_known = true;
    }
}

void web_view_take(struct web_view *view, struct web_link *link, const struct node_images *images)
{
    const struct web_record *record;
    bool has_some = false;
    while ((record = web_link_record(link)) != NULL) {
        take(view, record, images);
        view->position = record->position > view->position ? record->position : view->position;
        view->now_ms = record->at_ms > view->now_ms ? record->at_ms : view->now_ms;
        view->heard_ns = uv_hrtime();
        has_some = true;
        web_link_record_done(link);
    }
    if (has_some && view->names.is_open) {
        make_rows(view);
    }
}

/* ---- asking ---- */

const struct web_case *web_view_find(const struct web_view *view, struct case_no no)
{
    const uint32_t at = map_find(&view->case_map, case_key(no));
    return at == NONE32 ? NULL : &view->cases[at];
}

const struct order_view *web_view_order(const struct web_view *view, uint64_t number)
{
    const uint32_t at = map_find(&view->order_map, number);
    return at == NONE32 ? NULL : &view->orders[at].view;
}

struct web_numbers web_view_numbers(const struct web_view *view, const struct web_scope *scope)
{
    const bool is_all = scope == NULL || web_scope_is_all(scope);
    struct web_numbers numbers = {.open = 0};
    for (uint32_t i = 0; i < view->case_count; i++) {
        const struct web_case *row = &view->cases[i];
        if (!is_all && !web_scope_has_case(scope, view, row)) {
            continue;
        }
        numbers.open++;
        numbers.by_severity[row->severity < 5 ? row->severity : 0]++;
        for (uint32_t bit = 0; bit < WEB_NEED_COUNT; bit++) {
            numbers.by_need[bit] += row->needs >> bit & 1;
        }
    }
    for (uint32_t i = 0; i < view->worker_count; i++) {
        const struct web_worker *worker = &view->workers[i];
        if (!is_all && !web_scope_has_person(scope, view, i)) {
            continue;
        }
        numbers.workers_on_shift += worker->changed != 0 && worker->view.is_on_shift;
        numbers.workers_busy += worker->changed != 0 && worker->view.load > 0;
    }
    return numbers;
}

json_t *web_view_counters(const struct web_view *view, const struct web_scope *scope)
{
    const struct web_numbers numbers = web_view_numbers(view, scope);
    json_t *out = json_object();
    json_t *severity = json_object();
    (void)json_object_set_new(out, "open", json_integer(numbers.open));
    for (uint32_t bit = 0; bit < WEB_NEED_COUNT; bit++) {
        (void)json_object_set_new(out, web_need_name(bit), json_integer(numbers.by_need[bit]));
    }
    for (uint32_t i = 1; i < 5; i++) {
        const char name[2] = {(char)('0' + i), '\0'};
        (void)json_object_set_new(severity, name, json_integer(numbers.by_severity[i]));
    }
    (void)json_object_set_new(out, "severity", severity);
    (void)json_object_set_new(out, "workers_on_shift", json_integer(numbers.workers_on_shift));
    (void)json_object_set_new(out, "workers_busy", json_integer(numbers.workers_busy));
    (void)json_object_set_new(out, "is_stale", json_boolean(!view->is_ready));
    return out;
}
