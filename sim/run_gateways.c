/* run_gateways.c: outboxes of simulated gateways. */
#include "sim/run_gateways.h"

#include <stdlib.h>
#include <string.h>

#include "engine/city/facts.h"
#include "proto/case_text.h"

#define RETRY_MIN_MS SECOND_MS

void run_gateways_init(struct run_gateways *gateways, struct run_wire *wire,
                       struct virtual_queue *queue, struct report_cases *cases,
                       uint32_t client_first)
{
    *gateways = (struct run_gateways){.wire = wire,
                                      .queue = queue,
                                      .cases = cases,
                                      .client_first = client_first,
                                      .event_free = NONE32,
                                      .is_folding = cases->is_folding};
}

static void batch_free(struct gateway_batch *batch)
{
    free(batch->packed);
    free(batch);
}

void run_gateways_fini(struct run_gateways *gateways)
{
    for (uint32_t i = 0; i < gateways->count; i++) {
        while (gateways->rows[i].first != NULL) {
            struct gateway_batch *batch = gateways->rows[i].first;
            gateways->rows[i].first = batch->next;
            batch_free(batch);
        }
    }
    for (uint32_t i = 0; i < gateways->event_count; i++) {
        json_decref(gateways->events[i].truth);
    }
    free(gateways->events);
}

static uint32_t gateway_of(struct run_gateways *gateways, const char *source)
{
    for (uint32_t i = 0; i < gateways->count; i++) {
        if (strcmp(gateways->rows[i].id, source) == 0) {
            return i;
        }
    }
    const size_t size = strlen(source);
    if (gateways->count == GATEWAYS_MAX || size > CODEC_KEY_ID_SIZE_MAX) {
        return NONE32;
    }
    struct run_gateway *row = &gateways->rows[gateways->count];
    *row = (struct run_gateway){0};
    memcpy(row->id, source, size + 1);
    return gateways->count++;
}

static uint32_t event_add(struct run_gateways *gateways, const struct trace_event *event,
                          uint32_t source)
{
    uint32_t row = gateways->event_free;
    gateways->seen++;
    if (row != NONE32) {
        gateways->event_free = gateways->events[row].record;
    } else if (gateways->event_count == gateways->event_room) {
        gateways->event_room = gateways->event_room == 0 ? 1024 : gateways->event_room * 2;
        gateways->events =
            realloc(gateways->events, gateways->event_room * sizeof *gateways->events);
        must(gateways->events != NULL);
    }
    row = row != NONE32 ? row : gateways->event_count++;
    gateways->events[row] = (struct event_record){
        .at_ms = event->at_ms,
        .record = NONE32,
        .has_place = place_is_known(event->place) || event->device != NULL,
        .source = (uint16_t)source,
        .truth_kind = (uint8_t)truth_kind_of(event->told.kind),
        .incident = event->told.incident == NULL ? 0 : truth_incident_of(event->told.incident),
        .id = facts_event_id(facts_text(event->source), facts_text(event->id)),
        .type_hash = facts_hash(event->type, strlen(event->type)).lo,
        .truth = gateways->keep_truth ? json_incref(event->truth) : NULL};
    return row;
}

/* The name of the field that carries trace_event.caller, as docs of the event fields say. */
#define CALLER_FIELD "caller"

/* One event being packed: the messages point into each other. */
struct packing {
    Gridloop__Wire__Event event;
    Gridloop__Wire__Place place;
    Gridloop__Wire__Field fields[EVENT_FIELDS_MAX + 1];
    Gridloop__Wire__Field *pointers[EVENT_FIELDS_MAX + 1];
    char *texts[EVENT_FIELDS_MAX]; /* terminated copies */
};

static void pack_fields(struct packing *packing, const struct trace_event *event)
{
    static const Gridloop__Wire__Field blank = GRIDLOOP__WIRE__FIELD__INIT;
    uint32_t count = 0;
    for (; count < event->field_count; count++) {
        const struct fact_field *from = &event->fields[count];
        Gridloop__Wire__Field *field = &packing->fields[count];
        *field = blank;
        field->name = run_wire_text(from->name.bytes);
        if (from->kind == FIELD_NUMBER) {
            field->value_case = GRIDLOOP__WIRE__FIELD__VALUE_MICRO;
            field->micro = from->number;
        } else if (from->kind == FIELD_BOOL) {
            field->value_case = GRIDLOOP__WIRE__FIELD__VALUE_FLAG;
            field->flag = from->number != 0;
        } else {
            packing->texts[count] = strndup(from->text, from->text_size);
            must(packing->texts[count] != NULL);
            field->value_case = GRIDLOOP__WIRE__FIELD__VALUE_TEXT;
            field->text = packing->texts[count];
        }
        packing->pointers[count] = field;
    }
    if (event->caller != NULL) {
        packing->fields[count] = blank;
        packing->fields[count].name = run_wire_text(CALLER_FIELD);
        packing->fields[count].value_case = GRIDLOOP__WIRE__FIELD__VALUE_TEXT;
        packing->fields[count].text = run_wire_text(event->caller);
        packing->pointers[count] = &packing->fields[count];
        count++;
    }
    packing->event.n_fields = count;
    packing->event.fields = packing->pointers;
}

/* Packs the event as the one of a batch. */
static void batch_pack(struct gateway_batch *batch, const struct trace_event *event)
{
    struct packing packing = {.event = GRIDLOOP__WIRE__EVENT__INIT,
                              .place = GRIDLOOP__WIRE__PLACE__INIT};
    Gridloop__Wire__EventBatch message = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    Gridloop__Wire__Event *wire = &packing.event, *events[1] = {wire};
    wire->id = run_wire_text(event->id);
    wire->type = run_wire_text(event->type);
    wire->has_at_ms = 1;
    wire->at_ms = event->at_ms - event->delay_ms;
    wire->has_flags = event->is_drill;
    wire->flags = event->is_drill ? (uint32_t)EVENT_IS_DRILL : 0;
    wire->device = event->device != NULL ? run_wire_text(event->device) : wire->device;
    wire->text = event->text != NULL ? run_wire_text(event->text) : wire->text;
    if (place_is_known(event->place)) {
        packing.place.has_lon_e7 = packing.place.has_lat_e7 = 1;
        packing.place.lon_e7 = event->place.lon;
        packing.place.lat_e7 = event->place.lat;
        wire->place = &packing.place;
    }
    pack_fields(&packing, event);
    message.has_epoch = message.has_seq = 1;
    message.epoch = 1;
    message.seq = batch->seq;
    message.n_events = 1;
    message.events = events;
    batch->packed_size = gridloop__wire__event_batch__get_packed_size(&message);
    batch->packed = malloc(batch->packed_size);
    must(batch->packed != NULL);
    must(gridloop__wire__event_batch__pack(&message, batch->packed) == batch->packed_size);
    for (uint32_t i = 0; i < EVENT_FIELDS_MAX; i++) {
        free(packing.texts[i]);
    }
}

static void gateway_send(struct run_gateways *gateways, uint32_t index)
{
    struct run_gateway *row = &gateways->rows[index];
    if (row->is_in_flight || row->first == NULL) {
        return;
    }
    Gridloop__Wire__EventBatch *batch =
        gridloop__wire__event_batch__unpack(NULL, row->first->packed_size, row->first->packed);
    must(batch != NULL);
    batch->seq = row->first->seq; /* a refused one before it may have given its number back */
    row->is_in_flight = true;
    const struct run_speaker speaker = {gateways->client_first + index, row->id};
    run_wire_batch(gateways->wire, speaker, batch);
    gridloop__wire__event_batch__free_unpacked(batch, NULL);
}

enum err run_gateways_add(struct run_gateways *gateways, const struct trace_event *event)
{
    const uint32_t index = gateway_of(gateways, event->source);
    if (index == NONE32) {
        return ERR_TOO_LARGE;
    }
    struct run_gateway *row = &gateways->rows[index];
    struct gateway_batch *batch = calloc(1, sizeof *batch);
    must(batch != NULL);
    batch->seq = ++row->last_seq;
    batch->event = event_add(gateways, event, index);
    batch_pack(batch, event);
    if (row->last != NULL && row->first != NULL) {
        row->last->next = batch;
    } else {
        row->first = batch;
    }
    row->last = batch;
    gateway_send(gateways, index);
    return ERR_OK;
}

static void event_answered(struct run_gateways *gateways, struct run_gateway *row, uint32_t code,
                           const char *case_no, bool is_late)
{
    struct gateway_batch *batch = row->first;
    struct event_record *event = &gateways->events[batch->event];
    struct case_no no;
    event->code = (uint16_t)code;
    event->is_late = is_late;
    if (case_no != NULL && case_text_parse(case_no, &no) == ERR_OK) {
        event->record = report_cases_find(gateways->cases, no);
        /* A window may still name a case that has left. */
        must(event->record != NONE32 || gateways->is_folding);
        if (!gateways->is_folding) {
            struct case_record *record = &gateways->cases->cases[event->record];
            record->truth = record->truth == NONE32 ? batch->event : record->truth;
        }
    }
    gateways->answered++;
    gateways->late += is_late;
    if (gateways->is_folding) {
        must(event->truth == NULL);
        event->record = gateways->event_free;
        gateways->event_free = batch->event;
    }
    gateways->by_code[code < COUNT_OF(gateways->by_code) ? code : 0]++;
    row->first = batch->next;
    batch_free(batch);
    row->is_in_flight = false;
}

void run_gateways_answer(struct run_gateways *gateways, uint32_t client,
                         const Gridloop__Wire__Answer *answer, int64_t now_ms)
{
    const uint32_t index = client - gateways->client_first;
    must(index < gateways->count);
    struct run_gateway *row = &gateways->rows[index];
    must(row->is_in_flight);
    must(row->first != NULL);
    if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK) {
        const Gridloop__Wire__BatchAck *ack = answer->batch_ack;
        must(ack->seq == row->first->seq);
        must(ack->n_results == 1);
        event_answered(gateways, row, ack->results[0]->code, ack->results[0]->case_no,
                       ack->results[0]->late);
    } else {
        must(answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT);
        const Gridloop__Wire__Reject *reject = answer->reject;
        if (reject->code == CODE_RATE || reject->code == CODE_OVERLOADED) {
            const struct plan_entry plan = {
                .at_ms = now_ms + max_i64(RETRY_MIN_MS, (int64_t)reject->retry_after_ms),
                .kind = GATEWAYS_PLAN_RESEND,
                .who = client};
            gateways->resends++;
            row->is_in_flight = false;
            must(virtual_queue_put(gateways->queue, plan) == ERR_OK);
            return;
        }
        row->last_seq--; /* never entered the outbox's history: the number is free again */
        for (struct gateway_batch *later = row->first->next; later != NULL; later = later->next) {
            later->seq--;
        }
        event_answered(gateways, row, reject->code, NULL, false);
    }
    gateway_send(gateways, index);
}

void run_gateways_resend(struct run_gateways *gateways, uint32_t client)
{
    must(client - gateways->client_first < gateways->count);
    gateway_send(gateways, client - gateways->client_first);
}
