/* words_city.c: see words_city.h. */
#include "engine/edge/words_city.h"

#include "engine/edge/words.h"
#include "engine/edge/words_own.h"

#include <string.h>

#define KIND_NAME(v, V) #v,
static const char *const KINDS[] = {WORDS_VOCABULARIES(KIND_NAME)};
#undef KIND_NAME

#define NAMES_MAX 256u

struct own_words {
    struct hash128 digest; /* of the city */
    uint32_t count, used;
    struct {
        uint32_t number;
        uint16_t text[2]; /* by enum lang: place in texts, NO_TEXT */
        uint8_t vocabulary;
    } rows[CITY_LABELS_MAX];
    char texts[CITY_LABELS_MAX * 64];
};

#define NO_TEXT UINT16_MAX
_Static_assert(sizeof((struct own_words *)0)->texts < NO_TEXT, "a place fits 16 bits");

static _Thread_local struct own_words own;

static bool is_text(const struct city *city, struct image_string s, const char *text)
{
    return s.size == strlen(text) && memcmp(city_text(city, s), text, s.size) == 0;
}

static uint32_t find_kind(const struct city *city, struct image_string s)
{
    for (uint32_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (is_text(city, s, KINDS[i])) {
            return i;
        }
    }
    return NONE32;
}

static const struct word *find_word(const struct city *city, uint32_t kind, struct image_string s)
{
    for (uint32_t i = 0; i < words_count((enum vocabulary)kind); i++) {
        const struct word *word = words_at((enum vocabulary)kind, i);
        if (is_text(city, s, word->name)) {
            return word;
        }
    }
    return NULL;
}

static uint16_t keep(const struct city *city, struct image_string s)
{
    if (s.size == 0 || own.used + s.size + 1 > sizeof own.texts) {
        return NO_TEXT;
    }
    const uint16_t at = (uint16_t)own.used;
    memcpy(own.texts + at, city_text(city, s), s.size);
    own.texts[at + s.size] = '\0';
    own.used += s.size + 1;
    return at;
}

void words_use(const struct city *city)
{
    const struct hash128 digest = city == NULL ? (struct hash128){0, 0} : city->image.digest;
    if (hash128_is_equal(own.digest, digest)) {
        return;
    }
    own.digest = digest;
    own.count = own.used = 0;
    for (uint32_t i = 0; city != NULL && i < city->label_count && i < CITY_LABELS_MAX; i++) {
        const struct city_label *label = &city->labels[i];
        const uint32_t kind = find_kind(city, label->kind);
        const struct word *word = kind == NONE32 ? NULL : find_word(city, kind, label->code);
        if (word != NULL) {
            own.rows[own.count].vocabulary = (uint8_t)kind;
            own.rows[own.count].number = word->number;
            own.rows[own.count].text[LANG_EN] = keep(city, label->en);
            own.rows[own.count].text[LANG_ZH] = keep(city, label->zh);
            own.count++;
        }
    }
}

const char *words_own_label(enum vocabulary vocabulary, uint32_t number, enum lang lang)
{
    for (uint32_t i = 0; i < own.count; i++) {
        if (own.rows[i].number == number && own.rows[i].vocabulary == (uint8_t)vocabulary &&
            own.rows[i].text[lang] != NO_TEXT) {
            return own.texts + own.rows[i].text[lang];
        }
    }
    return NULL;
}

/* ---- checking ---- */

static void tell(struct problems *problems, const struct city *city, const struct city_label *label,
                 struct image_string wrong, const char *const *names, uint32_t count)
{
    char text[65];
    const uint32_t size = wrong.size < sizeof text - 1 ? wrong.size : (uint32_t)sizeof text - 1;
    memcpy(text, city_text(city, wrong), size);
    text[size] = '\0';
    const char *nearest = problems_nearest(text, names, count);
    problems_add(problems, PROBLEM_ERROR, "C042", "labels.csv", (int)label->line, 0,
                 "\"%s\" is no %s%s%s", text,
                 names == KINDS ? "kind of label" : "code of that kind",
                 nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
}

void words_check(const struct city *city, struct problems *problems)
{
    for (uint32_t i = 0; i < city->label_count; i++) {
        const struct city_label *label = &city->labels[i];
        const uint32_t kind = find_kind(city, label->kind);
        if (kind == NONE32) {
            tell(problems, city, label, label->kind, KINDS, COUNT_OF(KINDS));
        } else if (find_word(city, kind, label->code) == NULL) {
            const char *names[NAMES_MAX];
            uint32_t count = 0;
            for (; count < words_count((enum vocabulary)kind) && count < NAMES_MAX; count++) {
                names[count] = words_at((enum vocabulary)kind, count)->name;
            }
            tell(problems, city, label, label->code, names, count);
        }
    }
}
