/* labels.c: see labels.h. */
#include "engine/edge/labels.h"

#include <inttypes.h>

#define DEGREE_E7 10000000
#define DEGREE_E5 100000

static bool put_city(struct text *text, const struct city *city, struct image_string s)
{
    text_put_bytes(text, city_text(city, s), s.size);
    return s.size > 0;
}

/* The English name for English readers if there is one, else the local one. */
static bool put_either(struct text *text, const struct city *city, struct image_string local,
                       struct image_string english, enum lang lang)
{
    return put_city(text, city, lang == LANG_EN && english.size > 0 ? english : local);
}

bool labels_put_person(struct text *text, const struct city *city, uint32_t person, enum lang lang)
{
    if (person == NONE32) {
        return false;
    }
    must(person < city->person_count);
    const struct city_person *row = &city->persons[person];
    struct image_string local = row->name.size > 0 ? row->name : row->id;
    return put_either(text, city, local, row->name_en, lang);
}

bool labels_put_post(struct text *text, const struct city *city, uint32_t post, enum lang lang)
{
    if (post == NONE32) {
        return false;
    }
    must(post < city->post_count);
    const struct city_post *row = &city->posts[post];
    struct image_string local = row->name.size > 0 ? row->name : row->code;
    return put_either(text, city, local, row->name_en, lang);
}

bool labels_put_class(struct text *text, const struct city *city, uint32_t class_row,
                      enum lang lang)
{
    if (class_row == NONE32) {
        return false;
    }
    must(class_row < city->class_count);
    const struct city_class *row = &city->classes[class_row];
    struct image_string local = row->title.size > 0 ? row->title : row->code;
    return put_either(text, city, local, row->title_en, lang);
}

bool labels_put_rule(struct text *text, const struct policy *policy, uint32_t rule)
{
    if (rule == NONE32) {
        return false;
    }
    must(rule < policy->rule_count);
    struct image_string id = policy->rules[rule].id;
    text_put_bytes(text, policy_text(policy, id), id.size);
    return true;
}

bool labels_put_type(struct text *text, const struct policy *policy, uint16_t type, enum lang lang)
{
    if (type == NONE16) {
        return false;
    }
    must(type < policy->type_count);
    const struct policy_type *row = &policy->types[type];
    struct image_string name = row->title.size > 0 ? row->title : row->name;
    if (lang == LANG_EN) {
        name = row->title_en.size > 0 ? row->title_en : row->name;
    }
    text_put_bytes(text, policy_text(policy, name), name.size);
    return true;
}

/* "114.12345": five places are about a metre. Toward zero. */
static void put_degrees(struct text *text, int32_t e7)
{
    int64_t magnitude = e7 < 0 ? -(int64_t)e7 : e7;
    int64_t part = magnitude % DEGREE_E7 / (DEGREE_E7 / DEGREE_E5);
    text_format(text, "%s%" PRId64 ".%05" PRId64, e7 < 0 ? "-" : "", magnitude / DEGREE_E7, part);
}

bool labels_put_where(struct text *text, const struct city *city, const struct labels_where *where,
                      enum lang lang)
{
    if (where->asset != NONE32) {
        must(where->asset < city->asset_count);
        const struct city_asset *asset = &city->assets[where->asset];
        return put_city(text, city, asset->name.size > 0 ? asset->name : asset->code);
    }
    if (where->device != NONE32) {
        must(where->device < city->device_count);
        return put_city(text, city, city->devices[where->device].id);
    }
    if (where->cell != NONE32) {
        must(where->cell < city->cell_count);
        const struct city_cell *cell = &city->cells[where->cell];
        text_put(text, lang == LANG_ZH ? "网格 " : "cell ");
        return put_city(text, city, cell->name.size > 0 ? cell->name : cell->code);
    }
    if (!place_is_known(where->place)) {
        return false;
    }
    put_degrees(text, where->place.lon);
    text_put(text, ", ");
    put_degrees(text, where->place.lat);
    return true;
}

uint32_t labels_find_person(const struct city *city, struct hash128 principal)
{
    for (uint32_t i = 0; i < city->person_count; i++) {
        if (hash128_is_equal(city->persons[i].id_hash, principal)) {
            return i;
        }
    }
    return NONE32;
}
