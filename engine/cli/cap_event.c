/* cap_event.c: see cap_event.h. */
#include "engine/cli/cap_event.h"

#include "engine/city/text_file.h"
#include "engine/cli/cap_shape.h"
#include "engine/core/base.h"
#include "engine/core/distance.h"
#include "sim/trace_file.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENT_LATER_MS (5 * INT64_C(60000)) /* clocks of two houses */
#define TEXT_MAX 4000u
#define DEGREE_E7 1e7

struct making {
    struct problems *problems;
    const char *file;
    const struct cap_alert *alert;
    const struct cap_map *map;
    const struct city *city;
    int64_t now_ms;
    bool is_cancel;
};

#define COMPLAIN(making, level, value, code, ...)                                                  \
    problems_add((making)->problems, level, code, (making)->file,                                  \
                 (value) != NULL ? (value)->line : 0, (value) != NULL ? (value)->column : 0,       \
                 __VA_ARGS__)

static int64_t instant_of(const struct cap_value *value)
{
    int64_t at_ms = 0;
    int32_t offset;
    return value != NULL && trace_parse_instant(value->text, &at_ms, &offset) ? at_ms : 0;
}

void cap_key(const char *sender, const char *identifier, char out[CAP_KEY_SIZE])
{
    unsigned char digest[crypto_generichash_BYTES_MIN];
    char named[crypto_generichash_BYTES_MIN * 2 + 1];
    (void)crypto_generichash(digest, sizeof digest, (const unsigned char *)sender, strlen(sender),
                             NULL, 0);
    (void)sodium_bin2hex(named, sizeof named, digest, sizeof digest);
    if (strlen(identifier) + 9 < CAP_KEY_SIZE) {
        (void)snprintf(out, CAP_KEY_SIZE, "%s/%.8s", identifier, named);
        return;
    }
    (void)crypto_generichash(digest, sizeof digest, (const unsigned char *)identifier,
                             strlen(identifier), NULL, 0);
    (void)snprintf(out, CAP_KEY_SIZE, "%.16s", named);
    (void)sodium_bin2hex(out + 16, sizeof named, digest, sizeof digest);
}

/* Copies as many whole characters as fit; false where not all did. */
static bool copy_whole(char *out, size_t out_size, const char *text)
{
    size_t used = 0;
    const size_t size = strlen(text);
    while (used < size) {
        const size_t next = utf8_size(text + used, size - used);
        if (next == 0 || used + next >= out_size) {
            break;
        }
        used += next;
    }
    memcpy(out, text, used);
    out[used] = '\0';
    return used == size;
}

/* ---- may it be sent at all ---- */

static bool is_sendable(const struct making *making)
{
    const struct cap_values *values = &making->alert->values;
    const struct cap_value *status = cap_values_find(values, "status", 0);
    const struct cap_value *type = cap_values_find(values, "msgType", 0);
    const struct cap_value *sent = cap_values_find(values, "sent", 0);
    const struct cap_value *references = cap_values_find(values, "references", 0);
    if (strcmp(status->text, "Actual") != 0 && strcmp(status->text, "Exercise") != 0) {
        COMPLAIN(making, PROBLEM_ERROR, status, "CAP_NOT_ACTUAL",
                 "alert/status is %s: nothing is opened by it", status->text);
        return false;
    }
    if (strcmp(type->text, "Ack") == 0 || strcmp(type->text, "Error") == 0) {
        COMPLAIN(making, PROBLEM_ERROR, type, "CAP_NO_ALERT",
                 "alert/msgType is %s: an answer, not an alert", type->text);
        return false;
    }
    if (instant_of(sent) > making->now_ms + SENT_LATER_MS) {
        COMPLAIN(making, PROBLEM_ERROR, sent, "CAP_SENT_LATER",
                 "alert/sent is %s, which is still to come on the engine's clock", sent->text);
        return false;
    }
    if (strcmp(type->text, "Alert") != 0 && references == NULL) {
        COMPLAIN(making, PROBLEM_ERROR, type, "CAP_REFERENCES",
                 "an %s names no alert in <references>", type->text);
        return false;
    }
    if (!making->is_cancel && making->alert->info_count == 0) {
        COMPLAIN(making, PROBLEM_ERROR, type, "CAP_MISSING",
                 "<alert> has no <info>: it says nothing");
        return false;
    }
    return true;
}

/* "sender,identifier,sent sender,identifier,sent", oldest first. */
static bool read_references(const struct making *making, struct cap_events *events)
{
    const struct cap_value *value = cap_values_find(&making->alert->values, "references", 0);
    const bool is_wanted = strcmp(cap_values_text(&making->alert->values, "msgType"), "Alert") != 0;
    const char *at = is_wanted ? value->text : "";
    while (*at != '\0') {
        char sender[512], identifier[512], sent[64];
        int used = 0;
        int64_t at_ms;
        int32_t offset;
        const int count = sscanf(at, " %511[^, \t\r\n],%511[^, \t\r\n],%63[^, \t\r\n]%n", sender,
                                 identifier, sent, &used);
        if (count != 3 || used == 0 || !trace_parse_instant(sent, &at_ms, &offset)) {
            COMPLAIN(making, PROBLEM_ERROR, value, "CAP_REFERENCES",
                     "alert/references: \"%.60s\": sender,identifier,sent expected", at);
            return false;
        }
        if (events->reference_count == CAP_REFERENCES_MAX) {
            memmove(events->references[0], events->references[1],
                    sizeof events->references - CAP_KEY_SIZE);
            events->reference_count--; /* the newest are tried */
        }
        cap_key(sender, identifier, events->references[events->reference_count++]);
        at += used;
        at += strspn(at, " \t\r\n");
    }
    for (uint32_t i = 0; i < events->reference_count / 2; i++) {
        char swap[CAP_KEY_SIZE];
        char *other = events->references[events->reference_count - 1 - i];
        memcpy(swap, events->references[i], sizeof swap);
        memcpy(events->references[i], other, sizeof swap);
        memcpy(other, swap, sizeof swap);
    }
    return true;
}

/* By the times of an info block; false after saying why not. */
static bool is_in_force(const struct making *making, const struct cap_info *info,
                        struct cap_events *events)
{
    const struct cap_value *effective = cap_values_find(&info->values, "effective", 0);
    const struct cap_value *expires = cap_values_find(&info->values, "expires", 0);
    const int64_t sent_ms = instant_of(cap_values_find(&making->alert->values, "sent", 0));
    const int64_t from_ms = effective != NULL ? instant_of(effective) : sent_ms;
    if (expires != NULL && instant_of(expires) <= from_ms) {
        COMPLAIN(making, PROBLEM_ERROR, expires, "CAP_TIME",
                 "info/expires is %s, not after it takes effect", expires->text);
        return false;
    }
    if (expires != NULL && instant_of(expires) <= making->now_ms && !making->is_cancel) {
        COMPLAIN(making, PROBLEM_ERROR, expires, "CAP_EXPIRED", "info/expires is %s: it is over",
                 expires->text);
        return false;
    }
    if (effective != NULL && from_ms > making->now_ms) {
        events->is_early = true;
        COMPLAIN(making, PROBLEM_ERROR, effective, "CAP_NOT_YET",
                 "info/effective is %s: send it again then", effective->text);
        return false;
    }
    return true;
}

/* ---- where ---- */

/* The cell centre inside one of the shapes that is nearest to the first one's middle. */
static bool find_cell(const struct making *making, const struct cap_info *info,
                      struct cap_point middle, struct cap_point *out)
{
    double best = 1e300;
    for (uint32_t c = 0; c < making->city->cell_count; c++) {
        const struct cap_point at = {.lat = making->city->cells[c].lat / DEGREE_E7,
                                     .lon = making->city->cells[c].lon / DEGREE_E7};
        const double far = (at.lat - middle.lat) * (at.lat - middle.lat) +
                           (at.lon - middle.lon) * (at.lon - middle.lon);
        for (uint32_t s = 0; far < best && s < info->shape_count; s++) {
            if (cap_shape_holds(&info->shapes[s], at)) {
                best = far;
                *out = at;
            }
        }
    }
    return best < 1e300;
}

static bool is_in_box(const struct city *city, struct cap_point at)
{
    const struct city_info *info = city->info;
    return at.lat * DEGREE_E7 >= info->lat_min && at.lat * DEGREE_E7 <= info->lat_max &&
           at.lon * DEGREE_E7 >= info->lon_min && at.lon * DEGREE_E7 <= info->lon_max;
}

/* A place that stands for the alert's areas, accurate to their reach. */
static bool put_place(const struct making *making, const struct cap_info *info,
                      struct gridloop_event *event)
{
    if (info->shape_count == 0) {
        return true;
    }
    struct cap_point at = cap_shape_centre(&info->shapes[0]);
    if (making->city != NULL && !find_cell(making, info, at, &at) && !is_in_box(making->city, at)) {
        problems_add(
            making->problems, PROBLEM_ERROR, "CAP_OUTSIDE", making->file, info->line, info->column,
            "info/area: none of its %u polygons and circles touches the city", info->shape_count);
        return false;
    }
    double reach_cm = 0;
    for (uint32_t s = 0; s < info->shape_count; s++) {
        const double one_cm = cap_shape_reach_m(&info->shapes[s], at) * 100;
        reach_cm = one_cm > reach_cm ? one_cm : reach_cm;
    }
    event->has_place = true;
    event->lat = at.lat;
    event->lon = at.lon;
    event->accuracy_cm = reach_cm < 4e9 ? (uint32_t)reach_cm : UINT32_MAX;
    return true;
}

/* ---- one event ---- */

static void put_text_field(struct making *making, struct cap_event *to, const char *name,
                           const char *text)
{
    struct gridloop_field *field = &to->fields[to->event.field_count];
    char *copy = to->texts[to->event.field_count++];
    if (!copy_whole(copy, CAP_KEY_SIZE, text)) {
        problems_add(making->problems, PROBLEM_WARNING, "CAP_CUT", making->file, 0, 0,
                     "field %s: %zu bytes cut to %zu", name, strlen(text), strlen(copy));
    }
    *field = (struct gridloop_field){.name = name, .kind = GRIDLOOP_TEXT, .text = copy};
}

static bool put_field(struct making *making, const struct cap_field *from,
                      const struct cap_info *info, struct cap_event *to)
{
    char *end;
    const char *text = cap_map_value(from, making->alert, info);
    if (text == NULL) {
        return true;
    }
    if (!from->is_number) {
        put_text_field(making, to, from->name, text);
        return true;
    }
    const double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number > -1e12 && number < 1e12)) {
        problems_add(making->problems, PROBLEM_ERROR, "CAP_NUMBER", making->file,
                     info != NULL ? info->line : 0, 0, "field %s: \"%.40s\" is no number",
                     from->name, text);
        return false;
    }
    to->fields[to->event.field_count++] =
        (struct gridloop_field){.name = from->name, .kind = GRIDLOOP_NUMBER, .number = number};
    return true;
}

/* Headline, description and instruction as the event's words. */
static bool put_words(struct making *making, const struct cap_info *info, struct cap_event *to)
{
    static const char *const PARTS[] = {"headline", "description", "instruction", "contact", "web"};
    size_t size = 1;
    for (size_t i = 0; info != NULL && i < COUNT_OF(PARTS); i++) {
        size += strlen(cap_values_text(&info->values, PARTS[i])) + 1;
    }
    char *all = calloc(1, size);
    to->text = calloc(1, TEXT_MAX + 1);
    if (all == NULL || to->text == NULL) {
        free(all);
        return false;
    }
    for (size_t i = 0, used = 0; info != NULL && i < COUNT_OF(PARTS); i++) {
        const char *part = cap_values_text(&info->values, PARTS[i]);
        const int put = part[0] == '\0'
                            ? 0
                            : snprintf(all + used, size - used, "%s%s", used > 0 ? "\n" : "", part);
        used += put > 0 ? (size_t)put : 0;
    }
    if (!copy_whole(to->text, TEXT_MAX + 1, all)) {
        problems_add(making->problems, PROBLEM_WARNING, "CAP_CUT", making->file, info->line, 0,
                     "the words: %zu bytes cut to %zu", strlen(all), strlen(to->text));
    }
    free(all);
    to->event.text = to->text[0] != '\0' ? to->text : NULL;
    return true;
}

static bool is_all_clear(const struct cap_info *info)
{
    const struct cap_value *value;
    for (uint32_t i = 0;
         info != NULL && (value = cap_values_find(&info->values, "responseType", i)) != NULL; i++) {
        if (strcmp(value->text, "AllClear") == 0) {
            return true;
        }
    }
    return false;
}

static const struct cap_row *find_row(const struct making *making, const struct cap_info *info)
{
    const struct cap_row *row = cap_map_find(making->map, making->alert, info);
    const bool is_lifted = making->is_cancel || is_all_clear(info);
    if (row == NULL || (is_lifted && row->lifted == NULL)) {
        problems_add(making->problems, PROBLEM_ERROR, "CAP_NO_ROW", making->file,
                     info != NULL ? info->line : 0, info != NULL ? info->column : 0, "%s \"%.60s\"",
                     row == NULL ? "no row of cap.yaml takes event"
                                 : "the row of cap.yaml has no `lifted` for",
                     info != NULL ? cap_values_text(&info->values, "event") : "");
        return NULL;
    }
    return row;
}

static bool make_one(struct making *making, const struct cap_info *info, struct cap_events *events)
{
    const struct cap_values *values = &making->alert->values;
    const struct cap_row *row = find_row(making, info);
    if (row == NULL) {
        return false;
    }
    struct cap_event *to = &events->rows[events->count];
    char key[CAP_KEY_SIZE];
    cap_key(cap_values_text(values, "sender"), cap_values_text(values, "identifier"), key);
    to->is_lifted = making->is_cancel || is_all_clear(info);
    (void)snprintf(to->type, sizeof to->type, "%s", to->is_lifted ? row->lifted : row->event);
    if (events->count == 0) {
        (void)snprintf(to->id, sizeof to->id, "%s", key);
    } else { /* the rules may take each once */
        (void)snprintf(to->id, sizeof to->id, "%.58s#%u", key, events->count + 1);
    }
    to->event = (struct gridloop_event){.id = to->id,
                                        .type = to->type,
                                        .at_ms = instant_of(cap_values_find(values, "sent", 0)),
                                        .fields = to->fields};
    if (strcmp(cap_values_text(values, "status"), "Exercise") == 0) {
        to->event.flags = GRIDLOOP_DRILL;
    }
    put_text_field(making, to, "alert", to->id);
    bool is_good = true;
    for (uint32_t f = 0; f < row->field_count; f++) {
        is_good = put_field(making, &row->fields[f], info, to) && is_good;
    }
    is_good = put_words(making, info, to) && is_good;
    is_good = (info == NULL || put_place(making, info, &to->event)) && is_good;
    if (is_good) {
        events->count++;
    } else {
        free(to->text);
        *to = (struct cap_event){.text = NULL};
    }
    return is_good;
}

/* "zh-CN" is of "zh". */
static bool is_of_language(const struct cap_info *info, const char *language)
{
    const char *own = cap_values_text(&info->values, "language");
    const size_t size = strlen(language);
    return size > 0 && strncmp(own, language, size) == 0 && (own[size] == '\0' || own[size] == '-');
}

bool cap_events_make(struct problems *problems, const char *file, const struct cap_alert *alert,
                     const struct cap_map *map, const struct city *city, int64_t now_ms,
                     struct cap_events *out_events)
{
    struct making making = {.problems = problems,
                            .file = file,
                            .alert = alert,
                            .map = map,
                            .city = city,
                            .now_ms = now_ms,
                            .is_cancel =
                                strcmp(cap_values_text(&alert->values, "msgType"), "Cancel") == 0};
    *out_events = (struct cap_events){.rows = calloc(CAP_INFOS_MAX, sizeof *out_events->rows)};
    if (out_events->rows == NULL || !is_sendable(&making) ||
        !read_references(&making, out_events)) {
        return false;
    }
    if (alert->info_count == 0) {
        return make_one(&making, NULL, out_events);
    }
    const char *language = cap_map_language(map);
    bool has_own = false;
    for (uint32_t i = 0; i < alert->info_count; i++) {
        has_own = has_own || is_of_language(&alert->infos[i], language);
    }
    const char *first = cap_values_text(&alert->infos[0].values, "language");
    for (uint32_t i = 0; i < alert->info_count; i++) {
        const struct cap_info *info = &alert->infos[i];
        const bool is_wanted = has_own
                                   ? is_of_language(info, language)
                                   : strcmp(cap_values_text(&info->values, "language"), first) == 0;
        if (is_wanted) {
            (void)(is_in_force(&making, info, out_events) && make_one(&making, info, out_events));
        }
    }
    return out_events->count > 0; /* a block that is refused does not hold the others back */
}

void cap_events_free(struct cap_events *events)
{
    for (uint32_t i = 0; i < events->count; i++) {
        free(events->rows[i].text);
    }
    free(events->rows);
}

void cap_event_refer(struct cap_event *event, const char *reference, uint32_t attempt)
{
    struct gridloop_event *to = &event->event;
    if (attempt == 0) {
        (void)snprintf(event->texts[to->field_count], CAP_KEY_SIZE, "%s", reference);
        event->fields[to->field_count] = (struct gridloop_field){
            .name = "refers", .kind = GRIDLOOP_TEXT, .text = event->texts[to->field_count]};
        to->field_count++;
        return;
    }
    /* Refused under its id before: an older message of the same alert is tried under another. */
    (void)snprintf(event->texts[to->field_count - 1], CAP_KEY_SIZE, "%s", reference);
    char *mark = strrchr(event->id, '~');
    (void)snprintf(mark != NULL ? mark : event->id + strlen(event->id), 5, "~%u", attempt + 1);
}
