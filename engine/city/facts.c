/* facts.c: see facts.h.
 *
 * What wins where two things say the same:
 *   place   the event's own coordinates, else the device's; cell and areas follow the place
 *   zone    the event's field `zone` where it names a known zone, else the zone the device watches, else the first
 *           area around the place
 *   fields  the registry for source, device, type, cell, zone.*; for the rest what the client sent, filled up from
 *           the registry where it sent nothing
 * Devices, gateways, types, fields and zones are looked up by hash and then compared by name, so that a made-up
 * collision of hashes finds nothing. */
#include "engine/city/facts.h"

#include <stdlib.h>

#include "engine/city/crs.h"
#include "engine/city/hash_rows.h"
#include "engine/city/locator.h"
#include "engine/city/problems.h"
#include "engine/core/code.h"

enum builtin {
    BUILTIN_SOURCE,
    BUILTIN_DEVICE,
    BUILTIN_HEALTH,
    BUILTIN_TYPE,
    BUILTIN_CALLER,
    BUILTIN_CELL,
    BUILTIN_ZONE,
    BUILTIN_ZONE_NAME,
    BUILTIN_ZONE_KIND,
    BUILTIN_ASSET_CODE,
    BUILTIN_ASSET_NAME,
    BUILTIN_ASSET_KIND,
    BUILTIN_COUNT
};

static const char *const BUILTIN_NAMES[BUILTIN_COUNT] = {
    "source", "device",    "device.health", "type",       "caller",     "cell",
    "zone",   "zone.name", "zone.kind",     "asset.code", "asset.name", "asset.kind",
};

struct facts {
    const struct city *city;
    const struct policy *policy;
    struct locator *locator;
    struct hash_rows devices, gateways, zones; /* of the city */
    struct hash_rows types, fields;            /* of the policy */
    const uint32_t *gateway_crs;               /* enum crs per gateway, or NULL */
    const struct image_string *device_health;  /* per device, or NULL */
    uint32_t builtin_rows[BUILTIN_COUNT];      /* rows of POLICY_FIELDS, NONE32 = no rule asks */
    const char **type_names;                   /* terminated, for problems_nearest */
    char *type_text;
};

/* A borrowed run of bytes; bytes NULL = absent. */
struct text {
    const char *bytes;
    uint32_t size;
};

static struct text text_of(const char *terminated)
{
    return terminated == NULL ? (struct text){NULL, 0}
                              : (struct text){terminated, (uint32_t)strlen(terminated)};
}

static struct text city_text_of(const struct facts *facts, struct image_string s)
{
    return (struct text){city_text(facts->city, s), s.size};
}

static bool text_is_equal(struct text a, const char *bytes, uint32_t size)
{
    return a.size == size && memcmp(a.bytes, bytes, size) == 0;
}

static struct hash128 hash_text(struct text text)
{
    return facts_hash(text.bytes, text.size);
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
        hash_rows_add(&facts->devices, hash_text(city_text_of(facts, city->devices[i].id)), i);
    }
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        hash_rows_add(&facts->gateways, hash_text(city_text_of(facts, city->gateways[i].id)), i);
    }
    for (uint32_t i = 0; i < city->area_count; i++) {
        hash_rows_add(&facts->zones, hash_text(city_text_of(facts, city->areas[i].zone)), i);
    }
    return ERR_OK;
}

static uint32_t field_find(const struct facts *facts, struct text name)
{
    uint32_t row = hash_rows_find(&facts->fields, hash_text(name));
    if (row == NONE32) {
        return NONE32;
    }
    struct image_string held = facts->policy->fields[row].name;
    return text_is_equal(name, policy_text(facts->policy, held), held.size) ? row : NONE32;
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
        uint32_t row = field_find(facts, text_of(BUILTIN_NAMES[i]));
        bool is_text = row != NONE32 && policy->fields[row].kind == FIELD_STRING;
        facts->builtin_rows[i] = is_text ? row : NONE32;
    }
    return ERR_OK;
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
    free(facts->type_names);
    free(facts->type_text);
    free(facts);
}

/* ---- lookups ---- */
static uint32_t device_find(const struct facts *facts, struct text id)
{
    uint32_t row = hash_rows_find(&facts->devices, hash_text(id));
    if (row == NONE32) {
        return NONE32;
    }
    struct image_string held = facts->city->devices[row].id;
    return text_is_equal(id, city_text(facts->city, held), held.size) ? row : NONE32;
}

static uint32_t zone_find(const struct facts *facts, struct text id)
{
    uint32_t row = hash_rows_find(&facts->zones, hash_text(id));
    if (row == NONE32) {
        return NONE32;
    }
    struct image_string held = facts->city->areas[row].zone;
    return text_is_equal(id, city_text(facts->city, held), held.size) ? row : NONE32;
}

static uint16_t type_find(const struct facts *facts, struct text name)
{
    uint32_t row = name.size == 0 ? NONE32 : hash_rows_find(&facts->types, hash_text(name));
    if (row >= NONE16) {
        return NONE16;
    }
    struct image_string held = facts->policy->types[row].name;
    bool is_same = text_is_equal(name, policy_text(facts->policy, held), held.size);
    return is_same ? (uint16_t)row : NONE16;
}

static enum crs crs_of_source(const struct facts *facts, struct text source)
{
    uint32_t row = source.size == 0 || facts->gateway_crs == NULL
                       ? NONE32
                       : hash_rows_find(&facts->gateways, hash_text(source));
    if (row == NONE32) {
        return CRS_WGS84; /* apps of people send what their satellites say */
    }
    struct image_string held = facts->city->gateways[row].id;
    bool is_same = text_is_equal(source, city_text(facts->city, held), held.size);
    return is_same ? (enum crs)facts->gateway_crs[row] : CRS_WGS84;
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

/* ---- resolving ---- */
static bool is_inside_box(const struct city_info *info, struct place place)
{
    return place.lon >= info->lon_min && place.lon <= info->lon_max && place.lat >= info->lat_min &&
           place.lat <= info->lat_max;
}

static void take_device(const struct facts *facts, uint32_t row, struct event_head *head)
{
    const struct city_device *device = &facts->city->devices[row];
    head->device = row;
    head->asset = device->asset;
    head->zone = device->zone;
    head->place = (struct place){device->lon, device->lat};
    head->cell = device->cell;
    head->area_count = (uint8_t)device->areas.count;
    for (uint32_t i = 0; i < device->areas.count; i++) {
        head->areas[i] = facts->city->device_areas[device->areas.first + i];
    }
}

static enum code resolve_place(struct facts *facts, const struct fact_event *event,
                               struct event_head *head)
{
    struct text device = text_of(event->device);
    if (device.size > 0) {
        uint32_t row = device_find(facts, device);
        if (row == NONE32) {
            return CODE_UNKNOWN_DEVICE;
        }
        take_device(facts, row, head);
    }
    if (!place_is_known(event->place)) {
        return CODE_NOTHING;
    }
    if (!place_is_valid(event->place)) {
        return CODE_BAD_PLACE;
    }
    head->place = crs_place_to_wgs84(crs_of_source(facts, text_of(event->source)), event->place);
    if (!is_inside_box(facts->city->info, head->place)) {
        return CODE_OUTSIDE_CITY;
    }
    memset(head->areas, 0, sizeof head->areas);
    head->area_count = (uint8_t)locator_find(facts->locator, head->place, &head->cell, head->areas);
    return CODE_NOTHING;
}

/* Opens a place for a field of that row, keeping rows ascending; NULL where it has one already. */
static struct event_field *field_open(struct fact_record *record, uint32_t row)
{
    uint32_t at = record->head.field_count;
    must(at < EVENT_FIELDS_MAX);
    while (at > 0 && record->fields[at - 1].field > row) {
        at--;
    }
    if (at > 0 && record->fields[at - 1].field == row) {
        return NULL;
    }
    memmove(&record->fields[at + 1], &record->fields[at],
            (record->head.field_count - at) * sizeof record->fields[0]);
    record->head.field_count++;
    record->fields[at] = (struct event_field){.field = (uint16_t)row};
    return &record->fields[at];
}

static void field_set_text(struct fact_record *record, struct event_field *field, struct text text)
{
    must(text.size <= EVENT_STRING_MAX);
    must(record->text_bytes + text.size <= sizeof record->text);
    struct hash128 hash = hash_text(text);
    field->kind = FIELD_STRING;
    field->size = (uint8_t)text.size;
    field->text_offset = record->text_bytes;
    field->a = hash.hi;
    field->b = hash.lo;
    memcpy(record->text + record->text_bytes, text.bytes, text.size);
    record->text_bytes += text.size;
}

static enum code take_field(const struct facts *facts, const struct fact_field *sent,
                            struct fact_record *record)
{
    uint32_t row = field_find(facts, text_of(sent->name));
    if (row >= NONE16) {
        return CODE_NOTHING; /* no rule asks for it */
    }
    if (sent->kind != facts->policy->fields[row].kind ||
        (sent->kind == FIELD_STRING && sent->text_size > EVENT_STRING_MAX)) {
        return CODE_BAD_FIELD;
    }
    if (record->head.field_count == EVENT_FIELDS_MAX) {
        return CODE_TOO_LARGE;
    }
    struct event_field *field = field_open(record, row);
    if (field == NULL) {
        return CODE_BAD_FIELD; /* the same field twice */
    }
    if (sent->kind == FIELD_STRING) {
        struct text text = {sent->text == NULL ? "" : sent->text,
                            sent->text == NULL ? 0 : sent->text_size};
        field_set_text(record, field, text);
    } else {
        bool is_number = sent->kind == FIELD_NUMBER;
        field->kind = sent->kind;
        field->a = (uint64_t)(is_number ? sent->number : sent->number != 0);
    }
    return CODE_NOTHING;
}

/* At most EVENT_STRING_MAX bytes, cut before a character that does not fit whole. */
static struct text cut_text(struct text text)
{
    if (text.size > EVENT_STRING_MAX) {
        text.size = EVENT_STRING_MAX;
        while (text.size > 0 && ((unsigned char)text.bytes[text.size] & 0xc0) == 0x80) {
            text.size--;
        }
    }
    return text;
}

static bool is_registry_only(enum builtin builtin)
{
    return builtin == BUILTIN_SOURCE || builtin == BUILTIN_DEVICE || builtin == BUILTIN_TYPE ||
           builtin == BUILTIN_CELL || builtin == BUILTIN_ZONE_NAME || builtin == BUILTIN_ZONE_KIND;
}

/* What the registry says; absent where it has nothing to say. */
static struct text builtin_text(const struct facts *facts, const struct fact_event *event,
                                const struct event_head *head, enum builtin builtin)
{
    const struct city *city = facts->city;
    const struct city_area *zone = head->zone == NONE32 ? NULL : &city->areas[head->zone];
    const struct city_asset *asset = head->asset == NONE32 ? NULL : &city->assets[head->asset];
    struct text none = {NULL, 0};
    switch (builtin) {
    case BUILTIN_SOURCE:
        return text_of(event->source);
    case BUILTIN_DEVICE:
        return head->device == NONE32 ? none : text_of(event->device);
    case BUILTIN_HEALTH:
        return head->device == NONE32 || facts->device_health == NULL
                   ? none
                   : city_text_of(facts, facts->device_health[head->device]);
    case BUILTIN_TYPE:
        return text_of(event->type);
    case BUILTIN_CALLER:
        return text_of(event->caller);
    case BUILTIN_CELL:
        return head->cell == NONE32 ? none : city_text_of(facts, city->cells[head->cell].code);
    case BUILTIN_ZONE:
        return zone == NULL ? none : city_text_of(facts, zone->zone);
    case BUILTIN_ZONE_NAME:
        return zone == NULL ? none : city_text_of(facts, zone->title);
    case BUILTIN_ZONE_KIND:
        return zone == NULL ? none : city_text_of(facts, zone->kind);
    case BUILTIN_ASSET_CODE:
        return asset == NULL ? none : city_text_of(facts, asset->code);
    case BUILTIN_ASSET_NAME:
        return asset == NULL ? none : city_text_of(facts, asset->name);
    case BUILTIN_ASSET_KIND:
        return asset == NULL ? none : city_text_of(facts, city->asset_kinds[asset->kind]);
    case BUILTIN_COUNT:
        break;
    }
    return none;
}

static enum code fill_builtins(const struct facts *facts, const struct fact_event *event,
                               struct fact_record *record)
{
    for (uint32_t i = 0; i < BUILTIN_COUNT; i++) {
        uint32_t row = facts->builtin_rows[i];
        struct text text = builtin_text(facts, event, &record->head, (enum builtin)i);
        if (row >= NONE16 || text.bytes == NULL || text.size == 0) {
            continue;
        }
        if (record->head.field_count == EVENT_FIELDS_MAX) {
            return CODE_TOO_LARGE;
        }
        struct event_field *field = field_open(record, row);
        if (field != NULL) { /* else the client's own word for it stands */
            field_set_text(record, field, cut_text(text));
        }
    }
    return CODE_NOTHING;
}

static bool is_reserved(const struct facts *facts, const struct fact_field *sent)
{
    for (uint32_t i = 0; i < BUILTIN_COUNT; i++) {
        if (is_registry_only((enum builtin)i) && facts->builtin_rows[i] != NONE32 &&
            strcmp(sent->name, BUILTIN_NAMES[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void choose_zone(const struct facts *facts, const struct fact_event *event,
                        struct event_head *head)
{
    for (uint32_t i = 0; i < event->field_count; i++) {
        const struct fact_field *sent = &event->fields[i];
        if (sent->kind == FIELD_STRING && sent->text != NULL && strcmp(sent->name, "zone") == 0) {
            head->zone = zone_find(facts, (struct text){sent->text, sent->text_size});
            return;
        }
    }
    if (head->zone == NONE32 && head->area_count > 0) {
        head->zone = head->areas[0];
    }
}

static enum code resolve_fields(const struct facts *facts, const struct fact_event *event,
                                struct fact_record *record)
{
    choose_zone(facts, event, &record->head);
    for (uint32_t i = 0; i < event->field_count; i++) {
        if (is_reserved(facts, &event->fields[i])) {
            continue;
        }
        enum code code = take_field(facts, &event->fields[i], record);
        if (code != CODE_NOTHING) {
            return code;
        }
    }
    return fill_builtins(facts, event, record);
}

struct hash128 facts_event_id(const char *source, const char *id)
{
    if (id == NULL || id[0] == '\0') {
        return (struct hash128){0, 0};
    }
    return hash128_join(hash_text(text_of(source == NULL ? "" : source)), hash_text(text_of(id)));
}

static void head_clear(struct event_head *head)
{
    head->place = place_none();
    head->device = NONE32;
    head->cell = NONE32;
    head->asset = NONE32;
    head->zone = NONE32;
    head->area_count = 0;
    head->field_count = 0;
    head->text_size = 0;
    memset(head->areas, 0, sizeof head->areas);
}

void facts_resolve(struct facts *facts, const struct fact_event *event, int64_t now_ms,
                   struct fact_record *out_record)
{
    struct event_head *head = &out_record->head;
    memset(head, 0, sizeof *head);
    out_record->text_bytes = 0;
    out_record->free_text = event->text == NULL ? "" : event->text;
    head->type = type_find(facts, text_of(event->type));
    head->flags = (uint16_t)event->flags;
    head->id = facts_event_id(event->source, event->id);
    head->event_at_ms = event->at_ms == 0 ? now_ms : event->at_ms;
    head_clear(head);
    size_t text_size = strlen(out_record->free_text);
    enum code code = text_size > EVENT_TEXT_MAX ? CODE_TOO_LARGE : CODE_NOTHING;
    if (code == CODE_NOTHING) {
        code = resolve_place(facts, event, head);
    }
    if (code == CODE_NOTHING) {
        code = resolve_fields(facts, event, out_record);
    }
    if (code == CODE_NOTHING) {
        head->text_size = (uint32_t)text_size;
    } else {
        head_clear(head);
        out_record->text_bytes = 0;
        out_record->free_text = "";
    }
    head->verdict = (uint16_t)code;
}
