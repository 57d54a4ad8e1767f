/* teller.c: see teller.h. */
#include "engine/edge/teller.h"

#include "engine/edge/labels.h"

#include <inttypes.h>

void teller_say(struct teller *t, const char *en, const char *zh)
{
    text_put(&t->text, t->lang == LANG_ZH ? zh : en);
}

void teller_say_person(struct teller *t, uint32_t person)
{
    (void)labels_put_person(&t->text, t->city, person, t->lang);
}

void teller_say_post(struct teller *t, uint32_t post)
{
    (void)labels_put_post(&t->text, t->city, post, t->lang);
}

void teller_say_distance(struct teller *t, int64_t cm)
{
    bool is_zh = t->lang == LANG_ZH;
    text_put_distance(&t->text, cm, is_zh ? "米" : "m", is_zh ? "公里" : "km");
}

void teller_say_case(struct teller *t, struct case_no no)
{
    text_format(&t->text, t->lang == LANG_ZH ? "%" PRIu32 " 号案件" : "case %" PRIu32, no.serial);
}

/* Year, month and day of a count of days since 1970 (Hinnant, days_from_civil and back, 2013). */
static void civil_of_day(int64_t day, int64_t *out_month, int64_t *out_day)
{
    int64_t z = day + 719468;
    int64_t era = div_floor(z, 146097);
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *out_day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *out_month = shifted < 10 ? shifted + 3 : shifted - 9;
}

/* Of 0..99. */
static void put_two_digits(struct text *text, int64_t number)
{
    const char digits[2] = {(char)('0' + number / 10), (char)('0' + number % 10)};
    text_put_bytes(text, digits, sizeof digits);
}

void teller_put_instant(struct text *text, const struct city *city, int64_t at_ms, int64_t near_ms)
{
    int64_t local = city_local_ms(city, at_ms);
    int64_t day = div_floor(local, DAY_MS);
    if (at_ms != near_ms && day != div_floor(city_local_ms(city, near_ms), DAY_MS)) {
        int64_t month = 0;
        int64_t day_of_month = 0;
        civil_of_day(day, &month, &day_of_month);
        put_two_digits(text, month);
        text_put(text, "-");
        put_two_digits(text, day_of_month);
        text_put(text, " ");
    }
    int64_t minute = mod_floor(local, DAY_MS) / MINUTE_MS;
    put_two_digits(text, minute / 60);
    text_put(text, ":");
    put_two_digits(text, minute % 60);
}

void teller_say_deadline(struct teller *t, uint32_t clock, int64_t deadline_ms)
{
    if (clock == CLOCK_NONE || deadline_ms == NEVER_MS || deadline_ms == 0) {
        return;
    }
    teller_say(t, "; ", "；");
    text_put(&t->text, words_clock(clock, t->lang));
    teller_say(t, " by ", "至 ");
    teller_put_instant(&t->text, t->city, deadline_ms, t->at_ms);
}
