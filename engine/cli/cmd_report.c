/* cmd_report.c: `gridloop report --month 2026-03 --html FILE --csv FILE`: the indices of a month for people who read. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/report_month.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct report_command {
    struct kpi_asked asked;
    const char *html, *csv;
    const char *lang;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct report_command *command = state->input;
    const struct {
        int key;
        const char **to;
    } TEXTS[] = {{'d', &command->asked.data},  {'b', &command->asked.database},
                 {'c', &command->asked.city},  {'F', &command->asked.formulas},
                 {'m', &command->asked.month}, {'f', &command->asked.from},
                 {'t', &command->asked.until}, {'H', &command->html},
                 {'C', &command->csv},         {'L', &command->lang}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        if (TEXTS[i].key == key) {
            *TEXTS[i].to = value;
            return 0;
        }
    }
    return ARGP_ERR_UNKNOWN;
}

static int say_failed(const char *path)
{
    (void)fprintf(stderr, "gridloop report: cannot write %s: %s (exit %d)\n", path, strerror(errno),
                  EX_IOERR);
    return EX_IOERR;
}

/* Whole or not at all: a report cut short would be read as a whole one. */
static int write_file(const struct report_month *report, const char *path, bool is_html,
                      enum lang lang)
{
    char fresh[4096];
    if (strcmp(path, "-") == 0) {
        bool is_told =
            is_html ? report_html_write(report, lang, stdout) : report_csv_write(report, stdout);
        return is_told ? EX_OK : say_failed("standard output");
    }
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *out = fopen(fresh, "w");
    if (out == NULL) {
        return say_failed(fresh);
    }
    bool is_written =
        is_html ? report_html_write(report, lang, out) : report_csv_write(report, out);
    if (fclose(out) != 0 || !is_written || rename(fresh, path) != 0) {
        int code = say_failed(path);
        (void)unlink(fresh);
        return code;
    }
    return EX_OK;
}

static int run(struct kpi *kpi, const struct report_command *command)
{
    struct report_month report;
    enum lang lang = cli_lang(command->lang);
    int code = report_month_gather(kpi, &report);
    if (code != EX_OK) {
        return code;
    }
    if (kpi->cases == 0) {
        (void)fprintf(stderr, "gridloop report: NO_CASES: nothing was reported, due or closed "
                              "then; every index is n/a\n");
    }
    if (command->html != NULL) {
        code = write_file(&report, command->html, true, lang);
    }
    if (code == EX_OK && command->csv != NULL) {
        code = write_file(&report, command->csv, false, lang);
    }
    report_month_free(&report);
    return code;
}

int cmd_report(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"month", 'm', "MONTH", 0, "2026-03; default the month the history ends in", 0},
        {"from", 'f', "DAY", 0, "instead of a month: from this local day", 0},
        {"to", 't', "DAY", 0, "to this one, included", 0},
        {"html", 'H', "FILE", 0, "write a page that needs nothing else; - is standard output", 0},
        {"csv", 'C', "FILE", 0, "write the same figures as a table", 0},
        {"formulas", 'F', "FILE", 0, "an index file; default CITY/kpi.yaml, else the shipped one",
         0},
        {"city", 'c', "DIR", 0, "city directory whose kpi.yaml is used", 0},
        {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},
        {"db", 'b', "FILE", 0, "a history database by its own name", 0},
        {"lang", 'L', "zh|en", 0, "language shown first; default from LANG", 0},
        {0}};
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse,
                                     .doc = "The report of a month: indices beside what keeps them "
                                            "honest, durations, areas, departments, the cases "
                                            "behind each number."};
    struct report_command command = {.asked = {.command = "gridloop report"}};
    struct kpi kpi;
    if (arguments_parse(&ARGP, argc, argv, &command) != 0) {
        return EX_USAGE;
    }
    if (command.html == NULL && command.csv == NULL) {
        (void)fprintf(
            stderr,
            "gridloop report: name a file to write: --html FILE, --csv FILE or both (exit %d)\n",
            EX_USAGE);
        return EX_USAGE;
    }
    int code = kpi_open(&command.asked, &kpi);
    if (code == EX_OK) {
        code = run(&kpi, &command);
        kpi_close(&kpi);
    }
    return code;
}
