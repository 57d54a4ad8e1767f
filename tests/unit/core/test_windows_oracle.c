/* test_windows_oracle.c: rules with state against a slow second opinion: random streams with equal times, late events and leaps of
 * the clock, compared event by event.
 *
 * The oracle keeps every sample it ever took in a flat list, forgets nothing and looks at all of it each time: no chains,
 * no pruning, no rows, no bounds. It shares no line with engine/core/windows.c and its siblings. */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"

#include <stdlib.h>
#include <time.h>

#define EVENTS 1500u
#define DEVICES 7u
#define WITHIN 60
#define LATENESS 30
#define GAP 45
#define NONE INT64_MIN

static const char TYPES[] =
    "  sensor.odd: {title: 怪, title_en: odd, lane: telemetry, fields: {value: number}}\n"
    "  test.distinct: {title: 甲, title_en: a, lane: telemetry, fields: {value: number}}\n"
    "  test.sum: {title: 乙, title_en: b, lane: telemetry, fields: {value: number}}\n"
    "  test.for: {title: 丙, title_en: c, lane: telemetry, fields: {value: number}}\n"
    "  test.seq: {title: 丁, title_en: d, lane: telemetry, fields: {value: number}}\n"
    "  test.near: {title: 戊, title_en: e, lane: telemetry, fields: {value: number}}\n"
    "  test.level: {title: 己, title_en: f, lane: telemetry, fields: {value: number}}\n";

#define RULE(id, state, severity)                                                                  \
    "- id: " id "\n  title: 试\n  owner: dept.traffic\n" state                                     \
    "  merge: {key: [device], while: open}\n"                                                      \
    "  open: {class: \"E.05.03\", " severity "title: \"{device}\"}\n"                              \
    "  assign: {role: grid_worker, search: [grid]}\n"
static const char RULES[] = RULE("test.distinct",
                                 "  event: test.distinct\n  by: [device]\n"
                                 "  window: {within: 60s, distinct: value, at_least: 3}\n",
                                 "severity: 2, ")
    RULE("test.sum",
         "  event: test.sum\n  by: [device]\n"
         "  window: {within: 60s, min_samples: 2, agg: {s: sum(value), m: max(value)}, "
         "having: \"s >= 10 and m >= 4\"}\n",
         "severity: 2, ")
        RULE("test.for", "  event: test.for\n  where: value >= 5\n  for: 60s\n  gap: 45s\n",
             "severity: 2, ") RULE("test.seq",
                                   "  by: [device]\n  within: 60s\n  sequence:\n"
                                   "  - {event: test.seq, where: value == 1}\n"
                                   "  - {event: test.seq, where: value == 2}\n"
                                   "  - {event: test.seq, where: value == 3}\n",
                                   "severity: 2, ")
            RULE("test.near",
                 "  event: test.near\n  window: {within: 60s, at_least: 3, of: 4, "
                 "radius_m: 25, registry: gas_sensor}\n",
                 "severity: 2, ")
                RULE("test.level",
                     "  event: test.level\n  by: [device]\n  window: {within: 60s, agg: {d: "
                     "avg(value)}}\n"
                     "  levels:\n  - {severity: 1, when: d >= 8}\n  - {severity: 2, when: d >= 5}\n"
                     "  - {severity: 3, when: d >= 2}\n  hold: {down: 30s}\n",
                     "");

enum kind { DISTINCT, SUM, FOR, SEQUENCE, NEAR, LEVEL, KINDS };
enum said { WAITS, FIRES, HOLDS, PASSES };

static const char *const NAMES[] = {"test.distinct", "test.sum",  "test.for",
                                    "test.seq",      "test.near", "test.level"};
static const char *const SAID[] = {"waits", "fires", "holds", "passes"};

struct sample {
    int64_t at;
    int64_t value;
};

/* All that is known of one device under one rule. */
struct memory_of {
    struct sample samples[EVENTS];
    uint32_t count;
    int64_t clock, since, lower;
    uint32_t run, level, held;
    bool was_true;
};

static struct memory_of memories[KINDS][DEVICES];

static uint64_t random_state;

static uint32_t draw(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

/* ---- the second opinion ---- */

static bool is_inside(const struct sample *sample, int64_t end)
{
    return sample->at > end - WITHIN && sample->at <= end;
}

static bool is_true(enum kind kind, const struct memory_of *memory, int64_t end)
{
    int64_t values[EVENTS];
    uint32_t count = 0, distinct = 0;
    int64_t sum = 0, most = INT64_MIN;
    for (uint32_t i = 0; i < memory->count; i++) {
        if (!is_inside(&memory->samples[i], end)) {
            continue;
        }
        const int64_t value = memory->samples[i].value;
        bool is_known = false;
        for (uint32_t k = 0; k < count; k++) {
            is_known = is_known || values[k] == value;
        }
        distinct += !is_known;
        values[count++] = value;
        sum += value;
        most = value > most ? value : most;
    }
    return kind == DISTINCT ? distinct >= 3 : count >= 2 && sum >= 10 && most >= 4;
}

/* 1 the worst, 0 none; the mean is compared in millionths, rounded toward zero. */
static uint32_t level_at(const struct memory_of *memory, int64_t end)
{
    int64_t sum = 0, count = 0;
    for (uint32_t i = 0; i < memory->count; i++) {
        sum += is_inside(&memory->samples[i], end) ? memory->samples[i].value : 0;
        count += is_inside(&memory->samples[i], end);
    }
    if (count == 0) {
        return 0;
    }
    const int64_t mean = sum * 1000000 / count;
    return mean >= 8000000 ? 1 : mean >= 5000000 ? 2 : mean >= 2000000 ? 3 : 0;
}

static bool is_worse(uint32_t a, uint32_t b)
{
    return (a == 0 ? 9 : a) < (b == 0 ? 9 : b);
}

static enum said judge_level(struct memory_of *memory, uint32_t level)
{
    if (level == memory->level || is_worse(level, memory->level)) {
        const bool is_new = level != memory->level;
        memory->level = level;
        memory->lower = NONE;
        return level == 0 ? WAITS : is_new ? FIRES : HOLDS;
    }
    if (memory->lower == NONE) {
        memory->lower = memory->clock;
        memory->held = level;
    }
    memory->held = is_worse(level, memory->held) ? level : memory->held;
    if (memory->clock - memory->lower < 30) {
        return HOLDS;
    }
    memory->level = memory->held;
    memory->lower = memory->level == level ? NONE : memory->clock;
    memory->held = level;
    return memory->level == 0 ? WAITS : FIRES;
}

static enum said slide(enum kind kind, struct memory_of *memory, struct sample sample)
{
    const bool is_late = memory->clock != NONE && sample.at < memory->clock - LATENESS;
    const int64_t clock = is_late || sample.at < memory->clock ? memory->clock : sample.at;
    if (!is_late) {
        const bool is_silent = memory->clock != NONE && sample.at > memory->clock + WITHIN &&
                               sample.at - memory->clock - WITHIN >= 30;
        if (kind == LEVEL && is_silent) {
            memory->level = 0;
            memory->lower = NONE;
        }
        memory->was_true = kind != LEVEL && memory->was_true && is_true(kind, memory, clock);
        memory->clock = clock;
        memory->samples[memory->count++] = sample;
    }
    if (kind == LEVEL) {
        return judge_level(memory, level_at(memory, clock));
    }
    const bool was_true = memory->was_true;
    memory->was_true = is_true(kind, memory, clock);
    return !memory->was_true ? WAITS : was_true ? HOLDS : FIRES;
}

static enum said last(struct memory_of *memory, struct sample sample)
{
    const bool takes = sample.value >= 5;
    const bool is_late = memory->clock != NONE && sample.at < memory->clock;
    if (!takes) {
        if (memory->clock != NONE && !is_late) {
            memory->clock = sample.at;
            memory->since = NONE;
            memory->was_true = false;
        }
        return PASSES;
    }
    if (is_late && sample.at >= memory->clock - LATENESS && memory->since != NONE &&
        sample.at >= memory->since - GAP) {
        memory->since = sample.at < memory->since ? sample.at : memory->since;
        memory->run++;
    } else if (!is_late) {
        if (memory->since == NONE || sample.at - memory->clock > GAP) {
            memory->since = sample.at;
            memory->run = 0;
            memory->was_true = false;
        }
        memory->clock = sample.at;
        memory->run++;
    }
    const bool lasts =
        memory->since != NONE && memory->run >= 2 && memory->clock - memory->since >= 60;
    const bool was_true = memory->was_true;
    memory->was_true = was_true || lasts;
    return was_true ? HOLDS : lasts ? FIRES : WAITS;
}

static enum said step(struct memory_of *memory, struct sample sample)
{
    if (sample.value < 1 || sample.value > 3) {
        return PASSES;
    }
    if (memory->clock != NONE && sample.at < memory->clock) {
        return WAITS;
    }
    if (memory->run > 0 && sample.at - memory->since > 60) {
        memory->run = 0;
    }
    if (memory->run > 0 && sample.value == (int64_t)memory->run + 1) {
        memory->clock = sample.at;
        memory->run++;
    } else if (memory->run <= 1 && sample.value == 1) {
        memory->clock = memory->since = sample.at;
        memory->run = 1;
    }
    if (memory->run == 3) {
        memory->run = 0;
        return FIRES;
    }
    return WAITS;
}

/* A sample that its own device has not long outlived. */
static bool counts_at(const struct memory_of *memory, int64_t end)
{
    for (uint32_t i = 0; i < memory->count; i++) {
        if (is_inside(&memory->samples[i], end) &&
            memory->samples[i].at > memory->clock - WITHIN - LATENESS) {
            return true;
        }
    }
    return false;
}

/* Devices stand in a row, ten metres apart; two or three of the four nearest within 25 m, the lower number first. */
static uint32_t around(uint32_t device, int64_t clock)
{
    const struct memory_of *near[4];
    uint32_t found = 1, best = 0;
    near[0] = &memories[NEAR][device];
    for (uint32_t away = 1; away <= 2; away++) {
        for (uint32_t side = 0; side < 2 && found < 4; side++) {
            const uint32_t other = side == 0 ? device - away : device + away;
            if (other < DEVICES) {
                near[found++] = &memories[NEAR][other];
            }
        }
    }
    /* Every end of the window that could matter, one second after the other. */
    for (int64_t end = clock; end <= clock + LATENESS; end++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < found; i++) {
            count += counts_at(near[i], end);
        }
        best = counts_at(near[0], end) || end == clock ? (count > best ? count : best) : best;
    }
    return best;
}

static enum said gather(uint32_t device, struct sample sample)
{
    struct memory_of *memory = &memories[NEAR][device];
    if (memory->clock == NONE || sample.at >= memory->clock - LATENESS) {
        const int64_t clock = sample.at > memory->clock ? sample.at : memory->clock;
        memory->was_true = memory->was_true && around(device, clock) >= 3;
        memory->clock = clock;
        memory->samples[memory->count++] = sample;
    }
    const bool was_true = memory->was_true;
    memory->was_true = around(device, memory->clock) >= 3;
    return !memory->was_true ? WAITS : was_true ? HOLDS : FIRES;
}

static enum said opinion(enum kind kind, uint32_t device, struct sample sample)
{
    struct memory_of *memory = &memories[kind][device];
    switch (kind) {
    case FOR:
        return last(memory, sample);
    case SEQUENCE:
        return step(memory, sample);
    case NEAR:
        return gather(device, sample);
    case DISTINCT:
    case SUM:
    case LEVEL:
    case KINDS:
    default:
        return slide(kind, memory, sample);
    }
}

/* ---- the engine's ---- */

static enum said engine_says(struct town *town, enum kind kind, uint32_t device,
                             struct sample sample, int64_t now)
{
    static uint64_t serial;
    char id[32], name[8];
    (void)snprintf(id, sizeof id, "o%llu", (unsigned long long)++serial);
    (void)snprintf(name, sizeof name, "g%u", device);
    const struct town_field fields[] = {{"value", NULL, sample.value * 1000000}, {0}};
    const struct outbox_mark mark = core_outbox_mark(town->core, town_id("sensor-1"));
    const struct town_report report = {.id = id,
                                       .type = NAMES[kind],
                                       .device = name,
                                       .place = {PLACE_NONE, PLACE_NONE},
                                       .after_ms = (sample.at - now) * SECOND_MS,
                                       .fields = fields};
    town_send(town, "sensor-1",
              (struct town_outbox){mark.epoch == 0 ? 1 : mark.epoch, mark.last_seq + 1, serial},
              &report, 1);
    const uint32_t code = town->last.code;
    assert_int_not_equal(code, CODE_TABLE_FULL);
    return code == CODE_WAITING   ? WAITS
           : code == CODE_DEDUPED ? HOLDS
           : code == CODE_NO_RULE ? PASSES
                                  : FIRES;
}

static void open_town(struct town *town)
{
    const char *directory = town_copy();
    town_edit(directory, "rules/town.yaml", "  sensor.odd:", TYPES);
    town_edit(directory, "rules/town.yaml", NULL, RULES);
    for (uint32_t i = 0; i < DEVICES; i++) {
        char line[80];
        (void)snprintf(line, sizeof line, "g%u,gas_sensor,116.3060,39.%06u,,", i, 906000 + i * 90);
        town_edit(directory, "devices.csv", NULL, line);
    }
    struct limits limits = town_limits();
    limits.window_samples = 4096;
    town_open_at(town, &limits, directory);
    town->check_every = 16;
}

static void test_windows_agree_with_the_oracle(void **state)
{
    (void)state;
    const char *given = getenv("WINDOW_SEED");
    const uint64_t seed = given == NULL ? (uint64_t)time(NULL) : strtoull(given, NULL, 10);
    random_state = seed;
    struct town town;
    open_town(&town);
    memset(memories, 0, sizeof memories);
    for (uint32_t k = 0; k < KINDS; k++) {
        for (uint32_t d = 0; d < DEVICES; d++) {
            memories[k][d].clock = memories[k][d].since = memories[k][d].lower = NONE;
        }
    }
    uint32_t told[KINDS][4] = {{0}};
    int64_t now = 0;
    for (uint32_t i = 0; i < EVENTS * KINDS; i++) {
        const uint32_t leap = draw(40);
        const int64_t pass = leap == 0 ? (int64_t)draw(600) : leap < 20 ? 0 : (int64_t)draw(6);
        now += pass;
        town_pass(&town, pass * SECOND_MS);
        const enum kind kind = (enum kind)(i % KINDS);
        const uint32_t device = kind == NEAR ? draw(DEVICES) : draw(2);
        const uint32_t late = draw(8);
        const int64_t away = late == 0 ? -(int64_t)draw(100) : late == 1 ? (int64_t)draw(20) : 0;
        const uint32_t range = kind == SEQUENCE ? 5 : 10;
        const int64_t value = kind == FOR ? (draw(16) == 0 ? 1 : 6) : (int64_t)draw(range);
        const struct sample sample = {now + away, value};
        const enum said own = opinion(kind, device, sample);
        const enum said engine = engine_says(&town, kind, device, sample, now);
        told[kind][engine]++;
        if (own != engine) {
            fail_msg(
                "seed %llu, event %u: %s of g%u at %lld, value %lld: the engine %s, the oracle %s",
                (unsigned long long)seed, i, NAMES[kind], device, (long long)sample.at,
                (long long)value, SAID[engine], SAID[own]);
        }
    }
    for (uint32_t k = 0; k < KINDS; k++) { /* a stream that never fires would prove little */
        assert_true(told[k][WAITS] > 0);
        assert_true(told[k][FIRES] > 0);
        assert_true(k == SEQUENCE || told[k][HOLDS] > 0);
    }
    town_close(&town);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_windows_agree_with_the_oracle)};
    return cmocka_run_group_tests_name("tests/unit/core/test_windows_oracle.c", tests, NULL, NULL);
}
