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

/* An event on its way to a record. */
struct resolving {
    const struct fact_event *event;
    const struct known_name *source;
    struct fact_text caller;
    struct hash128 device_hash; /* of the device's id, where head.device is known */
};

static enum code resolve_place(struct facts *facts, struct resolving *resolving,
                               struct event_head *head)
{
    const struct fact_event *event = resolving->event;
    if (event->device.size > 0) {
        resolving->device_hash = hash128_is_none(event->device_hash)
                                     ? facts_hash_text(event->device)
                                     : event->device_hash;
        uint32_t row = facts_find_device(facts, event->device, resolving->device_hash);
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
    head->place = crs_place_to_wgs84(resolving->source->crs, event->place);
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
    for (uint32_t i = record->head.field_count; i > at; i--) {
        record->fields[i] = record->fields[i - 1];
    }
    record->head.field_count++;
    record->fields[at] = (struct event_field){.field = (uint16_t)row};
    return &record->fields[at];
}

/* hash is that of the text. */
static void field_set_text(struct fact_record *record, struct event_field *field,
                           struct fact_text text, struct hash128 hash)
{
    must(text.size <= EVENT_STRING_MAX);
    must(record->text_bytes + text.size <= sizeof record->text);
    field->kind = FIELD_STRING;
    field->size = (uint8_t)text.size;
    field->text_offset = record->text_bytes;
    field->a = hash.hi;
    field->b = hash.lo;
    memcpy(record->text + record->text_bytes, text.bytes, text.size);
    record->text_bytes += text.size;
}

static enum code refuse(struct fact_record *record, enum code code, struct fact_fault fault)
{
    record->fault = fault;
    return code;
}

static enum code take_field(const struct facts *facts, const struct fact_field *sent, uint32_t row,
                            struct fact_record *record)
{
    if (row == NONE32) {
        return CODE_NOTHING; /* no rule asks for it */
    }
    const uint32_t kind = facts->policy->fields[row].kind;
    if (sent->kind != kind) {
        return refuse(record, CODE_BAD_FIELD,
                      (struct fact_fault){FACT_FAULT_KIND, sent->name, kind, sent->kind});
    }
    if (sent->kind == FIELD_STRING && sent->text_size > EVENT_STRING_MAX) {
        return refuse(record, CODE_BAD_FIELD,
                      (struct fact_fault){FACT_FAULT_LONG, sent->name, 0, sent->text_size});
    }
    if (record->head.field_count == EVENT_FIELDS_MAX) {
        return refuse(record, CODE_TOO_LARGE,
                      (struct fact_fault){FACT_FAULT_MANY, sent->name, 0, 0});
    }
    struct event_field *field = field_open(record, row);
    if (field == NULL) {
        return refuse(record, CODE_BAD_FIELD,
                      (struct fact_fault){FACT_FAULT_TWICE, sent->name, 0, 0});
    }
    if (sent->kind == FIELD_STRING) {
        struct fact_text text = {sent->text == NULL ? "" : sent->text,
                                 sent->text == NULL ? 0 : sent->text_size};
        field_set_text(record, field, text, facts_hash_text(text));
    } else {
        bool is_number = sent->kind == FIELD_NUMBER;
        field->kind = sent->kind;
        field->a = (uint64_t)(is_number ? sent->number : sent->number != 0);
    }
    return CODE_NOTHING;
}

/* What the registry says of row `of` of the city. */
static struct fact_text registry_text(const struct facts *facts, enum builtin builtin, uint32_t of)
{
    const struct city *city = facts->city;
    switch (builtin) {
    case BUILTIN_HEALTH:
        return facts_city_text(facts, facts->device_health[of]);
    case BUILTIN_CELL:
        return facts_city_text(facts, city->cells[of].code);
    case BUILTIN_ZONE:
        return facts_city_text(facts, city->areas[of].zone);
    case BUILTIN_ZONE_NAME:
        return facts_city_text(facts, city->areas[of].title);
    case BUILTIN_ZONE_KIND:
        return facts_city_text(facts, city->areas[of].kind);
    case BUILTIN_ASSET_CODE:
        return facts_city_text(facts, city->assets[of].code);
    case BUILTIN_ASSET_NAME:
        return facts_city_text(facts, city->assets[of].name);
    case BUILTIN_ASSET_KIND:
        return facts_city_text(facts, city->asset_kinds[of]);
    case BUILTIN_SOURCE:
    case BUILTIN_DEVICE:
    case BUILTIN_TYPE:
    case BUILTIN_CALLER:
    case BUILTIN_COUNT:
        break;
    }
    return (struct fact_text){NULL, 0};
}

/* The row of the city that a built-in field speaks of, NONE32 where the event has none. */
static uint32_t registry_row(const struct facts *facts, const struct event_head *head,
                             enum builtin builtin)
{
    switch (builtin) {
    case BUILTIN_HEALTH:
        return facts->device_health == NULL ? NONE32 : head->device;
    case BUILTIN_CELL:
        return head->cell;
    case BUILTIN_ZONE:
    case BUILTIN_ZONE_NAME:
    case BUILTIN_ZONE_KIND:
        return head->zone;
    case BUILTIN_ASSET_CODE:
    case BUILTIN_ASSET_NAME:
        return head->asset;
    case BUILTIN_ASSET_KIND:
        return head->asset == NONE32 ? NONE32 : facts->city->assets[head->asset].kind;
    case BUILTIN_SOURCE:
    case BUILTIN_DEVICE:
    case BUILTIN_TYPE:
    case BUILTIN_CALLER:
    case BUILTIN_COUNT:
        break;
    }
    return NONE32;
}

/* The text of a built-in field, cut, and its hash; false where there is nothing to say. */
static bool builtin_word(const struct facts *facts, const struct resolving *resolving,
                         const struct event_head *head, enum builtin builtin,
                         struct fact_text *out_text, struct hash128 *out_hash)
{
    struct fact_text text;
    if (builtin == BUILTIN_SOURCE) {
        text = resolving->event->source;
        *out_hash = resolving->source->hash;
    } else if (builtin == BUILTIN_TYPE) {
        text = resolving->event->type;
        *out_hash = facts->known_type.hash;
    } else if (builtin == BUILTIN_DEVICE) {
        text = head->device == NONE32 ? (struct fact_text){NULL, 0} : resolving->event->device;
        *out_hash = resolving->device_hash;
    } else if (builtin == BUILTIN_CALLER) {
        text = resolving->caller;
        *out_hash = facts_hash_text(facts_cut_text(text));
    } else {
        uint32_t of = registry_row(facts, head, builtin);
        if (of == NONE32) {
            return false;
        }
        *out_text = facts_cut_text(registry_text(facts, builtin, of));
        *out_hash = facts->builtin_hashes[builtin][of];
        return out_text->size > 0;
    }
    if (text.size > EVENT_STRING_MAX) {
        text = facts_cut_text(text);
        *out_hash = facts_hash_text(text);
    }
    *out_text = text;
    return text.bytes != NULL && text.size > 0;
}

static enum code fill_builtins(const struct facts *facts, const struct resolving *resolving,
                               struct fact_record *record)
{
    for (uint32_t i = 0; i < facts->builtin_count; i++) {
        enum builtin builtin = (enum builtin)facts->builtin_order[i];
        struct fact_text text;
        struct hash128 hash;
        if (!builtin_word(facts, resolving, &record->head, builtin, &text, &hash)) {
            continue;
        }
        if (record->head.field_count == EVENT_FIELDS_MAX) {
            const struct fact_text name = facts_text(FACTS_BUILTIN_NAMES[builtin]);
            return refuse(record, CODE_TOO_LARGE, (struct fact_fault){FACT_FAULT_MANY, name, 0, 0});
        }
        struct event_field *field = field_open(record, facts->builtin_rows[builtin]);
        if (field != NULL) { /* else the client's own word for it stands */
            field_set_text(record, field, text, hash);
        }
    }
    return CODE_NOTHING;
}

/* What the client sent; its word for the zone comes first, for built-in fields hang on it. */
static enum code take_fields(struct facts *facts, struct resolving *resolving,
                             struct fact_record *record)
{
    const struct fact_event *event = resolving->event;
    struct event_head *head = &record->head;
    bool has_zone = false;
    for (uint32_t i = 0; i < event->field_count; i++) {
        const struct fact_field *sent = &event->fields[i];
        const struct known_name *known = facts_know_field(facts, sent->name, i);
        bool is_text = sent->kind == FIELD_STRING && sent->text != NULL;
        if (known->is_zone && is_text && !has_zone) {
            head->zone = facts_find_zone(facts, (struct fact_text){sent->text, sent->text_size});
            has_zone = true;
        }
        if (known->is_caller && is_text) {
            resolving->caller = (struct fact_text){sent->text, sent->text_size};
        }
        enum code code =
            known->is_reserved ? CODE_NOTHING : take_field(facts, sent, known->row, record);
        if (code != CODE_NOTHING) {
            return code;
        }
    }
    if (!has_zone && head->zone == NONE32 && head->area_count > 0) {
        head->zone = head->areas[0];
    }
    return CODE_NOTHING;
}

/* accuracy_m, where a rule asks for it and the event did not bring the field itself. */
static enum code take_accuracy(struct facts *facts, const struct fact_event *event,
                               struct fact_record *record)
{
    const uint32_t row = facts->policy->info->accuracy_field;
    if (event->accuracy_cm == 0 || row == NONE32 || !place_is_known(record->head.place)) {
        return CODE_NOTHING;
    }
    if (record->head.field_count == EVENT_FIELDS_MAX) {
        return refuse(record, CODE_TOO_LARGE,
                      (struct fact_fault){FACT_FAULT_MANY, facts_text("accuracy_m"), 0, 0});
    }
    struct event_field *field = field_open(record, row);
    if (field != NULL) {
        field->kind = FIELD_NUMBER;
        field->a = (uint64_t)event->accuracy_cm * 10000u; /* millionths of a metre */
    }
    return CODE_NOTHING;
}

static struct hash128 join_id(struct hash128 source, struct fact_text id)
{
    if (id.bytes == NULL || id.size == 0) {
        return (struct hash128){0, 0};
    }
    return hash128_join(source, facts_hash_text(id));
}

struct hash128 facts_event_id(struct fact_text source, struct fact_text id)
{
    struct fact_text named = source.bytes != NULL ? source : (struct fact_text){"", 0};
    return join_id(facts_hash_text(named), id);
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
    struct resolving resolving = {
        .event = event, .caller = event->caller, .source = facts_know_source(facts, event->source)};
    const bool has_text = event->text.bytes != NULL && event->text.size > 0;
    memset(head, 0, sizeof *head);
    out_record->text_bytes = 0;
    out_record->free_text = has_text ? event->text.bytes : "";
    head->type = (uint16_t)facts_know_type(facts, event->type)->row; /* NONE32 becomes NONE16 */
    head->flags = (uint16_t)event->flags;
    head->id = join_id(resolving.source->hash, event->id);
    head->event_at_ms = event->at_ms == 0 ? now_ms : event->at_ms;
    head_clear(head);
    enum code code = CODE_NOTHING;
    if (has_text && event->text.size > EVENT_TEXT_MAX) {
        code =
            refuse(out_record, CODE_TOO_LARGE,
                   (struct fact_fault){FACT_FAULT_TEXT, facts_text("text"), 0, event->text.size});
    }
    if (code == CODE_NOTHING) {
        code = resolve_place(facts, &resolving, head);
    }
    if (code == CODE_NOTHING) {
        code = take_fields(facts, &resolving, out_record);
    }
    if (code == CODE_NOTHING) {
        code = take_accuracy(facts, event, out_record);
    }
    if (code == CODE_NOTHING) {
        code = fill_builtins(facts, &resolving, out_record);
    }
    if (code == CODE_NOTHING) {
        head->text_size = has_text ? event->text.size : 0;
    } else {
        head_clear(head);
        out_record->text_bytes = 0;
        out_record->free_text = "";
    }
    head->verdict = (uint16_t)code;
}
