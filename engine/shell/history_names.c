/* history_names.c: see history_names.h. */
#include "engine/shell/history_names.h"

#include "engine/edge/labels.h"
#include "engine/edge/words_city.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct history_principal {
    struct hash128 hash;
    struct image_string id; /* of the city */
};

void history_names_init(struct history_names *names)
{
    *names = (struct history_names){.is_open = false};
}

void history_names_fini(struct history_names *names)
{
    free(names->principals);
    free(names->city_bytes);
    free(names->policy_bytes);
    history_names_init(names);
}

static int compare_principals(const void *a, const void *b)
{
    const struct history_principal *left = a, *right = b;
    if (left->hash.hi != right->hash.hi) {
        return left->hash.hi < right->hash.hi ? -1 : 1;
    }
    return left->hash.lo < right->hash.lo ? -1 : left->hash.lo > right->hash.lo;
}

static enum err sort_principals(struct history_names *names)
{
    const struct city *city = &names->city;
    uint32_t count = city->person_count + city->gateway_count;
    names->principals = calloc(count + 1u, sizeof *names->principals);
    if (names->principals == NULL) {
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < city->person_count; i++) {
        names->principals[i] =
            (struct history_principal){city->persons[i].id_hash, city->persons[i].id};
    }
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        names->principals[city->person_count + i] =
            (struct history_principal){city->gateways[i].id_hash, city->gateways[i].id};
    }
    qsort(names->principals, count, sizeof *names->principals, compare_principals);
    names->principal_count = count;
    return ERR_OK;
}

enum err history_names_use(struct history_names *names, const struct node_images *images,
                           struct hash128 city, struct hash128 policy)
{
    struct history_names fresh;
    uint64_t city_size = 0, policy_size = 0;
    history_names_init(&fresh);
    enum err err = images->load(images->context, city, &fresh.city_bytes, &city_size);
    if (err == ERR_OK) {
        err = images->load(images->context, policy, &fresh.policy_bytes, &policy_size);
    }
    if (err == ERR_OK) {
        err = city_open(fresh.city_bytes, city_size, &fresh.city);
    }
    if (err == ERR_OK) {
        err = policy_open(fresh.policy_bytes, policy_size, &fresh.city, &fresh.policy);
    }
    if (err == ERR_OK) {
        err = sort_principals(&fresh);
    }
    if (err != ERR_OK) {
        history_names_fini(&fresh);
        return err;
    }
    const struct hash128 digest = fresh.policy.info->rules_digest;
    (void)snprintf(fresh.rules_digest, sizeof fresh.rules_digest, "%016llx%016llx",
                   (unsigned long long)digest.hi, (unsigned long long)digest.lo);
    words_use(&fresh.city);
    fresh.is_open = true;
    history_names_fini(names);
    *names = fresh;
    return ERR_OK;
}

static struct history_piece of_city(const struct history_names *names, struct image_string string)
{
    return (struct history_piece){city_text(&names->city, string), string.size};
}

static struct history_piece of_policy(const struct history_names *names, struct image_string string)
{
    return (struct history_piece){policy_text(&names->policy, string), string.size};
}

static const struct history_piece NOTHING = {NULL, 0};

struct history_piece history_person(const struct history_names *names, uint32_t row)
{
    return row < names->city.person_count ? of_city(names, names->city.persons[row].id) : NOTHING;
}

struct history_piece history_gateway(const struct history_names *names, uint32_t row)
{
    return row < names->city.gateway_count ? of_city(names, names->city.gateways[row].id) : NOTHING;
}

struct history_piece history_post(const struct history_names *names, uint32_t row)
{
    return row < names->city.post_count ? of_city(names, names->city.posts[row].code) : NOTHING;
}

struct history_piece history_cell(const struct history_names *names, uint32_t row)
{
    return row < names->city.cell_count ? of_city(names, names->city.cells[row].code) : NOTHING;
}

struct history_piece history_asset(const struct history_names *names, uint32_t row)
{
    return row < names->city.asset_count ? of_city(names, names->city.assets[row].code) : NOTHING;
}

struct history_piece history_device(const struct history_names *names, uint32_t row)
{
    return row < names->city.device_count ? of_city(names, names->city.devices[row].id) : NOTHING;
}

struct history_piece history_class(const struct history_names *names, uint32_t row)
{
    return row < names->city.class_count ? of_city(names, names->city.classes[row].code) : NOTHING;
}

struct history_piece history_department(const struct history_names *names, uint32_t row)
{
    return row < names->city.department_count ? of_city(names, names->city.departments[row].code)
                                              : NOTHING;
}

struct history_piece history_rule(const struct history_names *names, uint32_t row)
{
    return row < names->policy.rule_count ? of_policy(names, names->policy.rules[row].id) : NOTHING;
}

struct history_piece history_plan(const struct history_names *names, uint32_t row)
{
    return row < names->policy.plan_count ? of_policy(names, names->policy.plans[row].id) : NOTHING;
}

struct history_piece history_plan_title(const struct history_names *names, uint32_t row,
                                        enum lang lang)
{
    if (row >= names->policy.plan_count) {
        return NOTHING;
    }
    const struct policy_plan *plan = &names->policy.plans[row];
    const bool is_english = lang == LANG_EN && plan->title_en.size > 0;
    return of_policy(names, is_english ? plan->title_en : plan->title);
}

struct history_piece history_type(const struct history_names *names, uint16_t row)
{
    return row < names->policy.type_count ? of_policy(names, names->policy.types[row].name)
                                          : NOTHING;
}

struct history_piece history_holder(const struct history_names *names, struct holder holder)
{
    if (holder.kind == HOLDER_PERSON) {
        return history_person(names, holder.index);
    }
    return holder.kind == HOLDER_POST ? history_post(names, holder.index) : NOTHING;
}

struct history_piece history_person_department(const struct history_names *names, uint32_t row)
{
    return row < names->city.person_count
               ? history_department(names, names->city.persons[row].department)
               : NOTHING;
}

struct history_piece history_person_team(const struct history_names *names, uint32_t row)
{
    return row < names->city.person_count ? of_city(names, names->city.persons[row].team) : NOTHING;
}

struct history_piece history_holder_department(const struct history_names *names,
                                               struct holder holder)
{
    if (holder.kind == HOLDER_POST && holder.index < names->city.post_count) {
        return history_department(names, names->city.posts[holder.index].department);
    }
    return holder.kind == HOLDER_PERSON ? history_person_department(names, holder.index) : NOTHING;
}

/* Intake takes calls; whoever walks too, and saw it there, reports under a type of patrols. */
static bool is_call(const struct history_names *names, uint32_t person, const struct event *event)
{
    static const char SEEN[] = "patrol.";
    const struct history_piece type = history_type(names, event->head->type);
    const bool is_seen = type.size >= strlen(SEEN) && memcmp(type.bytes, SEEN, strlen(SEEN)) == 0;
    const bool is_intake = person < names->city.person_count &&
                           (names->city.persons[person].rights & (uint32_t)RIGHT_INTAKE) != 0;
    return (event->head->flags & EVENT_HAS_CONTACT) != 0 || (is_intake && !is_seen);
}

enum gateway_kind history_source(const struct history_names *names,
                                 const struct effect_timeline *line)
{
    if (line->gateway < names->city.gateway_count) {
        return (enum gateway_kind)names->city.gateways[line->gateway].kind;
    }
    return line->event != NULL && is_call(names, line->actor, line->event) ? GATEWAY_HOTLINE
                                                                           : GATEWAY_PATROL;
}

struct history_piece history_unit(const struct history_names *names, uint32_t cell, uint32_t level)
{
    uint32_t unit =
        cell < names->city.cell_count ? city_unit_of_cell(&names->city, cell, level) : NONE32;
    return unit < names->city.unit_count ? of_city(names, names->city.units[unit].code) : NOTHING;
}

uint32_t history_owner(const struct history_names *names, uint32_t rule, uint32_t class_row)
{
    if (rule < names->policy.rule_count) {
        return names->policy.rules[rule].department;
    }
    return class_row < names->city.class_count ? names->city.classes[class_row].department : NONE32;
}

struct history_piece history_district(const struct history_names *names, uint32_t cell)
{
    const struct city *city = &names->city;
    if (cell >= city->cell_count) {
        return NOTHING;
    }
    uint32_t unit = city_unit_of_cell(city, cell, city->info->district_level);
    return unit < city->unit_count ? of_city(names, city->units[unit].name) : NOTHING;
}

struct history_piece history_principal(const struct history_names *names, struct hash128 principal)
{
    const struct history_principal key = {.hash = principal};
    const struct history_principal *found =
        bsearch(&key, names->principals, names->principal_count, sizeof key, compare_principals);
    return found != NULL ? of_city(names, found->id) : NOTHING;
}

void history_put_holder(struct text *text, const struct history_names *names, struct holder holder,
                        enum lang lang)
{
    if (holder.kind == HOLDER_PERSON && holder.index < names->city.person_count) {
        (void)labels_put_person(text, &names->city, holder.index, lang);
    } else if (holder.kind == HOLDER_POST && holder.index < names->city.post_count) {
        (void)labels_put_post(text, &names->city, holder.index, lang);
    }
}
