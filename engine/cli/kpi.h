/* kpi.h: what `index` and `report` share: an index file, a period, the facts of a history or of a table, their tally.
 *
 *   kpi_open -> kpi_tally ... -> kpi_close
 *
 * Owner   open/close
 * Errors  exit codes, after a sentence on standard error that begins with a stable word: NO_HISTORY, BAD_MONTH,
 *         MONTH_IN_FUTURE, BAD_OBJECT, PERSON_RANKING_OFF, UNKNOWN_INDEX, or the codes of index files (K001 ...) */
#ifndef ENGINE_CLI_KPI_H
#define ENGINE_CLI_KPI_H

#include "engine/core/city.h"
#include "engine/edge/words.h"
#include "rules/tally.h"

#include <sqlite3.h>

#define KPI_DAY_SIZE 16

struct kpi_asked {
    const char *command; /* "gridloop index" */
    const char *data, *database, *city, *formulas, *facts;
    const char *month;        /* "2026-03" */
    const char *from, *until; /* days instead, both included */
    const char *by;           /* "area:1", "department" ...; NULL: the whole city */
};

struct kpi {
    const char *command;
    struct formulas *formulas;
    sqlite3 *db; /* NULL: facts of a table */
    struct csv_facts *table;
    struct city_transition *transitions;
    uint32_t transition_count;
    int64_t reached_ms; /* the history's last instant; INT64_MAX of a table */
    struct tally_options options;
    char from_day[KPI_DAY_SIZE], until_day[KPI_DAY_SIZE]; /* local, both included */
    char city_zh[128], city_en[128];
    uint64_t cases; /* told by the last walk */
};

int kpi_open(const struct kpi_asked *asked, struct kpi *out_kpi);
void kpi_close(struct kpi *kpi);

/* Reads "area:1" and its like; false after a sentence. */
bool kpi_parse_object(const struct kpi *kpi, const char *by, struct tally_options *options);

/* Calls see for each case and each of its orders that may matter. Exit code. */
int kpi_walk(struct kpi *kpi,
             void (*see)(void *context, const struct formula_facts *facts, bool is_order),
             void *context);

/* A settled tally under options; the caller frees it. */
int kpi_tally(struct kpi *kpi, const struct tally_options *options, struct tally **out_tally);

/* What an object is called: "110108002 中关村街道"; the key where nothing is known. Returns out. */
const char *kpi_name(const struct kpi *kpi, const struct tally_options *options, const char *key,
                     enum lang lang, char *out, size_t out_size);

/* "93.72 %", "1.40", "n/a". Returns out. */
const char *kpi_number(struct formula_value value, enum formula_unit unit, char *out,
                       size_t out_size);

/* "2 h 20 min", "n/a" of none. Returns out. */
const char *kpi_span(const struct tally_duration *duration, int64_t span_ms, enum lang lang,
                     char *out, size_t out_size);

const char *kpi_label(const struct formula_label *label, enum lang lang);

/* "2026-03-03 08:20" by the city's time. Returns out. */
const char *kpi_instant(const struct kpi *kpi, int64_t at_ms, char *out, size_t out_size);

#endif
