/* node_batch.c: the next batch: what time, the engine itself and the lanes put into it.
 *
 *   START, ACTIVATE     alone, when they wait
 *   CHECKPOINT          first, every checkpoint_entries entries: the digest is that of the state
 * before the entry TICK                before the requests, when a timer is due or work is left
 * over life-safety, drain  strictly first SEEN, ITEMS_TAKEN   of workers reports             at
 * least REPORT_FLOOR of the commands, whatever the first two bring telemetry           what is left
 *
 * Reports and telemetry get a slice of a batch at a time, so that what is urgent and comes next stands behind one slice and not
 * behind all that waits; a request is not divided, so a slice may be longer by one request.
 *
 * A request is decoded again and its facts are resolved here, under the images that will decide on
 * it. */
#include "engine/edge/node_state.h"
#include "engine/edge/text.h"
#include "engine/edge/words.h"

#include <math.h>

#define REHOME_LOOKS 256u /* open cases that a turn locates anew after the borders moved */
#define REPORT_FLOOR 8    /* one part in so many of a batch is kept for reports */

static struct command_head own_head(const struct node *node, enum command_kind kind)
{
    return (struct command_head){.kind = (uint16_t)kind, .received_at_ms = node->batch_time_ms};
}

static void put_own(struct node *node, enum command_kind kind, const void *body, uint32_t body_size)
{
    struct command_head head = own_head(node, kind);
    uint32_t command = batch_command_count(&node->writer);
    must(batch_put(&node->writer, &head, body, body_size, place_none()) == ERR_OK);
    node->flights[command] = NONE32;
}

/* ---- facts of one event ---- */

/* A double as millionths; false for what is no number or too large. */
static bool micro_of_double(double number, int64_t *out_micro)
{
    double micro = nearbyint(number * (double)MICRO);
    if (!(micro >= -9.2e18 && micro <= 9.2e18)) {
        return false;
    }
    *out_micro = (int64_t)micro;
    return true;
}

static struct fact_field field_of(const Gridloop__Wire__Field *wire)
{
    struct fact_field field = {.name = facts_text(wire->name)};
    switch (wire->value_case) {
    case GRIDLOOP__WIRE__FIELD__VALUE_MICRO:
        field.kind = FIELD_NUMBER;
        field.number = wire->micro;
        break;
    case GRIDLOOP__WIRE__FIELD__VALUE_NUMBER:
        /* kind 0 fits no field, so that what is no number is refused as BAD_FIELD */
        field.kind = micro_of_double(wire->number, &field.number) ? FIELD_NUMBER : 0;
        break;
    case GRIDLOOP__WIRE__FIELD__VALUE_TEXT:
        field.kind = FIELD_STRING;
        field.text = wire->text != NULL ? wire->text : "";
        field.text_size = (uint32_t)strlen(field.text);
        break;
    case GRIDLOOP__WIRE__FIELD__VALUE_FLAG:
        field.kind = FIELD_BOOL;
        field.number = wire->flag != 0;
        break;
    case GRIDLOOP__WIRE__FIELD__VALUE__NOT_SET:
    case _GRIDLOOP__WIRE__FIELD__VALUE__CASE_IS_INT_SIZE:
        break;
    }
    return field;
}

/* As sent; half a place is a wrong place. */
static struct place place_of(const Gridloop__Wire__Place *wire)
{
    if (wire == NULL) {
        return place_none();
    }
    if (!wire->has_lon_e7 || !wire->has_lat_e7 || wire->lon_e7 == PLACE_NONE) {
        return (struct place){INT32_MAX, INT32_MAX};
    }
    return (struct place){wire->lon_e7, wire->lat_e7};
}

/* An event without an id of its own is named by its place in the outbox. */
static void name_event(const struct request *request, uint32_t index, char out[64])
{
    struct text text;
    text_init(&text, out, 64);
    text_format(&text, "#%llu.%llu.%u", (unsigned long long)request->epoch,
                (unsigned long long)request->seq, index);
}

#define LOOK_AHEAD 4u /* the device of so many events later is asked for from memory */

void node_resolve_event(struct node *node, const struct request *request, const char *source,
                        const Gridloop__Wire__Event *wire, uint32_t index,
                        struct hash128 device_hash, struct node_sent_event *sent)
{
    must(wire->n_fields <= CODEC_FIELDS_MAX);
    sent->event = (struct fact_event){
        .source = facts_text(source),
        .id = facts_text(wire->id),
        .type = facts_text(wire->type),
        .device = facts_text(wire->device),
        .device_hash = device_hash,
        .at_ms = wire->has_at_ms ? wire->at_ms : 0,
        .place = place_of(wire->place),
        .accuracy_cm =
            wire->place != NULL && wire->place->has_accuracy_cm ? wire->place->accuracy_cm : 0,
        .fields = sent->fields,
        .field_count = (uint32_t)wire->n_fields,
        .text = facts_text(wire->text),
        .flags = wire->has_flags ? wire->flags & (EVENT_SELF_HANDLED | EVENT_IS_DRILL) : 0};
    for (uint32_t i = 0; i < sent->event.field_count; i++) {
        sent->fields[i] = field_of(wire->fields[i]);
    }
    if (sent->event.id.size == 0 && request->epoch != 0) {
        name_event(request, index, sent->name);
        sent->event.id = facts_text(sent->name);
    }
    if (request->kind == REQUEST_REPORT) {
        sent->event.flags |= EVENT_BY_PERSON;
    } else {
        sent->event.flags &= EVENT_IS_DRILL; /* a machine handles nothing and vouches for nothing */
    }
    if (wire->text != NULL) {
        contact_mask_words(wire->text); /* decoded into the arena: nobody else's */
    }
    facts_resolve(node->facts, &sent->event, request->received_at_ms, node->record);
    if (wire->contact != NULL && node->options.keys.take == NULL) {
        node->record->head.verdict = CODE_NO_KEYS;
    }
}

/* Seals the contact of the event just added. Without a key the event stays without: the holder of the keys then stops the
 * engine before this batch reaches the log. */
static enum err put_contact(struct node *node, const Gridloop__Wire__Contact *wire)
{
    struct contact contact;
    struct event_contact sealed;
    struct hash128 id;
    uint8_t key[CONTACT_KEY_SIZE];
    const struct contact_keys *keys = &node->options.keys;
    if (wire == NULL || keys->take == NULL || !keys->take(keys->context, &id, key)) {
        return ERR_OK;
    }
    contact_fill(&contact, wire->name, wire->phone, wire->note);
    contact_seal(&contact, id, key, &sealed);
    contact_forget(&contact);
    return batch_add_contact(&node->writer, &sealed);
}

/* A sample that a newer one overtook takes a place in the log, and an answer, but no work. */
static void skip_event(struct node *node, const struct request *request)
{
    struct fact_record *record = node->record;
    record->head = (struct event_head){.type = NONE16,
                                       .verdict = CODE_COALESCED,
                                       .event_at_ms = request->received_at_ms,
                                       .place = place_none(),
                                       .device = NONE32,
                                       .cell = NONE32,
                                       .asset = NONE32,
                                       .zone = NONE32};
    record->text_bytes = 0;
    record->free_text = "";
}

static enum err put_events(struct node *node, const struct request *request, const char *source,
                           const struct command_head *head, Gridloop__Wire__Event **events)
{
    struct batch_writer *writer = &node->writer;
    enum err err = batch_open_events(writer, head);
    if (err != ERR_OK) {
        return err;
    }
    struct hash128 devices[LOOK_AHEAD];
    for (uint32_t i = 0; i < LOOK_AHEAD && i < request->event_count; i++) {
        devices[i] = facts_look_ahead(node->facts, facts_text(events[i]->device));
    }
    for (uint32_t i = 0; i < request->event_count; i++) {
        const struct hash128 device = devices[i % LOOK_AHEAD];
        if (i + LOOK_AHEAD < request->event_count) {
            devices[i % LOOK_AHEAD] =
                facts_look_ahead(node->facts, facts_text(events[i + LOOK_AHEAD]->device));
        }
        if (request_skips_event(request, i)) {
            skip_event(node, request);
        } else {
            struct node_sent_event sent;
            node_resolve_event(node, request, source, events[i], i, device, &sent);
        }
        const struct fact_record *record = node->record;
        err = batch_add_event(writer, &record->head, record->fields, record->text,
                              record->text_bytes, record->free_text);
        if (err == ERR_OK && !request_skips_event(request, i)) {
            err = put_contact(node, events[i]->contact);
        }
        if (err != ERR_OK) {
            batch_drop_events(writer);
            return err;
        }
    }
    batch_close_events(writer);
    return ERR_OK;
}

/* ---- an act ---- */

/* The case an act names: by its full number, or by any part that is unique now. */
static enum code find_case(const struct node *node, const char *text, struct case_no *out_no)
{
    struct case_no part;
    if (text == NULL || text[0] == '\0') {
        return CODE_NOTHING;
    }
    if (!words_parse_case_no(text, &part)) {
        return CODE_UNKNOWN_CASE;
    }
    *out_no = part;
    if (part.district != 0 && part.day != 0) {
        return CODE_NOTHING;
    }
    uint32_t count = core_find_case_suffix(node->core, part, out_no);
    return count == 0 ? CODE_UNKNOWN_CASE : count > 1 ? CODE_AMBIGUOUS : CODE_NOTHING;
}

/* The case an act is on: a tail that fits none any more is as gone as its whole number. */
static enum code find_own_case(const struct node *node, const char *text, struct case_no *out_no)
{
    const enum code code = find_case(node, text, out_no);
    const bool is_gone = code == CODE_UNKNOWN_CASE && core_case_was_given(node->core, *out_no);
    return is_gone ? CODE_GONE : code;
}

/* Whom an act is about: a person by the hash of the id, a post by its row (the core's own mark for posts). */
static struct hash128 find_subject(const struct node *node, const char *text)
{
    const struct city *city = core_city(node->core);
    size_t size = text != NULL ? strlen(text) : 0;
    if (size == 0) {
        return (struct hash128){0, 0};
    }
    for (uint32_t i = 0; i < city->post_count; i++) {
        struct image_string code = city->posts[i].code;
        if (code.size == size && memcmp(city_text(city, code), text, size) == 0) {
            return (struct hash128){UINT64_MAX, i};
        }
    }
    return facts_hash(text, size);
}

/* The cases an act names: its own and the other one. */
static enum code find_cases(const struct node *node, const Gridloop__Wire__Act *wire,
                            struct act_body *body)
{
    char number[CASE_TEXT_SIZE];
    uint32_t report = 0;
    if (receipt_text_split(wire->case_no, number, &report)) {
        body->other = (struct case_no){0, 0, report};
        return find_own_case(node, number, &body->case_no);
    }
    enum code code = find_own_case(node, wire->case_no, &body->case_no);
    return code != CODE_NOTHING ? code : find_case(node, wire->other_case, &body->other);
}

/* The core takes 32 bytes as they are: what is no key of the curve does not reach it, and it answers BAD_KEY. */
static bool is_no_key(const struct act_body *body, const struct hash128 *evidence)
{
    uint8_t public[SEAL_PUBLIC_SIZE];
    if (body->action != ACTION_KEY_REGISTER ||
        body->evidence_count * sizeof *evidence != sizeof public) {
        return false;
    }
    memcpy(public, evidence, sizeof public);
    return !seal_is_public(public);
}

/* CODE_NOTHING when the act went into the batch or did not fit (*out_err); else why it may not. */
static enum code put_act(struct node *node, const struct request *request,
                         const struct command_head *head, const Gridloop__Wire__Act *wire,
                         enum err *out_err)
{
    struct act_body body = {
        .order = wire->order,
        .place = NONE32,
        .key = request->key,
        .amount = wire->amount,
        .until_ms = wire->until_ms,
        .action = (uint16_t)(wire->action < UINT16_MAX ? wire->action : UINT16_MAX),
        /* An unheard-of reason counts as none: the core asks for one where it is needed. */
        .reason = (uint16_t)(wire->reason < REASON_LIMIT ? wire->reason : REASON_NONE)};
    size_t text_size = wire->text != NULL ? strlen(wire->text) : 0;
    if (text_size > 0) {
        contact_mask_words(wire->text);
    }
    if (text_size > ACT_TEXT_MAX || wire->n_evidence > EVIDENCE_MAX) {
        return CODE_TOO_LARGE;
    }
    struct hash128 evidence[EVIDENCE_MAX];
    for (size_t i = 0; i < wire->n_evidence; i++) {
        if (wire->evidence[i].len != sizeof evidence[i]) {
            return CODE_MALFORMED;
        }
        memcpy(&evidence[i], wire->evidence[i].data, sizeof evidence[i]);
    }
    enum code code = find_cases(node, wire, &body);
    if (code != CODE_NOTHING && request->epoch == 0) {
        return code;
    }
    if (code != CODE_NOTHING) {
        /* A number of an outbox must be used up by an entry: let the core refuse it. */
        body.case_no = (struct case_no){0};
        body.other = (struct case_no){0};
    }
    struct place place = place_none();
    if (wire->fix != NULL) {
        place = place_of(wire->fix->place);
        place = place_is_known(place) && !place_is_valid(place) ? place_none() : place;
        body.at_ms = wire->fix->has_at_ms ? wire->fix->at_ms : 0;
    }
    body.subject = find_subject(node, wire->subject);
    body.text_size = (uint16_t)text_size;
    body.evidence_count = (uint16_t)wire->n_evidence;
    body.evidence_count = is_no_key(&body, evidence) ? 0 : body.evidence_count;
    *out_err = batch_put_act(&node->writer, head, &body, place, evidence,
                             wire->text != NULL ? wire->text : "");
    return CODE_NOTHING;
}

/* ---- the lanes ---- */

/* Writes one waiting request into the batch. ERR_TOO_LARGE: it waits for the next batch. */
static enum err put_request(struct node *node, uint32_t row)
{
    struct request *request = lanes_at(&node->lanes, row);
    const struct session *session = sessions_at(&node->sessions, request->session);
    struct codec_request opened;
    struct command_head head = {.kind = request->kind == REQUEST_ACT ? COMMAND_ACT : COMMAND_EVENTS,
                                .principal = session->principal,
                                .epoch = request->epoch,
                                .seq = request->seq,
                                .content_digest = request->content_digest,
                                .received_at_ms = request->received_at_ms,
                                .facts_digest = core_facts_digest(node->core)};
    enum code code = session->kind != SESSION_NONE ? CODE_NOTHING : CODE_UNKNOWN_IDENTITY;
    enum err err = ERR_OK;
    must(codec_open_frame(request->frame, request->frame_size, &node->arena, &opened) ==
         CODE_NOTHING);
    uint32_t command = batch_command_count(&node->writer);
    if (code == CODE_NOTHING && request->kind == REQUEST_EVENTS) {
        err = put_events(node, request, opened.key_id, &head, opened.request->event_batch->events);
    } else if (code == CODE_NOTHING && request->kind == REQUEST_REPORT) {
        err = put_events(node, request, opened.key_id, &head, &opened.request->report->event);
    } else if (code == CODE_NOTHING) {
        code = put_act(node, request, &head, opened.request->act, &err);
    }
    if (err != ERR_OK) {
        must(err == ERR_TOO_LARGE);
        must(command > 0); /* one request always fits into an empty batch */
        return err;
    }
    lanes_take(&node->lanes, &node->sessions, row);
    if (code != CODE_NOTHING) {
        node->counts.refused++;
        node_answer_refusal(node, node_reply_to(request), &(struct node_refusal){.code = code});
        lanes_free(&node->lanes, row);
        return ERR_OK;
    }
    node->flights[command] = row;
    return ERR_OK;
}

/* How far a batch may be filled. */
struct share {
    uint32_t commands;
    uint64_t bytes;
};

/* Takes requests of one lane until the batch has so many commands or is large enough. A request
 * behind an older one of its identity in another lane waits. */
static void take_lane(struct node *node, enum lane lane, struct share share)
{
    uint32_t row = lanes_first(&node->lanes, lane);
    while (row != NONE32 && batch_command_count(&node->writer) < share.commands &&
           node->writer.size < share.bytes) {
        const struct request *request = lanes_at(&node->lanes, row);
        uint32_t next = request->lane_next;
        if (sessions_at(&node->sessions, request->session)->request_first == row &&
            put_request(node, row) != ERR_OK) {
            return;
        }
        row = next;
    }
}

static void put_presence(struct node *node, struct session *session)
{
    struct command_head head = own_head(node, COMMAND_SEEN);
    head.principal = session->principal;
    if (session->has_seen) {
        struct seen_body body = {.place = NONE32,
                                 .accuracy_cm = session->fix_accuracy_cm,
                                 .fix_at_ms = session->fix_at_ms,
                                 .status = session->status};
        uint32_t command = batch_command_count(&node->writer);
        must(batch_put(&node->writer, &head, &body, sizeof body, session->fix) == ERR_OK);
        node->flights[command] = NONE32;
        session->has_seen = false;
        session->seen_at_ms = node->now_ms;
        if (place_is_known(session->fix)) {
            session->fix_logged = session->fix;
            session->fix_logged_at_ms = node->now_ms;
            session->fix = place_none();
        }
    }
    if (session->has_taken) {
        struct items_taken_body body = {session->taken_seq};
        uint32_t command = batch_command_count(&node->writer);
        head.kind = COMMAND_ITEMS_TAKEN;
        must(batch_put(&node->writer, &head, &body, sizeof body, place_none()) == ERR_OK);
        node->flights[command] = NONE32;
        session->has_taken = false;
    }
}

static void take_presence(struct node *node, uint32_t command_limit)
{
    while (batch_command_count(&node->writer) + 2 <= command_limit) {
        uint32_t row = sessions_take_dirty(&node->sessions);
        if (row == NONE32) {
            return;
        }
        put_presence(node, sessions_at(&node->sessions, row));
    }
}

/* An alarm goes alone: deciding a slice of reports with it would make it wait for them. Not twice running, lest alarms starve the rest. */
static bool goes_alone(struct node *node)
{
    node->was_alone = !node->was_alone && node_has_life_safety(node);
    return node->was_alone;
}

static void take_requests(struct node *node)
{
    struct share all = {node->options.edge.batch_commands, node->options.edge.batch_bytes};
    struct share strict = all;
    if (lanes_first(&node->lanes, LANE_REPORT) != NONE32) {
        strict.commands -= all.commands / REPORT_FLOOR;
        strict.bytes -= all.bytes / REPORT_FLOOR;
    }
    const bool is_alone = goes_alone(node);
    take_lane(node, LANE_LIFE_SAFETY, strict);
    if (is_alone && batch_command_count(&node->writer) > 0) { /* else all of them were refused */
        return;
    }
    take_lane(node, LANE_DRAIN, strict);
    take_presence(node, strict.commands);
    struct share slice = all;
    if (node->options.edge.slice_bytes < all.bytes - node->writer.size) {
        slice.bytes = node->writer.size + node->options.edge.slice_bytes;
    }
    take_lane(node, LANE_REPORT, slice);
    take_lane(node, LANE_TELEMETRY, slice);
}

void node_release_due_polls(struct node *node)
{
    uint32_t cursor = 0, row;
    while ((row = polls_next_due(&node->polls, node->now_ms, &cursor)) != NONE32) {
        const struct poll *poll = polls_at(&node->polls, row);
        struct node_reply reply = {poll->route, poll->route_size, poll->request_id};
        node_answer_tasks(node, reply, sessions_at(&node->sessions, poll->session), poll->ack_seq);
        polls_release(&node->polls, &node->sessions, row);
    }
}

static void put_activate(struct node *node)
{
    struct activate_body body = {.city = node->next.city, .policy = node->next.policy};
    struct command_head head = own_head(node, COMMAND_ACTIVATE);
    const uint32_t command = batch_command_count(&node->writer);
    node_rules_sign(node, &head, &body);
    must(batch_put(&node->writer, &head, &body, sizeof body, place_none()) == ERR_OK);
    node->flights[command] = NONE32;
}

/* A slice of the open cases after the borders moved: in which cell each lies now. */
static void put_rehome(struct node *node)
{
    struct rehome_row rows[COMMAND_REHOME_MAX];
    struct rehome_body body = {.from_slot = core_rehome_from(node->core), .until_slot = NONE32};
    struct command_head head = own_head(node, COMMAND_REHOME);
    struct rehome_view view;
    uint16_t areas[EVENT_AREAS_MAX];
    uint32_t slot = body.from_slot;
    if (slot == NONE32) {
        return;
    }
    for (uint32_t i = 0; core_rehome_next(node->core, &slot, &view); i++) {
        uint32_t cell;
        (void)facts_locate(node->facts, view.place, &cell, areas);
        if (cell != view.cell) {
            rows[body.count++] = (struct rehome_row){view.no, cell};
        }
        if (i + 1 == REHOME_LOOKS || body.count == COMMAND_REHOME_MAX) {
            body.until_slot = slot;
            break;
        }
    }
    head.facts_digest = core_facts_digest(node->core);
    const uint32_t command = batch_command_count(&node->writer);
    must(batch_put_rehome(&node->writer, &head, &body, rows) == ERR_OK);
    node->flights[command] = NONE32;
}

/* What the engine itself says first; true when the batch is to hold nothing else. */
static bool put_engine_words(struct node *node)
{
    if (!node->has_started) {
        struct start_body body = {.clock_mode = node->options.clock_mode,
                                  .speed = node->options.speed,
                                  .base_ms = node->batch_time_ms};
        put_own(node, COMMAND_START, &body, sizeof body);
    }
    if (node->next.city_bytes != NULL) {
        put_activate(node);
    }
    return batch_command_count(&node->writer) > 0;
}

bool node_has_life_safety(const struct node *node)
{
    return lanes_first(&node->lanes, LANE_LIFE_SAFETY) != NONE32;
}

bool node_turn(struct node *node, int64_t now_ms, struct node_batch *out_batch)
{
    must(!node->is_batch_out);
    node->now_ms = max_i64(node->now_ms, now_ms);
    node->batch_time_ms = node->now_ms;
    batch_begin(&node->writer, node->payload, NODE_BATCH_CAPACITY, node->places,
                node->options.edge.batch_commands);
    if (!put_engine_words(node)) {
        if (!node_adopt(node)) {
            return false;
        }
        node_release_due_polls(node);
        uint32_t every = node->options.edge.checkpoint_entries;
        if (every != 0 && node->entries_since_check >= every) {
            struct checkpoint_body body = {core_digest(node->core)};
            put_own(node, COMMAND_CHECKPOINT, &body, sizeof body);
        }
        if (core_has_backlog(node->core) || core_next_due_ms(node->core) <= node->now_ms) {
            put_own(node, COMMAND_TICK, NULL, 0);
        } else { /* no timer fires between looking where cases lie and saying so: it might open one there */
            put_rehome(node);
        }
        take_requests(node);
    }
    if (batch_command_count(&node->writer) == 0) {
        return false;
    }
    node->is_batch_out = true;
    *out_batch = (struct node_batch){.payload = node->payload,
                                     .payload_size = node->writer.size,
                                     .places = node->places,
                                     .places_size = node->writer.place_count * sizeof *node->places,
                                     .time_ms = node->batch_time_ms,
                                     .command_count = batch_command_count(&node->writer)};
    return true;
}
