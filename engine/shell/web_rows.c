/* web_rows.c: rows of the view as JSON, in words and names that stay. Field names are those of docs/api.md. */
#include "engine/edge/labels.h"
#include "engine/edge/title.h"
#include "engine/shell/web_view.h"

#define NAME_SIZE 256u
#define TITLE_SIZE 512u

/* Text that is no UTF-8 makes no JSON: better no text than no engine. */
static void set(json_t *object, const char *name, json_t *value)
{
    must(json_object_set_new(object, name, value != NULL ? value : json_null()) == 0);
}

json_t *web_city_text(const struct city *city, struct image_string text)
{
    return text.size == 0 ? json_null() : json_stringn(city_text(city, text), text.size);
}

static json_t *piece(struct history_piece text)
{
    return text.bytes == NULL || text.size == 0 ? json_null() : json_stringn(text.bytes, text.size);
}

json_t *web_both(const char *zh, const char *en)
{
    return json_pack("{s:s, s:s}", "zh", zh, "en", en);
}

json_t *web_instant(int64_t at_ms)
{
    return at_ms == 0 || at_ms == NEVER_MS ? json_null() : json_integer(at_ms);
}

const char *web_need_name(uint32_t bit)
{
#define WEB_NEED_NAME(name, bit, word) word,
    static const char *const NAMES[] = {WEB_NEED_LIST(WEB_NEED_NAME)};
#undef WEB_NEED_NAME
    must(bit < COUNT_OF(NAMES));
    return NAMES[bit];
}

uint32_t web_row_needs(const struct web_view *view, const struct case_view *row)
{
    const struct order_view *lead =
        row->orders[0] != 0 ? web_view_order(view, row->orders[0]) : NULL;
    const bool is_at_post = row->holder.kind == HOLDER_POST;
    const bool is_paused = row->state == CASE_SUSPENDED;
    uint32_t needs = row->is_overdue ? (uint32_t)WEB_NEED_OVERDUE : 0;
    for (uint32_t i = 0; i < COUNT_OF(row->orders) && row->orders[i] != 0; i++) {
        const struct order_view *order = web_view_order(view, row->orders[i]);
        needs |=
            order != NULL && order->kind == KIND_ADJUDICATE ? (uint32_t)WEB_NEED_ADJUDICATION : 0;
    }
    if (row->clock == CLOCK_POSITION || row->clock == CLOCK_RULING) {
        needs |= WEB_NEED_ADJUDICATION;
    }
    if (lead != NULL && lead->state == ORDER_OFFERED) {
        needs |= WEB_NEED_UNACCEPTED;
    }
    if ((row->state == CASE_HANDLED || row->state == CASE_CHECKING) && is_at_post) {
        needs |= WEB_NEED_CHECK;
    }
    if (row->orders[0] == 0 && is_at_post && !is_paused && row->state < CASE_HANDLED &&
        (needs & WEB_NEED_ADJUDICATION) == 0) {
        needs |= WEB_NEED_NOBODY;
    }
    return needs;
}

static json_t *holder(const struct web_view *view, struct holder holder)
{
    char zh[NAME_SIZE], en[NAME_SIZE];
    struct text text;
    if (holder.kind == HOLDER_NONE) {
        return json_null();
    }
    text_init(&text, zh, sizeof zh);
    history_put_holder(&text, &view->names, holder, LANG_ZH);
    text_init(&text, en, sizeof en);
    history_put_holder(&text, &view->names, holder, LANG_EN);
    json_t *out = json_object();
    set(out, "kind", json_string(words_holder_kind_name(holder.kind)));
    set(out, "id", piece(history_holder(&view->names, holder)));
    set(out, "name", web_both(zh, en));
    return out;
}

static json_t *titles(const struct web_view *view, const struct case_view *row)
{
    char zh[TITLE_SIZE], en[TITLE_SIZE];
    title_render_in(&view->names.city, &view->names.policy, row, LANG_ZH, zh, sizeof zh);
    title_render_in(&view->names.city, &view->names.policy, row, LANG_EN, en, sizeof en);
    return web_both(zh, en);
}

static json_t *place(const struct web_view *view, const struct case_view *row)
{
    char zh[NAME_SIZE], en[NAME_SIZE];
    const struct labels_where where = {row->asset, row->device, row->cell, row->place};
    struct text text;
    text_init(&text, zh, sizeof zh);
    (void)labels_put_where(&text, &view->names.city, &where, LANG_ZH);
    text_init(&text, en, sizeof en);
    (void)labels_put_where(&text, &view->names.city, &where, LANG_EN);
    return web_both(zh, en);
}

static json_t *order(const struct web_view *view, uint64_t number)
{
    const struct order_view *row = number != 0 ? web_view_order(view, number) : NULL;
    if (row == NULL) {
        return json_null();
    }
    json_t *out = json_object();
    set(out, "number", json_integer((json_int_t)row->number));
    set(out, "kind", json_string(words_order_kind_name((uint32_t)row->kind)));
    set(out, "state", json_string(words_order_state_name((uint32_t)row->state)));
    set(out, "person", piece(history_person(&view->names, row->person)));
    return out;
}

static json_t *list_needs(uint32_t needs)
{
    json_t *out = json_array();
    for (uint32_t bit = 0; bit < WEB_NEED_COUNT; bit++) {
        if ((needs >> bit & 1) != 0) {
            (void)json_array_append_new(out, json_string(web_need_name(bit)));
        }
    }
    return out;
}

/* What kind of source reported it first; null of a person's report, which only the history tells apart (history_source). */
static json_t *source(const struct web_view *view, const struct case_view *row)
{
    const struct city *city = &view->names.city;
    return row->gateway < city->gateway_count
               ? json_string(words_gateway_kind_name(city->gateways[row->gateway].kind))
               : json_null();
}

/* Of a case that waits for confirmation: kinds of sources whose word counts so far. */
static json_t *witnesses(const struct case_view *row)
{
    json_t *out = json_array();
    for (uint32_t kind = GATEWAY_SENSOR; kind <= GATEWAY_PATROL; kind++) {
        if ((row->sources_seen >> kind & 1) != 0) {
            (void)json_array_append_new(out, json_string(words_gateway_kind_name(kind)));
        }
    }
    return out;
}

json_t *web_row_case(const struct web_view *view, const struct case_view *row, uint32_t needs)
{
    const struct history_names *names = &view->names;
    const uint32_t owner = history_owner(names, row->rule, row->class_row);
    const bool is_placed = place_is_known(row->place);
    char number[WORDS_CASE_NO_SIZE];
    json_t *out = json_object();
    set(out, "id", json_string(words_case_no(row->no, number)));
    set(out, "number", json_string(number));
    set(out, "title", titles(view, row));
    set(out, "class", piece(history_class(names, row->class_row)));
    set(out, "rule", piece(history_rule(names, row->rule)));
    set(out, "severity", json_integer(row->severity));
    set(out, "state", json_string(words_case_state_name((uint32_t)row->state)));
    set(out, "lon_e7", is_placed ? json_integer(row->place.lon) : json_null());
    set(out, "lat_e7", is_placed ? json_integer(row->place.lat) : json_null());
    set(out, "cell", piece(history_cell(names, row->cell)));
    set(out, "department", piece(history_department(names, owner)));
    set(out, "place", place(view, row));
    set(out, "holder", holder(view, row->holder));
    set(out, "clock", json_string(words_clock_name(row->clock)));
    set(out, "deadline_ms", web_instant(row->deadline_ms));
    set(out, "clock_set_ms", web_instant(row->clock_set_ms));
    set(out, "source", source(view, row));
    set(out, "witnesses", witnesses(row));
    set(out, "handle_deadline_ms", web_instant(row->handle_deadline_ms));
    set(out, "opened_at_ms", web_instant(row->opened_at_ms));
    set(out, "closed_at_ms", web_instant(row->closed_at_ms));
    set(out, "events", json_integer(row->event_count));
    set(out, "need", list_needs(needs));
    set(out, "order", order(view, row->orders[0]));
    set(out, "is_overdue", json_boolean(row->is_overdue));
    return out;
}

json_t *web_row_worker(const struct web_view *view, const struct web_worker *worker)
{
    const struct city *city = &view->names.city;
    const struct worker_view *row = &worker->view;
    const struct city_person *person = &city->persons[row->person];
    const bool is_placed = place_is_known(row->fix);
    json_t *out = json_object();
    set(out, "id", web_city_text(city, person->id));
    set(out, "name", web_city_text(city, person->name));
    set(out, "department", piece(history_person_department(&view->names, row->person)));
    set(out, "cell", piece(history_cell(&view->names, person->home_cell)));
    set(out, "lon_e7", is_placed ? json_integer(row->fix.lon) : json_null());
    set(out, "lat_e7", is_placed ? json_integer(row->fix.lat) : json_null());
    set(out, "fix_at_ms", web_instant(is_placed ? row->fix_at_ms : 0));
    set(out, "on_shift", json_boolean(row->is_on_shift));
    set(out, "load", json_integer(row->load));
    set(out, "capacity", json_integer(row->capacity));
    set(out, "status", json_string(words_worker_status_name((uint32_t)row->status)));
    return out;
}
