/* dump_json.c: hashes, places, instants and image rows as JSON. */
#include "engine/cli/dump_json.h"

#include "engine/edge/labels.h"
#include "engine/edge/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void dump_set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

struct dump_names dump_names_of(const struct core *core)
{
    return (struct dump_names){core_city(core), core_policy(core)};
}

json_t *dump_hash(struct hash128 hash)
{
    if (hash128_is_none(hash)) {
        return json_null();
    }
    char text[40];
    (void)snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)hash.hi,
                   (unsigned long long)hash.lo);
    return json_string(text);
}

json_t *dump_u64(uint64_t value)
{
    if (value <= INT64_MAX) {
        return json_integer((json_int_t)value);
    }
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return json_string(text);
}

json_t *dump_text(const char *bytes, size_t size)
{
    json_t *text = json_stringn(bytes, size);
    if (text != NULL) {
        return text;
    }
    char *hex = malloc(2 * size + 1);
    if (hex == NULL) {
        return json_null();
    }
    for (size_t i = 0; i < size; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", (unsigned)(uint8_t)bytes[i]);
    }
    json_t *object = json_pack("{s:s#}", "hex", hex, 2 * size);
    free(hex);
    return object;
}

json_t *dump_place(struct place place)
{
    if (!place_is_known(place)) {
        return json_null();
    }
    return json_pack("{s:i, s:i}", "lon_e7", (int)place.lon, "lat_e7", (int)place.lat);
}

json_t *dump_case_no(struct case_no no)
{
    if (case_no_is_none(no)) {
        return json_null();
    }
    char text[WORDS_CASE_NO_SIZE];
    return json_string(words_case_no(no, text));
}

json_t *dump_time(struct dump_names names, int64_t at_ms)
{
    int64_t local_ms = names.city == NULL ? at_ms : city_local_ms(names.city, at_ms);
    int64_t offset_minutes = (local_ms - at_ms) / MINUTE_MS;
    time_t seconds = (time_t)(local_ms / 1000 - (local_ms % 1000 < 0 ? 1 : 0));
    struct tm parts;
    if (at_ms == NEVER_MS || at_ms == INT64_MIN || gmtime_r(&seconds, &parts) == NULL) {
        return json_null();
    }
    char text[64];
    size_t used = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(text + used, sizeof text - used, ".%03d%c%02d:%02d",
                   (int)(local_ms - (int64_t)seconds * 1000), offset_minutes < 0 ? '-' : '+',
                   abs((int)offset_minutes) / 60, abs((int)offset_minutes) % 60);
    return json_string(text);
}

/* ---- rows ---- */

static json_t *city_row(struct dump_names names, uint32_t row, const char *key,
                        struct image_string text)
{
    return json_pack("{s:I, s:o}", "row", (json_int_t)row, key,
                     dump_text(city_text(names.city, text), text.size));
}

/* A number that is no row of the active image: said, not hidden. */
static json_t *bare_row(uint32_t row)
{
    return row == NONE32 ? json_null() : json_pack("{s:I}", "row", (json_int_t)row);
}

json_t *dump_person(struct dump_names names, uint32_t row)
{
    if (names.city == NULL || row >= names.city->person_count) {
        return bare_row(row);
    }
    const struct city_person *person = &names.city->persons[row];
    json_t *object = city_row(names, row, "id", person->id);
    dump_set(object, "name", dump_text(city_text(names.city, person->name), person->name.size));
    return object;
}

json_t *dump_post(struct dump_names names, uint32_t row)
{
    return names.city == NULL || row >= names.city->post_count
               ? bare_row(row)
               : city_row(names, row, "code", names.city->posts[row].code);
}

json_t *dump_gateway(struct dump_names names, uint32_t row)
{
    return names.city == NULL || row >= names.city->gateway_count
               ? bare_row(row)
               : city_row(names, row, "id", names.city->gateways[row].id);
}

json_t *dump_cell(struct dump_names names, uint32_t row)
{
    return names.city == NULL || row >= names.city->cell_count
               ? bare_row(row)
               : city_row(names, row, "code", names.city->cells[row].code);
}

json_t *dump_asset(struct dump_names names, uint32_t row)
{
    return names.city == NULL || row >= names.city->asset_count
               ? bare_row(row)
               : city_row(names, row, "code", names.city->assets[row].code);
}

json_t *dump_device(struct dump_names names, uint32_t row)
{
    return names.city == NULL || row >= names.city->device_count
               ? bare_row(row)
               : city_row(names, row, "id", names.city->devices[row].id);
}

json_t *dump_area(struct dump_names names, uint32_t row)
{
    if (names.city == NULL || row >= names.city->area_count) {
        return bare_row(row);
    }
    const struct city_area *area = &names.city->areas[row];
    json_t *object = city_row(names, row, "name", area->name);
    dump_set(object, "zone", dump_text(city_text(names.city, area->zone), area->zone.size));
    return object;
}

json_t *dump_class(struct dump_names names, uint32_t row)
{
    return names.city == NULL || row >= names.city->class_count
               ? bare_row(row)
               : city_row(names, row, "code", names.city->classes[row].code);
}

json_t *dump_rule(struct dump_names names, uint32_t row)
{
    if (names.policy == NULL || row >= names.policy->rule_count) {
        return bare_row(row);
    }
    const struct policy_rule *rule = &names.policy->rules[row];
    return json_pack("{s:I, s:o, s:o}", "row", (json_int_t)row, "id",
                     dump_text(policy_text(names.policy, rule->id), rule->id.size), "id_hash",
                     dump_hash(rule->id_hash));
}

json_t *dump_unit(struct dump_names names, uint32_t row)
{
    return names.city == NULL || row >= names.city->unit_count
               ? bare_row(row)
               : city_row(names, row, "code", names.city->units[row].code);
}

json_t *dump_plan_id(struct dump_names names, uint32_t row)
{
    if (names.policy == NULL || row >= names.policy->plan_count) {
        return bare_row(row);
    }
    const struct policy_plan *plan = &names.policy->plans[row];
    return json_pack("{s:I, s:o}", "row", (json_int_t)row, "id",
                     dump_text(policy_text(names.policy, plan->id), plan->id.size));
}

json_t *dump_type(struct dump_names names, uint32_t row)
{
    if (names.policy == NULL || row >= names.policy->type_count) {
        return row == NONE16 ? json_null() : bare_row(row);
    }
    struct image_string name = names.policy->types[row].name;
    return json_pack("{s:I, s:o}", "row", (json_int_t)row, "name",
                     dump_text(policy_text(names.policy, name), name.size));
}

json_t *dump_department(struct dump_names names, uint32_t row)
{
    if (row == NONE32 || names.city == NULL || row >= names.city->department_count) {
        return json_null();
    }
    const struct image_string code = names.city->departments[row].code;
    return dump_text(city_text(names.city, code), code.size);
}

json_t *dump_principal(struct dump_names names, struct hash128 principal)
{
    if (hash128_is_none(principal)) {
        return json_null();
    }
    json_t *object = json_pack("{s:o}", "hash", dump_hash(principal));
    if (names.city == NULL) {
        return object;
    }
    if (principal.hi == UINT64_MAX &&
        principal.lo < names.city->post_count) { /* subject of an act */
        dump_set(object, "post", dump_post(names, (uint32_t)principal.lo));
        return object;
    }
    uint32_t person = labels_find_person(names.city, principal);
    if (person != NONE32) {
        dump_set(object, "person", dump_person(names, person));
    }
    for (uint32_t i = 0; i < names.city->gateway_count; i++) {
        if (hash128_is_equal(names.city->gateways[i].id_hash, principal)) {
            dump_set(object, "gateway", dump_gateway(names, i));
            break;
        }
    }
    return object;
}
