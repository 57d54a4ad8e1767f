/* pack.c: from the public structs to protobuf. */
#include "proto/client/pack.h"

#include "proto/codec.h"
#include "proto/wire.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define TEXT_SIZE_MAX 4000u
#define ACT_TEXT_SIZE_MAX 1000u
#define NAME_SIZE_MAX 128u
#define STRING_SIZE_MAX 64u
#define NUMBER_MAX 9e12 /* millionths must fit 64 bits */

__attribute__((format(printf, 2, 3))) static enum err refuse(struct pack_why *why,
                                                             const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)vsnprintf(why->text, sizeof(why->text), format, list);
    va_end(list);
    return ERR_INPUT;
}

/* protobuf-c's structs hold char *, though packing only reads. */
static char *unconst(const char *text)
{
    char *copy;
    memcpy(&copy, &text, sizeof(copy));
    return copy;
}

static enum err set_text(const char *text, const char *name, size_t size_max, char **out_text,
                         struct pack_why *why)
{
    if (text == NULL || text[0] == '\0') {
        return ERR_OK;
    }
    size_t size = strlen(text);
    if (size > size_max) {
        return refuse(why, "%s: %zu bytes, at most %zu", name, size, size_max);
    }
    if (!wire_is_text((const uint8_t *)text, size)) {
        return refuse(why, "%s: not UTF-8 text", name);
    }
    *out_text = unconst(text);
    return ERR_OK;
}

static enum err set_place(double lon, double lat, uint32_t accuracy_cm,
                          Gridloop__Wire__Place *place, struct pack_why *why)
{
    if (!(lon >= -180.0 && lon <= 180.0 && lat >= -90.0 && lat <= 90.0)) {
        return refuse(why, "place: longitude -180..180 and latitude -90..90 expected, got %g, %g",
                      lon, lat);
    }
    place->has_lon_e7 = 1;
    place->lon_e7 = (int32_t)lround(lon * 1e7);
    place->has_lat_e7 = 1;
    place->lat_e7 = (int32_t)lround(lat * 1e7);
    place->has_accuracy_cm = accuracy_cm != 0;
    place->accuracy_cm = accuracy_cm;
    return ERR_OK;
}

static enum err set_field(const struct gridloop_field *from, Gridloop__Wire__Field *to,
                          struct pack_why *why)
{
    enum err err = set_text(from->name, "field name", NAME_SIZE_MAX, &to->name, why);
    if (err != ERR_OK) {
        return err;
    }
    if (to->name == NULL) {
        return refuse(why, "field: a name is needed");
    }
    if (from->kind == GRIDLOOP_NUMBER) {
        if (!(fabs(from->number) < NUMBER_MAX)) {
            return refuse(why, "field %s: a number below 9e12 expected", from->name);
        }
        to->value_case = GRIDLOOP__WIRE__FIELD__VALUE_MICRO;
        to->micro = llround(from->number * 1e6);
        return ERR_OK;
    }
    if (from->kind == GRIDLOOP_FLAG) {
        to->value_case = GRIDLOOP__WIRE__FIELD__VALUE_FLAG;
        to->flag = from->flag;
        return ERR_OK;
    }
    static const char empty[] = "";
    to->value_case = GRIDLOOP__WIRE__FIELD__VALUE_TEXT;
    to->text = unconst(empty);
    return set_text(from->text, from->name, STRING_SIZE_MAX, &to->text, why);
}

static enum err pack(const ProtobufCMessage *message, uint8_t *buffer, uint32_t capacity,
                     uint32_t *out_size, struct pack_why *why)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size > capacity) {
        (void)refuse(why, "%zu bytes packed, at most %u", size, capacity);
        return ERR_TOO_LARGE;
    }
    *out_size = (uint32_t)protobuf_c_message_pack(message, buffer);
    return ERR_OK;
}

static enum err set_event_texts(const struct gridloop_event *event, const char *id,
                                Gridloop__Wire__Event *out, struct pack_why *why)
{
    bool has_id = event->id != NULL && event->id[0] != '\0';
    enum err err = set_text(has_id ? event->id : id, "id", NAME_SIZE_MAX, &out->id, why);
    err = err != ERR_OK ? err : set_text(event->type, "type", NAME_SIZE_MAX, &out->type, why);
    err = err != ERR_OK ? err : set_text(event->device, "device", NAME_SIZE_MAX, &out->device, why);
    err = err != ERR_OK ? err : set_text(event->text, "text", TEXT_SIZE_MAX, &out->text, why);
    if (err == ERR_OK && out->type == NULL) {
        return refuse(why, "type: an event type is needed, such as camera.garbage_overflow");
    }
    return err;
}

static enum err set_contact(const struct gridloop_contact *from, Gridloop__Wire__Contact *to,
                            struct pack_why *why)
{
    enum err err = set_text(from->name, "contact name", CODEC_CONTACT_NAME_MAX, &to->name, why);
    err = err != ERR_OK
              ? err
              : set_text(from->phone, "contact phone", CODEC_CONTACT_PHONE_MAX, &to->phone, why);
    return err != ERR_OK
               ? err
               : set_text(from->note, "contact note", CODEC_CONTACT_NOTE_MAX, &to->note, why);
}

enum err pack_event(const struct gridloop_event *event, const char *id, uint8_t *buffer,
                    uint32_t capacity, uint32_t *out_size, struct pack_why *out_why)
{
    Gridloop__Wire__Event out = GRIDLOOP__WIRE__EVENT__INIT;
    Gridloop__Wire__Contact contact = GRIDLOOP__WIRE__CONTACT__INIT;
    Gridloop__Wire__Place place = GRIDLOOP__WIRE__PLACE__INIT;
    Gridloop__Wire__Field fields[CODEC_FIELDS_MAX];
    Gridloop__Wire__Field *field_list[CODEC_FIELDS_MAX];
    if (event->field_count > CODEC_FIELDS_MAX) {
        return refuse(out_why, "fields: %zu, at most %u", event->field_count, CODEC_FIELDS_MAX);
    }
    if (event->at_ms < 0) {
        return refuse(out_why, "at: an instant after 1970 expected");
    }
    enum err err = set_event_texts(event, id, &out, out_why);
    for (size_t i = 0; i < event->field_count && err == ERR_OK; i++) {
        gridloop__wire__field__init(&fields[i]);
        field_list[i] = &fields[i];
        err = set_field(&event->fields[i], &fields[i], out_why);
    }
    if (err == ERR_OK && event->contact != NULL) {
        out.contact = &contact;
        err = set_contact(event->contact, &contact, out_why);
    }
    if (err == ERR_OK && event->has_place) {
        out.place = &place;
        err = set_place(event->lon, event->lat, event->accuracy_cm, &place, out_why);
    }
    if (err != ERR_OK) {
        return err;
    }
    out.n_fields = event->field_count;
    out.fields = field_list;
    out.has_at_ms = event->at_ms != 0;
    out.at_ms = event->at_ms;
    out.flags = event->flags & ~(uint32_t)GRIDLOOP_TELEMETRY;
    out.has_flags = out.flags != 0;
    return pack(&out.base, buffer, capacity, out_size, out_why);
}

static enum err set_fix(const struct gridloop_fix *fix, Gridloop__Wire__Fix *out,
                        Gridloop__Wire__Place *place, struct pack_why *why)
{
    out->place = place;
    out->has_at_ms = fix->at_ms > 0;
    out->at_ms = fix->at_ms;
    return set_place(fix->lon, fix->lat, fix->accuracy_cm, place, why);
}

static enum err set_act_texts(const struct gridloop_act *act, const char *key,
                              Gridloop__Wire__Act *out, struct pack_why *why)
{
    enum err err = set_text(act->case_no, "case", NAME_SIZE_MAX, &out->case_no, why);
    err = err != ERR_OK ? err : set_text(act->text, "text", ACT_TEXT_SIZE_MAX, &out->text, why);
    err =
        err != ERR_OK ? err : set_text(act->subject, "subject", NAME_SIZE_MAX, &out->subject, why);
    err = err != ERR_OK
              ? err
              : set_text(act->other_case, "other case", NAME_SIZE_MAX, &out->other_case, why);
    return err != ERR_OK ? err : set_text(key, "key", NAME_SIZE_MAX, &out->key, why);
}

enum err pack_act(const struct gridloop_act *act, const char *key, uint8_t *buffer,
                  uint32_t capacity, uint32_t *out_size, struct pack_why *out_why)
{
    Gridloop__Wire__Act out = GRIDLOOP__WIRE__ACT__INIT;
    Gridloop__Wire__Fix fix = GRIDLOOP__WIRE__FIX__INIT;
    Gridloop__Wire__Place place = GRIDLOOP__WIRE__PLACE__INIT;
    ProtobufCBinaryData evidence[CODEC_EVIDENCE_MAX];
    uint8_t digests[CODEC_EVIDENCE_MAX][16];
    if (act->action <= 0 || act->reason < 0) {
        return refuse(out_why, "action: an action is needed");
    }
    const bool is_about_none = act->action == GRIDLOOP_PLAN_START ||
                               act->action == GRIDLOOP_KEY_REGISTER ||
                               act->action == GRIDLOOP_KEY_REVOKE ||
                               act->action == GRIDLOOP_SILENCE || act->action == GRIDLOOP_UNSILENCE;
    if (!is_about_none && act->order == 0 && (act->case_no == NULL || act->case_no[0] == '\0')) {
        return refuse(out_why, "order or case: one of them is needed");
    }
    if (act->evidence_count > CODEC_EVIDENCE_MAX) {
        return refuse(out_why, "evidence: %zu, at most %u", act->evidence_count,
                      CODEC_EVIDENCE_MAX);
    }
    enum err err = set_act_texts(act, key, &out, out_why);
    if (err == ERR_OK && act->fix.is_known) {
        out.fix = &fix;
        err = set_fix(&act->fix, &fix, &place, out_why);
    }
    if (err != ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < act->evidence_count; i++) {
        memcpy(digests[i], act->evidence[i], sizeof(digests[i]));
        evidence[i] = (ProtobufCBinaryData){sizeof(digests[i]), digests[i]};
    }
    out.n_evidence = act->evidence_count;
    out.evidence = evidence;
    out.has_order = act->order != 0;
    out.order = act->order;
    out.has_action = 1;
    out.action = (uint32_t)act->action;
    out.has_reason = act->reason != 0;
    out.reason = (uint32_t)act->reason;
    out.has_until_ms = act->until_ms != 0;
    out.until_ms = act->until_ms;
    out.has_amount = act->amount != 0;
    out.amount = act->amount;
    return pack(&out.base, buffer, capacity, out_size, out_why);
}

enum err pack_report(const uint8_t *event, uint32_t event_size, uint8_t *buffer, uint32_t capacity,
                     uint32_t *out_size)
{
    size_t size = 1 + wire_varint_size(event_size) + event_size;
    if (size > capacity) {
        return ERR_TOO_LARGE;
    }
    buffer[0] = 3 << 3 | 2;
    uint8_t *at = wire_put_varint(buffer + 1, event_size);
    memcpy(at, event, event_size);
    *out_size = (uint32_t)size;
    return ERR_OK;
}

uint32_t pack_poll(uint64_t ack_seq, uint32_t wait_ms, int status, const struct gridloop_fix *fix,
                   uint8_t *buffer, uint32_t capacity)
{
    Gridloop__Wire__Poll poll = GRIDLOOP__WIRE__POLL__INIT;
    Gridloop__Wire__Fix wire_fix = GRIDLOOP__WIRE__FIX__INIT;
    Gridloop__Wire__Place place = GRIDLOOP__WIRE__PLACE__INIT;
    poll.has_ack_seq = 1;
    poll.ack_seq = ack_seq;
    poll.has_wait_ms = 1;
    poll.wait_ms = wait_ms;
    poll.has_status = 1;
    poll.status = (uint32_t)status;
    struct pack_why why;
    if (fix != NULL && fix->is_known && set_fix(fix, &wire_fix, &place, &why) == ERR_OK) {
        poll.fix = &wire_fix;
    }
    size_t size = protobuf_c_message_get_packed_size(&poll.base);
    must(size <= capacity);
    return (uint32_t)protobuf_c_message_pack(&poll.base, buffer);
}
