/* import.h: a catalogue table (立案处置结案) to the classes of a city and one rule a row.
 *
 *   class,title,title_en,condition,condition_en,owners,severity,handle,check,close,close_en,role,basis
 *
 * Owners are departments split by semicolons. Where a row names several, the rule is written with all of them and stays out of
 * force until one is chosen; the lint lists such rules (L209). Each row is reported by patrols and callers as an event type of its own.
 *
 * Errors  every finding is reported: the CSV reader's, and I001 a class code, I002 a severity, I003 a limit or check, I004 a
 *         class twice, I005 a missing text */
#ifndef RULES_IMPORT_H
#define RULES_IMPORT_H

#include "engine/city/problems.h"
#include "engine/core/err.h"

#include <stdint.h>
#include <stdio.h>

struct import_result {
    uint32_t rows, unsettled;
};

/* directory/file is read; classes gets rows of catalogue.csv, rules a rule file. ERR_INPUT when problems holds an error. */
enum err catalogue_import(const char *directory, const char *file, struct problems *problems,
                          FILE *classes, FILE *rules, struct import_result *out_result) WARN_UNUSED;

#endif
