/* facts_table.c: opens what facts are looked up in, and the look-ups.
 *
 * Names are found by hash and then compared, so that a made-up collision of hashes finds nothing. */
#include "engine/city/facts_table.h"

#include <stdlib.h>

#include "engine/city/problems.h"

const char *const FACTS_BUILTIN_NAMES[BUILTIN_COUNT] = {
    "source", "device",    "device.health", "type",       "caller",     "cell",
    "zone",   "zone.name", "zone.kind",     "asset.code", "asset.name", "asset.kind",
};

struct fact_text facts_text(const char *terminated)
{
    return terminated == NULL ? (struct fact_text){NULL, 0}
                              : (struct fact_text){terminated, (uint32_t)strlen(terminated)};
}

struct fact_text facts_city_text(const struct facts *facts, struct image_string s)
{
    return (struct fact_text){city_text(facts->city, s), s.size};
}

static bool text_is_equal(struct fact_text a, const char *bytes, uint32_t size)
{
    return a.size == size && memcmp(a.bytes, bytes, size) == 0;
}

struct hash128 facts_hash_text(struct fact_text text)
{
    return facts_hash(text.bytes, text.size);
}

struct fact_text facts_cut_text(struct fact_text text)
{
    if (text.size > EVENT_STRING_MAX) {
        text.size = EVENT_STRING_MAX;
        while (text.size > 0 && ((unsigned char)text.bytes[text.size] & 0xc0) == 0x80) {
            text.size--;
        }
    }
    return text;
}

/* ---- look-ups ---- */
struct hash128 facts_look_ahead(const struct facts *facts, struct fact_text device)
{
    if (device.size == 0) {
        return (struct hash128){0, 0};
    }
    const struct hash128 hash = facts_hash_text(device);
    hash_rows_prefetch(&facts->devices, hash);
    return hash;
}

uint32_t facts_find_device(const struct facts *facts, struct fact_text id, struct hash128 hash)
{
    uint32_t row = hash_rows_find(&facts->devices, hash);
    if (row == NONE32) {
        return NONE32;
    }
    struct image_string held = facts->city->devices[row].id;
    return text_is_equal(id, city_text(facts->city, held), held.size) ? row : NONE32;
}

uint32_t facts_find_zone(const struct facts *facts, struct fact_text id)
{
    uint32_t row = hash_rows_find(&facts->zones, facts_hash_text(id));
    if (row == NONE32) {
        return NONE32;
    }
    struct image_string held = facts->city->areas[row].zone;
    return text_is_equal(id, city_text(facts->city, held), held.size) ? row : NONE32;
}

static uint32_t find_field(const struct facts *facts, struct fact_text name, struct hash128 hash)
{
    uint32_t row = hash_rows_find(&facts->fields, hash);
    if (row >= NONE16) {
        return NONE32;
    }
    struct image_string held = facts->policy->fields[row].name;
    return text_is_equal(name, policy_text(facts->policy, held), held.size) ? row : NONE32;
}

static uint32_t find_type(const struct facts *facts, struct fact_text name, struct hash128 hash)
{
    uint32_t row = name.size == 0 ? NONE32 : hash_rows_find(&facts->types, hash);
    if (row >= NONE16) {
        return NONE32;
    }
    struct image_string held = facts->policy->types[row].name;
    return text_is_equal(name, policy_text(facts->policy, held), held.size) ? row : NONE32;
}

static enum crs find_crs(const struct facts *facts, struct fact_text source, struct hash128 hash)
{
    uint32_t row = source.size == 0 || facts->gateway_crs == NULL
                       ? NONE32
                       : hash_rows_find(&facts->gateways, hash);
    if (row == NONE32) {
        return CRS_WGS84; /* apps of people send what their satellites say */
    }
    struct image_string held = facts->city->gateways[row].id;
    bool is_same = text_is_equal(source, city_text(facts->city, held), held.size);
    return is_same ? (enum crs)facts->gateway_crs[row] : CRS_WGS84;
}

static bool is_registry_only(enum builtin builtin)
{
    return builtin == BUILTIN_SOURCE || builtin == BUILTIN_DEVICE || builtin == BUILTIN_TYPE ||
           builtin == BUILTIN_CELL || builtin == BUILTIN_ZONE_NAME || builtin == BUILTIN_ZONE_KIND;
}

static bool is_word(struct fact_text text, const char *word)
{
    return text_is_equal(text, word, (uint32_t)strlen(word));
}

static bool is_known(const struct known_name *known, struct fact_text name)
{
    return known->size == name.size && memcmp(known->bytes, name.bytes, name.size) == 0;
}

/* Keeps the name; what was found for it is the caller's to fill in. */
static void know(struct known_name *known, struct fact_text name)
{
    *known = (struct known_name){.size = NONE32, .row = NONE32, .hash = facts_hash_text(name)};
    if (name.size <= KNOWN_NAME_MAX) {
        memcpy(known->bytes, name.bytes, name.size);
        known->size = name.size;
    }
}

static struct fact_text present(struct fact_text text)
{
    return text.bytes != NULL ? text : (struct fact_text){"", 0};
}

const struct known_name *facts_know_field(struct facts *facts, struct fact_text name,
                                          uint32_t place)
{
    struct known_name *known = &facts->known_fields[place % KNOWN_FIELDS_MAX];
    name = present(name);
    if (is_known(known, name)) {
        return known;
    }
    know(known, name);
    known->row = find_field(facts, name, known->hash);
    known->is_zone = is_word(name, "zone");
    known->is_caller = is_word(name, "caller");
    for (uint32_t i = 0; i < BUILTIN_COUNT; i++) {
        known->is_reserved = known->is_reserved || (is_registry_only((enum builtin)i) &&
                                                    facts->builtin_rows[i] != NONE32 &&
                                                    is_word(name, FACTS_BUILTIN_NAMES[i]));
    }
    return known;
}

const struct known_name *facts_know_type(struct facts *facts, struct fact_text name)
{
    name = present(name);
    if (!is_known(&facts->known_type, name)) {
        know(&facts->known_type, name);
        facts->known_type.row = find_type(facts, name, facts->known_type.hash);
    }
    return &facts->known_type;
}

const struct known_name *facts_know_source(struct facts *facts, struct fact_text name)
{
    name = present(name);
    if (!is_known(&facts->known_source, name)) {
        know(&facts->known_source, name);
        facts->known_source.crs = find_crs(facts, name, facts->known_source.hash);
    }
    return &facts->known_source;
}

uint32_t facts_locate(struct facts *facts, struct place place, uint32_t *out_cell,
                      uint16_t areas[EVENT_AREAS_MAX])
{
    return locator_find(facts->locator, place, out_cell, areas);
}

const char *facts_nearest_type(struct facts *facts, const char *type)
{
    return problems_nearest(type, facts->type_names, facts->policy->type_count);
}

/* ---- life ---- */
static enum err open_sections(struct facts *facts)
{
    const struct city *city = facts->city;
    const void *rings;
    const void *points;
    const void *systems;
    const void *health;
    uint32_t ring_count;
    uint32_t point_count;
    uint32_t system_count;
    uint32_t health_count;
    if (image_rows(&city->image, CITY_SHAPE_RINGS, sizeof(struct shape_ring), &rings,
                   &ring_count) != ERR_OK ||
        image_rows(&city->image, CITY_SHAPE_POINTS, sizeof(struct place), &points, &point_count) !=
            ERR_OK ||
        image_rows(&city->image, CITY_GATEWAY_CRS, sizeof(uint32_t), &systems, &system_count) !=
            ERR_OK ||
        image_rows(&city->image, CITY_DEVICE_HEALTH, sizeof(struct image_string), &health,
                   &health_count) != ERR_OK) {
        return ERR_MALFORMED;
    }
    if ((system_count != 0 && system_count != city->gateway_count) ||
        (health_count != 0 && health_count != city->device_count)) {
        return ERR_MALFORMED;
    }
    facts->gateway_crs = system_count == 0 ? NULL : systems;
    facts->device_health = health_count == 0 ? NULL : health;
    for (uint32_t i = 0; i < system_count; i++) {
        if (facts->gateway_crs[i] >= CRS_COUNT) {
            return ERR_MALFORMED;
        }
    }
    for (uint32_t i = 0; i < health_count; i++) {
        struct image_string s = facts->device_health[i];
        if (s.offset > city->string_size || s.size > city->string_size - s.offset) {
            return ERR_MALFORMED;
        }
    }
    return locator_new(rings, ring_count, points, point_count, city->cell_count, city->area_count,
                       &facts->locator);
}

static enum err index_city(struct facts *facts)
{
    const struct city *city = facts->city;
    if (hash_rows_init(&facts->devices, city->device_count) != ERR_OK ||
        hash_rows_init(&facts->gateways, city->gateway_count) != ERR_OK ||
        hash_rows_init(&facts->zones, city->area_count) != ERR_OK) {
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < city->device_count; i++) {
        hash_rows_add(&facts->devices, facts_hash_text(facts_city_text(facts, city->devices[i].id)),
                      i);
    }
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        hash_rows_add(&facts->gateways,
                      facts_hash_text(facts_city_text(facts, city->gateways[i].id)), i);
    }
    for (uint32_t i = 0; i < city->area_count; i++) {
        hash_rows_add(&facts->zones, facts_hash_text(facts_city_text(facts, city->areas[i].zone)),
                      i);
    }
    return ERR_OK;
}

static enum err index_types(struct facts *facts)
{
    const struct policy *policy = facts->policy;
    size_t text_size = 1;
    for (uint32_t i = 0; i < policy->type_count; i++) {
        text_size += policy->types[i].name.size + 1;
    }
    facts->type_names = calloc(policy->type_count + 1, sizeof(char *));
    facts->type_text = calloc(1, text_size);
    if (hash_rows_init(&facts->types, policy->type_count) != ERR_OK || facts->type_names == NULL ||
        facts->type_text == NULL) {
        return ERR_MEMORY;
    }
    char *write = facts->type_text;
    for (uint32_t i = 0; i < policy->type_count; i++) {
        struct image_string name = policy->types[i].name;
        hash_rows_add(&facts->types, facts_hash(policy_text(policy, name), name.size), i);
        memcpy(write, policy_text(policy, name), name.size);
        facts->type_names[i] = write;
        write += name.size + 1;
    }
    return ERR_OK;
}

static enum err index_fields(struct facts *facts)
{
    const struct policy *policy = facts->policy;
    if (hash_rows_init(&facts->fields, policy->field_count) != ERR_OK) {
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < policy->field_count; i++) {
        struct image_string name = policy->fields[i].name;
        hash_rows_add(&facts->fields, facts_hash(policy_text(policy, name), name.size), i);
    }
    for (uint32_t i = 0; i < BUILTIN_COUNT; i++) {
        struct fact_text name = facts_text(FACTS_BUILTIN_NAMES[i]);
        uint32_t row = find_field(facts, name, facts_hash_text(name));
        bool is_text = row != NONE32 && policy->fields[row].kind == FIELD_STRING;
        facts->builtin_rows[i] = is_text ? row : NONE32;
    }
    return ERR_OK;
}

/* The text of a built-in field for row i of what it belongs to; NULL past the last row, and where it is not by row. */
static const struct image_string *builtin_at(const struct facts *facts, enum builtin builtin,
                                             uint32_t i)
{
    const struct city *city = facts->city;
    switch (builtin) {
    case BUILTIN_HEALTH:
        return facts->device_health != NULL && i < city->device_count ? &facts->device_health[i]
                                                                      : NULL;
    case BUILTIN_CELL:
        return i < city->cell_count ? &city->cells[i].code : NULL;
    case BUILTIN_ZONE:
        return i < city->area_count ? &city->areas[i].zone : NULL;
    case BUILTIN_ZONE_NAME:
        return i < city->area_count ? &city->areas[i].title : NULL;
    case BUILTIN_ZONE_KIND:
        return i < city->area_count ? &city->areas[i].kind : NULL;
    case BUILTIN_ASSET_CODE:
        return i < city->asset_count ? &city->assets[i].code : NULL;
    case BUILTIN_ASSET_NAME:
        return i < city->asset_count ? &city->assets[i].name : NULL;
    case BUILTIN_ASSET_KIND:
        return i < city->asset_kind_count ? &city->asset_kinds[i] : NULL;
    case BUILTIN_SOURCE:
    case BUILTIN_DEVICE:
    case BUILTIN_TYPE:
    case BUILTIN_CALLER:
    case BUILTIN_COUNT:
        break;
    }
    return NULL;
}

/* Hashes of what the registry says, once, so that an event of a fixed device hashes its own words only. */
static enum err hash_builtins(struct facts *facts)
{
    for (uint32_t k = 0; k < facts->builtin_count; k++) {
        enum builtin builtin = (enum builtin)facts->builtin_order[k];
        uint32_t count = 0;
        while (builtin_at(facts, builtin, count) != NULL) {
            count++;
        }
        struct hash128 *hashes = calloc(count + 1u, sizeof *hashes);
        if (hashes == NULL) {
            return ERR_MEMORY;
        }
        for (uint32_t i = 0; i < count; i++) {
            struct fact_text text = facts_city_text(facts, *builtin_at(facts, builtin, i));
            hashes[i] = facts_hash_text(facts_cut_text(text));
        }
        facts->builtin_hashes[builtin] = hashes;
    }
    return ERR_OK;
}

/* Fields are written ascending by row. */
static void order_builtins(struct facts *facts)
{
    for (uint32_t i = 0; i < BUILTIN_COUNT; i++) {
        uint32_t at = facts->builtin_count;
        if (facts->builtin_rows[i] == NONE32) {
            continue;
        }
        while (at > 0 &&
               facts->builtin_rows[facts->builtin_order[at - 1]] > facts->builtin_rows[i]) {
            facts->builtin_order[at] = facts->builtin_order[at - 1];
            at--;
        }
        facts->builtin_order[at] = (uint8_t)i;
        facts->builtin_count++;
    }
}

static void forget_names(struct facts *facts)
{
    for (uint32_t i = 0; i < KNOWN_FIELDS_MAX; i++) {
        facts->known_fields[i].size = NONE32;
    }
    facts->known_type.size = facts->known_source.size = NONE32;
}

enum err facts_new(const struct city *city, const struct policy *policy, struct facts **out_facts)
{
    must(city != NULL);
    must(policy != NULL);
    struct facts *facts = calloc(1, sizeof *facts);
    if (facts == NULL) {
        return ERR_MEMORY;
    }
    facts->city = city;
    facts->policy = policy;
    enum err err = open_sections(facts);
    if (err == ERR_OK) {
        err = index_city(facts);
    }
    if (err == ERR_OK) {
        err = index_types(facts);
    }
    if (err == ERR_OK) {
        err = index_fields(facts);
    }
    if (err == ERR_OK) {
        forget_names(facts);
        order_builtins(facts);
        err = hash_builtins(facts);
    }
    if (err != ERR_OK) {
        facts_free(facts);
        return err;
    }
    *out_facts = facts;
    return ERR_OK;
}

void facts_free(struct facts *facts)
{
    if (facts == NULL) {
        return;
    }
    locator_free(facts->locator);
    hash_rows_fini(&facts->devices);
    hash_rows_fini(&facts->gateways);
    hash_rows_fini(&facts->zones);
    hash_rows_fini(&facts->types);
    hash_rows_fini(&facts->fields);
    for (uint32_t i = 0; i < BUILTIN_COUNT; i++) {
        free(facts->builtin_hashes[i]);
    }
    free(facts->type_names);
    free(facts->type_text);
    free(facts);
}
