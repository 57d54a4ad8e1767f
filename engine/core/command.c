/* command.c: reading and writing the payload of a log entry; the layout is the table in command.h.
 *
 * Truths of a batch, checked by the reader before a command is handed out and by the writer before
 * a command is kept, with the same code, so that nothing can be logged that cannot be replayed:
 *
 *   (1) Commands fill the payload exactly; their number is the head's.
 *   (2) A command is exactly as long as its kind, its counts and its texts say; padding is zero.
 *   (3) Every index into the entry's locations is a row or NONE32, and that row is a place on
 * earth. (4) The records of an EVENTS command fill it exactly; fields ascend by row, areas ascend.
 *   (5) String bytes of an event end where the last string field ends; its free text starts there.
 *
 * Rows of city and policy are not checked here: they mean nothing until facts_digest was compared.
 *
 * Cost    one pass over the bytes when read; O(log fields) to find a field
 * Owner   caller's buffers
 * Errors  ERR_MALFORMED, ERR_VERSION (another format, or a kind this version does not know) */
#include "engine/core/command.h"

#include "engine/core/code.h"
#include "engine/core/life.h"
#include "engine/core/policy.h"

#define BATCH_HEAD_SIZE 8u
#define CLOCK_MODE_LIMIT 2u

static uint64_t pad8(uint64_t size)
{
    return (size + 7u) & ~UINT64_C(7);
}

static bool is_zero(const uint8_t *bytes, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool place_is_acceptable(struct place place)
{
    return !place_is_known(place) || place_is_valid(place);
}

/* ---- checks shared by reader and writer ---- */

/* Fields ascend, kinds and values are canonical. Gives the end of the string bytes (truth 5). */
static bool fields_check(const struct event_field *fields, uint32_t count, uint64_t *out_text_end)
{
    uint64_t end = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct event_field *field = &fields[i];
        if (i > 0 && field->field <= fields[i - 1].field) {
            return false;
        }
        if (field->kind == FIELD_STRING) {
            if (field->size > EVENT_STRING_MAX) {
                return false;
            }
            uint64_t field_end = (uint64_t)field->text_offset + field->size;
            end = field_end > end ? field_end : end;
        } else if (field->kind == FIELD_NUMBER || field->kind == FIELD_BOOL) {
            if (field->size != 0 || field->text_offset != 0 || field->b != 0) {
                return false;
            }
            if (field->kind == FIELD_BOOL && field->a > 1) {
                return false;
            }
        } else {
            return false;
        }
    }
    *out_text_end = end;
    return end <= (uint64_t)EVENT_FIELDS_MAX * EVENT_STRING_MAX;
}

/* The record at bytes, of which size are there. */
static bool event_check(const uint8_t *bytes, uint64_t size, struct event *out_event)
{
    if (size < sizeof(struct event_head)) {
        return false;
    }
    const struct event_head *head = (const struct event_head *)(const void *)bytes;
    if (head->size > size || head->size % 8 != 0) {
        return false;
    }
    if (head->field_count > EVENT_FIELDS_MAX || head->area_count > EVENT_AREAS_MAX ||
        head->text_size > EVENT_TEXT_MAX || head->verdict >= CODE_LIMIT ||
        !place_is_acceptable(head->place)) {
        return false;
    }
    for (uint32_t i = 1; i < head->area_count; i++) {
        if (head->areas[i] <= head->areas[i - 1]) {
            return false;
        }
    }
    uint64_t fixed = sizeof *head + (uint64_t)head->field_count * sizeof(struct event_field);
    if (fixed > head->size) {
        return false;
    }
    const struct event_field *fields =
        (const struct event_field *)(const void *)(bytes + sizeof *head);
    uint64_t text_end;
    if (!fields_check(fields, head->field_count, &text_end)) {
        return false;
    }
    const uint64_t used = fixed + text_end + head->text_size;
    const bool has_contact = (head->flags & EVENT_HAS_CONTACT) != 0;
    const uint64_t contact_start = pad8(used);
    if (contact_start + (has_contact ? sizeof(struct event_contact) : 0) != head->size ||
        !is_zero(bytes + used, contact_start - used)) {
        return false;
    }
    out_event->head = head;
    out_event->fields = fields;
    out_event->text = (const char *)(bytes + fixed);
    out_event->free_text = (const char *)(bytes + fixed + text_end);
    out_event->severity = 0;
    out_event->ahead = NULL;
    out_event->contact =
        has_contact ? (const struct event_contact *)(const void *)(bytes + contact_start) : NULL;
    return true;
}

/* End of the last string field: how many of the caller's string bytes are meant. */
static uint64_t strings_end(const struct event_field *fields, uint32_t count)
{
    uint64_t end = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t field_end = (uint64_t)fields[i].text_offset + fields[i].size;
        if (fields[i].kind == FIELD_STRING && field_end > end) {
            end = field_end;
        }
    }
    return end;
}

/* A record that event_check has passed. */
static struct event event_view(const uint8_t *bytes)
{
    const struct event_head *head = (const struct event_head *)(const void *)bytes;
    const struct event_field *fields =
        (const struct event_field *)(const void *)(bytes + sizeof *head);
    const char *text = (const char *)(fields + head->field_count);
    return (struct event){
        .head = head,
        .fields = fields,
        .text = text,
        .free_text = head->text_size == 0 ? text : text + strings_end(fields, head->field_count),
        .contact =
            (head->flags & EVENT_HAS_CONTACT) == 0
                ? NULL
                : (const struct event_contact *)(const void *)(bytes + head->size -
                                                               sizeof(struct event_contact))};
}

static bool events_check(const uint8_t *body, uint64_t size, struct command *out_command)
{
    if (size < sizeof(struct events_body)) {
        return false;
    }
    const struct events_body *events = (const struct events_body *)(const void *)body;
    if (events->event_count == 0 || events->event_count > EVENTS_PER_COMMAND_MAX ||
        events->reserved != 0) {
        return false;
    }
    const uint8_t *records = body + sizeof *events;
    uint64_t records_size = size - sizeof *events;
    uint64_t offset = 0;
    for (uint32_t i = 0; i < events->event_count; i++) {
        struct event event;
        if (!event_check(records + offset, records_size - offset, &event)) {
            return false;
        }
        offset += event.head->size;
    }
    if (offset != records_size) {
        return false;
    }
    out_command->body.events.event_count = events->event_count;
    out_command->body.events.records = records;
    out_command->body.events.size = records_size;
    return true;
}

/* Resolves a row of the entry's locations; false when there is no such row or it is no place. */
static bool place_find(const struct place *places, uint32_t place_count, uint32_t row,
                       struct place *out_place)
{
    if (row == NONE32) {
        *out_place = place_none();
        return true;
    }
    if (row >= place_count || !place_is_valid(places[row])) {
        return false;
    }
    *out_place = places[row];
    return true;
}

static bool act_check(const uint8_t *body, uint64_t size, struct command *out_command)
{
    if (size < sizeof(struct act_body)) {
        return false;
    }
    const struct act_body *act = (const struct act_body *)(const void *)body;
    if (act->evidence_count > EVIDENCE_MAX || act->text_size > ACT_TEXT_MAX ||
        act->reason >= REASON_LIMIT) {
        return false;
    }
    uint64_t text_start = sizeof *act + (uint64_t)act->evidence_count * sizeof(struct hash128);
    uint64_t used = text_start + act->text_size;
    if (pad8(used) != size || !is_zero(body + used, size - used)) {
        return false;
    }
    out_command->body.act.head = act;
    out_command->body.act.evidence = (const struct hash128 *)(const void *)(body + sizeof *act);
    out_command->body.act.text = (const char *)(body + text_start);
    return true;
}

static bool rehome_check(const uint8_t *body, uint64_t size, struct command *out_command)
{
    const struct rehome_body *head = (const struct rehome_body *)(const void *)body;
    if (size < sizeof *head || head->count > COMMAND_REHOME_MAX || head->reserved != 0 ||
        head->until_slot <= head->from_slot ||
        size != sizeof *head + (uint64_t)head->count * sizeof(struct rehome_row)) {
        return false;
    }
    out_command->body.rehome.head = head;
    out_command->body.rehome.rows = (const struct rehome_row *)(const void *)(body + sizeof *head);
    return true;
}

/* Bytes of the body of a kind with a fixed body; UINT64_MAX for the other kinds. */
static uint64_t fixed_body_size(uint32_t kind)
{
    switch (kind) {
    case COMMAND_START:
        return sizeof(struct start_body);
    case COMMAND_ACTIVATE:
        return sizeof(struct activate_body);
    case COMMAND_TICK:
        return 0;
    case COMMAND_SEEN:
        return sizeof(struct seen_body);
    case COMMAND_ITEMS_TAKEN:
        return sizeof(struct items_taken_body);
    case COMMAND_CHECKPOINT:
        return sizeof(struct checkpoint_body);
    default:
        return UINT64_MAX;
    }
}

static bool fixed_check(const uint8_t *body, uint64_t size, uint32_t kind,
                        struct command *out_command)
{
    if (size != fixed_body_size(kind)) {
        return false;
    }
    const void *at = body;
    if (kind == COMMAND_START) {
        const struct start_body *start = at;
        out_command->body.start = start;
        return start->clock_mode < CLOCK_MODE_LIMIT && start->speed > 0;
    }
    if (kind == COMMAND_SEEN) {
        const struct seen_body *seen = at;
        out_command->body.seen = seen;
        return seen->status < STATUS_LIMIT && seen->reserved == 0;
    }
    if (kind == COMMAND_ACTIVATE) {
        const struct activate_body *activate = at;
        out_command->body.activate = activate;
        uint32_t used = 0;
        while (used < sizeof activate->reason && activate->reason[used] != '\0') {
            used++;
        }
        return is_zero((const uint8_t *)activate->reason + used, sizeof activate->reason - used);
    }
    if (kind == COMMAND_CHECKPOINT) {
        out_command->body.checkpoint = at;
    } else if (kind == COMMAND_ITEMS_TAKEN) {
        out_command->body.items_taken = at;
    }
    return true;
}

/* The command at bytes, of which size are there. out_command is untouched on failure. */
static enum err command_check(const uint8_t *bytes, uint64_t size, const struct place *places,
                              uint32_t place_count, struct command *out_command)
{
    if (size < sizeof(struct command_head)) {
        return ERR_MALFORMED;
    }
    const struct command_head *head = (const struct command_head *)(const void *)bytes;
    if (head->size < sizeof *head || head->size > size || head->size % 8 != 0 || head->kind == 0) {
        return ERR_MALFORMED;
    }
    if (head->kind > COMMAND_REHOME) {
        return ERR_VERSION;
    }
    struct command command;
    memset(&command, 0, sizeof command);
    command.head = head;
    command.place = place_none();
    const uint8_t *body = bytes + sizeof *head;
    uint64_t body_size = head->size - sizeof *head;
    bool is_good;
    if (head->kind == COMMAND_EVENTS) {
        is_good = events_check(body, body_size, &command);
    } else if (head->kind == COMMAND_ACT) {
        is_good = act_check(body, body_size, &command) &&
                  place_find(places, place_count, command.body.act.head->place, &command.place);
    } else if (head->kind == COMMAND_REHOME) {
        is_good = rehome_check(body, body_size, &command);
    } else {
        is_good = fixed_check(body, body_size, head->kind, &command);
        if (is_good && head->kind == COMMAND_SEEN) {
            is_good = place_find(places, place_count, command.body.seen->place, &command.place);
        }
    }
    if (!is_good) {
        return ERR_MALFORMED;
    }
    *out_command = command;
    return ERR_OK;
}

/* ---- reading ---- */

enum err batch_open(struct batch_reader *reader, const void *payload, uint64_t size,
                    const void *places, uint64_t places_size)
{
    must(reader != NULL);
    must((uintptr_t)payload % 8 == 0);
    must((uintptr_t)places % 4 == 0);
    if (size < BATCH_HEAD_SIZE || size % 8 != 0 || places_size % sizeof(struct place) != 0 ||
        places_size / sizeof(struct place) >= NONE32) {
        return ERR_MALFORMED;
    }
    uint32_t head[2];
    memcpy(head, payload, sizeof head);
    if (head[0] != BATCH_VERSION) {
        return ERR_VERSION;
    }
    reader->payload = payload;
    reader->size = size;
    reader->places = places;
    reader->place_count = (uint32_t)(places_size / sizeof(struct place));
    reader->offset = BATCH_HEAD_SIZE;
    reader->left = head[1];
    return ERR_OK;
}

enum err batch_next(struct batch_reader *reader, struct command *out_command)
{
    must(reader->offset <= reader->size);
    if (reader->left == 0) {
        return reader->offset == reader->size ? ERR_NOT_FOUND : ERR_MALFORMED;
    }
    enum err err = command_check(reader->payload + reader->offset, reader->size - reader->offset,
                                 reader->places, reader->place_count, out_command);
    if (err != ERR_OK) {
        return err;
    }
    reader->offset += out_command->head->size;
    reader->left--;
    return ERR_OK;
}

bool event_next(const struct command *command, uint64_t *offset, struct event *out_event)
{
    must(command->head->kind == COMMAND_EVENTS);
    must(*offset <= command->body.events.size);
    if (*offset == command->body.events.size) {
        return false;
    }
    *out_event = event_view(command->body.events.records +
                            *offset); /* batch_next has checked every record */
    must(out_event->head->size <= command->body.events.size - *offset);
    *offset += out_event->head->size;
    return true;
}

const struct event_field *event_find_field(const struct event *event, uint32_t field)
{
    uint32_t first = 0;
    uint32_t count = event->head->field_count;
    while (count > 0) {
        uint32_t half = count / 2;
        const struct event_field *middle = &event->fields[first + half];
        if (middle->field == field) {
            return middle;
        }
        if (middle->field < field) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return NULL;
}

/* ---- writing ---- */

static void writer_check(const struct batch_writer *writer)
{
    must(writer->size >= BATCH_HEAD_SIZE);
    must(writer->size <= writer->capacity);
    must(writer->size % 8 == 0);
    must(writer->place_count <= writer->place_capacity);
}

void batch_begin(struct batch_writer *writer, void *payload, uint64_t capacity,
                 struct place *places, uint32_t place_capacity)
{
    must(capacity >= BATCH_HEAD_SIZE);
    must((uintptr_t)payload % 8 == 0);
    must(place_capacity < NONE32);
    const uint32_t head[2] = {BATCH_VERSION, 0};
    memcpy(payload, head, sizeof head);
    *writer = (struct batch_writer){
        .payload = payload,
        .size = BATCH_HEAD_SIZE,
        .capacity = capacity,
        .places = places,
        .place_capacity = place_capacity,
    };
}

uint32_t batch_command_count(const struct batch_writer *writer)
{
    uint32_t count;
    memcpy(&count, writer->payload + sizeof(uint32_t), sizeof count);
    return count;
}

static void store_u32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static uint32_t load_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void put_bytes(uint8_t *base, uint64_t *offset, const void *bytes, uint64_t size)
{
    if (size > 0) {
        memcpy(base + *offset, bytes, size);
        *offset += size;
    }
}

/* Room for size more bytes (already padded) and, where the place is known, one more location row.
 */
static bool has_room(const struct batch_writer *writer, uint64_t size, struct place place)
{
    return size <= writer->capacity - writer->size &&
           (!place_is_known(place) || writer->place_count < writer->place_capacity);
}

static uint32_t put_place(struct batch_writer *writer, struct place place)
{
    if (!place_is_known(place)) {
        return NONE32;
    }
    writer->places[writer->place_count] = place;
    return writer->place_count++;
}

/* Keeps the command of `size` bytes at the end if a reader would take it, else forgets it. */
static enum err keep_command(struct batch_writer *writer, uint64_t size, uint32_t places_before)
{
    struct command command;
    enum err err = command_check(writer->payload + writer->size, size, writer->places,
                                 writer->place_count, &command);
    if (err != ERR_OK) {
        writer->place_count = places_before;
        return ERR_MALFORMED;
    }
    must(command.head->size == size);
    writer->size += size;
    store_u32(writer->payload + sizeof(uint32_t), batch_command_count(writer) + 1);
    writer_check(writer);
    return ERR_OK;
}

enum err batch_put(struct batch_writer *writer, const struct command_head *head, const void *body,
                   uint32_t body_size, struct place place)
{
    writer_check(writer);
    must(writer->command_start == 0);
    must(body_size == fixed_body_size(head->kind));
    must(head->kind == COMMAND_SEEN || !place_is_known(place));
    uint64_t size = sizeof *head + (uint64_t)body_size;
    if (!has_room(writer, size, place)) {
        return ERR_TOO_LARGE;
    }
    uint32_t places_before = writer->place_count;
    uint8_t *at = writer->payload + writer->size;
    uint64_t offset = 0;
    struct command_head written = *head;
    written.size = (uint32_t)size;
    put_bytes(at, &offset, &written, sizeof written);
    put_bytes(at, &offset, body, body_size);
    if (head->kind == COMMAND_SEEN) {
        store_u32(at + sizeof written + offsetof(struct seen_body, place),
                  put_place(writer, place));
    }
    return keep_command(writer, size, places_before);
}

enum err batch_put_act(struct batch_writer *writer, const struct command_head *head,
                       const struct act_body *body, struct place place,
                       const struct hash128 *evidence, const char *text)
{
    writer_check(writer);
    must(writer->command_start == 0);
    must(head->kind == COMMAND_ACT);
    if (body->evidence_count > EVIDENCE_MAX || body->text_size > ACT_TEXT_MAX) {
        return ERR_TOO_LARGE;
    }
    uint64_t evidence_size = (uint64_t)body->evidence_count * sizeof *evidence;
    uint64_t used = sizeof *head + sizeof *body + evidence_size + body->text_size;
    uint64_t size = pad8(used);
    if (!has_room(writer, size, place)) {
        return ERR_TOO_LARGE;
    }
    uint32_t places_before = writer->place_count;
    uint8_t *at = writer->payload + writer->size;
    uint64_t offset = 0;
    struct command_head written = *head;
    written.size = (uint32_t)size;
    struct act_body act = *body;
    act.place = put_place(writer, place);
    put_bytes(at, &offset, &written, sizeof written);
    put_bytes(at, &offset, &act, sizeof act);
    put_bytes(at, &offset, evidence, evidence_size);
    put_bytes(at, &offset, text, body->text_size);
    must(offset == used);
    memset(at + used, 0, size - used);
    return keep_command(writer, size, places_before);
}

enum err batch_put_rehome(struct batch_writer *writer, const struct command_head *head,
                          const struct rehome_body *body, const struct rehome_row *rows)
{
    writer_check(writer);
    must(writer->command_start == 0);
    must(head->kind == COMMAND_REHOME);
    must(body->count <= COMMAND_REHOME_MAX);
    const uint64_t rows_size = (uint64_t)body->count * sizeof *rows;
    const uint64_t size = sizeof *head + sizeof *body + rows_size;
    if (!has_room(writer, size, place_none())) {
        return ERR_TOO_LARGE;
    }
    uint8_t *at = writer->payload + writer->size;
    uint64_t offset = 0;
    struct command_head written = *head;
    written.size = (uint32_t)size;
    put_bytes(at, &offset, &written, sizeof written);
    put_bytes(at, &offset, body, sizeof *body);
    put_bytes(at, &offset, rows, rows_size);
    return keep_command(writer, size, writer->place_count);
}

enum err batch_open_events(struct batch_writer *writer, const struct command_head *head)
{
    writer_check(writer);
    must(writer->command_start == 0);
    must(head->kind == COMMAND_EVENTS);
    uint64_t size = sizeof *head + sizeof(struct events_body);
    if (!has_room(writer, size, place_none())) {
        return ERR_TOO_LARGE;
    }
    uint8_t *at = writer->payload + writer->size;
    memcpy(at, head, sizeof *head);
    memset(at + sizeof *head, 0, sizeof(struct events_body));
    writer->command_start = writer->size;
    writer->size += size;
    return ERR_OK;
}

/* Copies a field with nothing in the members its kind does not use, so that equal events are equal
 * bytes. */
static struct event_field field_canonical(const struct event_field *field)
{
    struct event_field out = *field;
    if (field->kind != FIELD_STRING) {
        out.size = 0;
        out.text_offset = 0;
        out.b = 0;
    }
    return out;
}

enum err batch_add_event(struct batch_writer *writer, const struct event_head *head,
                         const struct event_field *fields, const char *text, uint32_t text_bytes,
                         const char *free_text)
{
    writer_check(writer);
    must(writer->command_start != 0);
    uint8_t *count_at = writer->payload + writer->command_start + sizeof(struct command_head);
    if (head->field_count > EVENT_FIELDS_MAX || head->text_size > EVENT_TEXT_MAX ||
        load_u32(count_at) >= EVENTS_PER_COMMAND_MAX) {
        return ERR_TOO_LARGE;
    }
    uint64_t text_end = strings_end(fields, head->field_count);
    must(text_end <= text_bytes);
    must((head->flags & EVENT_HAS_CONTACT) == 0);
    uint64_t used =
        sizeof *head + (uint64_t)head->field_count * sizeof *fields + text_end + head->text_size;
    uint64_t size = pad8(used);
    /* The command's own size is a u32; 1,000 of the largest records stay far below it. */
    if (!has_room(writer, size, place_none())) {
        return ERR_TOO_LARGE;
    }
    uint8_t *at = writer->payload + writer->size;
    uint64_t offset = 0;
    struct event_head written = *head;
    written.size = (uint32_t)size;
    put_bytes(at, &offset, &written, sizeof written);
    for (uint32_t i = 0; i < head->field_count; i++) {
        struct event_field field = field_canonical(&fields[i]);
        put_bytes(at, &offset, &field, sizeof field);
    }
    put_bytes(at, &offset, text, text_end);
    put_bytes(at, &offset, free_text, head->text_size);
    must(offset == used);
    memset(at + used, 0, size - used);
    struct event event;
    if (!event_check(at, size, &event)) {
        return ERR_MALFORMED;
    }
    writer->event_start = writer->size;
    writer->size += size;
    store_u32(count_at, load_u32(count_at) + 1);
    return ERR_OK;
}

enum err batch_add_contact(struct batch_writer *writer, const struct event_contact *contact)
{
    writer_check(writer);
    must(writer->command_start != 0 && writer->event_start > writer->command_start);
    if (!has_room(writer, sizeof *contact, place_none())) {
        return ERR_TOO_LARGE;
    }
    uint8_t *command = writer->payload + writer->command_start;
    uint8_t *at = writer->payload + writer->event_start;
    struct event_head head;
    uint16_t flags;
    memcpy(&head, at, sizeof head);
    must((head.flags & EVENT_HAS_CONTACT) == 0);
    memcpy(at + head.size, contact, sizeof *contact);
    head.size += (uint32_t)sizeof *contact;
    head.flags |= EVENT_HAS_CONTACT;
    memcpy(at, &head, sizeof head);
    memcpy(&flags, command + offsetof(struct command_head, flags), sizeof flags);
    flags |= COMMAND_HAS_CONTACT;
    memcpy(command + offsetof(struct command_head, flags), &flags, sizeof flags);
    writer->size += sizeof *contact;
    struct event event;
    must(event_check(at, head.size, &event) && event.contact != NULL);
    return ERR_OK;
}

void batch_close_events(struct batch_writer *writer)
{
    must(writer->command_start != 0);
    uint8_t *at = writer->payload + writer->command_start;
    uint64_t size = writer->size - writer->command_start;
    must(size <= UINT32_MAX);
    must(load_u32(at + sizeof(struct command_head)) > 0);
    store_u32(at + offsetof(struct command_head, size), (uint32_t)size);
    store_u32(writer->payload + sizeof(uint32_t), batch_command_count(writer) + 1);
    writer->command_start = 0;
    writer_check(writer);
}

void batch_drop_events(struct batch_writer *writer)
{
    must(writer->command_start != 0);
    writer->size = writer->command_start;
    writer->command_start = 0;
    writer_check(writer);
}
