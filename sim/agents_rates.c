/* agents_rates.c: defaults, curves, and the reader of sim.yaml.
 *
 * The defaults are assumptions for a synthetic city, not measurements; a replay of real data brings fitted ones. */
#include "sim/agents_rates.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#define SPEED_MM_PER_S_MAX 100000 /* 360 km/h */

static const char *const CURVE_NAMES[RATE_CURVE_COUNT] = {
    [RATE_ACCEPT] = "accept",       [RATE_TURNOUT] = "turnout",
    [RATE_WORK] = "work",           [RATE_SPREAD] = "spread",
    [RATE_CHECK] = "check",         [RATE_DESK] = "desk",
    [RATE_DESK_WORK] = "desk_work", [RATE_SIGNAL_LOST] = "signal_lost",
};

static const char *const SHARE_NAMES[RATE_SHARE_COUNT] = {
    [SHARE_DECLINE] = "decline",         [SHARE_IGNORE] = "ignore",
    [SHARE_RETURN] = "return",           [SHARE_CHECK_FAIL] = "check_fail",
    [SHARE_VERIFY_NO] = "verify_no",     [SHARE_DESK_RETURN] = "desk_return",
    [SHARE_DESK_VOID] = "desk_void",     [SHARE_REOPEN] = "reopen",
    [SHARE_SIGNAL_LOSS] = "signal_loss", [SHARE_EXCEPTION] = "exception",
};

static struct rate_curve curve_of_three(int64_t p10, int64_t p50, int64_t p90)
{
    return (struct rate_curve){.count = 3, .permille = {100, 500, 900}, .value = {p10, p50, p90}};
}

struct agent_rates agent_rates_default(void)
{
    struct agent_rates rates = {
        .heartbeat_ms = 10 * MINUTE_MS,
        .fix_every_ms = 2 * MINUTE_MS,
        .shares = {[SHARE_DECLINE] = 30,
                   [SHARE_IGNORE] = 15,
                   [SHARE_RETURN] = 20,
                   [SHARE_CHECK_FAIL] = 40,
                   [SHARE_VERIFY_NO] = 120,
                   [SHARE_DESK_RETURN] = 30,
                   [SHARE_DESK_VOID] = 10,
                   [SHARE_REOPEN] = 5,
                   [SHARE_SIGNAL_LOSS] = 2,
                   [SHARE_EXCEPTION] = 20},
    };
    rates.curves[RATE_ACCEPT] = curve_of_three(15 * SECOND_MS, 60 * SECOND_MS, 4 * MINUTE_MS);
    rates.curves[RATE_TURNOUT] = curve_of_three(10 * SECOND_MS, 45 * SECOND_MS, 3 * MINUTE_MS);
    rates.curves[RATE_WORK] = curve_of_three(4 * MINUTE_MS, 14 * MINUTE_MS, 45 * MINUTE_MS);
    rates.curves[RATE_SPREAD] = curve_of_three(800, 1000, 1500);
    rates.curves[RATE_CHECK] = curve_of_three(2 * MINUTE_MS, 5 * MINUTE_MS, 12 * MINUTE_MS);
    rates.curves[RATE_DESK] = curve_of_three(1 * MINUTE_MS, 5 * MINUTE_MS, 25 * MINUTE_MS);
    rates.curves[RATE_DESK_WORK] = curve_of_three(20 * MINUTE_MS, 70 * MINUTE_MS, 4 * HOUR_MS);
    rates.curves[RATE_SIGNAL_LOST] = curve_of_three(1 * MINUTE_MS, 5 * MINUTE_MS, 40 * MINUTE_MS);
    return rates;
}

/* ---- curves ---- */

/* at: millionths of the whole. */
static int64_t curve_value(const struct rate_curve *curve, int64_t at)
{
    must(curve->count > 0);
    const int64_t first = (int64_t)curve->permille[0] * 1000;
    if (at <= first) {
        return curve->value[0];
    }
    for (uint32_t i = 1; i < curve->count; i++) {
        const int64_t low = (int64_t)curve->permille[i - 1] * 1000;
        const int64_t high = (int64_t)curve->permille[i] * 1000;
        if (at <= high) {
            return curve->value[i - 1] +
                   mul_div(curve->value[i] - curve->value[i - 1], at - low, high - low);
        }
    }
    return curve->value[curve->count - 1];
}

int64_t rate_curve_at(const struct rate_curve *curve, uint32_t permille)
{
    must(permille <= 1000);
    return curve_value(curve, (int64_t)permille * 1000);
}

int64_t rate_curve_draw(const struct rate_curve *curve, struct random *random)
{
    return rate_curve_pick(curve, (uint32_t)random_below(random, 1000000));
}

int64_t rate_curve_pick(const struct rate_curve *curve, uint32_t millionths)
{
    must(millionths < 1000000);
    return curve_value(curve, millionths);
}

static bool code_covers(const char *above, const char *code)
{
    const size_t size = strlen(above);
    return strncmp(above, code, size) == 0 && (code[size] == '\0' || code[size] == '.');
}

const struct rate_curve *agent_rates_curve(const struct agent_rates *rates,
                                           enum rate_curve_kind kind, const char *class_code)
{
    const struct rate_curve *best = &rates->curves[kind];
    size_t best_size = 0;
    if (class_code == NULL || kind >= RATE_CLASS_COUNT) {
        return best;
    }
    for (uint32_t i = 0; i < rates->class_count; i++) {
        const struct rate_class *row = &rates->classes[i];
        const size_t size = strlen(row->code);
        if (row->curves[kind].count > 0 && size > best_size && code_covers(row->code, class_code)) {
            best = &row->curves[kind];
            best_size = size;
        }
    }
    return best;
}

const struct rate_mode *agent_rates_mode(const struct agent_rates *rates, const char *name,
                                         size_t size)
{
    for (uint32_t i = 0; i < rates->mode_count; i++) {
        const struct rate_mode *mode = &rates->modes[i];
        if (strlen(mode->name) == size && memcmp(mode->name, name, size) == 0) {
            return mode;
        }
    }
    return NULL;
}

/* ---- sim.yaml ---- */

struct rates_reader {
    yaml_document_t document;
    const char *path;
    struct agent_rates *rates;
    struct problems *problems;
};

__attribute__((format(printf, 3, 4))) static void
reader_complain(struct rates_reader *reader, const yaml_node_t *node, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    problems_add(reader->problems, PROBLEM_ERROR, "S001", reader->path,
                 (int)node->start_mark.line + 1, (int)node->start_mark.column + 1, "%s", text);
}

static const yaml_node_t *reader_node(struct rates_reader *reader, int id)
{
    return yaml_document_get_node(&reader->document, id);
}

static const char *scalar_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

/* A number with up to three decimals, in thousandths; *rest is what follows it. false when there is none. */
static bool parse_thousandths(const char *text, int64_t *out_value, const char **rest)
{
    const char *at = text;
    int64_t value = 0;
    while (*at >= '0' && *at <= '9' && value < INT64_C(1000000000000)) {
        value = value * 10 + (*at++ - '0');
    }
    if (at == text) {
        return false;
    }
    int64_t scale = 1000;
    if (*at == '.') {
        at++;
        while (*at >= '0' && *at <= '9' && scale > 1) {
            value = value * 10 + (*at++ - '0');
            scale /= 10;
        }
        while (*at >= '0' && *at <= '9') {
            at++;
        }
    }
    *out_value = value * scale;
    *rest = at;
    return true;
}

static bool parse_duration(const char *text, int64_t *out_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } UNITS[] = {{"ms", 1}, {"s", SECOND_MS}, {"m", MINUTE_MS}, {"h", HOUR_MS}, {"d", DAY_MS}};
    int64_t thousandths;
    const char *unit;
    if (!parse_thousandths(text, &thousandths, &unit)) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(UNITS); i++) {
        if (strcmp(unit, UNITS[i].unit) == 0) {
            *out_ms = mul_div(thousandths, UNITS[i].ms, 1000);
            return *out_ms <= 3660 * DAY_MS;
        }
    }
    return false;
}

static bool parse_number(const char *text, int64_t *out_thousandths)
{
    const char *rest;
    int64_t value;
    if (!parse_thousandths(text, &value, &rest) || *rest != '\0') {
        return false;
    }
    *out_thousandths = value;
    return true;
}

/* {p10: 15s, p50: 1m}: quantiles ascending. */
static void read_curve(struct rates_reader *reader, const yaml_node_t *node, bool is_spread,
                       struct rate_curve *curve)
{
    struct rate_curve read = {0};
    if (node->type != YAML_MAPPING_NODE) {
        reader_complain(reader, node, "expected quantiles such as {p10: 15s, p50: 1m, p90: 4m}");
        return;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = reader_node(reader, pair->key);
        const yaml_node_t *value = reader_node(reader, pair->value);
        const char *name = scalar_text(key);
        int64_t quantile = 0, number = 0;
        if (name[0] != 'p' || !parse_number(name + 1, &quantile) || quantile > 100 * 1000) {
            reader_complain(reader, key, "expected a quantile p0 .. p100, not \"%s\"", name);
            return;
        }
        if (!(is_spread ? parse_number(scalar_text(value), &number)
                        : parse_duration(scalar_text(value), &number))) {
            reader_complain(reader, value, "expected %s, not \"%s\"",
                            is_spread ? "a number such as 1.2" : "a duration such as 90s or 5m",
                            scalar_text(value));
            return;
        }
        if (read.count == RATE_POINTS_MAX) {
            reader_complain(reader, key, "more than %u quantiles", RATE_POINTS_MAX);
            return;
        }
        const uint16_t permille = (uint16_t)(quantile / 100);
        if (read.count > 0 &&
            (permille <= read.permille[read.count - 1] || number < read.value[read.count - 1])) {
            reader_complain(reader, key, "quantiles must ascend; %s does not", name);
            return;
        }
        read.permille[read.count] = permille;
        read.value[read.count++] = number;
    }
    if (read.count == 0) {
        reader_complain(reader, node, "expected at least one quantile");
        return;
    }
    *curve = read;
}

static uint32_t find_name(const char *const *names, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return NONE32;
}

static void read_share(struct rates_reader *reader, const yaml_node_t *value, uint32_t *share)
{
    int64_t permille;
    if (!parse_number(scalar_text(value), &permille) || permille > 1000) {
        reader_complain(reader, value, "expected a share from 0 to 1, not \"%s\"",
                        scalar_text(value));
        return;
    }
    *share = (uint32_t)permille;
}

static void read_period(struct rates_reader *reader, const yaml_node_t *value, int64_t *period_ms)
{
    int64_t ms;
    if (!parse_duration(scalar_text(value), &ms) || ms < SECOND_MS) {
        reader_complain(reader, value, "expected a duration of 1s or more, not \"%s\"",
                        scalar_text(value));
        return;
    }
    *period_ms = ms;
}

/* [accept, spread]: names of curves that a class may have. */
static void read_by_case(struct rates_reader *reader, const yaml_node_t *value)
{
    reader->rates->by_case = 0;
    if (value->type != YAML_SEQUENCE_NODE) {
        reader_complain(reader, value, "expected a list such as [accept, spread]");
        return;
    }
    for (const yaml_node_item_t *item = value->data.sequence.items.start;
         item < value->data.sequence.items.top; item++) {
        const yaml_node_t *name = reader_node(reader, *item);
        const uint32_t curve = find_name(CURVE_NAMES, RATE_CLASS_COUNT, scalar_text(name));
        if (curve == NONE32) {
            reader_complain(reader, name, "expected accept, turnout, work or spread, not \"%s\"",
                            scalar_text(name));
            continue;
        }
        reader->rates->by_case |= UINT32_C(1) << curve;
    }
}

static void read_agents_key(struct rates_reader *reader, const yaml_node_t *key,
                            const yaml_node_t *value)
{
    const char *name = scalar_text(key);
    const uint32_t curve = find_name(CURVE_NAMES, RATE_CURVE_COUNT, name);
    const uint32_t share = find_name(SHARE_NAMES, RATE_SHARE_COUNT, name);
    if (curve != NONE32) {
        read_curve(reader, value, curve == RATE_SPREAD, &reader->rates->curves[curve]);
    } else if (share != NONE32) {
        read_share(reader, value, &reader->rates->shares[share]);
    } else if (strcmp(name, "heartbeat") == 0) {
        read_period(reader, value, &reader->rates->heartbeat_ms);
    } else if (strcmp(name, "fix_every") == 0) {
        read_period(reader, value, &reader->rates->fix_every_ms);
    } else if (strcmp(name, "by_case") == 0) {
        read_by_case(reader, value);
    } else if (strcmp(name, "close_as_recorded") == 0) {
        const char *word = scalar_text(value);
        if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0) {
            reader_complain(reader, value, "expected true or false, not \"%s\"", word);
        }
        reader->rates->close_as_recorded = strcmp(word, "true") == 0;
    } else {
        const char *known[RATE_CURVE_COUNT + RATE_SHARE_COUNT];
        memcpy(known, CURVE_NAMES, sizeof CURVE_NAMES);
        memcpy(known + RATE_CURVE_COUNT, SHARE_NAMES, sizeof SHARE_NAMES);
        const char *nearest = problems_nearest(name, known, COUNT_OF(known));
        reader_complain(reader, key, "unknown key \"%s\"%s%s", name,
                        nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
}

static void read_class(struct rates_reader *reader, const yaml_node_t *key,
                       const yaml_node_t *value)
{
    const char *code = scalar_text(key);
    if (reader->rates->class_count == RATE_CLASSES_MAX || strlen(code) >= RATE_CODE_SIZE ||
        code[0] == '\0' || value->type != YAML_MAPPING_NODE) {
        reader_complain(reader, key, "expected a class code with curves, at most %u of them",
                        RATE_CLASSES_MAX);
        return;
    }
    struct rate_class *row = &reader->rates->classes[reader->rates->class_count++];
    *row = (struct rate_class){0};
    memcpy(row->code, code, strlen(code) + 1);
    for (const yaml_node_pair_t *pair = value->data.mapping.pairs.start;
         pair < value->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = reader_node(reader, pair->key);
        const uint32_t curve = find_name(CURVE_NAMES, RATE_CLASS_COUNT, scalar_text(name));
        if (curve == NONE32) {
            reader_complain(reader, name,
                            "a class takes accept, turnout, work and spread, not \"%s\"",
                            scalar_text(name));
            continue;
        }
        read_curve(reader, reader_node(reader, pair->value), curve == RATE_SPREAD,
                   &row->curves[curve]);
    }
}

static void read_mode(struct rates_reader *reader, const yaml_node_t *key, const yaml_node_t *value)
{
    const char *name = scalar_text(key);
    if (reader->rates->mode_count == RATE_MODES_MAX || strlen(name) >= RATE_CODE_SIZE ||
        value->type != YAML_MAPPING_NODE) {
        reader_complain(reader, key,
                        "expected a mode with speed_kmh and detour, at most %u of them",
                        RATE_MODES_MAX);
        return;
    }
    struct rate_mode mode = {.detour_permille = 1000};
    memcpy(mode.name, name, strlen(name) + 1);
    for (const yaml_node_pair_t *pair = value->data.mapping.pairs.start;
         pair < value->data.mapping.pairs.top; pair++) {
        const yaml_node_t *word = reader_node(reader, pair->key);
        const yaml_node_t *given = reader_node(reader, pair->value);
        int64_t number = 0;
        if (strcmp(scalar_text(word), "spread") == 0) {
            read_curve(reader, given, true, &mode.spread);
        } else if (strcmp(scalar_text(word), "start") == 0) {
            if (!parse_duration(scalar_text(given), &mode.start_ms)) {
                reader_complain(reader, given, "expected a duration such as 60s, not \"%s\"",
                                scalar_text(given));
            }
        } else if (!parse_number(scalar_text(given), &number) || number <= 0) {
            reader_complain(reader, given, "expected a number above 0, not \"%s\"",
                            scalar_text(given));
        } else if (strcmp(scalar_text(word), "speed_kmh") == 0) {
            mode.speed_mm_per_s = number * 1000 / 3600; /* thousandths of km/h to mm/s */
        } else if (strcmp(scalar_text(word), "detour") == 0) {
            mode.detour_permille = number;
        } else {
            reader_complain(reader, word,
                            "a mode takes speed_kmh, detour, start and spread, not \"%s\"",
                            scalar_text(word));
        }
    }
    if (mode.speed_mm_per_s <= 0 || mode.speed_mm_per_s > SPEED_MM_PER_S_MAX) {
        reader_complain(reader, key, "mode %s needs speed_kmh between 0 and 360", name);
        return;
    }
    reader->rates->modes[reader->rates->mode_count++] = mode;
}

static void read_root(struct rates_reader *reader, const yaml_node_t *root)
{
    static const struct {
        const char *name;
        void (*read)(struct rates_reader *, const yaml_node_t *, const yaml_node_t *);
    } PARTS[] = {{"agents", read_agents_key}, {"classes", read_class}, {"modes", read_mode}};
    if (root->type != YAML_MAPPING_NODE) {
        reader_complain(reader, root, "expected the keys agents, classes and modes");
        return;
    }
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = reader_node(reader, pair->key);
        const yaml_node_t *value = reader_node(reader, pair->value);
        size_t part = 0;
        while (part < COUNT_OF(PARTS) && strcmp(PARTS[part].name, scalar_text(key)) != 0) {
            part++;
        }
        if (part == COUNT_OF(PARTS) || value->type != YAML_MAPPING_NODE) {
            reader_complain(reader, key,
                            "expected one of the mappings agents, classes, modes; not \"%s\"",
                            scalar_text(key));
            continue;
        }
        for (const yaml_node_pair_t *inner = value->data.mapping.pairs.start;
             inner < value->data.mapping.pairs.top; inner++) {
            PARTS[part].read(reader, reader_node(reader, inner->key),
                             reader_node(reader, inner->value));
        }
    }
}

enum err agent_rates_load(const char *path, struct agent_rates *rates, struct problems *problems)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    struct rates_reader reader = {.path = path, .rates = rates, .problems = problems};
    const int errors_before = problems_error_count(problems);
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        (void)fclose(file);
        return ERR_MEMORY;
    }
    yaml_parser_set_input_file(&parser, file);
    if (yaml_parser_load(&parser, &reader.document) == 0) {
        problems_add(problems, PROBLEM_ERROR, "S000", path, (int)parser.problem_mark.line + 1,
                     (int)parser.problem_mark.column + 1, "not YAML: %s",
                     parser.problem == NULL ? "cannot be read" : parser.problem);
    } else {
        const yaml_node_t *root = yaml_document_get_root_node(&reader.document);
        if (root != NULL) {
            read_root(&reader, root);
        }
        yaml_document_delete(&reader.document);
    }
    yaml_parser_delete(&parser);
    (void)fclose(file);
    return problems_error_count(problems) > errors_before ? ERR_INPUT : ERR_OK;
}
