/* formulas.c: see formulas.h. Rows of an index formula: counters first, then indices. */
#include "rules/formulas.h"

#include "engine/city/problems.h"
#include "engine/core/base.h"

#include <stdlib.h>
#include <string.h>

/* ---- facts ---- */

static const struct {
    const char *name;
    enum formula_fact_kind kind;
} FACTS[FACT_COUNT] = {
#define FACT_ROW(name, type, what) [FACT_##name] = {#name, FACT_IS_##type},
    FORMULA_FACTS(FACT_ROW)
#undef FACT_ROW
};

const char *formula_fact_name(enum formula_fact fact)
{
    return FACTS[fact].name;
}

enum formula_fact_kind formula_fact_kind(enum formula_fact fact)
{
    return FACTS[fact].kind;
}

bool formula_fact_find(const char *name, enum formula_fact *out_fact)
{
    for (size_t i = 0; i < FACT_COUNT; i++) {
        if (strcmp(FACTS[i].name, name) == 0) {
            *out_fact = (enum formula_fact)i;
            return true;
        }
    }
    return false;
}

void formula_facts_clear(struct formula_facts *facts)
{
    for (size_t i = 0; i < FACT_COUNT; i++) {
        facts->texts[i] = NULL;
        facts->numbers[i] = FACTS[i].kind == FACT_IS_NUMBER ? 0 : FACT_ABSENT;
    }
}

static struct formula_value read_fact(const void *context, uint32_t row, bool is_previous)
{
    const struct formula_facts *facts = context;
    (void)is_previous;
    if (FACTS[row].kind == FACT_IS_TEXT) {
        return (struct formula_value){.is_absent = facts->texts[row] == NULL,
                                      .text = facts->texts[row]};
    }
    return (struct formula_value){.is_absent = facts->numbers[row] == FACT_ABSENT,
                                  .number = (double)facts->numbers[row]};
}

bool formula_holds(const struct formula *condition, const struct formula_facts *facts)
{
    const struct formula_reader reader = {read_fact, facts};
    return condition->count == 0 || formula_evaluate(condition, &reader).number > 0;
}

double formula_count(const struct formula_counter *counter, const struct formula_facts *facts)
{
    if (!formula_holds(&counter->where, facts)) {
        return 0;
    }
    const struct formula_reader reader = {read_fact, facts};
    return counter->sum.count == 0 ? 1 : formula_evaluate(&counter->sum, &reader).number;
}

/* ---- reading a file ---- */

struct parameter {
    const char *name;
    double number;
    const char *counter; /* or NULL */
    const struct tree_node *node;
};

struct reading {
    struct formulas *set;
    struct problems *problems;
    struct parameter *parameters;
    uint32_t parameter_count;
    const char **names; /* scratch for the nearest */
    int errors;         /* in problems before */
};

#define COMPLAIN(reading, at, code, ...)                                                           \
    problems_add((reading)->problems, PROBLEM_ERROR, (code), (at)->file, (at)->line, (at)->column, \
                 __VA_ARGS__)

static struct tree_node *find_item(const struct tree_node *map, const char *key)
{
    for (uint32_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0) {
            return map->items[i];
        }
    }
    return NULL;
}

/* Is it a map with these keys only? keys end with NULL; a leading + marks one that must be there. */
static bool check_map(const struct reading *reading, const struct tree_node *node,
                      const char *const *keys)
{
    const char *plain[16];
    size_t count = 0;
    if (node->kind != TREE_MAP) {
        COMPLAIN(reading, node, "K001", "a map of keys and values is expected here");
        return false;
    }
    for (; keys[count] != NULL; count++) {
        plain[count] = keys[count] + (keys[count][0] == '+');
        if (keys[count][0] == '+' && find_item(node, plain[count]) == NULL) {
            COMPLAIN(reading, node, "K001", "\"%s\" is missing", plain[count]);
        }
    }
    for (uint32_t i = 0; i < node->count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < count; k++) {
            is_known = is_known || strcmp(plain[k], node->keys[i]->text) == 0;
        }
        if (!is_known) {
            const char *nearest = problems_nearest(node->keys[i]->text, plain, count);
            COMPLAIN(reading, node->keys[i], "K001", "\"%s\" is not a key of this place%s%s",
                     node->keys[i]->text, nearest != NULL ? "; nearest: " : "",
                     nearest != NULL ? nearest : "");
        }
    }
    return true;
}

static const char *text_of(const struct reading *reading, const struct tree_node *map,
                           const char *key, const char *fallback)
{
    const struct tree_node *node = find_item(map, key);
    if (node == NULL) {
        return fallback;
    }
    if (node->kind != TREE_TEXT) {
        COMPLAIN(reading, node, "K001", "\"%s\" is one text", key);
        return fallback;
    }
    return node->text;
}

static struct formula_label label_of(const struct reading *reading, const struct tree_node *map,
                                     const char *zh, const char *en)
{
    return (struct formula_label){text_of(reading, map, zh, ""), text_of(reading, map, en, "")};
}

static enum formula_fact instant_of(const struct reading *reading, const struct tree_node *map,
                                    const char *key)
{
    const struct tree_node *node = find_item(map, key);
    enum formula_fact fact = FACT_opened_at;
    if (node == NULL || node->kind != TREE_TEXT) {
        return fact; /* check_map said so */
    }
    if (formula_fact_find(node->text, &fact) && FACTS[fact].kind == FACT_IS_INSTANT) {
        return fact;
    }
    const char *names[FACT_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < FACT_COUNT; i++) {
        if (FACTS[i].kind == FACT_IS_INSTANT) {
            names[count++] = FACTS[i].name;
        }
    }
    const char *nearest = problems_nearest(node->text, names, count);
    COMPLAIN(reading, node, "K002", "there is no instant \"%s\"%s%s", node->text,
             nearest != NULL ? "; nearest: " : "", nearest != NULL ? nearest : "");
    return FACT_opened_at;
}

/* ---- scopes ---- */

static const struct parameter *find_parameter(const struct reading *reading, const char *name)
{
    for (uint32_t i = 0; i < reading->parameter_count; i++) {
        if (strcmp(reading->parameters[i].name, name) == 0) {
            return &reading->parameters[i];
        }
    }
    return NULL;
}

static bool find_constant(const struct reading *reading, const char *name,
                          struct formula_symbol *out)
{
    const struct parameter *parameter = find_parameter(reading, name);
    *out = (struct formula_symbol){.type = FORMULA_NUMBER, .is_constant = true};
    if (parameter != NULL && parameter->counter == NULL) {
        out->constant = parameter->number;
        return true;
    }
    out->constant = strcmp(name, "hour") == 0 ? (double)HOUR_MS : (double)DAY_MS;
    return strcmp(name, "hour") == 0 || strcmp(name, "day") == 0;
}

static bool find_case_name(const void *context, const char *name, struct formula_symbol *out)
{
    enum formula_fact fact;
    if (!formula_fact_find(name, &fact)) {
        return find_constant(context, name, out);
    }
    *out = (struct formula_symbol){
        .type = FACTS[fact].kind == FACT_IS_TEXT ? FORMULA_TEXT : FORMULA_NUMBER, .row = fact};
    return true;
}

static const char *nearest_case_name(const void *context, const char *name)
{
    const struct reading *reading = context;
    size_t count = 0;
    for (size_t i = 0; i < FACT_COUNT; i++) {
        reading->names[count++] = FACTS[i].name;
    }
    for (uint32_t i = 0; i < reading->parameter_count; i++) {
        reading->names[count++] = reading->parameters[i].name;
    }
    return problems_nearest(name, reading->names, count);
}

static uint32_t counter_row(const struct formulas *set, const char *name)
{
    for (uint32_t i = 0; i < set->counter_count; i++) {
        if (strcmp(set->counters[i].name, name) == 0) {
            return i;
        }
    }
    return NONE32;
}

static bool find_index_name(const void *context, const char *name, struct formula_symbol *out)
{
    const struct reading *reading = context;
    const struct parameter *parameter = find_parameter(reading, name);
    const char *meant = parameter != NULL && parameter->counter != NULL ? parameter->counter : name;
    uint32_t row = counter_row(reading->set, meant);
    *out = (struct formula_symbol){.type = FORMULA_NUMBER, .row = row};
    if (row != NONE32) {
        return true;
    }
    for (uint32_t i = 0; i < reading->set->index_count; i++) {
        if (strcmp(reading->set->indices[i].name, meant) == 0) {
            out->row = reading->set->counter_count + i;
            return true;
        }
    }
    return find_constant(reading, name, out);
}

static const char *nearest_index_name(const void *context, const char *name)
{
    const struct reading *reading = context;
    const struct formulas *set = reading->set;
    size_t count = 0;
    for (uint32_t i = 0; i < set->counter_count; i++) {
        reading->names[count++] = set->counters[i].name;
    }
    for (uint32_t i = 0; i < set->index_count; i++) {
        reading->names[count++] = set->indices[i].name;
    }
    for (uint32_t i = 0; i < reading->parameter_count; i++) {
        reading->names[count++] = reading->parameters[i].name;
    }
    return problems_nearest(name, reading->names, count);
}

static void read_expression(struct reading *reading, const struct tree_node *map, const char *key,
                            enum formula_type type, struct formula *out)
{
    const struct tree_node *node = find_item(map, key);
    const struct formula_scope scope = {.find = find_case_name,
                                        .nearest = nearest_case_name,
                                        .context = reading,
                                        .what = "fact or parameter"};
    if (node != NULL) {
        (void)formula_parse(reading->set->arena, reading->problems, node, &scope, type, out);
    }
}

/* ---- sections ---- */

/* The section's pairs; 0 where it is not there or wrong. */
static uint32_t count_of(const struct reading *reading, const struct tree_node *section,
                         const char *name)
{
    if (section == NULL) {
        return 0;
    }
    if (section->kind != TREE_MAP || section->count > FORMULAS_MAX) {
        COMPLAIN(reading, section, section->kind != TREE_MAP ? "K001" : "K006",
                 "\"%s\" is a map with at most %u names", name, FORMULAS_MAX);
        return 0;
    }
    return section->count;
}

static void read_parameters(struct reading *reading, const struct tree_node *section)
{
    static const char *const KEYS[] = {"number", "counter", "zh", "en", NULL};
    uint32_t count = count_of(reading, section, "parameters");
    reading->parameters = arena_take(reading->set->arena, count * sizeof *reading->parameters);
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *node = section->items[i];
        if (!check_map(reading, node, KEYS)) {
            continue;
        }
        struct parameter *parameter = &reading->parameters[reading->parameter_count++];
        const char *number = text_of(reading, node, "number", NULL);
        char *end = NULL;
        *parameter = (struct parameter){.name = section->keys[i]->text,
                                        .number = number != NULL ? strtod(number, &end) : 0,
                                        .counter = text_of(reading, node, "counter", NULL),
                                        .node = node};
        if ((number == NULL) == (parameter->counter == NULL)) {
            COMPLAIN(reading, node, "K001", "a parameter is either number: or counter:");
        } else if (number != NULL && (end == number || *end != '\0')) {
            COMPLAIN(reading, node, "K001", "\"%s\" is not a number", number);
        }
    }
}

static void read_counters(struct reading *reading, const struct tree_node *section)
{
    static const char *const KEYS[] = {"+at", "where", "sum", "of", "+zh", "+en", NULL};
    struct formulas *set = reading->set;
    uint32_t count = count_of(reading, section, "counters");
    set->counters = arena_take(set->arena, count * sizeof *set->counters);
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *node = section->items[i];
        if (!check_map(reading, node, KEYS)) {
            continue;
        }
        struct formula_counter *counter = &set->counters[set->counter_count++];
        const char *of = text_of(reading, node, "of", "cases");
        *counter = (struct formula_counter){.name = section->keys[i]->text,
                                            .label = label_of(reading, node, "zh", "en"),
                                            .at = instant_of(reading, node, "at"),
                                            .of_orders = strcmp(of, "orders") == 0};
        if (!counter->of_orders && strcmp(of, "cases") != 0) {
            COMPLAIN(reading, node, "K001", "of: is cases or orders, not \"%s\"", of);
        }
        read_expression(reading, node, "where", FORMULA_TRUTH, &counter->where);
        read_expression(reading, node, "sum", FORMULA_NUMBER, &counter->sum);
    }
}

static void read_durations(struct reading *reading, const struct tree_node *section)
{
    static const char *const KEYS[] = {"+from", "+to", "where", "+zh", "+en", NULL};
    struct formulas *set = reading->set;
    uint32_t count = count_of(reading, section, "durations");
    set->durations = arena_take(set->arena, count * sizeof *set->durations);
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *node = section->items[i];
        if (!check_map(reading, node, KEYS)) {
            continue;
        }
        struct formula_duration *duration = &set->durations[set->duration_count++];
        *duration = (struct formula_duration){.name = section->keys[i]->text,
                                              .label = label_of(reading, node, "zh", "en"),
                                              .from = instant_of(reading, node, "from"),
                                              .to = instant_of(reading, node, "to")};
        read_expression(reading, node, "where", FORMULA_TRUTH, &duration->where);
    }
}

/* Only the parts that name nothing else: formulas may refer to indices further down. */
static void read_indices(struct reading *reading, const struct tree_node *section)
{
    static const char *const KEYS[] = {"+formula", "+unit",  "better", "beside", "+source",
                                       "why_zh",   "why_en", "+zh",    "+en",    NULL};
    static const char *const UNITS[] = {
        [UNIT_PERCENT] = "percent", [UNIT_NUMBER] = "number", [UNIT_STARS] = "stars"};
    struct formulas *set = reading->set;
    uint32_t count = count_of(reading, section, "indices");
    set->indices = arena_take(set->arena, count * sizeof *set->indices);
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *node = section->items[i];
        struct formula_index *row = &set->indices[set->index_count++];
        *row = (struct formula_index){.name = section->keys[i]->text, .line = node->line};
        if (!check_map(reading, node, KEYS)) {
            continue;
        }
        const char *unit = text_of(reading, node, "unit", "");
        const char *better = text_of(reading, node, "better", "high");
        row->label = label_of(reading, node, "zh", "en");
        row->why = label_of(reading, node, "why_zh", "why_en");
        row->source = text_of(reading, node, "source", "");
        row->text = text_of(reading, node, "formula", "");
        row->high_is_better = strcmp(better, "high") == 0;
        size_t at = 0;
        while (at < COUNT_OF(UNITS) && strcmp(UNITS[at], unit) != 0) {
            at++;
        }
        if (at == COUNT_OF(UNITS)) {
            COMPLAIN(reading, node, "K001", "unit: is percent, number or stars, not \"%s\"", unit);
            at = 0;
        }
        row->unit = (enum formula_unit)at;
        if (!row->high_is_better && strcmp(better, "low") != 0) {
            COMPLAIN(reading, node, "K001", "better: is high or low, not \"%s\"", better);
        }
    }
}

static void read_beside(struct reading *reading, const struct tree_node *list,
                        struct formula_index *row)
{
    if (list->kind != TREE_LIST || list->count > FORMULAS_BESIDE_MAX) {
        COMPLAIN(reading, list, "K001", "beside: is a list of at most %u indices",
                 FORMULAS_BESIDE_MAX);
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct tree_node *node = list->items[i];
        const char *nearest = NULL;
        uint32_t at =
            node->kind == TREE_TEXT ? formulas_find(reading->set, node->text, &nearest) : NONE32;
        if (at == NONE32) {
            COMPLAIN(reading, node, "K002", "there is no index \"%s\"%s%s",
                     node->kind == TREE_TEXT ? node->text : "",
                     nearest != NULL ? "; nearest: " : "", nearest != NULL ? nearest : "");
            continue;
        }
        row->beside[row->beside_count++] = at;
    }
}

static void read_formulas(struct reading *reading, const struct tree_node *section)
{
    const struct formula_scope scope = {.find = find_index_name,
                                        .nearest = nearest_index_name,
                                        .context = reading,
                                        .what = "counter or index",
                                        .has_previous = true};
    struct formulas *set = reading->set;
    for (uint32_t i = 0; i < set->index_count; i++) {
        const struct tree_node *node = section->items[i];
        const struct tree_node *formula =
            node->kind == TREE_MAP ? find_item(node, "formula") : NULL;
        const struct tree_node *beside = node->kind == TREE_MAP ? find_item(node, "beside") : NULL;
        if (formula != NULL) {
            (void)formula_parse(set->arena, reading->problems, formula, &scope, FORMULA_NUMBER,
                                &set->indices[i].formula);
        }
        if (beside != NULL) {
            read_beside(reading, beside, &set->indices[i]);
        }
    }
}

static void check_parameters(const struct reading *reading)
{
    for (uint32_t i = 0; i < reading->parameter_count; i++) {
        const struct parameter *parameter = &reading->parameters[i];
        if (parameter->counter != NULL && counter_row(reading->set, parameter->counter) == NONE32) {
            const char *nearest = nearest_index_name(reading, parameter->counter);
            COMPLAIN(reading, parameter->node, "K002", "there is no counter \"%s\"%s%s",
                     parameter->counter, nearest != NULL ? "; nearest: " : "",
                     nearest != NULL ? nearest : "");
        }
    }
}

/* ---- cycles ---- */

struct visit {
    const struct formulas *set;
    uint8_t *marks; /* 0 new, 1 on the way, 2 done */
    uint32_t cycle; /* index that leads back to itself, or NONE32 */
};

static void visit_row(void *context, uint32_t row)
{
    struct visit *visit = context;
    uint32_t at = row - visit->set->counter_count;
    if (row < visit->set->counter_count || visit->cycle != NONE32 || visit->marks[at] == 2) {
        return;
    }
    if (visit->marks[at] == 1) {
        visit->cycle = at;
        return;
    }
    visit->marks[at] = 1; /* at most FORMULAS_MAX deep */
    formula_walk_rows(&visit->set->indices[at].formula, visit_row, visit);
    visit->marks[at] = 2;
}

static void check_cycles(const struct reading *reading)
{
    const struct formulas *set = reading->set;
    uint8_t marks[FORMULAS_MAX] = {0};
    struct visit visit = {set, marks, NONE32};
    for (uint32_t i = 0; i < set->index_count && visit.cycle == NONE32; i++) {
        visit_row(&visit, set->counter_count + i);
    }
    if (visit.cycle == NONE32) {
        return;
    }
    const struct formula_index *row = &set->indices[visit.cycle];
    problems_add(reading->problems, PROBLEM_ERROR, "K005", set->file, row->line, 0,
                 "index \"%s\" leads back to itself: a formula may name other indices, not its own",
                 row->name);
}

/* ---- the set ---- */

static void read_exempt(struct reading *reading, const struct tree_node *node)
{
    static const char *const KEYS[] = {"+where", "+zh", "+en", NULL};
    if (node != NULL && check_map(reading, node, KEYS)) {
        reading->set->exempt_label = label_of(reading, node, "zh", "en");
        read_expression(reading, node, "where", FORMULA_TRUTH, &reading->set->exempt);
    }
}

static void read_set(struct reading *reading, const struct tree_node *root)
{
    static const char *const KEYS[] = {"+version",  "per_person", "parameters", "exempt",
                                       "+counters", "durations",  "+indices",   NULL};
    struct formulas *set = reading->set;
    if (!check_map(reading, root, KEYS)) {
        return;
    }
    const char *per_person = text_of(reading, root, "per_person", "false");
    set->version = text_of(reading, root, "version", "");
    set->persons_are_ranked = strcmp(per_person, "true") == 0;
    if (!set->persons_are_ranked && strcmp(per_person, "false") != 0) {
        COMPLAIN(reading, root, "K001", "per_person: is true or false, not \"%s\"", per_person);
    }
    const struct tree_node *indices = find_item(root, "indices");
    read_parameters(reading, find_item(root, "parameters"));
    read_exempt(reading, find_item(root, "exempt"));
    read_counters(reading, find_item(root, "counters"));
    read_durations(reading, find_item(root, "durations"));
    check_parameters(reading);
    read_indices(reading, indices);
    /* A lost counter would be told again by each formula that names it. */
    if (problems_error_count(reading->problems) == reading->errors) {
        read_formulas(reading, indices);
    }
    if (problems_error_count(reading->problems) == reading->errors) {
        check_cycles(reading);
    }
}

struct formulas *formulas_read(struct problems *problems, const char *file, const char *bytes,
                               size_t size)
{
    struct arena *arena = arena_new();
    struct formulas *set = arena_take(arena, sizeof *set);
    set->arena = arena;
    set->file = arena_text(arena, file, strlen(file));
    set->version = "";
    const char *names[FACT_COUNT + 3 * FORMULAS_MAX];
    struct reading reading = {
        .set = set, .problems = problems, .names = names, .errors = problems_error_count(problems)};
    const struct tree_node *root = tree_parse(arena, problems, set->file, bytes, size);
    if (root != NULL) {
        read_set(&reading, root);
    }
    if (root == NULL || problems_error_count(problems) > reading.errors) {
        formulas_free(set);
        return NULL;
    }
    return set;
}

void formulas_free(struct formulas *formulas)
{
    if (formulas != NULL) {
        arena_free(formulas->arena);
    }
}

uint32_t formulas_find(const struct formulas *formulas, const char *name, const char **out_nearest)
{
    const char *names[FORMULAS_MAX];
    for (uint32_t i = 0; i < formulas->index_count; i++) {
        if (strcmp(formulas->indices[i].name, name) == 0) {
            return i;
        }
        names[i] = formulas->indices[i].name;
    }
    *out_nearest = problems_nearest(name, names, formulas->index_count);
    return NONE32;
}

/* ---- computing ---- */

/* Each index once per period, however often others name it. */
struct computing {
    const struct formulas *set;
    const double *counts[2]; /* of this period and of the one before */
    struct formula_value values[2][FORMULAS_MAX];
    bool is_known[2][FORMULAS_MAX];
};

struct period {
    struct computing *computing;
    uint32_t at; /* 0 this, 1 the one before */
};

static struct formula_value compute_index(struct computing *computing, uint32_t at, uint32_t index);

static struct formula_value read_index_row(const void *context, uint32_t row, bool is_previous)
{
    const struct period *period = context;
    uint32_t at = period->at + (is_previous ? 1 : 0);
    if (at > 1 || period->computing->counts[at] == NULL) {
        return (struct formula_value){.is_absent = true}; /* the period before has none before it */
    }
    uint32_t counter_count = period->computing->set->counter_count;
    return row < counter_count
               ? (struct formula_value){.number = period->computing->counts[at][row]}
               : compute_index(period->computing, at, row - counter_count);
}

/* No cycles, so at most FORMULAS_MAX deep. */
static struct formula_value compute_index(struct computing *computing, uint32_t at, uint32_t index)
{
    if (!computing->is_known[at][index]) {
        const struct period period = {computing, at};
        const struct formula_reader reader = {read_index_row, &period};
        computing->values[at][index] =
            formula_evaluate(&computing->set->indices[index].formula, &reader);
        computing->is_known[at][index] = true;
    }
    return computing->values[at][index];
}

void formulas_compute(const struct formulas *formulas, const double *counts, const double *previous,
                      struct formula_value *out_values)
{
    struct computing computing = {.set = formulas, .counts = {counts, previous}};
    for (uint32_t i = 0; i < formulas->index_count; i++) {
        out_values[i] = compute_index(&computing, 0, i);
    }
}

struct marking {
    const struct formulas *set;
    bool *is_read;
    bool is_seen[FORMULAS_MAX]; /* indices */
};

static void mark_row(void *context, uint32_t row)
{
    struct marking *marking = context;
    uint32_t counter_count = marking->set->counter_count;
    if (row < counter_count) {
        marking->is_read[row] = true;
    } else if (!marking->is_seen[row - counter_count]) {
        marking->is_seen[row - counter_count] = true;
        formula_walk_rows(&marking->set->indices[row - counter_count].formula, mark_row, marking);
    }
}

void formulas_mark_counters(const struct formulas *formulas, uint32_t index, bool *out_is_read)
{
    struct marking marking = {.set = formulas, .is_read = out_is_read};
    mark_row(&marking, formulas->counter_count + index);
}
