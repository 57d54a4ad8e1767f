/* history_cases.c: cases and orders are touched by several commands of a transaction and written once at its end.
 *
 * Truths: case_slots holds exactly the keys of cases[0..case_count), order_slots those of orders[0..order_count). */
#include "engine/shell/history_state.h"

#include "engine/edge/labels.h"
#include "engine/edge/title.h"

#include <stdio.h>
#include <stdlib.h>

#define TITLE_SIZE 512u
#define NAME_SIZE 256u

/* ---- slots ---- */

static uint64_t key_of(struct case_no no)
{
    return mix64(mix64(((uint64_t)no.district << 32) | no.day) ^ no.serial);
}

/* Where the key lies, or the free place where it would; probing ends because half of the places are free. */
static uint32_t probe(const struct history_slots *slots, uint64_t key)
{
    uint32_t mask = HISTORY_DIRTY_MAX * 2 - 1;
    uint32_t at = (uint32_t)mix64(key) & mask;
    while (slots->slots[at] != NONE32 && slots->keys[at] != key) {
        at = (at + 1) & mask;
    }
    return at;
}

_Static_assert((HISTORY_DIRTY_MAX & (HISTORY_DIRTY_MAX - 1)) == 0, "probe masks");

void history_forget_dirty(struct history *history)
{
    for (uint32_t i = 0; i < history->case_count; i++) {
        free(history->cases[i].report);
    }
    history->case_count = 0;
    history->order_count = 0;
    memset(history->case_slots->slots, 0xff, sizeof history->case_slots->slots);
    memset(history->order_slots->slots, 0xff, sizeof history->order_slots->slots);
}

/* Written out in the middle of a command, a case waits for its row if it needs it: at most one per event of a batch. */
static bool is_waiting(const struct history_dirty_case *dirty)
{
    return (dirty->is_new || dirty->is_renamed || dirty->is_joined) && !dirty->has_view;
}

_Static_assert(HISTORY_DIRTY_MAX > 2 * EVENTS_PER_COMMAND_MAX, "those who wait leave room");

/* Forgets what was written; those who wait stay. */
static void forget_written(struct history *history)
{
    uint32_t count = history->case_count, kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (is_waiting(&history->cases[i])) {
            history->cases[kept++] = history->cases[i];
        } else {
            free(history->cases[i].report);
        }
    }
    history->case_count = 0;
    history_forget_dirty(history);
    for (uint32_t i = 0; i < kept; i++) {
        uint64_t key = key_of(history->cases[i].no);
        uint32_t at = probe(history->case_slots, key);
        history->case_slots->keys[at] = key;
        history->case_slots->slots[at] = i;
    }
    history->case_count = kept;
}

/* ---- cases ---- */

static enum err find_id(struct history *history, struct case_no no, int64_t *out_id)
{
    char number[WORDS_CASE_NO_SIZE];
    struct history_binder binder = history_bind(history, HISTORY_SQL_FIND_CASE);
    history_bind_word(&binder, words_case_no(no, number));
    int code = sqlite3_step(binder.stmt);
    enum err err = ERR_OK;
    if (code == SQLITE_ROW) {
        *out_id = sqlite3_column_int64(binder.stmt, 0);
    } else if (code == SQLITE_DONE) {
        (void)snprintf(
            history->fault.text, sizeof history->fault.text,
            "history.db lacks case %s, which the log goes on with; move it away, and the "
            "engine makes a new one from the log",
            number);
        err = ERR_DAMAGED;
    } else {
        err = history_schema_fail(history->db, "look up a case", &history->fault);
    }
    (void)sqlite3_reset(binder.stmt);
    return err;
}

enum err history_case_at(struct history *history, struct history_touch touch,
                         struct history_dirty_case **out_case)
{
    uint64_t key = key_of(touch.no);
    uint32_t at = probe(history->case_slots, key);
    if (history->case_slots->slots[at] != NONE32) {
        *out_case = &history->cases[history->case_slots->slots[at]];
        must(case_no_is_equal((*out_case)->no, touch.no));
        return ERR_OK;
    }
    if (history->case_count == HISTORY_DIRTY_MAX) {
        enum err err = history_flush(history);
        if (err != ERR_OK) {
            return err;
        }
        at = probe(history->case_slots, key);
    }
    struct history_dirty_case fresh = {.no = touch.no, .is_new = touch.is_opening};
    fresh.gateway = fresh.reporter = NONE32;
    fresh.source = GATEWAY_PATROL;
    if (touch.is_opening) {
        fresh.id = history->next_case_id++;
    } else {
        enum err err = find_id(history, touch.no, &fresh.id);
        if (err != ERR_OK) {
            return err;
        }
    }
    history->case_slots->keys[at] = key;
    history->case_slots->slots[at] = history->case_count;
    *out_case = &history->cases[history->case_count++];
    **out_case = fresh;
    return ERR_OK;
}

static bool is_filed(enum case_state state)
{
    return state == CASE_FILED || state == CASE_DISPATCHING || state == CASE_ASSIGNED ||
           state == CASE_ON_SITE || state == CASE_HANDLED || state == CASE_CHECKING ||
           state == CASE_SUSPENDED;
}

enum err history_keep_view(struct history *history, const struct history_record *record)
{
    struct history_dirty_case *dirty;
    enum err err =
        history_case_at(history, (struct history_touch){record->view->no, false}, &dirty);
    if (err != ERR_OK) {
        return err;
    }
    dirty->view = *record->view;
    dirty->has_view = true;
    if (dirty->filed_at_ms == 0 && is_filed(record->view->state)) {
        dirty->filed_at_ms = record->at_ms;
    }
    int64_t due_at_ms = record->view->handle_deadline_ms;
    if (due_at_ms != NEVER_MS) {
        dirty->first_due_at_ms = dirty->first_due_at_ms == 0 ? due_at_ms : dirty->first_due_at_ms;
        dirty->due_at_ms = due_at_ms;
    }
    return ERR_OK;
}

struct titles {
    char zh[TITLE_SIZE];
    char en[TITLE_SIZE];
    char place_zh[NAME_SIZE];
    char place_en[NAME_SIZE];
};

static void render_titles(const struct history *history, const struct case_view *view,
                          struct titles *out)
{
    const struct history_names *names = &history->names;
    struct labels_where where = {view->asset, view->device, view->cell, view->place};
    struct text text;
    title_render_in(&names->city, &names->policy, view, LANG_ZH, out->zh, sizeof out->zh);
    title_render_in(&names->city, &names->policy, view, LANG_EN, out->en, sizeof out->en);
    text_init(&text, out->place_zh, sizeof out->place_zh);
    (void)labels_put_where(&text, &names->city, &where, LANG_ZH);
    text_init(&text, out->place_en, sizeof out->place_en);
    (void)labels_put_where(&text, &names->city, &where, LANG_EN);
}

/* What is searched of the case itself. */
static struct history_piece title_body(const struct titles *titles, char *out, size_t out_size)
{
    struct text text;
    text_init(&text, out, out_size);
    text_put(&text, titles->zh);
    if (strcmp(titles->zh, titles->en) != 0) {
        text_put(&text, "\n");
        text_put(&text, titles->en);
    }
    text_put(&text, "\n");
    text_put(&text, titles->place_zh);
    return (struct history_piece){out, (uint32_t)text.used};
}

enum err history_put_text(struct history *history, int64_t id, int64_t case_id,
                          struct history_piece body)
{
    struct history_binder binder = history_bind(history, HISTORY_SQL_TEXT);
    history_bind_int(&binder, id);
    history_bind_int(&binder, case_id);
    history_bind_piece(&binder, body);
    return history_step(history, &binder, "write a text");
}

/* The words of the title anew, under the same id: an index over a table must be told the old words to forget them. */
static enum err replace_text(struct history *history, int64_t id, struct history_piece body)
{
    enum err err = history_write_waiting(history);
    if (err != ERR_OK) {
        return err;
    }
    struct history_binder binder = history_bind(history, HISTORY_SQL_OLD_TEXT);
    history_bind_int(&binder, id);
    if (sqlite3_step(binder.stmt) != SQLITE_ROW) {
        (void)sqlite3_reset(binder.stmt);
        return ERR_OK; /* expired */
    }
    struct history_binder forget = history_bind(history, HISTORY_SQL_UNSEARCH);
    history_bind_int(&forget, id);
    history_bind_piece(&forget,
                       (struct history_piece){(const void *)sqlite3_column_text(binder.stmt, 0),
                                              (uint32_t)sqlite3_column_bytes(binder.stmt, 0)});
    err = history_step(history, &forget, "write the search index");
    (void)sqlite3_reset(binder.stmt);
    if (err != ERR_OK) {
        return err;
    }
    binder = history_bind(history, HISTORY_SQL_RETEXT);
    history_bind_int(&binder, id);
    history_bind_piece(&binder, body);
    err = history_step(history, &binder, "write a text");
    if (err != ERR_OK) {
        return err;
    }
    binder = history_bind(history, HISTORY_SQL_RESEARCH);
    history_bind_int(&binder, id);
    history_bind_piece(&binder, body);
    return history_step(history, &binder, "write the search index");
}

static void bind_class(struct history *history, struct history_binder *binder, uint32_t row)
{
    const struct history_names *names = &history->names;
    history_bind_piece(binder, history_class(names, row));
    if (row >= names->city.class_count) {
        history_bind_word(binder, NULL);
        history_bind_word(binder, NULL);
        return;
    }
    const struct city_class *class_row = &names->city.classes[row];
    history_bind_piece(binder, (struct history_piece){city_text(&names->city, class_row->title),
                                                      class_row->title.size});
    history_bind_piece(binder, (struct history_piece){city_text(&names->city, class_row->title_en),
                                                      class_row->title_en.size});
}

static void bind_owner(struct history *history, struct history_binder *binder,
                       const struct case_view *view)
{
    const struct history_names *names = &history->names;
    history_bind_piece(binder, history_rule(names, view->rule));
    history_bind_word(binder, names->rules_digest);
    history_bind_piece(
        binder, history_department(names, history_owner(names, view->rule, view->class_row)));
}

static void bind_point(struct history_binder *binder, struct place place)
{
    if (place_is_known(place)) {
        history_bind_int(binder, place.lon);
        history_bind_int(binder, place.lat);
    } else {
        history_bind_word(binder, NULL);
        history_bind_word(binder, NULL);
    }
}

static void bind_place(struct history *history, struct history_binder *binder,
                       const struct history_dirty_case *dirty, const struct titles *titles)
{
    const struct history_names *names = &history->names;
    const struct case_view *view = &dirty->view;
    history_bind_piece(binder, history_district(names, view->cell));
    history_bind_piece(binder, history_cell(names, view->cell));
    history_bind_piece(binder, history_asset(names, view->asset));
    history_bind_piece(binder, history_device(names, view->device));
    history_bind_piece(binder, history_gateway(names, dirty->gateway));
    history_bind_piece(binder, history_person(names, dirty->reporter));
    history_bind_word(binder, titles->place_zh);
    history_bind_word(binder, titles->place_en);
    bind_point(binder, view->place);
}

/* state, severity, holder, clock, events: how the case stands. */
static void bind_standing(struct history *history, struct history_binder *binder,
                          const struct history_dirty_case *dirty)
{
    const struct case_view *view = &dirty->view;
    bool has_clock = !case_state_is_terminal(view->state);
    char zh[NAME_SIZE], en[NAME_SIZE];
    struct text text;
    text_init(&text, zh, sizeof zh);
    history_put_holder(&text, &history->names, view->holder, LANG_ZH);
    text_init(&text, en, sizeof en);
    history_put_holder(&text, &history->names, view->holder, LANG_EN);
    history_bind_word(binder, words_case_state_name((uint32_t)view->state));
    history_bind_int(binder, view->severity);
    history_bind_word(binder, words_holder_kind_name(view->holder.kind));
    history_bind_piece(binder, history_holder(&history->names, view->holder));
    history_bind_copy(binder, zh);
    history_bind_copy(binder, en);
    history_bind_word(binder, has_clock ? words_clock_name(view->clock) : NULL);
    history_bind_instant(binder, has_clock ? view->deadline_ms : 0);
    history_bind_int(binder, view->event_count);
    history_bind_int(binder, dirty->missed);
    history_bind_int(binder, dirty->reopenings);
}

static void bind_instants(struct history_binder *binder, const struct history_dirty_case *dirty)
{
    history_bind_instant(binder, dirty->filed_at_ms);
    history_bind_instant(binder, dirty->view.handled_at_ms);
    history_bind_instant(binder, dirty->view.closed_at_ms);
    history_bind_instant(binder, dirty->retired_at_ms);
}

/* The units it lies in, as they are now. */
static void bind_units(struct history *history, struct history_binder *binder,
                       const struct history_dirty_case *dirty)
{
    for (uint32_t level = 1; level <= HISTORY_UNIT_LEVELS; level++) {
        history_bind_piece(binder, history_unit(&history->names, dirty->view.cell, level));
    }
}

/* What was granted, asked or ended beside the straight way. */
static void bind_aside(struct history_binder *binder, const struct history_dirty_case *dirty)
{
    static const char *const APPEALS[] = {NULL, "OPEN", "UPHELD", "REFUSED"};
    const struct case_view *view = &dirty->view;
    char survivor[WORDS_CASE_NO_SIZE];
    bool is_paused = view->state == CASE_SUSPENDED &&
                     (view->clock == CLOCK_SUSPENDED || view->clock == CLOCK_CONTROL);
    history_bind_count(binder, (uint64_t)dirty->merged_into);
    history_bind_copy(
        binder, case_no_is_none(view->survivor) ? "" : words_case_no(view->survivor, survivor));
    history_bind_word(binder, view->appeal < COUNT_OF(APPEALS) ? APPEALS[view->appeal] : NULL);
    history_bind_int(binder, view->extensions);
    history_bind_instant(binder, is_paused ? view->deadline_ms : 0);
}

static enum err insert_case(struct history *history, const struct history_dirty_case *dirty)
{
    struct titles titles;
    char number[WORDS_CASE_NO_SIZE];
    render_titles(history, &dirty->view, &titles);
    struct history_binder binder = history_bind(history, HISTORY_SQL_NEW_CASE);
    history_bind_int(&binder, dirty->id);
    history_bind_word(&binder, words_case_no(dirty->no, number));
    history_bind_int(&binder, dirty->no.day);
    history_bind_int(&binder, dirty->no.serial);
    history_bind_word(&binder, titles.zh);
    history_bind_word(&binder, titles.en);
    bind_class(history, &binder, dirty->view.class_row);
    bind_owner(history, &binder, &dirty->view);
    bind_place(history, &binder, dirty, &titles);
    history_bind_word(&binder, dirty->report);
    history_bind_int(&binder, dirty->view.onset_at_ms);
    history_bind_int(&binder, dirty->view.opened_at_ms);
    bind_instants(&binder, dirty);
    bind_standing(history, &binder, dirty);
    history_bind_word(&binder, words_gateway_kind_name(dirty->source));
    bind_units(history, &binder, dirty);
    history_bind_instant(&binder, dirty->first_due_at_ms);
    history_bind_instant(&binder, dirty->due_at_ms);
    bind_aside(&binder, dirty);
    enum err err = history_step(history, &binder, "write a case");
    char body[sizeof titles];
    return err != ERR_OK ? err
                         : history_put_text(history, dirty->id * 2, dirty->id,
                                            title_body(&titles, body, sizeof body));
}

/* Where it lies now. */
static enum err move_case(struct history *history, const struct history_dirty_case *dirty,
                          const struct titles *titles)
{
    struct history_binder binder = history_bind(history, HISTORY_SQL_MOVE);
    history_bind_piece(&binder, history_district(&history->names, dirty->view.cell));
    history_bind_piece(&binder, history_cell(&history->names, dirty->view.cell));
    history_bind_word(&binder, titles->place_zh);
    history_bind_word(&binder, titles->place_en);
    bind_point(&binder, dirty->view.place);
    bind_units(history, &binder, dirty);
    history_bind_int(&binder, dirty->id);
    return history_step(history, &binder, "write a case");
}

/* Does the row say where the case lies now? Most reports that join it move nothing. */
static bool is_there(struct history *history, const struct history_dirty_case *dirty)
{
    struct history_binder binder = history_bind(history, HISTORY_SQL_IS_THERE);
    history_bind_int(&binder, dirty->id);
    history_bind_piece(&binder, history_cell(&history->names, dirty->view.cell));
    bind_point(&binder, dirty->view.place);
    const bool is_same = sqlite3_step(binder.stmt) == SQLITE_ROW;
    (void)sqlite3_reset(binder.stmt);
    return is_same;
}

static enum err retitle_case(struct history *history, const struct history_dirty_case *dirty)
{
    struct titles titles;
    char body[sizeof titles];
    render_titles(history, &dirty->view, &titles);
    struct history_binder binder = history_bind(history, HISTORY_SQL_RETITLE);
    history_bind_word(&binder, titles.zh);
    history_bind_word(&binder, titles.en);
    bind_owner(history, &binder, &dirty->view);
    history_bind_int(&binder, dirty->id);
    enum err err = history_step(history, &binder, "write a case");
    err = err != ERR_OK ? err : move_case(history, dirty, &titles);
    return err != ERR_OK
               ? err
               : replace_text(history, dirty->id * 2, title_body(&titles, body, sizeof body));
}

static enum err update_case(struct history *history, const struct history_dirty_case *dirty)
{
    struct history_binder binder = history_bind(history, HISTORY_SQL_CASE);
    bind_instants(&binder, dirty);
    bind_standing(history, &binder, dirty);
    history_bind_instant(&binder, dirty->first_due_at_ms);
    history_bind_instant(&binder, dirty->due_at_ms);
    bind_aside(&binder, dirty);
    history_bind_int(&binder, dirty->id);
    return history_step(history, &binder, "write a case");
}

/* Touched, but its row is not here: it has left the engine, or comes at the end of the command. */
static enum err update_counts(struct history *history, const struct history_dirty_case *dirty)
{
    struct history_binder binder = history_bind(history, HISTORY_SQL_COUNTS);
    history_bind_int(&binder, dirty->missed);
    history_bind_int(&binder, dirty->reopenings);
    history_bind_instant(&binder, dirty->retired_at_ms);
    history_bind_int(&binder, dirty->id);
    return history_step(history, &binder, "write a case");
}

static enum err flush_case(struct history *history, const struct history_dirty_case *dirty)
{
    if (is_waiting(dirty)) {
        return ERR_OK;
    }
    if (dirty->is_new) {
        return insert_case(history, dirty);
    }
    if (!dirty->has_view) {
        return update_counts(history, dirty);
    }
    enum err err = update_case(history, dirty);
    const bool is_told_anew = dirty->is_renamed || (dirty->is_joined && !is_there(history, dirty));
    return err == ERR_OK && is_told_anew ? retitle_case(history, dirty) : err;
}

/* ---- orders ---- */

enum err history_keep_order(struct history *history, const struct order_view *view)
{
    struct history_dirty_case *dirty;
    enum err err = history_case_at(history, (struct history_touch){view->case_no, false}, &dirty);
    if (err != ERR_OK) {
        return err;
    }
    int64_t case_id = dirty->id;
    uint32_t at = probe(history->order_slots, view->number);
    if (history->order_slots->slots[at] == NONE32 && history->order_count == HISTORY_DIRTY_MAX) {
        err = history_flush(history);
        if (err != ERR_OK) {
            return err;
        }
        at = probe(history->order_slots, view->number);
    }
    if (history->order_slots->slots[at] == NONE32) {
        history->order_slots->keys[at] = view->number;
        history->order_slots->slots[at] = history->order_count++;
    }
    history->orders[history->order_slots->slots[at]] =
        (struct history_dirty_order){.view = *view, .case_id = case_id};
    return ERR_OK;
}

static enum err flush_order(struct history *history, const struct history_dirty_order *dirty)
{
    const struct order_view *view = &dirty->view;
    struct history_binder binder = history_bind(history, HISTORY_SQL_ORDER);
    history_bind_int(&binder, (int64_t)view->number);
    history_bind_int(&binder, dirty->case_id);
    history_bind_word(&binder, words_order_kind_name((uint32_t)view->kind));
    history_bind_word(&binder, words_order_state_name((uint32_t)view->state));
    history_bind_piece(&binder, history_person(&history->names, view->person));
    history_bind_int(&binder, view->is_lead);
    history_bind_instant(&binder, view->offered_at_ms);
    history_bind_instant(&binder, view->accepted_at_ms);
    history_bind_instant(&binder, view->arrived_at_ms);
    history_bind_instant(&binder, view->ended_at_ms);
    history_bind_word(&binder, words_clock_name(view->clock));
    history_bind_instant(&binder, view->deadline_ms);
    history_bind_piece(&binder, history_person_department(&history->names, view->person));
    history_bind_piece(&binder, history_person_team(&history->names, view->person));
    return history_step(history, &binder, "write an order");
}

/* ---- counters ---- */

enum err history_count(struct history *history, const char *kind, const char *name, uint32_t count)
{
    struct history_binder binder = history_bind(history, HISTORY_SQL_COUNTER);
    history_bind_int(&binder, history->day.day);
    history_bind_word(&binder, kind);
    history_bind_word(&binder, name);
    history_bind_int(&binder, count);
    return history_step(history, &binder, "write a counter");
}

static enum err flush_counters(struct history *history)
{
    enum err err = ERR_OK;
    for (uint32_t i = 0; err == ERR_OK && i < CODE_LIMIT; i++) {
        if (history->day.results[i] > 0) {
            err = history_count(history, "result", words_code_name(i), history->day.results[i]);
        }
    }
    for (uint32_t i = 0; err == ERR_OK && i < ACTION_LIMIT; i++) {
        if (history->day.actions[i] > 0) {
            err = history_count(history, "action", words_action_name(i), history->day.actions[i]);
        }
    }
    history->day =
        (struct history_day_counts){.at_ms = history->day.at_ms, .day = history->day.day};
    return err;
}

enum err history_flush(struct history *history)
{
    enum err err = ERR_OK;
    for (uint32_t i = 0; err == ERR_OK && i < history->order_count; i++) {
        err = flush_order(history, &history->orders[i]);
    }
    for (uint32_t i = 0; err == ERR_OK && i < history->case_count; i++) {
        err = flush_case(history, &history->cases[i]);
    }
    forget_written(history);
    if (err == ERR_OK) {
        err = flush_counters(history);
    }
    return err == ERR_OK ? history_write_waiting(history) : err;
}
