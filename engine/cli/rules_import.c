/* rules_import.c: see rules_import.h. */
#include "engine/cli/rules_import.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "rules/import.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

struct import_request {
    const char *table, *out;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct import_request *request = state->input;
    switch (key) {
    case 'o':
        request->out = value;
        return 0;
    case ARGP_KEY_ARG:
        if (request->table != NULL) {
            argp_error(state, "one table at a time; \"%s\" is a second one", value);
        }
        request->table = value;
        return 0;
    case ARGP_KEY_END:
        if (request->table == NULL || request->out == NULL) {
            argp_error(state,
                       "name a table and where to write: gridloop rules import table.csv --out "
                       "./catalogue");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* DIR/NAME for writing; NULL after a word on standard error. */
static FILE *create(const char *directory, const char *name)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        (void)fprintf(stderr, "gridloop rules import: %s cannot be written: %s (exit %d)\n", path,
                      strerror(errno), EX_CANTCREAT);
    }
    return file;
}

static int import_table(const struct import_request *request, FILE *classes, FILE *rules)
{
    char directory[512];
    const char *slash = strrchr(request->table, '/');
    const char *file = slash == NULL ? request->table : slash + 1;
    (void)snprintf(directory, sizeof directory, "%.*s",
                   slash == NULL ? 1 : (int)(slash - request->table),
                   slash == NULL ? "." : request->table);
    struct problems *problems = problems_new();
    struct import_result result;
    const enum err err = catalogue_import(directory, file, problems, classes, rules, &result);
    problems_print(problems, stdout);
    problems_free(problems);
    if (err != ERR_OK) {
        (void)fprintf(
            stderr,
            "gridloop rules import: nothing usable was written; repair the table (exit %d)\n",
            EX_DATAERR);
        return EX_DATAERR;
    }
    (void)printf(
        "%u rows: %s/catalogue.csv and %s/rules/catalogue.yaml; %u rules wait for one owner "
        "to be chosen\nnext: put them into a city, then gridloop rules lint CITY\n",
        result.rows, request->out, request->out, result.unsettled);
    return EX_OK;
}

int rules_import(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"out", 'o', "DIR", 0, "made if needed; gets catalogue.csv and rules/catalogue.yaml", 0},
        {0}};
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse,
                                     .args_doc = "TABLE.csv",
                                     .doc = "Turns a catalogue (立案处置结案: class, condition, "
                                            "owners, limit, close condition, basis) into "
                                            "the classes of a city and one rule a row.\vExit 65: "
                                            "rows that cannot be used, each with its "
                                            "line. 66: no such table."};
    struct import_request request = {NULL, NULL};
    char rules_directory[600];
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &request) != 0) {
        return EX_USAGE;
    }
    if (!cli_has_input("gridloop rules import", request.table)) {
        return EX_NOINPUT;
    }
    (void)snprintf(rules_directory, sizeof rules_directory, "%s/rules", request.out);
    (void)mkdir(request.out, 0777);
    (void)mkdir(rules_directory, 0777);
    FILE *classes = create(request.out, "catalogue.csv");
    FILE *rules = classes == NULL ? NULL : create(rules_directory, "catalogue.yaml");
    int exit_code = rules == NULL ? EX_CANTCREAT : import_table(&request, classes, rules);
    if (classes != NULL && fclose(classes) != 0) {
        exit_code = EX_IOERR;
    }
    if (rules != NULL && fclose(rules) != 0) {
        exit_code = EX_IOERR;
    }
    return exit_code;
}
