/* report_month.h: what a monthly report shows, gathered in one walk over the facts, and its two writers.
 *
 * Owner   gather/free
 * Errors  exit codes of kpi.h; writers: false when the file could not be written whole */
#ifndef ENGINE_CLI_REPORT_MONTH_H
#define ENGINE_CLI_REPORT_MONTH_H

#include "engine/cli/kpi.h"

#include <stdio.h>

#define REPORT_DAYS_MAX 366u
#define REPORT_LIST_MAX 400u /* case numbers of one counter that are printed; the rest is counted */

enum report_object { REPORT_CITY, REPORT_AREA, REPORT_DEPARTMENT, REPORT_TEAM, REPORT_OBJECTS };

struct report_list {
    char (*numbers)[WORDS_CASE_NO_SIZE];
    uint32_t kept;
    uint32_t count;
};

struct report_month {
    struct kpi *kpi;
    struct tally_options options[REPORT_OBJECTS];
    struct tally *tallies[REPORT_OBJECTS];
    struct report_list lists[FORMULAS_MAX]; /* by counter */
    uint32_t opened[REPORT_DAYS_MAX], closed[REPORT_DAYS_MAX];
    uint32_t day_count;
    char made_at[32]; /* how far the history reached, local */
    bool is_whole;    /* the period is over */
};

int report_month_gather(struct kpi *kpi, struct report_month *out_report);
void report_month_free(struct report_month *report);

bool report_html_write(const struct report_month *report, enum lang lang, FILE *out);
bool report_csv_write(const struct report_month *report, FILE *out);

#endif
