/* run_wire.c: messages of simulated clients, sealed and opened by proto/codec.h. */
#include "sim/run_wire.h"

#include <stdlib.h>
#include <string.h>

enum err run_wire_init(struct run_wire *wire,
                       void (*send)(void *context, uint32_t client, const void *frame, size_t size),
                       void *context)
{
    *wire = (struct run_wire){.send = send, .context = context};
    wire->frame = malloc(CODEC_FRAME_SIZE_MAX);
    wire->scratch = aligned_alloc(16, CODEC_ARENA_SIZE);
    if (wire->frame == NULL || wire->scratch == NULL) {
        run_wire_fini(wire);
        return ERR_MEMORY;
    }
    codec_arena_init(&wire->arena, wire->scratch, CODEC_ARENA_SIZE);
    return ERR_OK;
}

void run_wire_fini(struct run_wire *wire)
{
    free(wire->frame);
    free(wire->scratch);
    wire->frame = NULL;
    wire->scratch = NULL;
}

char *run_wire_text(const char *text)
{
    union {
        const char *from;
        char *to;
    } both = {.from = text};
    return both.to;
}

static void wire_send(struct run_wire *wire, struct run_speaker speaker,
                      Gridloop__Wire__Request *request)
{
    size_t size = 0;
    const struct codec_seal seal = {.key_id = speaker.key_id};
    request->has_request_id = 1;
    request->request_id = ++wire->request_id;
    must(codec_seal_request(&seal, request, wire->frame, CODEC_FRAME_SIZE_MAX, &size) == ERR_OK);
    wire->sent++;
    wire->send(wire->context, speaker.client, wire->frame, size);
}

/* Fills the two messages of a fix; NULL when there is none to send. */
static Gridloop__Wire__Fix *wire_fix(struct run_fix fix, Gridloop__Wire__Fix *message,
                                     Gridloop__Wire__Place *place)
{
    static const Gridloop__Wire__Fix no_fix = GRIDLOOP__WIRE__FIX__INIT;
    static const Gridloop__Wire__Place no_place = GRIDLOOP__WIRE__PLACE__INIT;
    if (!place_is_known(fix.place)) {
        return NULL;
    }
    *place = no_place;
    place->has_lon_e7 = place->has_lat_e7 = 1;
    place->lon_e7 = fix.place.lon;
    place->lat_e7 = fix.place.lat;
    *message = no_fix;
    message->place = place;
    message->has_at_ms = 1;
    message->at_ms = fix.at_ms;
    return message;
}

void run_wire_poll(struct run_wire *wire, struct run_speaker speaker, uint64_t ack_seq,
                   uint32_t status, struct run_fix fix)
{
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__Poll poll = GRIDLOOP__WIRE__POLL__INIT;
    Gridloop__Wire__Fix message;
    Gridloop__Wire__Place place;
    poll.has_ack_seq = 1;
    poll.ack_seq = ack_seq;
    poll.has_wait_ms =
        1; /* 0: the simulation wakes an app itself when there is something to tell */
    poll.has_status = 1;
    poll.status = status;
    poll.fix = wire_fix(fix, &message, &place);
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_POLL;
    request.poll = &poll;
    wire_send(wire, speaker, &request);
}

void run_wire_act(struct run_wire *wire, struct run_speaker speaker, const struct run_act *act)
{
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__Act message = GRIDLOOP__WIRE__ACT__INIT;
    Gridloop__Wire__Fix fix;
    Gridloop__Wire__Place place;
    message.has_epoch = message.has_seq = message.has_action = 1;
    message.epoch = act->epoch;
    message.seq = act->seq;
    message.action = act->action;
    message.has_order = act->order != 0;
    message.order = act->order;
    message.has_reason = act->reason != 0;
    message.reason = act->reason;
    message.case_no = act->case_no[0] != '\0' ? run_wire_text(act->case_no) : message.case_no;
    message.text = act->text[0] != '\0' ? run_wire_text(act->text) : message.text;
    message.subject = act->subject[0] != '\0' ? run_wire_text(act->subject) : message.subject;
    uint8_t photo[16] = {1}; /* a digest stands for the picture */
    ProtobufCBinaryData evidence = {sizeof photo, photo};
    message.n_evidence = act->has_photo ? 1 : 0;
    message.evidence = &evidence;
    message.other_case =
        act->other_case[0] != '\0' ? run_wire_text(act->other_case) : message.other_case;
    message.has_until_ms = act->until_ms != 0;
    message.until_ms = act->until_ms;
    message.has_amount = act->amount != 0;
    message.amount = act->amount;
    message.fix = wire_fix(act->fix, &fix, &place);
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_ACT;
    request.act = &message;
    wire_send(wire, speaker, &request);
}

void run_wire_batch(struct run_wire *wire, struct run_speaker speaker,
                    const Gridloop__Wire__EventBatch *batch)
{
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__EventBatch copy = *batch;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    request.event_batch = &copy;
    wire_send(wire, speaker, &request);
}

const Gridloop__Wire__Answer *run_wire_open(struct run_wire *wire, const void *bytes, size_t size)
{
    struct codec_answer opened;
    must(codec_open_answer(bytes, size, &wire->arena, &opened) == CODE_NOTHING);
    must(opened.answer != NULL);
    return opened.answer;
}
