/* compare.c: two columns from the truths of events and the records of cases. */
#include "sim/compare.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "sim/report.h"

struct reader {
    const struct run *run;
    const struct run_gateways *gateways;
    const struct report_cases *cases;
    int64_t first_day; /* local day of the first event */
};

static void add_row(struct comparison *comparison, struct compare_row row)
{
    must(comparison->row_count < COMPARE_ROWS_MAX);
    comparison->rows[comparison->row_count++] = row;
}

static struct compare_value count_value(uint64_t count)
{
    return (struct compare_value){COMPARE_COUNT, (int64_t)count, 0};
}

static struct compare_value share_value(uint64_t part, uint64_t whole)
{
    return (struct compare_value){COMPARE_SHARE, (int64_t)part, (int64_t)whole};
}

static struct compare_value span_value(const struct spread *spread, int64_t ms)
{
    return (struct compare_value){spread->count == 0 ? COMPARE_NONE : COMPARE_SPAN, ms, 0};
}

static bool truth_ms(const json_t *object, const char *key, int64_t *out_ms)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value)) {
        return false;
    }
    *out_ms = json_integer_value(value);
    return true;
}

static bool truth_has_flag(const json_t *truth, const char *flag)
{
    size_t i;
    const json_t *word;
    json_array_foreach(json_object_get(truth, "flags"), i, word)
    {
        if (json_is_string(word) && strcmp(json_string_value(word), flag) == 0) {
            return true;
        }
    }
    return false;
}

static const struct case_record *record_of(const struct reader *reader,
                                           const struct event_record *event)
{
    return event->record == NONE32 ? NULL : &reader->cases->cases[event->record];
}

static bool is_after_fit(const struct reader *reader, const struct event_record *event)
{
    const int64_t day = div_floor(city_local_ms(run_city(reader->run), event->at_ms), DAY_MS);
    return day - reader->first_day >= COMPARE_FIT_DAYS;
}

/* ---- any trace ---- */

static void compare_counts(struct comparison *comparison, const struct reader *reader)
{
    const struct run_gateways *gateways = reader->gateways;
    uint64_t merged = gateways->by_code[CODE_MERGED] + gateways->by_code[CODE_DEDUPED];
    add_row(comparison,
            (struct compare_row){"events", "events", "事件", count_value(gateways->event_count),
                                 count_value(gateways->answered)});
    add_row(comparison, (struct compare_row){"cases",
                                             "cases",
                                             "案件",
                                             {COMPARE_NONE, 0, 0},
                                             count_value(reader->cases->case_count)});
    add_row(comparison, (struct compare_row){"merged",
                                             "merged or counted as repeats",
                                             "并案或重复",
                                             {COMPARE_NONE, 0, 0},
                                             count_value(merged)});
}

/* ---- units: a fire department's trace ---- */

struct response {
    struct samples recorded, gridloop;
};

static void compare_response(struct comparison *comparison, struct response *response,
                             const struct compare_row *median, const struct compare_row *p90)
{
    const struct spread recorded = samples_spread(&response->recorded);
    const struct spread gridloop = samples_spread(&response->gridloop);
    struct compare_row row = *median;
    row.recorded = span_value(&recorded, recorded.p50);
    row.gridloop = span_value(&gridloop, gridloop.p50);
    add_row(comparison, row);
    row = *p90;
    row.recorded = span_value(&recorded, recorded.p90);
    row.gridloop = span_value(&gridloop, gridloop.p90);
    add_row(comparison, row);
    samples_fini(&response->recorded);
    samples_fini(&response->gridloop);
}

struct unit_sums {
    uint64_t incidents, units, unreached;
    uint64_t cases, accepted, cases_unreached;
    struct response fitted, later; /* received to first on scene */
    struct response travel;        /* per unit, later days: sent to on scene */
};

/* One event with its units. */
static void sum_units(const struct reader *reader, const struct event_record *event,
                      struct unit_sums *sums)
{
    size_t i;
    const json_t *unit;
    int64_t first_ms = INT64_MAX, sent_ms, on_scene_ms;
    const bool is_later = is_after_fit(reader, event);
    json_array_foreach(json_object_get(event->truth, "units"), i, unit)
    {
        sums->units++;
        if (!truth_ms(unit, "on_scene_ms", &on_scene_ms)) {
            continue;
        }
        first_ms = min_i64(first_ms, on_scene_ms);
        if (is_later && truth_ms(unit, "dispatch_ms", &sent_ms) && on_scene_ms >= sent_ms) {
            samples_add(&sums->travel.recorded, on_scene_ms - sent_ms);
        }
    }
    sums->incidents++;
    sums->unreached += first_ms == INT64_MAX;
    if (first_ms != INT64_MAX) {
        samples_add(is_later ? &sums->later.recorded : &sums->fitted.recorded, first_ms);
    }
    const struct case_record *record = record_of(reader, event);
    if (record != NULL && record->first_arrive_at_ms != RECORD_NEVER) {
        const int64_t took_ms = max_i64(0, record->first_arrive_at_ms - event->at_ms);
        samples_add(is_later ? &sums->later.gridloop : &sums->fitted.gridloop, took_ms);
    }
}

static void sum_unit_cases(const struct reader *reader, struct unit_sums *sums)
{
    for (uint32_t i = 0; i < reader->cases->case_count; i++) {
        const struct case_record *record = &reader->cases->cases[i];
        if (record->truth == NONE32 ||
            json_object_get(reader->gateways->events[record->truth].truth, "units") == NULL) {
            continue;
        }
        sums->cases++;
        sums->accepted += record->accept_count;
        sums->cases_unreached += record->units == 0;
    }
    for (uint32_t i = 0; i < reader->cases->order_count; i++) {
        const struct order_record *order = &reader->cases->orders[i];
        const uint32_t truth = reader->cases->cases[order->record].truth;
        if (order->arrived_at_ms != RECORD_NEVER && truth != NONE32 &&
            is_after_fit(reader, &reader->gateways->events[truth])) {
            samples_add(&sums->travel.gridloop, order->arrived_at_ms - order->accepted_at_ms);
        }
    }
}

static void compare_units(struct comparison *comparison, const struct reader *reader)
{
    struct unit_sums sums = {0};
    for (uint32_t i = 0; i < reader->gateways->event_count; i++) {
        const struct event_record *event = &reader->gateways->events[i];
        if (json_object_get(event->truth, "units") != NULL) {
            sum_units(reader, event, &sums);
        }
    }
    if (sums.incidents == 0) {
        return;
    }
    sum_unit_cases(reader, &sums);
    compare_response(comparison, &sums.later,
                     &(struct compare_row){.json = "response_p50_after_fit",
                                           .en = "response from day 5 on, median",
                                           .zh = "第 5 日起响应，中位"},
                     &(struct compare_row){.json = "response_p90_after_fit",
                                           .en = "response from day 5 on, p90",
                                           .zh = "第 5 日起响应，p90"});
    compare_response(
        comparison, &sums.fitted,
        &(struct compare_row){.json = "response_p50_fit",
                              .en = "response on the days the rates were fitted on, median",
                              .zh = "拟合日（前 4 日）响应，中位"},
        &(struct compare_row){.json = "response_p90_fit",
                              .en = "response on the days the rates were fitted on, p90",
                              .zh = "拟合日（前 4 日）响应，p90"});
    compare_response(comparison, &sums.travel,
                     &(struct compare_row){.json = "travel_p50_after_fit",
                                           .en = "sent to on scene per unit from day 5 on, median",
                                           .zh = "第 5 日起出动至到场（每单位），中位"},
                     &(struct compare_row){.json = "travel_p90_after_fit",
                                           .en = "sent to on scene per unit from day 5 on, p90",
                                           .zh = "第 5 日起出动至到场（每单位），p90"});
    add_row(comparison,
            (struct compare_row){"units_per_incident",
                                 "units sent per incident",
                                 "每起出动单位",
                                 {COMPARE_RATIO, (int64_t)sums.units, (int64_t)sums.incidents},
                                 {COMPARE_RATIO, (int64_t)sums.accepted, (int64_t)sums.cases}});
    add_row(comparison,
            (struct compare_row){"unreached", "incidents without a unit on scene", "无单位到场",
                                 share_value(sums.unreached, sums.incidents),
                                 share_value(sums.cases_unreached, sums.cases)});
}

/* ---- agency: a service desk's trace ---- */

/* Is the department's code the agency's name, but for case and a prefix such as "dept."? */
static bool is_agency(const char *code, size_t size, const char *agency)
{
    const size_t agency_size = strlen(agency);
    if (agency_size > size || (agency_size < size && code[size - agency_size - 1] != '.')) {
        return false;
    }
    for (size_t i = 0; i < agency_size; i++) {
        if (tolower((unsigned char)code[size - agency_size + i]) !=
            tolower((unsigned char)agency[i])) {
            return false;
        }
    }
    return true;
}

static bool is_owner_right(const struct reader *reader, const struct event_record *event,
                           const char *agency)
{
    const struct case_record *record = record_of(reader, event);
    const struct policy *policy = run_policy(reader->run);
    const struct city *city = run_city(reader->run);
    if (record == NULL || record->rule >= policy->rule_count) {
        return false;
    }
    const uint32_t department = policy->rules[record->rule].department;
    if (department >= city->department_count) {
        return false;
    }
    const struct image_string code = city->departments[department].code;
    return is_agency(city_text(city, code), code.size, agency);
}

struct desk_sums {
    uint64_t events, owner_right;
    uint64_t closed, closed_here;
    uint64_t due, in_time, due_here, in_time_here;
    uint64_t no_place, no_place_here, before_created;
};

static void sum_desk(const struct reader *reader, const struct event_record *event,
                     struct desk_sums *sums)
{
    const struct case_record *record = record_of(reader, event);
    int64_t closed_ms = 0, due_ms = 0;
    const bool has_closed = truth_ms(event->truth, "closed_ms", &closed_ms);
    const bool has_due = truth_ms(event->truth, "due_ms", &due_ms);
    const bool is_closed = record != NULL && record->closed_at_ms != RECORD_NEVER;
    sums->events++;
    sums->owner_right +=
        is_owner_right(reader, event, json_string_value(json_object_get(event->truth, "agency")));
    sums->closed += has_closed;
    sums->closed_here += is_closed;
    sums->due += has_closed && has_due;
    sums->in_time += has_closed && has_due && closed_ms <= due_ms;
    sums->due_here += is_closed && has_closed && has_due;
    sums->in_time_here +=
        is_closed && has_closed && has_due && record->closed_at_ms - event->at_ms <= due_ms;
    sums->no_place += truth_has_flag(event->truth, "no_coordinates");
    sums->no_place_here += !event->has_place && event->record != NONE32;
    sums->before_created += truth_has_flag(event->truth, "closed_before_created");
}

static void compare_desk(struct comparison *comparison, const struct reader *reader)
{
    struct desk_sums sums = {0};
    for (uint32_t i = 0; i < reader->gateways->event_count; i++) {
        const struct event_record *event = &reader->gateways->events[i];
        if (json_is_string(json_object_get(event->truth, "agency"))) {
            sum_desk(reader, event, &sums);
        }
    }
    if (sums.events == 0) {
        return;
    }
    add_row(comparison,
            (struct compare_row){"owner_right", "owner: the agency the record names",
                                 "主责与记录单位一致", share_value(sums.events, sums.events),
                                 share_value(sums.owner_right, sums.events)});
    add_row(comparison,
            (struct compare_row){"closed", "closed", "结案", share_value(sums.closed, sums.events),
                                 share_value(sums.closed_here, sums.events)});
    add_row(comparison, (struct compare_row){"in_time", "closed by the recorded due date",
                                             "按记录期限结案", share_value(sums.in_time, sums.due),
                                             share_value(sums.in_time_here, sums.due_here)});
    add_row(comparison,
            (struct compare_row){"no_coordinates", "without coordinates", "无坐标",
                                 count_value(sums.no_place), count_value(sums.no_place_here)});
    add_row(comparison, (struct compare_row){"closed_before_created",
                                             "closed before created (flagged)",
                                             "结案早于立案（已标记）",
                                             count_value(sums.before_created),
                                             {COMPARE_NONE, 0, 0}});
}

static void compare_loop(struct comparison *comparison, const struct reader *reader)
{
    uint64_t closed = 0, missed = 0, never = 0;
    for (uint32_t i = 0; i < reader->cases->case_count; i++) {
        const struct case_record *record = &reader->cases->cases[i];
        closed += case_state_is_terminal((enum case_state)record->state);
        missed += (record->missed & (UINT32_C(1) << CLOCK_HANDLE)) != 0;
        never += record->accept_count == 0 && !record->was_desk;
    }
    const uint32_t cases = reader->cases->case_count;
    add_row(comparison, (struct compare_row){"cases_closed",
                                             "cases closed at the end",
                                             "期末已结案件",
                                             {COMPARE_NONE, 0, 0},
                                             share_value(closed, cases)});
    add_row(comparison, (struct compare_row){"handle_clock_missed",
                                             "cases past their handle limit",
                                             "超处置时限案件",
                                             {COMPARE_NONE, 0, 0},
                                             share_value(missed, cases)});
    add_row(comparison, (struct compare_row){"never_assigned",
                                             "cases never assigned",
                                             "始终未派案件",
                                             {COMPARE_NONE, 0, 0},
                                             share_value(never, cases)});
}

void compare_make(struct comparison *comparison, const struct run *run)
{
    struct reader reader = {.run = run, .gateways = run_gateways_of(run), .cases = run_cases(run)};
    *comparison = (struct comparison){0};
    if (reader.gateways->event_count > 0) {
        reader.first_day =
            div_floor(city_local_ms(run_city(run), reader.gateways->events[0].at_ms), DAY_MS);
    }
    compare_counts(comparison, &reader);
    compare_units(comparison, &reader);
    compare_desk(comparison, &reader);
    compare_loop(comparison, &reader);
}

/* ---- output ---- */

struct value_text {
    char text[64];
};

static struct value_text value_text(struct compare_value value, enum lang lang)
{
    struct value_text out = {"-"};
    const int64_t hundredths = value.kind == COMPARE_SHARE
                                   ? share_of((uint64_t)value.a, (uint64_t)value.b)
                                   : (value.b == 0 ? 0 : (value.a * 100 + value.b / 2) / value.b);
    switch (value.kind) {
    case COMPARE_NONE:
        break;
    case COMPARE_COUNT:
        (void)snprintf(out.text, sizeof out.text, "%" PRId64, value.a);
        break;
    case COMPARE_SPAN:
        (void)snprintf(out.text, sizeof out.text, "%s", report_span(value.a).text);
        break;
    case COMPARE_RATIO:
        (void)snprintf(out.text, sizeof out.text, "%" PRId64 ".%02" PRId64, hundredths / 100,
                       hundredths % 100);
        break;
    case COMPARE_SHARE:
        (void)snprintf(out.text, sizeof out.text,
                       "%" PRId64 "%s%" PRId64 " = %" PRId64 ".%02" PRId64 " %%", value.a,
                       lang == LANG_ZH ? "/" : " of ", value.b, hundredths / 100, hundredths % 100);
        break;
    }
    return out;
}

void compare_print(const struct comparison *comparison, enum lang lang, FILE *out)
{
    (void)fprintf(out, "\n%28s %28s\n", lang == LANG_ZH ? "记录" : "trace recorded", "Gridloop");
    for (uint32_t i = 0; i < comparison->row_count; i++) {
        const struct compare_row *row = &comparison->rows[i];
        (void)fprintf(out, "%28s %28s  %s\n", value_text(row->recorded, lang).text,
                      value_text(row->gridloop, lang).text, lang == LANG_ZH ? row->zh : row->en);
    }
}

static json_t *value_json(struct compare_value value)
{
    switch (value.kind) {
    case COMPARE_NONE:
        return json_null();
    case COMPARE_COUNT:
    case COMPARE_SPAN:
        return json_integer(value.a);
    case COMPARE_RATIO:
    case COMPARE_SHARE:
        return json_pack("{s:I,s:I}", "part", (json_int_t)value.a, "whole", (json_int_t)value.b);
    }
    return json_null();
}

json_t *compare_to_json(const struct comparison *comparison)
{
    json_t *root = json_object();
    for (uint32_t i = 0; i < comparison->row_count; i++) {
        const struct compare_row *row = &comparison->rows[i];
        (void)json_object_set_new(root, row->json,
                                  json_pack("{s:o,s:o}", "recorded", value_json(row->recorded),
                                            "gridloop", value_json(row->gridloop)));
    }
    return root;
}
