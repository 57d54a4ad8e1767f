/* api_request.c: see api_request.h. */
#include "engine/shell/api_request.h"

#include "engine/core/life.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define REPORT_TEXT_MAX 4000
#define SILENCE_MS_MAX (31 * DAY_MS)

struct fix_body {
    int64_t is_given;
    int64_t lon_e7, lat_e7, accuracy_cm, at_ms;
};

/* protobuf-c's structs take char *, and packing does not write through it. */
static char *as_text(const char *text)
{
    union {
        const char *from;
        char *to;
    } both = {.from = text};
    return both.to;
}

static char *as_text_or_empty(const char *text)
{
    return as_text(text != NULL ? text : "");
}

/* One row of a table: texts and numbers, words, lists, objects; `s` is the struct that holds the value. */
#define FIELD(s, name, want, from, to)                                                             \
    {                                                                                              \
#name, JSON_WANT_##want, false, from, to, offsetof(struct s, name), VOCABULARY_CODE, NULL  \
    }
#define PART(s, part, name, want, is_needed, from, to)                                             \
    {                                                                                              \
#name, JSON_WANT_##want, is_needed, from, to, offsetof(struct s, part.name),               \
            VOCABULARY_CODE, NULL                                                                  \
    }
#define NEEDED(s, name, want, from, to)                                                            \
    {                                                                                              \
#name, JSON_WANT_##want, true, from, to, offsetof(struct s, name), VOCABULARY_CODE, NULL   \
    }
#define WORD(s, name, is_needed, vocabulary, below)                                                \
    {                                                                                              \
#name, JSON_WANT_WORD, is_needed, 1, below, offsetof(struct s, name), vocabulary, NULL     \
    }
#define OBJECT(s, name, fields)                                                                    \
    {                                                                                              \
#name, JSON_WANT_OBJECT, false, 0, 0, offsetof(struct s, name), VOCABULARY_CODE, fields    \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, JSON_WANT_ANY, false, 0, 0, 0, VOCABULARY_CODE, NULL                                 \
    }
#define FIX_FIELDS(s)                                                                              \
    {                                                                                              \
        PART(s, fix, lon_e7, INT, true, -1800000000, 1800000000),                                  \
            PART(s, fix, lat_e7, INT, true, -900000000, 900000000),                                \
            PART(s, fix, accuracy_cm, INT, false, 0, 10000000),                                    \
            PART(s, fix, at_ms, INT, false, 1, INT64_MAX), END                                     \
    }

static bool refuse(struct json_fault *fault, const char *pointer, const char *detail)
{
    (void)snprintf(fault->pointer, sizeof fault->pointer, "%s", pointer);
    (void)snprintf(fault->detail, sizeof fault->detail, "%s", detail);
    return false;
}

/* ---- parts ---- */

static int hex_of(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

bool api_digest_parse(const char *text, uint8_t out[API_DIGEST_SIZE])
{
    uint8_t digest[API_DIGEST_SIZE];
    if (text == NULL || strlen(text) != 2 * (size_t)API_DIGEST_SIZE) {
        return false;
    }
    for (size_t i = 0; i < API_DIGEST_SIZE; i++) {
        const int high = hex_of(text[2 * i]), low = hex_of(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        digest[i] = (uint8_t)(high * 16 + low);
    }
    memcpy(out, digest, sizeof digest);
    return true;
}

bool api_is_key(const char *text)
{
    const size_t size = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\') {
            return false;
        }
    }
    return size >= 1 && size <= API_KEY_MAX;
}

static void put_fix(const struct fix_body *fix, struct api_request *out)
{
    gridloop__wire__place__init(&out->place);
    gridloop__wire__fix__init(&out->fix);
    out->place.has_lon_e7 = 1;
    out->place.lon_e7 = (int32_t)fix->lon_e7;
    out->place.has_lat_e7 = 1;
    out->place.lat_e7 = (int32_t)fix->lat_e7;
    out->place.has_accuracy_cm = fix->accuracy_cm != JSON_ABSENT;
    out->place.accuracy_cm = fix->accuracy_cm != JSON_ABSENT ? (uint32_t)fix->accuracy_cm : 0;
    out->fix.place = &out->place;
    out->fix.has_at_ms = fix->at_ms != JSON_ABSENT;
    out->fix.at_ms = fix->at_ms != JSON_ABSENT ? fix->at_ms : 0;
}

static bool put_evidence(const struct json_texts *digests, struct api_request *out,
                         struct json_fault *fault)
{
    char pointer[32];
    for (uint32_t i = 0; i < digests->count; i++) {
        if (!api_digest_parse(digests->texts[i], out->digests[i])) {
            (void)snprintf(pointer, sizeof pointer, "/evidence/%u", i);
            return refuse(fault, pointer, "a digest of 32 hexadecimal digits is expected");
        }
        out->evidence[i] = (ProtobufCBinaryData){API_DIGEST_SIZE, out->digests[i]};
    }
    out->act.n_evidence = digests->count;
    out->act.evidence = out->evidence;
    return true;
}

static void start(struct api_request *out)
{
    gridloop__wire__request__init(&out->wire);
}

static void start_act(const struct api_target *target, struct api_request *out)
{
    start(out);
    gridloop__wire__act__init(&out->act);
    out->wire.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_ACT;
    out->wire.act = &out->act;
    out->act.has_order = target->order != 0;
    out->act.order = target->order;
    out->act.case_no = as_text_or_empty(target->case_no);
    out->act.key = as_text_or_empty(target->key);
}

static void put_action(struct api_request *out, enum action action)
{
    out->act.has_action = 1;
    out->act.action = (uint32_t)action;
}

static void put_amount(struct api_request *out, uint32_t amount)
{
    out->act.has_amount = 1;
    out->act.amount = amount;
}

/* ---- acts ---- */

struct act_form {
    int64_t action, reason, until_ms, amount;
    const char *text, *subject, *other_case;
    struct fix_body fix;
    struct json_texts evidence;
};

bool api_request_act(const json_t *body, const struct api_target *target, struct api_request *out,
                     struct json_fault *out_fault)
{
    static const struct json_field FIX[] = FIX_FIELDS(act_form);
    static const struct json_field FIELDS[] = {
        WORD(act_form, action, true, VOCABULARY_ACTION, ACTION_OUTSIDE_LIMIT),
        WORD(act_form, reason, false, VOCABULARY_REASON, REASON_LIMIT),
        FIELD(act_form, text, TEXT, 0, ACT_TEXT_MAX),
        FIELD(act_form, subject, TEXT, 1, 64),
        FIELD(act_form, other_case, TEXT, 1, CASE_TEXT_SIZE - 1),
        FIELD(act_form, until_ms, INT, 1, INT64_MAX),
        FIELD(act_form, amount, INT, 0, UINT32_MAX),
        FIELD(act_form, evidence, TEXTS, 0, EVIDENCE_MAX),
        OBJECT(act_form, fix, FIX),
        END};
    struct act_form form;
    if (!json_read_object(body, FIELDS, &form, out_fault)) {
        return false;
    }
    start_act(target, out);
    put_action(out, (enum action)form.action);
    if (form.reason != JSON_ABSENT) {
        out->act.has_reason = 1;
        out->act.reason = (uint32_t)form.reason;
    }
    if (form.until_ms != JSON_ABSENT) {
        out->act.has_until_ms = 1;
        out->act.until_ms = form.until_ms;
    }
    if (form.amount != JSON_ABSENT) {
        put_amount(out, (uint32_t)form.amount);
    }
    out->act.text = as_text_or_empty(form.text);
    out->act.subject = as_text_or_empty(form.subject);
    out->act.other_case = as_text_or_empty(form.other_case);
    if (form.fix.is_given != JSON_ABSENT) {
        put_fix(&form.fix, out);
        out->act.fix = &out->fix;
    }
    return put_evidence(&form.evidence, out, out_fault);
}

/* ---- reports ---- */

struct contact_form {
    int64_t is_given;
    const char *name, *phone, *note;
};

struct report_form {
    const char *type, *class, *text, *device;
    int64_t lon_e7, lat_e7, accuracy_cm, at_ms;
    int64_t on_behalf_of, self_handled, drill;
    struct contact_form contact;
    const json_t *fields;
};

const char *api_request_report_class(const json_t *body)
{
    return json_string_value(json_object_get(body, "class"));
}

static bool put_fields(const json_t *fields, struct api_request *out, struct json_fault *fault)
{
    char pointer[96];
    size_t count = 0;
    void *at = json_object_iter((json_t *)(uintptr_t)fields);
    for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)fields, at)) {
        const char *name = json_object_iter_key(at);
        const json_t *value = json_object_iter_value(at);
        (void)snprintf(pointer, sizeof pointer, "/fields/%.64s", name);
        if (count == API_FIELDS_MAX) {
            return refuse(fault, "/fields", "at most 16 fields are expected");
        }
        Gridloop__Wire__Field *field = &out->fields[count];
        gridloop__wire__field__init(field);
        field->name = as_text(name);
        if (json_is_number(value)) {
            field->value_case = GRIDLOOP__WIRE__FIELD__VALUE_NUMBER;
            field->number = json_number_value(value);
        } else if (json_is_boolean(value)) {
            field->value_case = GRIDLOOP__WIRE__FIELD__VALUE_FLAG;
            field->flag = json_is_true(value);
        } else if (json_is_string(value) && json_string_length(value) <= 64) {
            field->value_case = GRIDLOOP__WIRE__FIELD__VALUE_TEXT;
            field->text = as_text(json_string_value(value));
        } else {
            return refuse(fault, pointer,
                          "a number, true or false, or a text of at most 64 bytes is expected");
        }
        out->field_pointers[count++] = field;
    }
    out->event.n_fields = count;
    out->event.fields = out->field_pointers;
    return true;
}

static bool check_report(const struct report_form *form, const char *type, struct json_fault *fault)
{
    if (type == NULL && form->class == NULL) {
        return refuse(fault, "/type", "is needed: one of GET /api/v1/report-types");
    }
    if (type == NULL) {
        return refuse(fault, "/class",
                      "nobody with these rights reports that class: see GET "
                      "/api/v1/report-types");
    }
    if ((form->lon_e7 == JSON_ABSENT) != (form->lat_e7 == JSON_ABSENT)) {
        return refuse(fault, form->lon_e7 == JSON_ABSENT ? "/lon_e7" : "/lat_e7",
                      "is needed: a place is both numbers");
    }
    if (form->lon_e7 == JSON_ABSENT && form->device == NULL) {
        return refuse(fault, "/lon_e7", "a place is needed: lon_e7 and lat_e7, or a device");
    }
    if (form->contact.is_given != JSON_ABSENT && form->on_behalf_of == 0) {
        return refuse(fault, "/contact", "a contact is somebody else's: on_behalf_of is false");
    }
    return true;
}

static void put_contact(const struct contact_form *form, struct api_request *out)
{
    if (form->is_given == JSON_ABSENT ||
        (form->name == NULL && form->phone == NULL && form->note == NULL)) {
        return;
    }
    gridloop__wire__contact__init(&out->contact);
    out->contact.name = as_text_or_empty(form->name);
    out->contact.phone = as_text_or_empty(form->phone);
    out->contact.note = as_text_or_empty(form->note);
    out->event.contact = &out->contact;
}

static void put_event(const struct report_form *form, const char *type, const char *key,
                      struct api_request *out)
{
    start(out);
    gridloop__wire__report__init(&out->report);
    gridloop__wire__event__init(&out->event);
    out->wire.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_REPORT;
    out->wire.report = &out->report;
    out->report.event = &out->event;
    out->event.id = as_text_or_empty(key);
    out->event.type = as_text(type);
    out->event.device = as_text_or_empty(form->device);
    out->event.text = as_text_or_empty(form->text);
    if (form->at_ms != JSON_ABSENT) {
        out->event.has_at_ms = 1;
        out->event.at_ms = form->at_ms;
    }
    if (form->lon_e7 != JSON_ABSENT) {
        const struct fix_body fix = {1, form->lon_e7, form->lat_e7, form->accuracy_cm, JSON_ABSENT};
        put_fix(&fix, out);
        out->event.place = &out->place;
    }
    out->event.has_flags = 1;
    out->event.flags = (form->self_handled == 1 ? (uint32_t)EVENT_SELF_HANDLED : 0) |
                       (form->drill == 1 ? (uint32_t)EVENT_IS_DRILL : 0);
    put_contact(&form->contact, out);
}

bool api_request_report(const json_t *body, const char *key, const char *type,
                        struct api_request *out, struct json_fault *out_fault)
{
    static const struct json_field CONTACT[] = {
        PART(report_form, contact, name, TEXT, false, 0, CODEC_CONTACT_NAME_MAX),
        PART(report_form, contact, phone, TEXT, false, 0, CODEC_CONTACT_PHONE_MAX),
        PART(report_form, contact, note, TEXT, false, 0, CODEC_CONTACT_NOTE_MAX), END};
    static const struct json_field FIELDS[] = {
        FIELD(report_form, type, TEXT, 1, 64),
        FIELD(report_form, class, TEXT, 1, 64),
        FIELD(report_form, text, TEXT, 0, REPORT_TEXT_MAX),
        FIELD(report_form, device, TEXT, 1, 64),
        FIELD(report_form, lon_e7, INT, -1800000000, 1800000000),
        FIELD(report_form, lat_e7, INT, -900000000, 900000000),
        FIELD(report_form, accuracy_cm, INT, 0, 10000000),
        FIELD(report_form, at_ms, INT, 1, INT64_MAX),
        FIELD(report_form, on_behalf_of, BOOL, 0, 1),
        FIELD(report_form, self_handled, BOOL, 0, 1),
        FIELD(report_form, drill, BOOL, 0, 1),
        OBJECT(report_form, contact, CONTACT),
        FIELD(report_form, fields, ANY, 0, 0),
        END};
    struct report_form form;
    if (!json_read_object(body, FIELDS, &form, out_fault)) {
        return false;
    }
    const char *wanted = form.type != NULL ? form.type : type;
    if (!check_report(&form, wanted, out_fault)) {
        return false;
    }
    put_event(&form, wanted, key, out);
    return form.fields == NULL || put_fields(form.fields, out, out_fault);
}

/* ---- polls ---- */

struct poll_form {
    int64_t ack_seq, wait_ms, status;
    struct fix_body fix;
};

bool api_request_poll(const json_t *body, struct api_request *out, struct json_fault *out_fault)
{
    static const struct json_field FIX[] = FIX_FIELDS(poll_form);
    static const struct json_field FIELDS[] = {
        FIELD(poll_form, ack_seq, INT, 0, INT64_MAX),
        FIELD(poll_form, wait_ms, INT, 0, API_WAIT_MS_MAX),
        WORD(poll_form, status, false, VOCABULARY_WORKER_STATUS, STATUS_LIMIT),
        OBJECT(poll_form, fix, FIX), END};
    struct poll_form form;
    if (!json_read_object(body, FIELDS, &form, out_fault)) {
        return false;
    }
    start(out);
    gridloop__wire__poll__init(&out->poll);
    out->wire.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_POLL;
    out->wire.poll = &out->poll;
    out->poll.has_ack_seq = 1;
    out->poll.ack_seq = form.ack_seq != JSON_ABSENT ? (uint64_t)form.ack_seq : 0;
    out->poll.has_wait_ms = 1;
    out->poll.wait_ms = form.wait_ms != JSON_ABSENT ? (uint32_t)form.wait_ms : 0;
    out->poll.has_status = form.status != JSON_ABSENT;
    out->poll.status = form.status != JSON_ABSENT ? (uint32_t)form.status : 0;
    if (form.fix.is_given != JSON_ABSENT) {
        put_fix(&form.fix, out);
        out->poll.fix = &out->fix;
    }
    return true;
}

/* ---- silences ---- */

struct silence_form {
    const char *matchers, *why;
    int64_t for_ms, after_ms, maintenance;
};

bool api_request_silence(const json_t *body, int64_t now_ms, struct api_request *out,
                         struct json_fault *out_fault)
{
    static const struct json_field FIELDS[] = {
        NEEDED(silence_form, matchers, TEXT, 3, 400),
        NEEDED(silence_form, why, TEXT, 1, 500),
        NEEDED(silence_form, for_ms, INT, 1000, SILENCE_MS_MAX),
        FIELD(silence_form, after_ms, INT, 0, SILENCE_MS_MAX),
        FIELD(silence_form, maintenance, BOOL, 0, 1),
        END};
    static const struct api_target NOTHING = {NULL, 0, NULL};
    struct silence_form form;
    if (!json_read_object(body, FIELDS, &form, out_fault)) {
        return false;
    }
    const int64_t after_ms = form.after_ms != JSON_ABSENT ? form.after_ms : 0;
    start_act(&NOTHING, out);
    put_action(out, ACTION_SILENCE);
    out->act.has_reason = form.maintenance == 1;
    out->act.reason = REASON_MAINTENANCE;
    (void)snprintf(out->text, sizeof out->text, "%s; %s", form.matchers, form.why);
    out->act.text = out->text;
    put_amount(out, (uint32_t)(after_ms / MINUTE_MS));
    out->act.has_until_ms = 1;
    out->act.until_ms = add_clamped(now_ms, after_ms + form.for_ms);
    return true;
}

void api_request_unsilence(uint32_t number, struct api_request *out)
{
    static const struct api_target NOTHING = {NULL, 0, NULL};
    start_act(&NOTHING, out);
    put_action(out, ACTION_UNSILENCE);
    put_amount(out, number);
}

/* ---- files ---- */

void api_request_blob(const uint8_t digest[API_DIGEST_SIZE], const void *bytes, size_t size,
                      struct api_request *out)
{
    union {
        const void *from;
        uint8_t *to;
    } both = {.from = bytes};
    start(out);
    gridloop__wire__blob_put__init(&out->blob);
    memcpy(out->digests[0], digest, API_DIGEST_SIZE);
    out->blob.has_digest = 1;
    out->blob.digest = (ProtobufCBinaryData){API_DIGEST_SIZE, out->digests[0]};
    out->blob.has_bytes = 1;
    out->blob.bytes = (ProtobufCBinaryData){size, both.to};
    out->wire.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_BLOB_PUT;
    out->wire.blob_put = &out->blob;
}

/* ---- ratings ---- */

bool api_request_read_rating(const json_t *body, struct api_rating *out,
                             struct json_fault *out_fault)
{
    static const struct json_field FIELDS[] = {
        NEEDED(api_rating, secret, TEXT, 1, 32), FIELD(api_rating, text, TEXT, 0, ACT_TEXT_MAX),
        FIELD(api_rating, stars, INT, 1, 5), FIELD(api_rating, solved, BOOL, 0, 1), END};
    if (!json_read_object(body, FIELDS, out, out_fault)) {
        return false;
    }
    if ((out->stars == JSON_ABSENT) == (out->solved == JSON_ABSENT)) {
        return refuse(out_fault, "/stars",
                      "either stars (1 to 5) or solved (true, false) is needed");
    }
    return true;
}

void api_request_rating(const struct api_rating *rating, const char *receipt, const char *key,
                        struct api_request *out)
{
    const struct api_target target = {receipt, 0, key};
    start_act(&target, out);
    put_action(out, rating->stars != JSON_ABSENT ? ACTION_RATE
                    : rating->solved == 1        ? ACTION_SOLVED
                                                 : ACTION_NOT_SOLVED);
    if (rating->stars != JSON_ABSENT) {
        put_amount(out, (uint32_t)rating->stars);
    }
    out->act.text = as_text_or_empty(rating->text);
}
