/* tally.c: see tally.h. */
#include "rules/tally.h"

#include "engine/core/base.h"

#include <stdlib.h>
#include <string.h>

struct durations {
    int64_t *spans_ms;
    uint64_t count, capacity;
};

/* Sets of figures: [0] raw, [1] exempted. */
struct row {
    char *key;
    double *counts[2][2]; /* [set][0 this period, 1 the one before] by counter */
    struct durations *durations[2];
    struct formula_value *values[2]; /* by index, when settled */
};

struct tally {
    struct tally_options options;
    struct row *rows;
    uint32_t row_count, row_capacity;
    uint64_t exempt, implausible;
    bool is_settled;
};

static void *must_have(void *memory)
{
    must(memory != NULL); /* bounded by the history read */
    return memory;
}

static uint32_t add_row(struct tally *tally, const char *key)
{
    const struct formulas *formulas = tally->options.formulas;
    if (tally->row_count == tally->row_capacity) {
        tally->row_capacity = tally->row_capacity == 0 ? 16 : tally->row_capacity * 2;
        tally->rows =
            must_have(reallocarray(tally->rows, tally->row_capacity, sizeof *tally->rows));
    }
    struct row *row = &tally->rows[tally->row_count];
    *row = (struct row){.key = must_have(strdup(key))};
    for (size_t set = 0; set < 2; set++) {
        for (size_t period = 0; period < 2; period++) {
            row->counts[set][period] =
                must_have(calloc(formulas->counter_count + 1u, sizeof(double)));
        }
        row->durations[set] =
            must_have(calloc(formulas->duration_count + 1u, sizeof(struct durations)));
        row->values[set] =
            must_have(calloc(formulas->index_count + 1u, sizeof(struct formula_value)));
    }
    return tally->row_count++;
}

struct tally *tally_new(const struct tally_options *options)
{
    struct tally *tally = must_have(calloc(1, sizeof *tally));
    tally->options = *options;
    (void)add_row(tally, "");
    return tally;
}

void tally_free(struct tally *tally)
{
    for (uint32_t i = 0; tally != NULL && i < tally->row_count; i++) {
        struct row *row = &tally->rows[i];
        for (size_t set = 0; set < 2; set++) {
            for (uint32_t d = 0; d < tally->options.formulas->duration_count; d++) {
                free(row->durations[set][d].spans_ms);
            }
            free(row->durations[set]);
            free(row->values[set]);
            free(row->counts[set][0]);
            free(row->counts[set][1]);
        }
        free(row->key);
    }
    if (tally != NULL) {
        free(tally->rows);
        free(tally);
    }
}

/* ---- whose figure it is ---- */

const char *tally_key(const struct tally_options *options, const struct formula_facts *facts,
                      bool is_order)
{
    static const enum formula_fact LEVELS[] = {FACT_cell,   FACT_unit_1, FACT_unit_2,
                                               FACT_unit_3, FACT_unit_4, FACT_unit_5};
    enum formula_fact fact = FACT_number;
    switch (options->by) {
    case TALLY_CITY:
        return "";
    case TALLY_AREA:
        must(options->level < COUNT_OF(LEVELS));
        fact = LEVELS[options->level];
        break;
    case TALLY_DEPARTMENT:
        fact = is_order ? FACT_order_department : FACT_department;
        break;
    case TALLY_POST:
        fact = FACT_post;
        break;
    case TALLY_TEAM:
        fact = is_order ? FACT_order_team : FACT_team;
        break;
    case TALLY_PERSON:
        fact = is_order ? FACT_order_person : FACT_person;
        break;
    default:
        must(false);
    }
    const char *key = facts->texts[fact];
    return key != NULL && key[0] != '\0' ? key : "-";
}

/* Few objects, many cases: a walk is enough. */
static uint32_t find_row(struct tally *tally, const char *key)
{
    for (uint32_t i = 1; i < tally->row_count; i++) {
        if (strcmp(tally->rows[i].key, key) == 0) {
            return i;
        }
    }
    return add_row(tally, key);
}

/* ---- taking ---- */

enum period { PERIOD_THIS, PERIOD_BEFORE, PERIOD_NEITHER };

static enum period period_of(const struct tally_options *options, int64_t at_ms)
{
    if (at_ms == FACT_ABSENT || at_ms >= options->until_ms || at_ms < options->before_ms) {
        return PERIOD_NEITHER;
    }
    return at_ms >= options->from_ms ? PERIOD_THIS : PERIOD_BEFORE;
}

static void keep_span(struct durations *durations, int64_t span_ms)
{
    if (durations->count == durations->capacity) {
        durations->capacity = durations->capacity == 0 ? 64 : durations->capacity * 2;
        durations->spans_ms = must_have(
            reallocarray(durations->spans_ms, durations->capacity, sizeof *durations->spans_ms));
    }
    durations->spans_ms[durations->count++] = span_ms;
}

/* What one case or order adds, to everything and to its object. */
struct addition {
    uint32_t rows[2];
    uint32_t row_count;
    bool is_exempt;
};

static void add_counters(struct tally *tally, const struct addition *addition,
                         const struct formula_facts *facts, bool is_order)
{
    const struct formulas *formulas = tally->options.formulas;
    for (uint32_t c = 0; c < formulas->counter_count; c++) {
        const struct formula_counter *counter = &formulas->counters[c];
        enum period period = period_of(&tally->options, facts->numbers[counter->at]);
        double amount = counter->of_orders == is_order && period != PERIOD_NEITHER
                            ? formula_count(counter, facts)
                            : 0;
        for (uint32_t i = 0; i < addition->row_count && (amount > 0 || amount < 0); i++) {
            struct row *row = &tally->rows[addition->rows[i]];
            row->counts[0][period][c] += amount;
            row->counts[1][period][c] += addition->is_exempt ? 0 : amount;
        }
    }
}

static void add_durations(struct tally *tally, const struct addition *addition,
                          const struct formula_facts *facts)
{
    const struct formulas *formulas = tally->options.formulas;
    for (uint32_t d = 0; d < formulas->duration_count; d++) {
        const struct formula_duration *duration = &formulas->durations[d];
        int64_t from_ms = facts->numbers[duration->from], to_ms = facts->numbers[duration->to];
        bool is_counted = from_ms != FACT_ABSENT &&
                          period_of(&tally->options, to_ms) == PERIOD_THIS && to_ms >= from_ms &&
                          formula_holds(&duration->where, facts);
        for (uint32_t i = 0; i < addition->row_count && is_counted; i++) {
            struct row *row = &tally->rows[addition->rows[i]];
            keep_span(&row->durations[0][d], to_ms - from_ms);
            if (!addition->is_exempt) {
                keep_span(&row->durations[1][d], to_ms - from_ms);
            }
        }
    }
}

bool tally_is_implausible(const struct formula_facts *facts)
{
    static const enum formula_fact ENDS[] = {FACT_filed_at, FACT_handled_at, FACT_closed_at};
    int64_t opened_at_ms = facts->numbers[FACT_opened_at];
    for (size_t i = 0; i < COUNT_OF(ENDS); i++) {
        int64_t at_ms = facts->numbers[ENDS[i]];
        if (at_ms != FACT_ABSENT && opened_at_ms != FACT_ABSENT && at_ms < opened_at_ms) {
            return true;
        }
    }
    return false;
}

void tally_take(struct tally *tally, const struct formula_facts *facts, bool is_order)
{
    must(!tally->is_settled);
    const struct formula *exempt = &tally->options.formulas->exempt;
    struct addition addition = {.row_count = 1,
                                .is_exempt = exempt->count > 0 && formula_holds(exempt, facts)};
    if (tally->options.by != TALLY_CITY) {
        addition.rows[addition.row_count++] =
            find_row(tally, tally_key(&tally->options, facts, is_order));
    }
    add_counters(tally, &addition, facts, is_order);
    if (!is_order) {
        bool is_implausible = tally_is_implausible(facts);
        if (!is_implausible) {
            add_durations(tally, &addition, facts);
        }
        bool is_now = period_of(&tally->options, facts->numbers[FACT_opened_at]) == PERIOD_THIS;
        tally->implausible += is_implausible && is_now;
        tally->exempt += addition.is_exempt && is_now;
    }
}

bool tally_counts(const struct tally_options *options, uint32_t counter,
                  const struct formula_facts *facts, bool is_order)
{
    const struct formula_counter *row = &options->formulas->counters[counter];
    if (row->of_orders != is_order || period_of(options, facts->numbers[row->at]) != PERIOD_THIS) {
        return false;
    }
    double amount = formula_count(row, facts);
    return amount > 0 || amount < 0;
}

/* ---- settling ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    return strcmp(left->key, right->key); /* "" is everything and comes first */
}

static int compare_spans(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

void tally_settle(struct tally *tally)
{
    const struct formulas *formulas = tally->options.formulas;
    qsort(tally->rows, tally->row_count, sizeof *tally->rows, compare_rows);
    for (uint32_t i = 0; i < tally->row_count; i++) {
        struct row *row = &tally->rows[i];
        for (size_t set = 0; set < 2; set++) {
            for (uint32_t d = 0; d < formulas->duration_count; d++) {
                struct durations *spans = &row->durations[set][d];
                if (spans->count > 0) {
                    qsort(spans->spans_ms, spans->count, sizeof *spans->spans_ms, compare_spans);
                }
            }
            formulas_compute(formulas, row->counts[set][0], row->counts[set][1], row->values[set]);
        }
    }
    tally->is_settled = true;
}

/* ---- reading ---- */

uint32_t tally_row_count(const struct tally *tally)
{
    return tally->row_count;
}

const char *tally_row_key(const struct tally *tally, uint32_t row)
{
    return tally->rows[row].key;
}

double tally_counter(const struct tally *tally, uint32_t row, uint32_t counter, bool is_exempted)
{
    return tally->rows[row].counts[is_exempted ? 1 : 0][0][counter];
}

struct formula_value tally_index(const struct tally *tally, uint32_t row, uint32_t index,
                                 bool is_exempted)
{
    must(tally->is_settled);
    return tally->rows[row].values[is_exempted ? 1 : 0][index];
}

/* Nearest rank: rank = ceil(percent / 100 x count). */
static int64_t percentile(const struct durations *spans, uint64_t percent)
{
    uint64_t rank = (percent * spans->count + 99) / 100;
    return spans->spans_ms[rank - 1];
}

struct tally_duration tally_duration(const struct tally *tally, uint32_t row, uint32_t duration,
                                     bool is_exempted)
{
    must(tally->is_settled);
    const struct durations *spans = &tally->rows[row].durations[is_exempted ? 1 : 0][duration];
    struct tally_duration result = {.count = spans->count};
    if (spans->count == 0) {
        return result;
    }
    int64_t sum = 0;
    for (uint64_t i = 0; i < spans->count; i++) {
        sum += spans->spans_ms[i]; /* a million spans of a hundred years stay far below the limit */
    }
    result.mean_ms = sum / (int64_t)spans->count;
    result.p50_ms = percentile(spans, 50);
    result.p90_ms = percentile(spans, 90);
    result.p99_ms = percentile(spans, 99);
    return result;
}

uint64_t tally_exempt(const struct tally *tally)
{
    return tally->exempt;
}

uint64_t tally_implausible(const struct tally *tally)
{
    return tally->implausible;
}
