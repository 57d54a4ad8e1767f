/* witness.c: see witness.h. */
#include "rules/witness.h"

#include "engine/core/distance.h"
#include "rules/naive.h"

#include <stdarg.h>
#include <stdio.h>
#include <xxhash.h>

#define PLACES_TRIED_MAX 48u

/* ---- fields ---- */

static int64_t pick_number(const struct region_limit *limit)
{
    int64_t value = limit->low > INT64_MIN ? limit->low : limit->high < INT64_MAX ? limit->high : 0;
    for (uint32_t i = 0; i < limit->hole_count; i++) {
        for (uint32_t k = 0; k < limit->hole_count; k++) {
            if (limit->holes[k] == value) {
                value += value < limit->high ? 1 : -1;
            }
        }
    }
    return value;
}

/* Prefix, then what it must contain, then letters until it is none of the excluded. False when it gets too long. */
static bool pick_text(const struct region_limit *limit, char out[EVENT_STRING_MAX + 1])
{
    size_t size = 0;
    if (limit->has_texts) {
        size = strlen(limit->texts[0]);
        if (size > EVENT_STRING_MAX) {
            return false;
        }
        memcpy(out, limit->texts[0], size + 1);
        return true;
    }
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < limit->part_count; i++) {
            const struct region_part *part = &limit->parts[i];
            const size_t part_size = strlen(part->text);
            if (part->is_prefix != (pass == 0) || (part->is_prefix && part_size <= size)) {
                continue; /* a shorter prefix begins the longer one, or no text fits both */
            }
            const size_t at = part->is_prefix ? 0 : size;
            if (at + part_size > EVENT_STRING_MAX) {
                return false;
            }
            memcpy(out + at, part->text, part_size);
            size = at + part_size;
        }
    }
    out[size] = '\0';
    for (uint32_t i = 0; i <= limit->not_text_count; i++) {
        bool is_taken = size == 0;
        for (uint32_t k = 0; k < limit->not_text_count; k++) {
            is_taken = is_taken || strcmp(limit->not_texts[k], out) == 0;
        }
        if (!is_taken) {
            return true;
        }
        if (size == EVENT_STRING_MAX) {
            return false;
        }
        out[size++] = 'x';
        out[size] = '\0';
    }
    return true;
}

static bool type_carries(const struct rule_type *type, const struct rule_field *field)
{
    if (field->is_builtin) {
        return true;
    }
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (type->fields[i] == field) {
            return true;
        }
    }
    return false;
}

static void add_field(struct witness *witness, const struct rule_field *name,
                      struct event_field field)
{
    uint32_t at = witness->head.field_count++;
    for (; at > 0 && witness->fields[at - 1].field > field.field; at--) {
        witness->fields[at] = witness->fields[at - 1];
        witness->names[at] = witness->names[at - 1];
    }
    witness->fields[at] = field;
    witness->names[at] = name;
}

static void add_text(struct witness *witness, const struct rule_field *field, const char *text)
{
    const size_t size = strlen(text);
    const XXH128_hash_t hash = XXH3_128bits(text, size);
    memcpy(witness->text + witness->text_bytes, text, size);
    add_field(witness, field,
              (struct event_field){(uint16_t)field->row, FIELD_STRING, (uint8_t)size,
                                   witness->text_bytes, hash.high64, hash.low64});
    witness->text_bytes += (uint32_t)size;
}

static void add_number(struct witness *witness, const struct rule_field *field, int64_t value)
{
    add_field(
        witness, field,
        (struct event_field){(uint16_t)field->row, (uint8_t)field->kind, 0, 0, (uint64_t)value, 0});
}

static bool can_carry(const struct rule_type *type, const struct rule_field *field,
                      const struct witness *witness)
{
    return type_carries(type, field) && field->row != NONE32 &&
           witness->head.field_count < EVENT_FIELDS_MAX;
}

/* Fields of the least value that the box asks for. False where an event of the type cannot carry them. */
static bool fill_fields(const struct rule_type *type, const struct region_box *box,
                        struct witness *witness)
{
    for (uint32_t i = 0; i < box->count; i++) {
        const struct region_limit *limit = &box->limits[i];
        char text[EVENT_STRING_MAX + 1];
        if (limit->is_absent) {
            continue;
        }
        if (!can_carry(type, limit->field, witness)) {
            return false;
        }
        if (limit->field->kind != FIELD_STRING) {
            add_number(witness, limit->field, pick_number(limit));
        } else if (pick_text(limit, text)) {
            add_text(witness, limit->field, text);
        } else {
            return false;
        }
    }
    return true;
}

/* ---- guesses, for what boxes cannot say ---- */

#define NAMES_MAX 16u
#define CONSTANTS_MAX 32u
#define GUESSES 200u

/* What two conditions name. */
struct vocabulary {
    const struct rule_field *fields[NAMES_MAX];
    int64_t numbers[CONSTANTS_MAX];
    const char *texts[CONSTANTS_MAX];
    uint32_t field_count, number_count, text_count;
    uint64_t random; /* same rules, same guesses */
};

static void collect(struct vocabulary *words, const struct ast_node *node)
{
    bool is_known = node->field == NULL;
    for (uint32_t i = 0; i < words->field_count; i++) {
        is_known = is_known || words->fields[i] == node->field;
    }
    if (!is_known && words->field_count < NAMES_MAX) {
        words->fields[words->field_count++] = node->field;
    }
    if (node->kind == AST_NUMBER && words->number_count < CONSTANTS_MAX) {
        words->numbers[words->number_count++] = node->number;
    }
    if (node->kind == AST_TEXT && words->text_count < CONSTANTS_MAX) {
        words->texts[words->text_count++] = node->text;
    }
    for (uint32_t i = 0; i < node->item_count; i++) {
        collect(words, node->items[i]);
    }
    if (node->left != NULL) {
        collect(words, node->left);
    }
    if (node->right != NULL) {
        collect(words, node->right);
    }
}

static uint64_t draw(struct vocabulary *words, uint64_t below)
{
    words->random += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(words->random) % below;
}

/* A constant of the conditions, or one step beside it. */
static int64_t guess_number(struct vocabulary *words, const struct rule_field *field)
{
    if (field->kind == FIELD_BOOL) {
        return (int64_t)draw(words, 2);
    }
    const int64_t value =
        words->number_count == 0 ? 0 : words->numbers[draw(words, words->number_count)];
    return value + ((int64_t)draw(words, 5) - 2) * MICRO;
}

static const char *guess_text(struct vocabulary *words)
{
    return words->text_count == 0 || draw(words, 4) == 0
               ? "x"
               : words->texts[draw(words, words->text_count)];
}

static const char *text_in(struct vocabulary *words, const struct region_limit *limit,
                           char buffer[EVENT_STRING_MAX + 1])
{
    if (limit->has_texts) {
        return limit->texts[draw(words, limit->text_count)];
    }
    return pick_text(limit, buffer) ? buffer : NULL;
}

/* The box with its open ends guessed: fields it does not limit may be there or not. */
static bool guess_fields(const struct rule_type *type, const struct region_box *box,
                         struct vocabulary *words, struct witness *witness)
{
    for (uint32_t i = 0; i < words->field_count; i++) {
        const struct rule_field *field = words->fields[i];
        const struct region_limit *limit = region_limit_of(box, field);
        const bool is_wanted = limit == NULL ? draw(words, 4) > 0 : !limit->is_absent;
        char buffer[EVENT_STRING_MAX + 1];
        if (!is_wanted) {
            continue;
        }
        if (!can_carry(type, field, witness)) {
            return false;
        }
        if (field->kind == FIELD_STRING) {
            const char *text = limit == NULL ? guess_text(words) : text_in(words, limit, buffer);
            if (text == NULL || strlen(text) > EVENT_STRING_MAX) {
                return false;
            }
            add_text(witness, field, text);
        } else {
            int64_t value = guess_number(words, field);
            if (limit != NULL && (value < limit->low || value > limit->high)) {
                value = pick_number(limit);
            }
            add_number(witness, field, value);
        }
    }
    return true;
}

/* ---- places ---- */

static bool has_area(const struct rule_places *places, uint32_t area)
{
    for (uint32_t i = 0; places != NULL && i < places->areas.count; i++) {
        if (places->areas.items[i] == area) {
            return true;
        }
    }
    return false;
}

bool witness_places_are_apart(const struct rule *a, const struct rule *b)
{
    const struct rule *sides[2] = {a, b};
    for (uint32_t side = 0; side < 2; side++) {
        const struct rule_places *in = sides[side]->in;
        const struct rule_places *out = sides[1 - side]->out;
        if (in == NULL || out == NULL || in->circle_count > 0 || in->cells.count > 0) {
            continue;
        }
        uint32_t excluded = 0;
        for (uint32_t i = 0; i < in->areas.count; i++) {
            excluded += has_area(out, in->areas.items[i]) ? 1 : 0;
        }
        if (excluded == in->areas.count) {
            return true;
        }
    }
    if (a->in == NULL || b->in == NULL || a->in->areas.count + b->in->areas.count > 0 ||
        a->in->cells.count + b->in->cells.count > 0) {
        return false; /* polygons may lie over each other or over a circle */
    }
    for (uint32_t i = 0; i < a->in->circle_count; i++) {
        for (uint32_t k = 0; k < b->in->circle_count; k++) {
            const struct policy_circle *p = &a->in->circles[i];
            const struct policy_circle *q = &b->in->circles[k];
            if (distance_cm((struct place){p->lon, p->lat}, (struct place){q->lon, q->lat}) <=
                p->radius_cm + q->radius_cm) {
                return false;
            }
        }
    }
    return true;
}

/* One way to be somewhere. */
struct spot {
    struct place place;
    uint16_t areas[EVENT_AREAS_MAX];
    uint32_t area_count;
};

struct spots {
    struct spot items[PLACES_TRIED_MAX];
    uint32_t count;
};

static struct spot *add_spot(struct spots *spots)
{
    if (spots->count == PLACES_TRIED_MAX) {
        return NULL;
    }
    struct spot *spot = &spots->items[spots->count++];
    *spot = (struct spot){.place = place_none()};
    return spot;
}

static void add_area_spots(const struct rule_places *one, const struct rule_places *other,
                           struct spots *spots)
{
    for (uint32_t i = 0; one != NULL && i < one->areas.count; i++) {
        const uint32_t area = one->areas.items[i];
        if (other != NULL && other->areas.count > 0 && !has_area(other, area)) {
            continue;
        }
        struct spot *spot = area > UINT16_MAX ? NULL : add_spot(spots);
        if (spot != NULL) {
            spot->areas[0] = (uint16_t)area;
            spot->area_count = 1;
        }
    }
}

static void add_circle_spots(const struct rule_places *places, struct spots *spots)
{
    for (uint32_t i = 0; places != NULL && i < places->circle_count; i++) {
        struct spot *spot = add_spot(spots);
        if (spot != NULL) {
            spot->place = (struct place){places->circles[i].lon, places->circles[i].lat};
        }
    }
}

/* Where some device stands in an area of each rule: polygons that lie over each other. */
static void add_device_spots(const struct city *city, const struct rule *a, const struct rule *b,
                             struct spots *spots)
{
    for (uint32_t i = 0; i < city->device_count; i++) {
        const struct city_device *device = &city->devices[i];
        bool is_in[2] = {a->in == NULL, b->in == NULL};
        for (uint32_t k = 0; k < device->areas.count; k++) {
            const uint32_t area = city->device_areas[device->areas.first + k];
            is_in[0] = is_in[0] || has_area(a->in, area);
            is_in[1] = is_in[1] || has_area(b->in, area);
        }
        struct spot *spot =
            is_in[0] && is_in[1] && device->areas.count <= EVENT_AREAS_MAX ? add_spot(spots) : NULL;
        if (spot != NULL) {
            spot->place = (struct place){device->lon, device->lat};
            spot->area_count = device->areas.count;
            memcpy(spot->areas, city->device_areas + device->areas.first,
                   device->areas.count * sizeof spot->areas[0]);
        }
    }
}

static void find_spots(const struct city *city, const struct rule *a, const struct rule *b,
                       struct spots *spots)
{
    spots->count = 0;
    if (a->in == NULL && b->in == NULL) {
        (void)add_spot(spots);
        return;
    }
    add_area_spots(a->in != NULL ? a->in : b->in, a->in != NULL ? b->in : NULL, spots);
    add_circle_spots(a->in, spots);
    add_circle_spots(b->in, spots);
    add_device_spots(city, a, b, spots);
}

/* ---- the event ---- */

/* What a search holds on to. */
struct search {
    const struct ruleset *set;
    const struct rule_type *type;
    const struct rule_extent *a, *b;
    struct spots spots;
    int64_t at_ms;
};

static void witness_clear(const struct search *search, struct witness *out)
{
    memset(out, 0, sizeof *out);
    out->event = (struct event){
        .head = &out->head, .fields = out->fields, .text = out->text, .free_text = ""};
    out->head.type = (uint16_t)search->type->row;
    out->head.device = out->head.cell = out->head.asset = out->head.zone = NONE32;
    out->head.event_at_ms = search->at_ms;
}

/* Do both rules take the event at one of the spots? */
static bool try_spots(const struct search *search, struct witness *out)
{
    for (uint32_t i = 0; i < search->spots.count; i++) {
        const struct spot *spot = &search->spots.items[i];
        out->head.place = spot->place;
        out->head.area_count = (uint8_t)spot->area_count;
        memcpy(out->head.areas, spot->areas, sizeof out->head.areas);
        if (naive_takes(search->set, search->a->rule, &out->event) &&
            (search->a == search->b || naive_takes(search->set, search->b->rule, &out->event))) {
            return true;
        }
    }
    return false;
}

static bool try_box(const struct search *search, const struct region_box *box, struct witness *out)
{
    witness_clear(search, out);
    if (fill_fields(search->type, box, out) && try_spots(search, out)) {
        return true;
    }
    if (box->is_exact) {
        return false;
    }
    struct vocabulary words = {.field_count = 0};
    if (search->a->rule->where != NULL) {
        collect(&words, search->a->rule->where);
    }
    if (search->b->rule->where != NULL) {
        collect(&words, search->b->rule->where);
    }
    for (uint32_t i = 0; i < GUESSES; i++) {
        witness_clear(search, out);
        if (guess_fields(search->type, box, &words, out) && try_spots(search, out)) {
            return true;
        }
    }
    return false;
}

bool witness_find(const struct ruleset *set, const struct weeks *weeks,
                  const struct rule_type *type, const struct rule_extent *a,
                  const struct rule_extent *b, struct witness *out_witness)
{
    struct search search = {.set = set, .type = type, .a = a, .b = b};
    if (witness_places_are_apart(a->rule, b->rule) ||
        !week_find_instant(weeks, a->rule, a->week, b->rule, b->week, &search.at_ms)) {
        return false;
    }
    const struct rule_field *type_field = ruleset_find_field(set, "type");
    find_spots(set->city, a->rule, b->rule, &search.spots);
    for (uint32_t i = 0; i < a->region.count; i++) {
        for (uint32_t k = 0; k < b->region.count; k++) {
            const struct region_box *box =
                a == b && i != k ? NULL
                                 : region_meet(set->arena, a->region.boxes[i], b->region.boxes[k]);
            if (box != NULL && region_limit_of(box, type_field) != NULL) {
                box = region_hold_text(set->arena, box, type_field, type->name);
            }
            if (box != NULL && try_box(&search, box, out_witness)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- words ---- */

struct printer {
    char *out;
    size_t size;
    int length;
};

__attribute__((format(printf, 2, 3))) static void put(struct printer *printer, const char *format,
                                                      ...)
{
    const size_t at =
        (size_t)printer->length < printer->size ? (size_t)printer->length : printer->size;
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(printer->out + at, printer->size - at, format, arguments);
    va_end(arguments);
    printer->length += length > 0 ? length : 0;
}

static void put_millionths(struct printer *printer, int64_t value)
{
    const uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    put(printer, "%s%llu", value < 0 ? "-" : "", (unsigned long long)(size / MICRO));
    if (size % MICRO != 0) {
        char digits[8];
        (void)snprintf(digits, sizeof digits, "%06llu", (unsigned long long)(size % MICRO));
        size_t end = 6;
        while (digits[end - 1] == '0') {
            digits[--end] = '\0';
        }
        put(printer, ".%s", digits);
    }
}

static void put_degrees(struct printer *printer, int32_t value)
{
    const int64_t size = value < 0 ? -(int64_t)value : value;
    put(printer, "%s%lld.%07lld", value < 0 ? "-" : "", (long long)(size / 10000000),
        (long long)(size % 10000000));
}

static void put_instant(const struct city *city, struct printer *printer, int64_t at_ms)
{
    const int64_t local_ms = city_local_ms(city, at_ms);
    const uint32_t date = city_local_date(city, at_ms);
    const int64_t second = local_ms / 1000 % 86400;
    const int64_t offset_min = (local_ms - at_ms) / MINUTE_MS;
    const int64_t offset = offset_min < 0 ? -offset_min : offset_min;
    put(printer, "%04u-%02u-%02uT%02lld:%02lld:%02lld%c%02lld:%02lld", date / 10000,
        date / 100 % 100, date % 100, (long long)(second / 3600), (long long)(second / 60 % 60),
        (long long)(second % 60), offset_min < 0 ? '-' : '+', (long long)(offset / 60),
        (long long)(offset % 60));
}

int witness_print(const struct ruleset *set, const struct witness *witness, char *out, size_t size)
{
    struct printer printer = {out, size, 0};
    put(&printer, "{at: ");
    put_instant(set->city, &printer, witness->head.event_at_ms);
    put(&printer, ", type: %s", set->types[witness->head.type]->name);
    if (place_is_known(witness->head.place)) {
        put(&printer, ", place: [");
        put_degrees(&printer, witness->head.place.lon);
        put(&printer, ", ");
        put_degrees(&printer, witness->head.place.lat);
        put(&printer, "]");
    }
    for (uint32_t i = 0; i < witness->head.area_count; i++) {
        const struct image_string zone = set->city->areas[witness->head.areas[i]].zone;
        put(&printer, "%s%.*s%s", i == 0 ? ", in: [" : ", ", (int)zone.size,
            city_text(set->city, zone), i + 1u == witness->head.area_count ? "]" : "");
    }
    for (uint32_t i = 0; i < witness->head.field_count; i++) {
        const struct event_field *field = &witness->fields[i];
        const char *name = witness->names[i]->name;
        if (strcmp(name, "type") == 0) {
            continue;
        }
        put(&printer, ", %s: ", name);
        if (field->kind == FIELD_STRING) {
            put(&printer, "\"%.*s\"", (int)field->size, witness->text + field->text_offset);
        } else if (field->kind == FIELD_BOOL) {
            put(&printer, "%s", field->a != 0 ? "true" : "false");
        } else {
            put_millionths(&printer, (int64_t)field->a);
        }
    }
    put(&printer, "}");
    return printer.length;
}
