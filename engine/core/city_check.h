/* city_check.h: proves once that a city image holds together, so that its readers may trust every row. */
#ifndef ENGINE_CORE_CITY_CHECK_H
#define ENGINE_CORE_CITY_CHECK_H

#include "engine/core/city.h"

/* Days since 1970 that calendars may speak of: years 1678 to 2261, far inside what milliseconds can count. */
#define CITY_DAY_LIMIT 106751

/* The longest limit and reopen window of the catalogue. */
#define CITY_LIMIT_DAYS_MAX 36525

/* All views of city are set, city->info has one row. False where an index, range, string, order or enum is wrong. */
bool city_check(const struct city *city) WARN_UNUSED;

#endif
