/* case_candidates.c: see case_candidates.h. */
#include "engine/cli/case_candidates.h"

#include "engine/edge/labels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct name {
    char text[160];
};

static struct name name_of(const struct city *city, uint32_t person, enum lang lang)
{
    struct name name;
    struct text text;
    text_init(&text, name.text, sizeof name.text);
    (void)labels_put_person(&text, city, person, lang);
    return name;
}

static void put_candidate(FILE *out, const struct effect_candidate *candidate,
                          const struct city *city, enum lang lang)
{
    const bool is_zh = lang == LANG_ZH;
    (void)fprintf(out, "        %-14s %s", words_code_name(candidate->code),
                  name_of(city, candidate->person, lang).text);
    if (candidate->distance_cm >= 0) {
        (void)fprintf(out, is_zh ? "，%" PRId64 " 米" : ", %" PRId64 " m",
                      (candidate->distance_cm + 50) / 100);
    }
    if (candidate->travel_ms >= 0) {
        (void)fprintf(out, is_zh ? "，%" PRId64 " 秒" : ", %" PRId64 " s",
                      candidate->travel_ms / 1000);
    }
    if (candidate->travel_ms >= 0 || candidate->travel != TRAVEL_STRAIGHT) {
        (void)fprintf(out, is_zh ? "（%s）" : " %s", words_travel(candidate->travel, lang));
    }
    (void)fprintf(out, is_zh ? "，负荷 %u/%u\n" : ", load %u/%u\n", candidate->load,
                  candidate->capacity);
}

char *case_candidates_text(const struct effect_decision *decision, const struct city *city,
                           enum lang lang)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < decision->candidate_count; i++) {
        put_candidate(out, &decision->candidates[i], city, lang);
    }
    return fclose(out) == 0 ? text : NULL;
}

json_t *case_candidates_json(const struct effect_decision *decision, const struct city *city,
                             enum lang lang)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < decision->candidate_count; i++) {
        const struct effect_candidate *one = &decision->candidates[i];
        const struct image_string id = city->persons[one->person].id;
        json_t *row = json_object();
        (void)json_object_set_new(row, "person", json_stringn(city_text(city, id), id.size));
        (void)json_object_set_new(row, "name", json_string(name_of(city, one->person, lang).text));
        (void)json_object_set_new(row, "code", json_string(words_code_name(one->code)));
        (void)json_object_set_new(row, "distance_cm", json_integer(one->distance_cm));
        (void)json_object_set_new(row, "travel", json_string(words_travel_name(one->travel)));
        (void)json_object_set_new(row, "travel_ms", json_integer(one->travel_ms));
        (void)json_object_set_new(row, "load", json_integer(one->load));
        (void)json_object_set_new(row, "capacity", json_integer(one->capacity));
        (void)json_array_append_new(rows, row);
    }
    return rows;
}
