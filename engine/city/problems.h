/* problems.h: a list of what is wrong with input files, in words for the people who wrote them.
 *
 * Used by the city loader, the rule loader and the converters. Prints as
 *   city/workers.csv:12:4: error L004: shift "shift.nigth" is not in calendars.yaml; nearest: shift.night */
#ifndef ENGINE_CITY_PROBLEMS_H
#define ENGINE_CITY_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum problem_level { PROBLEM_ERROR, PROBLEM_WARNING, PROBLEM_NOTE };

struct problems; /* opaque */

struct problems *problems_new(void);
void problems_free(struct problems *problems);

/* line and column count from 1; 0 = does not apply. code is stable ("L001", "C012"). Copies everything. At most 1,000 are
 * kept; the rest is counted. */
__attribute__((format(printf, 7, 8))) void problems_add(struct problems *problems,
                                                        enum problem_level level, const char *code,
                                                        const char *file, int line, int column,
                                                        const char *format, ...);

int problems_error_count(const struct problems *problems);
int problems_count(const struct problems *problems);

/* One line each, in the order found. */
void problems_print(const struct problems *problems, FILE *out);

/* A JSON array of {file,line,column,level,code,text}; caller frees. */
char *problems_to_json(const struct problems *problems);

/* The candidate nearest to word by edit distance (at most a third of its length), else the first that ends in it behind a dot or an
 * underscore, or NULL. */
const char *problems_nearest(const char *word, const char *const *candidates, size_t count);

#endif
