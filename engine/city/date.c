/* date.c: see date.h. */
#include "engine/city/date.h"

#include "engine/core/base.h"

#include <string.h>

/* Days since 1970-01-01 (H. Hinnant, days_from_civil). */
static int64_t day_of_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2 ? 1 : 0;
    int64_t era = div_floor(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool parse_digits(const char *text, size_t count, int64_t *out_value)
{
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (text[i] - '0');
    }
    *out_value = value;
    return true;
}

bool date_parse(const char *text, int32_t *out_day)
{
    static const int64_t LENGTHS[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year;
    int64_t month;
    int64_t day;
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !parse_digits(text, 4, &year) ||
        !parse_digits(text + 5, 2, &month) || !parse_digits(text + 8, 2, &day)) {
        return false;
    }
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (year < 1700 || year > 2200 || month < 1 || month > 12 || day < 1 ||
        day > LENGTHS[month - 1] || (month == 2 && day == 29 && !is_leap)) {
        return false;
    }
    *out_day = (int32_t)day_of_date(year, month, day);
    return true;
}
