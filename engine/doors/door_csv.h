/* door_csv.h: one record of a CSV stream (RFC 4180), as a JSON object by the header's names.
 *
 * A record may have line ends inside quotes: door_csv_is_whole says whether the lines read so far make one.
 * Errors  a sentence in out_why (DOOR_CSV_WHY_SIZE) */
#ifndef ENGINE_DOORS_DOOR_CSV_H
#define ENGINE_DOORS_DOOR_CSV_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define DOOR_CSV_WHY_SIZE 160u
#define DOOR_CSV_COLUMNS_MAX 256u

/* Are all quotes closed? */
bool door_csv_is_whole(const char *bytes, size_t size);

/* The cells as a JSON list of texts; NULL after a sentence. */
json_t *door_csv_cells(const char *record, size_t size, char *out_why);

/* The same as an object; empty cells are left out. NULL after a sentence. */
json_t *door_csv_row(const json_t *header, const char *record, size_t size, char *out_why);

#endif
