/* facts.c: see facts.h.
 *
 * What wins where two things say the same:
 *   place   the event's own coordinates, else the device's; cell and areas follow the place
 *   zone    the event's field `zone` where it names a known zone, else the zone the device watches, else the first
 *           area around the place
 *   fields  the registry for source, device, type, cell, zone.*; for the rest what the client sent, filled up from
 *           the registry where it sent nothing
 * Look-ups are in facts_table.c. */
#include "engine/city/facts.h"

#include "engine/city/facts_table.h"
#include "engine/core/code.h"

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
    struct fact_text device = facts_text(event->device);
    if (device.size > 0) {
        uint32_t row = facts_find_device(facts, device);
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
    head->place =
        crs_place_to_wgs84(facts_crs_of_source(facts, facts_text(event->source)), event->place);
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

static void field_set_text(struct fact_record *record, struct event_field *field,
                           struct fact_text text)
{
    must(text.size <= EVENT_STRING_MAX);
    must(record->text_bytes + text.size <= sizeof record->text);
    struct hash128 hash = facts_hash_text(text);
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
    uint32_t row = facts_find_field(facts, facts_text(sent->name));
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
        struct fact_text text = {sent->text == NULL ? "" : sent->text,
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
static struct fact_text cut_text(struct fact_text text)
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
static struct fact_text builtin_text(const struct facts *facts, const struct fact_event *event,
                                     const struct event_head *head, enum builtin builtin)
{
    const struct city *city = facts->city;
    const struct city_area *zone = head->zone == NONE32 ? NULL : &city->areas[head->zone];
    const struct city_asset *asset = head->asset == NONE32 ? NULL : &city->assets[head->asset];
    struct fact_text none = {NULL, 0};
    switch (builtin) {
    case BUILTIN_SOURCE:
        return facts_text(event->source);
    case BUILTIN_DEVICE:
        return head->device == NONE32 ? none : facts_text(event->device);
    case BUILTIN_HEALTH:
        return head->device == NONE32 || facts->device_health == NULL
                   ? none
                   : facts_city_text(facts, facts->device_health[head->device]);
    case BUILTIN_TYPE:
        return facts_text(event->type);
    case BUILTIN_CALLER:
        return facts_text(event->caller);
    case BUILTIN_CELL:
        return head->cell == NONE32 ? none : facts_city_text(facts, city->cells[head->cell].code);
    case BUILTIN_ZONE:
        return zone == NULL ? none : facts_city_text(facts, zone->zone);
    case BUILTIN_ZONE_NAME:
        return zone == NULL ? none : facts_city_text(facts, zone->title);
    case BUILTIN_ZONE_KIND:
        return zone == NULL ? none : facts_city_text(facts, zone->kind);
    case BUILTIN_ASSET_CODE:
        return asset == NULL ? none : facts_city_text(facts, asset->code);
    case BUILTIN_ASSET_NAME:
        return asset == NULL ? none : facts_city_text(facts, asset->name);
    case BUILTIN_ASSET_KIND:
        return asset == NULL ? none : facts_city_text(facts, city->asset_kinds[asset->kind]);
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
        struct fact_text text = builtin_text(facts, event, &record->head, (enum builtin)i);
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
            strcmp(sent->name, FACTS_BUILTIN_NAMES[i]) == 0) {
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
            head->zone = facts_find_zone(facts, (struct fact_text){sent->text, sent->text_size});
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
    return hash128_join(facts_hash_text(facts_text(source == NULL ? "" : source)),
                        facts_hash_text(facts_text(id)));
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
    head->type = facts_find_type(facts, facts_text(event->type));
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
