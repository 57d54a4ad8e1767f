/* date.h: calendar dates as people write them. */
#ifndef ENGINE_CITY_DATE_H
#define ENGINE_CITY_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-10-01", a day that exists between 1700 and 2200, to days since 1970-01-01. False when it is none. */
bool date_parse(const char *text, int32_t *out_day);

#endif
