/* silence_overlap.h: silences that may hold the same thing back at the same time: both are named with what they hold back, and ending
 * one of them leaves the other. Rows as `gridloop silence list --json` has them. */
#ifndef ENGINE_CLI_SILENCE_OVERLAP_H
#define ENGINE_CLI_SILENCE_OVERLAP_H

#include <jansson.h>

/* Gives every row "overlaps": numbers of the others. */
void silence_overlap_mark(json_t *rows);

/* The row of that number, or NULL. Borrowed. */
json_t *silence_overlap_find(json_t *rows, json_int_t number);

#endif
