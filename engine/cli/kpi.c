/* kpi.c: see kpi.h. */
#include "engine/cli/kpi.h"

#include "engine/city/text_file.h"
#include "engine/city/time_zone.h"
#include "engine/cli/cli.h"
#include "engine/cli/history_print.h"
#include "engine/cli/kpi_facts.h"
#include "engine/shell/history_facts.h"
#include "engine/shell/last_engine.h"
#include "sim/city_pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define FORMULAS_FILE "kpi.yaml"

static int complain(const struct kpi *kpi, const char *code, int exit_code, const char *text)
{
    (void)fprintf(stderr, "%s: %s: %s (exit %d)\n", kpi->command, code, text, exit_code);
    return exit_code;
}

/* ---- the index file ---- */

static int read_formulas(struct kpi *kpi, const char *directory, const char *name)
{
    struct problems *problems = problems_new();
    struct pool pool;
    struct text_file file;
    pool_init(&pool);
    if (name == NULL) {
        kpi->formulas = formulas_read(problems, KPI_PACK[0].name, (const char *)KPI_PACK[0].bytes,
                                      KPI_PACK[0].size);
    } else if (text_file_read(&pool, problems, directory, name, &file)) {
        kpi->formulas = formulas_read(problems, file.name, file.bytes, file.size);
    }
    problems_print(problems, stderr);
    problems_free(problems);
    pool_fini(&pool);
    if (kpi->formulas == NULL) {
        (void)fprintf(stderr, "%s: the index file has problems to repair (exit %d)\n", kpi->command,
                      EX_DATAERR);
        return EX_DATAERR;
    }
    return EX_OK;
}

/* --formulas, else that of --city or of the city the last engine ran, else the shipped one. */
static int find_formulas(struct kpi *kpi, const struct kpi_asked *asked)
{
    struct last_engine note;
    char directory[CLI_URL_SIZE];
    if (asked->formulas != NULL) {
        const char *slash = strrchr(asked->formulas, '/');
        if (!cli_has_input(kpi->command, asked->formulas)) {
            return EX_NOINPUT;
        }
        (void)snprintf(directory, sizeof directory, "%.*s",
                       slash == NULL ? 1 : (int)(slash - asked->formulas) + 1,
                       slash == NULL ? "." : asked->formulas);
        return read_formulas(kpi, directory, slash == NULL ? asked->formulas : slash + 1);
    }
    const char *city = asked->city;
    if (city != NULL && !cli_has_input(kpi->command, city)) {
        return EX_NOINPUT;
    }
    if (city == NULL && asked->database == NULL && asked->facts == NULL &&
        last_engine_read(&note) == ERR_OK &&
        (asked->data == NULL || strcmp(asked->data, note.data) == 0)) {
        city = note.city;
    }
    if (city != NULL && text_file_exists(city, FORMULAS_FILE)) {
        return read_formulas(kpi, city, FORMULAS_FILE);
    }
    return read_formulas(kpi, NULL, NULL);
}

/* ---- the history ---- */

static bool read_meta(sqlite3 *db, const char *key, char *out, size_t out_size)
{
    sqlite3_stmt *stmt = NULL;
    bool is_found = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = ?1", -1, &stmt,
                                       NULL) == SQLITE_OK &&
                    sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC) == SQLITE_OK &&
                    sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0) != NULL;
    if (is_found) {
        (void)snprintf(out, out_size, "%s", (const char *)sqlite3_column_text(stmt, 0));
    }
    (void)sqlite3_finalize(stmt);
    return is_found;
}

static int open_history(struct kpi *kpi, const struct kpi_asked *asked)
{
    char text[64] = "", zone[64] = "";
    int code = history_print_open(asked->data, asked->database, &kpi->db);
    if (code != EX_OK) {
        return code;
    }
    (void)read_meta(kpi->db, "city", kpi->city_zh, sizeof kpi->city_zh);
    if (!read_meta(kpi->db, "city_en", kpi->city_en, sizeof kpi->city_en)) {
        (void)snprintf(kpi->city_en, sizeof kpi->city_en, "%s", kpi->city_zh);
    }
    if (!read_meta(kpi->db, "at_ms", text, sizeof text) ||
        !read_meta(kpi->db, "time_zone", zone, sizeof zone)) {
        return complain(kpi, "NO_HISTORY", EX_NOINPUT, "the history holds nothing yet");
    }
    kpi->reached_ms = strtoll(text, NULL, 10);
    enum err err = time_zone_load(zone, &kpi->transitions, &kpi->transition_count);
    return err == ERR_OK
               ? EX_OK
               : complain(kpi, "NO_HISTORY", EX_CONFIG,
                          "the city's time zone is not known to this system; install tzdata");
}

static int open_table(struct kpi *kpi, const char *path)
{
    if (!cli_has_input(kpi->command, path)) {
        return EX_NOINPUT;
    }
    struct problems *problems = problems_new();
    kpi->table = kpi_facts_open(problems, path);
    problems_print(problems, stderr);
    problems_free(problems);
    kpi->reached_ms = INT64_MAX;
    if (kpi->table == NULL) {
        return complain(kpi, "K001", EX_DATAERR, "the table of facts has problems to repair");
    }
    enum err err = time_zone_load("Etc/UTC", &kpi->transitions, &kpi->transition_count);
    return err == ERR_OK ? EX_OK : complain(kpi, "NO_HISTORY", EX_CONFIG, "UTC is not known here");
}

/* ---- local time ---- */

static int64_t offset_at(const struct kpi *kpi, int64_t at_ms)
{
    uint32_t at = 0;
    while (at + 1 < kpi->transition_count && kpi->transitions[at + 1].at_ms <= at_ms) {
        at++;
    }
    return kpi->transitions[at].offset_ms;
}

/* Midnight of a local day. Two looks at the offset are enough but for the hour that a change skips. */
static int64_t midnight(const struct kpi *kpi, struct tm day)
{
    int64_t local_ms = (int64_t)timegm(&day) * SECOND_MS;
    int64_t at_ms = local_ms - offset_at(kpi, local_ms);
    return local_ms - offset_at(kpi, at_ms);
}

static struct tm local_time(const struct kpi *kpi, int64_t at_ms)
{
    struct tm local;
    time_t seconds = (time_t)div_floor(at_ms + offset_at(kpi, at_ms), SECOND_MS);
    (void)gmtime_r(&seconds, &local);
    return local;
}

const char *kpi_instant(const struct kpi *kpi, int64_t at_ms, char *out, size_t out_size)
{
    struct tm local = local_time(kpi, at_ms);
    (void)strftime(out, out_size, "%Y-%m-%d %H:%M", &local);
    return out;
}

/* ---- the period ---- */

static bool parse_date(const char *text, const char *format, struct tm *out)
{
    *out = (struct tm){.tm_mday = 1};
    const char *end = strptime(text, format, out);
    return end != NULL && *end == '\0' && out->tm_year > 70 && out->tm_year < 300;
}

/* The month as [from, until) and the month before. */
static void set_month(struct kpi *kpi, struct tm month)
{
    struct tm next = {.tm_year = month.tm_year, .tm_mon = month.tm_mon + 1, .tm_mday = 1};
    struct tm before = {.tm_year = month.tm_year, .tm_mon = month.tm_mon - 1, .tm_mday = 1};
    struct tm first = {.tm_year = month.tm_year, .tm_mon = month.tm_mon, .tm_mday = 1};
    kpi->options.from_ms = midnight(kpi, first);
    kpi->options.until_ms = midnight(kpi, next);
    kpi->options.before_ms = midnight(kpi, before);
}

/* Days from..until, and as many before. */
static int set_days(struct kpi *kpi, const struct kpi_asked *asked)
{
    struct tm from, until;
    if (asked->from == NULL || asked->until == NULL ||
        !parse_date(asked->from, "%Y-%m-%d", &from) ||
        !parse_date(asked->until, "%Y-%m-%d", &until)) {
        return complain(kpi, "BAD_MONTH", EX_USAGE,
                        "--from and --to go together, each a day written 2026-03-03");
    }
    until.tm_mday++;
    kpi->options.from_ms = midnight(kpi, from);
    kpi->options.until_ms = midnight(kpi, until);
    kpi->options.before_ms = 2 * kpi->options.from_ms - kpi->options.until_ms;
    return kpi->options.until_ms > kpi->options.from_ms
               ? EX_OK
               : complain(kpi, "BAD_MONTH", EX_USAGE, "--to lies before --from");
}

static int set_period(struct kpi *kpi, const struct kpi_asked *asked)
{
    struct tm month = {0};
    char text[160], reached[32];
    if (asked->month == NULL && (asked->from != NULL || asked->until != NULL)) {
        int code = set_days(kpi, asked);
        if (code != EX_OK) {
            return code;
        }
    } else if (asked->month != NULL && !parse_date(asked->month, "%Y-%m", &month)) {
        return complain(kpi, "BAD_MONTH", EX_USAGE, "a month is written 2026-03");
    } else if (asked->month == NULL && kpi->table != NULL) {
        kpi->options.before_ms = kpi->options.from_ms =
            -1; /* a table without a period: all of it */
        kpi->options.until_ms = INT64_MAX;
    } else {
        set_month(kpi, asked->month != NULL ? month : local_time(kpi, kpi->reached_ms));
    }
    if (kpi->options.from_ms > kpi->reached_ms) {
        (void)snprintf(text, sizeof text, "%s has not begun: the history ends %s",
                       asked->month != NULL ? asked->month : asked->from,
                       kpi_instant(kpi, kpi->reached_ms, reached, sizeof reached));
        return complain(kpi, "MONTH_IN_FUTURE", EX_DATAERR, text);
    }
    if (kpi->options.until_ms < INT64_MAX) {
        struct tm from = local_time(kpi, kpi->options.from_ms);
        struct tm until = local_time(kpi, kpi->options.until_ms - 1);
        (void)strftime(kpi->from_day, sizeof kpi->from_day, "%Y-%m-%d", &from);
        (void)strftime(kpi->until_day, sizeof kpi->until_day, "%Y-%m-%d", &until);
    }
    return EX_OK;
}

bool kpi_parse_object(const struct kpi *kpi, const char *by, struct tally_options *options)
{
    static const struct {
        const char *word;
        enum tally_object by;
    } OBJECTS[] = {{"department", TALLY_DEPARTMENT},
                   {"post", TALLY_POST},
                   {"team", TALLY_TEAM},
                   {"person", TALLY_PERSON}};
    options->by = TALLY_CITY;
    if (by == NULL || strcmp(by, "city") == 0) {
        return true;
    }
    if (strncmp(by, "area:", 5) == 0 && by[5] >= '0' && by[5] <= '5' && by[6] == '\0') {
        options->by = TALLY_AREA;
        options->level = (uint32_t)(by[5] - '0');
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(OBJECTS); i++) {
        if (strcmp(OBJECTS[i].word, by) == 0) {
            options->by = OBJECTS[i].by;
        }
    }
    if (options->by == TALLY_PERSON && !kpi->formulas->persons_are_ranked) {
        (void)complain(kpi, "PERSON_RANKING_OFF", EX_NOPERM,
                       "persons are not ranked; a city that must do so writes per_person: true "
                       "into its kpi.yaml");
        return false;
    }
    if (options->by == TALLY_CITY) {
        (void)complain(kpi, "BAD_OBJECT", EX_USAGE,
                       "--by takes area:0 (cells) to area:5, department, post or team");
        return false;
    }
    return true;
}

int kpi_open(const struct kpi_asked *asked, struct kpi *out_kpi)
{
    *out_kpi = (struct kpi){.command = asked->command};
    int code = find_formulas(out_kpi, asked);
    if (code == EX_OK) {
        code =
            asked->facts != NULL ? open_table(out_kpi, asked->facts) : open_history(out_kpi, asked);
    }
    if (code == EX_OK) {
        out_kpi->options.formulas = out_kpi->formulas;
        code = set_period(out_kpi, asked);
    }
    if (code == EX_OK && !kpi_parse_object(out_kpi, asked->by, &out_kpi->options)) {
        code = out_kpi->options.by == TALLY_PERSON ? EX_NOPERM : EX_USAGE;
    }
    if (code != EX_OK) {
        kpi_close(out_kpi);
    }
    return code;
}

void kpi_close(struct kpi *kpi)
{
    (void)sqlite3_close(kpi->db);
    kpi_facts_close(kpi->table);
    formulas_free(kpi->formulas);
    free(kpi->transitions);
    *kpi = (struct kpi){.command = kpi->command};
}

/* ---- facts ---- */

static int walk_history(struct kpi *kpi,
                        void (*see)(void *context, const struct formula_facts *facts,
                                    bool is_order),
                        void *context)
{
    struct history_facts *walk = NULL;
    struct history_fault fault = {.text = ""};
    struct formula_facts facts;
    const struct history_period period = {kpi->options.before_ms, kpi->options.until_ms};
    enum err err = history_facts_open(kpi->db, period, &walk, &fault);
    while (err == ERR_OK && history_facts_next(walk, &facts, &err, &fault)) {
        kpi->cases++;
        see(context, &facts, false);
        while (history_facts_next_order(walk, &facts, &err, &fault)) {
            see(context, &facts, true);
        }
    }
    history_facts_close(walk);
    return err == ERR_OK ? EX_OK : history_print_fault(err, &fault);
}

int kpi_walk(struct kpi *kpi,
             void (*see)(void *context, const struct formula_facts *facts, bool is_order),
             void *context)
{
    struct formula_facts facts;
    uint32_t at = 0, times = 0;
    kpi->cases = 0;
    if (kpi->table == NULL) {
        return walk_history(kpi, see, context);
    }
    while (kpi_facts_next(kpi->table, &at, &facts, &times)) {
        for (uint32_t i = 0; i < times; i++) {
            kpi->cases++;
            see(context, &facts, facts.texts[FACT_order_kind] != NULL);
        }
    }
    return EX_OK;
}

static void take(void *context, const struct formula_facts *facts, bool is_order)
{
    tally_take(context, facts, is_order);
}

int kpi_tally(struct kpi *kpi, const struct tally_options *options, struct tally **out_tally)
{
    struct tally *tally = tally_new(options);
    int code = kpi_walk(kpi, take, tally);
    if (code != EX_OK) {
        tally_free(tally);
        return code;
    }
    tally_settle(tally);
    *out_tally = tally;
    return EX_OK;
}

/* ---- words ---- */

const char *kpi_label(const struct formula_label *label, enum lang lang)
{
    const char *text = lang == LANG_ZH ? label->zh : label->en;
    return text[0] != '\0' ? text : label->en;
}

const char *kpi_name(const struct kpi *kpi, const struct tally_options *options, const char *key,
                     enum lang lang, char *out, size_t out_size)
{
    static const char *const KINDS[] = {
        [TALLY_CITY] = "",     [TALLY_AREA] = "unit", [TALLY_DEPARTMENT] = "department",
        [TALLY_POST] = "post", [TALLY_TEAM] = "team", [TALLY_PERSON] = "person"};
    sqlite3_stmt *stmt = NULL;
    if (strcmp(key, "-") == 0) {
        (void)snprintf(out, out_size, "%s", lang == LANG_ZH ? "（无）" : "(none)");
        return out;
    }
    (void)snprintf(out, out_size, "%s", key);
    if (kpi->db != NULL &&
        sqlite3_prepare_v2(kpi->db,
                           "SELECT zh, coalesce(en, zh) FROM names WHERE kind = ?1 AND code = ?2",
                           -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_bind_text(stmt, 1, KINDS[options->by], -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_text(stmt, 2, key, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, lang == LANG_ZH ? 0 : 1);
        if (name != NULL && name[0] != '\0') {
            (void)snprintf(out, out_size, "%s", name);
        }
    }
    (void)sqlite3_finalize(stmt);
    return out;
}

const char *kpi_number(struct formula_value value, enum formula_unit unit, char *out,
                       size_t out_size)
{
    if (value.is_absent) {
        (void)snprintf(out, out_size, "n/a");
    } else {
        (void)snprintf(out, out_size, "%.2f%s", value.number, unit == UNIT_PERCENT ? " %" : "");
    }
    return out;
}

const char *kpi_span(const struct tally_duration *duration, int64_t span_ms, enum lang lang,
                     char *out, size_t out_size)
{
    int64_t minutes = span_ms / MINUTE_MS, hours = minutes / 60, days = hours / 24;
    bool is_zh = lang == LANG_ZH;
    if (duration->count == 0) {
        (void)snprintf(out, out_size, "n/a");
    } else if (minutes < 1) {
        (void)snprintf(out, out_size, is_zh ? "%lld 秒" : "%lld s",
                       (long long)(span_ms / SECOND_MS));
    } else if (hours < 1) {
        (void)snprintf(out, out_size, is_zh ? "%lld 分" : "%lld min", (long long)minutes);
    } else if (days < 2) {
        (void)snprintf(out, out_size, is_zh ? "%lld 小时 %lld 分" : "%lld h %lld min",
                       (long long)hours, (long long)(minutes % 60));
    } else {
        (void)snprintf(out, out_size, is_zh ? "%lld 天 %lld 小时" : "%lld d %lld h",
                       (long long)days, (long long)(hours % 24));
    }
    return out;
}
