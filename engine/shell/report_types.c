/* report_types.c: see report_types.h. */
#include "engine/shell/report_types.h"

#include "engine/edge/words.h"

#include <stdio.h>
#include <string.h>

static bool begins_with(const struct policy *policy, uint32_t type, const char *prefix)
{
    const struct image_string name = policy->types[type].name;
    const size_t size = strlen(prefix);
    return name.size > size && memcmp(policy_text(policy, name), prefix, size) == 0;
}

const char *report_type_by(const struct policy *policy, uint32_t type)
{
    return begins_with(policy, type, "hotline.")  ? "hotline"
           : begins_with(policy, type, "patrol.") ? "patrol"
                                                  : NULL;
}

bool report_type_is_open(const struct policy *policy, uint32_t type, uint32_t *out_class)
{
    const struct image_range rules = policy->types[type].rules;
    if (report_type_by(policy, type) == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < rules.count; i++) {
        const struct policy_rule *rule = &policy->rules[policy->type_rules[rules.first + i]];
        if (rule->status == RULE_ACTIVE && rule->lane == RULE_LANE_DISPATCH &&
            rule->class_row != NONE32) {
            *out_class = rule->class_row;
            return true;
        }
    }
    return false;
}

static json_t *policy_words(const struct policy *policy, struct image_string text)
{
    return json_stringn(policy_text(policy, text), text.size);
}

static json_t *city_words(const struct city *city, struct image_string text)
{
    return json_stringn(city_text(city, text), text.size);
}

static json_t *describe(const struct city *city, const struct policy *policy, uint32_t index,
                        uint32_t class_row)
{
    const struct policy_type *type = &policy->types[index];
    const struct city_class *known = &city->classes[class_row];
    const bool has_en = type->title_en.size > 0;
    const bool has_class_en = known->title_en.size > 0;
    json_t *row = json_object();
    (void)json_object_set_new(row, "type", policy_words(policy, type->name));
    (void)json_object_set_new(row, "class", city_words(city, known->code));
    (void)json_object_set_new(
        row, "title",
        json_pack("{s:o, s:o}", "zh", policy_words(policy, type->title), "en",
                  policy_words(policy, has_en ? type->title_en : type->title)));
    (void)json_object_set_new(
        row, "class_title",
        json_pack("{s:o, s:o}", "zh", city_words(city, known->title), "en",
                  city_words(city, has_class_en ? known->title_en : known->title)));
    (void)json_object_set_new(row, "by", json_string(report_type_by(policy, index)));
    (void)json_object_set_new(row, "lane", json_string(words_lane_name(type->lane)));
    return row;
}

json_t *report_types_list(const struct city *city, const struct policy *policy)
{
    json_t *items = json_array();
    uint32_t class_row = 0;
    for (uint32_t i = 0; i < policy->type_count; i++) {
        if (report_type_is_open(policy, i, &class_row) && class_row < city->class_count) {
            (void)json_array_append_new(items, describe(city, policy, i, class_row));
        }
    }
    return items;
}

bool report_types_find(const struct city *city, const struct policy *policy, const char *class_code,
                       uint32_t rights, char out_type[REPORT_TYPE_SIZE])
{
    const bool is_intake = (rights & (uint32_t)RIGHT_INTAKE) != 0;
    const size_t size = strlen(class_code);
    uint32_t class_row = 0;
    for (uint32_t i = 0; i < policy->type_count; i++) {
        if (!begins_with(policy, i, is_intake ? "hotline." : "patrol.") ||
            !report_type_is_open(policy, i, &class_row) || class_row >= city->class_count) {
            continue;
        }
        const struct image_string code = city->classes[class_row].code;
        const struct image_string name = policy->types[i].name;
        if (code.size == size && memcmp(city_text(city, code), class_code, size) == 0 &&
            name.size < REPORT_TYPE_SIZE) {
            (void)snprintf(out_type, REPORT_TYPE_SIZE, "%.*s", (int)name.size,
                           policy_text(policy, name));
            return true;
        }
    }
    return false;
}
