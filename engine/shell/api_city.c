/* api_city.c: what the city is: cells as drawn, units, offices, people, classes, rules. Changes with its images only. */
#include "engine/city/cell_shapes.h"
#include "engine/edge/words.h"
#include "engine/shell/api.h"
#include "engine/shell/web_history.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>

#define ROLE_BITS 9u

/* Text that is no UTF-8 makes no JSON: better no text than no engine. */
static void set(json_t *object, const char *name, json_t *value)
{
    must(json_object_set_new(object, name, value != NULL ? value : json_null()) == 0);
}

static json_t *text(const struct web_view *view, struct image_string string)
{
    return web_city_text(&view->names.city, string);
}

/* Where there is no English name the local one stands in. */
static json_t *name(const struct web_view *view, struct image_string zh, struct image_string en)
{
    json_t *out = json_object();
    set(out, "zh", text(view, zh));
    set(out, "en", text(view, en.size > 0 ? en : zh));
    return out;
}

static json_t *code_of(struct history_piece piece)
{
    return piece.bytes == NULL || piece.size == 0 ? json_null()
                                                  : json_stringn(piece.bytes, piece.size);
}

json_t *api_list_rights(uint32_t rights)
{
    json_t *out = json_array();
    for (uint32_t bit = 0; bit < ROLE_BITS; bit++) {
        char word[32];
        size_t used = 0;
        const char *upper = words_right_name(1u << bit);
        if ((rights >> bit & 1) == 0) {
            continue;
        }
        for (; upper[used] != '\0' && used + 1 < sizeof word; used++) {
            word[used] = (char)(upper[used] == '_' ? '_' : upper[used] | 0x20);
        }
        word[used] = '\0';
        (void)json_array_append_new(out, json_string(word));
    }
    return out;
}

/* The features of CITY/cells.geojson in WGS-84, with id and name beside their own properties. Without the file: no shapes. */
static json_t *read_cells(const struct web *web)
{
    size_t index;
    json_t *feature;
    json_t *root = cell_shapes_load(web->city);
    if (!json_is_array(json_object_get(root, "features"))) {
        json_decref(root);
        return json_pack("{s:s, s:[]}", "type", "FeatureCollection", "features");
    }
    json_array_foreach(json_object_get(root, "features"), index, feature)
    {
        json_t *properties = json_object_get(feature, "properties");
        const json_t *code = json_object_get(properties, "code");
        if (json_is_string(code)) {
            set(feature, "id", json_string(json_string_value(code)));
            set(properties, "id", json_string(json_string_value(code)));
        }
    }
    return root;
}

static json_t *list_units(const struct web_view *view)
{
    const struct city *city = &view->names.city;
    json_t *out = json_array();
    for (uint32_t i = 0; i < city->unit_count; i++) {
        const struct city_unit *row = &city->units[i];
        json_t *item = json_object();
        set(item, "id", text(view, row->code));
        set(item, "name", text(view, row->name));
        set(item, "level", json_integer(row->level));
        set(item, "parent",
            row->parent == NONE32 ? json_null() : text(view, city->units[row->parent].code));
        (void)json_array_append_new(out, item);
    }
    return out;
}

static json_t *list_departments(const struct web_view *view)
{
    const struct city *city = &view->names.city;
    json_t *out = json_array();
    for (uint32_t i = 0; i < city->department_count; i++) {
        const struct city_department *row = &city->departments[i];
        json_t *item = json_object();
        set(item, "id", text(view, row->code));
        set(item, "name", name(view, row->name, row->name_en));
        (void)json_array_append_new(out, item);
    }
    return out;
}

static json_t *list_posts(const struct web_view *view)
{
    const struct city *city = &view->names.city;
    json_t *out = json_array();
    for (uint32_t i = 0; i < city->post_count; i++) {
        const struct city_post *row = &city->posts[i];
        json_t *item = json_object();
        set(item, "id", text(view, row->code));
        set(item, "name", name(view, row->name, row->name_en));
        set(item, "department", code_of(history_department(&view->names, row->department)));
        (void)json_array_append_new(out, item);
    }
    return out;
}

static json_t *list_classes(const struct web_view *view)
{
    const struct city *city = &view->names.city;
    json_t *out = json_array();
    for (uint32_t i = 0; i < city->class_count; i++) {
        const struct city_class *row = &city->classes[i];
        json_t *item = json_object();
        set(item, "id", text(view, row->code));
        set(item, "title", name(view, row->title, row->title_en));
        set(item, "department", code_of(history_department(&view->names, row->department)));
        (void)json_array_append_new(out, item);
    }
    return out;
}

static json_t *list_persons(const struct web_view *view)
{
    const struct city *city = &view->names.city;
    json_t *out = json_array();
    for (uint32_t i = 0; i < city->person_count; i++) {
        const struct city_person *row = &city->persons[i];
        json_t *item = json_object();
        set(item, "id", text(view, row->id));
        set(item, "name", name(view, row->name, row->name_en));
        set(item, "roles", api_list_rights(row->rights));
        set(item, "department", code_of(history_department(&view->names, row->department)));
        set(item, "cell", code_of(history_cell(&view->names, row->home_cell)));
        set(item, "capacity", json_integer(row->capacity));
        (void)json_array_append_new(out, item);
    }
    return out;
}

json_t *api_policy_text(const struct policy *policy, struct image_string string)
{
    return string.size == 0 ? json_null() : json_stringn(policy_text(policy, string), string.size);
}

static json_t *list_rules(const struct web_view *view)
{
    const struct policy *policy = &view->names.policy;
    json_t *out = json_array();
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *row = &policy->rules[i];
        const struct image_string en = row->title_en.size > 0 ? row->title_en : row->title;
        json_t *item = json_object();
        json_t *title = json_object();
        set(title, "zh", api_policy_text(policy, row->title));
        set(title, "en", api_policy_text(policy, en));
        set(item, "id", api_policy_text(policy, row->id));
        set(item, "title", title);
        set(item, "lane", json_string(words_lane_name(row->lane)));
        set(item, "status", json_string(words_rule_status_name(row->status)));
        (void)json_array_append_new(out, item);
    }
    return out;
}

static json_t *describe(const struct web *web)
{
    const struct web_view *view = web->view;
    const struct city_info *info = view->names.city.info;
    json_t *out = json_object();
    set(out, "name", name(view, info->name, info->name_en));
    set(out, "time_zone", text(view, info->time_zone));
    set(out, "box",
        json_pack("{s:i, s:i, s:i, s:i}", "lon_min_e7", info->lon_min, "lat_min_e7", info->lat_min,
                  "lon_max_e7", info->lon_max, "lat_max_e7", info->lat_max));
    set(out, "clock",
        json_pack("{s:s, s:i}", "mode", web->options.clock_mode == 1 ? "scaled" : "wall", "speed",
                  (int)web->options.speed));
    set(out, "map", api_map_tiles(web));
    set(out, "cells", read_cells(web));
    set(out, "units", list_units(view));
    set(out, "departments", list_departments(view));
    set(out, "posts", list_posts(view));
    set(out, "classes", list_classes(view));
    set(out, "persons", list_persons(view));
    set(out, "rules", list_rules(view));
    return out;
}

/* No view yet, or none of this city: nothing to tell. */
bool api_is_known(struct web_exchange *exchange)
{
    if (web_view_of(exchange)->names.is_open) {
        return true;
    }
    web_set_header(exchange, "Retry-After", "1");
    web_problem(exchange, 503, "NOT_READY", "the engine has just started; ask again in a second");
    return false;
}

void api_city(struct web_exchange *exchange)
{
    struct web *web = web_of(exchange);
    if (!api_is_known(exchange)) {
        return;
    }
    if (web->city_json == NULL || web->city_version != web->view->version) {
        json_t *city = describe(web);
        free(web->city_json);
        web->city_json = json_dumps(city, JSON_COMPACT);
        web->city_version = web->view->version;
        json_decref(city);
        must(web->city_json != NULL);
    }
    web_answer_bytes(exchange, 200, "application/json", web->city_json, strlen(web->city_json));
}

void api_counters(struct web_exchange *exchange)
{
    if (api_is_known(exchange)) {
        const struct web_scope scope = web_scope_of(exchange);
        json_t *out = web_view_counters(web_view_of(exchange), &scope);
        set(out, "position", json_integer((json_int_t)web_view_of(exchange)->position));
        set(out, "now_ms", json_integer(web_now_ms(exchange)));
        web_answer_json(exchange, 200, out);
    }
}

void api_workers(struct web_exchange *exchange)
{
    const struct web_view *view = web_view_of(exchange);
    const char *department = web_query(exchange, "department");
    int64_t at = 0, limit = 0;
    char next[24] = "";
    if (!api_is_known(exchange) || !web_limit(exchange, &limit) ||
        !web_query_int(exchange, "cursor", &at)) {
        return;
    }
    const struct web_scope scope = web_scope_of(exchange);
    json_t *items = json_array();
    int64_t row = at;
    for (; row < (int64_t)view->worker_count && json_array_size(items) < (size_t)limit; row++) {
        const struct history_piece owner = history_person_department(&view->names, (uint32_t)row);
        const bool is_wanted =
            department == NULL || (owner.bytes != NULL && owner.size == strlen(department) &&
                                   memcmp(owner.bytes, department, owner.size) == 0);
        if (view->workers[row].changed != 0 && is_wanted &&
            web_scope_has_person(&scope, view, (uint32_t)row)) {
            (void)json_array_append_new(items, web_row_worker(view, &view->workers[row]));
        }
    }
    (void)snprintf(next, sizeof next, "%lld", (long long)row);
    web_answer_list(exchange, items, row < (int64_t)view->worker_count ? next : NULL);
}
