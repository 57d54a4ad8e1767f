/* node_intake.c: a frame comes in: who sent it, is it new, how urgent is it, may it wait in a lane.
 *
 *   peek -> known identity -> rate -> cut off? credit? -> open -> Hello and Poll are answered or held here
 *                                                             -> EventBatch, Act, Report: resend? in order? -> lane
 *
 * What is refused here never reaches the log; it is counted in struct node_counts.
 *
 * Once-only: the core remembers what is in the log, the session's chain of waiting requests what is
 * on its way there. A resend of a waiting request only changes where its answer goes. */
#include "engine/edge/node_state.h"
#include "proto/peek.h"

#define SEEN_EVERY_MS (30 * SECOND_MS) /* a worker's sign of life is logged at most this often */
#define FIX_EVERY_MS (10 * SECOND_MS)  /* ... its position this often, or sooner when it moved */
#define FIX_MOVED_CM (50 * INT64_C(100))
#define POLL_WAIT_MS_MAX (25 * SECOND_MS) /* real ms */
#define COUNTERS_PER_S 20u
#define RETRY_NO_CITY_MS 1000 /* real ms */

/* A request on its way in. */
struct arrival {
    struct node_reply reply;
    const void *frame;
    uint64_t frame_size;
    const struct codec_request *opened;
    uint32_t session_row;
    struct session *session;
};

static void refuse(struct node *node, const struct arrival *arrival, enum code code,
                   const char *hint)
{
    node_answer_refusal(node, arrival->reply, &(struct node_refusal){.code = code, .hint = hint});
}

/* ---- polls ---- */

static bool read_place(const Gridloop__Wire__Place *place, struct place *out_place)
{
    if (place == NULL || !place->has_lon_e7 || !place->has_lat_e7) {
        return false;
    }
    *out_place = (struct place){place->lon_e7, place->lat_e7};
    return place_is_known(*out_place) && place_is_valid(*out_place);
}

/* Is this fix worth a place in the log? */
static bool is_fix_news(const struct session *session, struct place fix, int64_t now_ms)
{
    return now_ms - session->fix_logged_at_ms >= FIX_EVERY_MS ||
           !place_is_known(session->fix_logged) ||
           distance_cm(session->fix_logged, fix) >= FIX_MOVED_CM;
}

/* What a poll says of its sender becomes SEEN and ITEMS_TAKEN, no more often than they are news. */
static void note_presence(struct node *node, const struct arrival *arrival,
                          const Gridloop__Wire__Poll *poll)
{
    struct session *session = arrival->session;
    struct worker_view worker;
    if (!core_find_worker(node->core, session->principal, &worker)) {
        return;
    }
    uint8_t status =
        poll->has_status && poll->status < STATUS_LIMIT ? (uint8_t)poll->status : session->status;
    struct place fix = place_none();
    bool has_fix = poll->fix != NULL && read_place(poll->fix->place, &fix) && worker.is_in_hours &&
                   status != STATUS_OFF && is_fix_news(session, fix, node->now_ms);
    if (has_fix) {
        session->fix = fix;
        session->fix_accuracy_cm =
            poll->fix->place->has_accuracy_cm ? poll->fix->place->accuracy_cm : 0;
        session->fix_at_ms =
            poll->fix->has_at_ms ? min_i64(poll->fix->at_ms, node->now_ms) : node->now_ms;
    }
    if (has_fix || status != session->status ||
        node->now_ms - session->seen_at_ms >= SEEN_EVERY_MS) {
        session->status = status;
        session->has_seen = true;
        sessions_mark_dirty(&node->sessions, arrival->session_row);
    }
    uint64_t ack_seq = poll->has_ack_seq ? poll->ack_seq : 0;
    if (ack_seq > worker.item_seq_taken && ack_seq <= worker.item_seq_last &&
        ack_seq > session->taken_seq) {
        session->taken_seq = ack_seq;
        session->has_taken = true;
        sessions_mark_dirty(&node->sessions, arrival->session_row);
    }
}

/* How long a poll is held, in log ms. With a fast clock a held poll must end before its worker
 * counts as lost. */
static int64_t hold_ms(const struct node *node, uint32_t wait_ms)
{
    int64_t held_ms = min_i64(wait_ms, POLL_WAIT_MS_MAX) * node->options.speed;
    int64_t lost_ms = core_policy(node->core)->info->worker_lost_ms;
    return lost_ms > 0 ? min_i64(held_ms, lost_ms / 3) : held_ms;
}

static void receive_poll(struct node *node, const struct arrival *arrival,
                         const Gridloop__Wire__Poll *poll)
{
    struct session *session = arrival->session;
    if (session->kind != SESSION_PERSON) {
        refuse(node, arrival, CODE_NO_RIGHT, "only a person's app polls for tasks");
        return;
    }
    note_presence(node, arrival, poll);
    if (session->poll != NONE32) {
        const struct poll *held = polls_at(&node->polls, session->poll);
        struct node_reply reply = {held->route, held->route_size, held->request_id};
        node_answer_tasks(node, reply, session, held->ack_seq);
        polls_release(&node->polls, &node->sessions, session->poll);
    }
    uint64_t ack_seq = poll->has_ack_seq ? poll->ack_seq : 0;
    uint32_t wait_ms = poll->has_wait_ms ? poll->wait_ms : 0;
    struct poll held = {.session = arrival->session_row,
                        .route_size = arrival->reply.route_size,
                        .request_id = arrival->reply.request_id,
                        .ack_seq = ack_seq,
                        .due_ms = add_clamped(node->now_ms, hold_ms(node, wait_ms))};
    memcpy(held.route, arrival->reply.route, arrival->reply.route_size);
    if (wait_ms == 0 || node->is_stopping || node_has_items(node, session, ack_seq) ||
        polls_hold(&node->polls, &node->sessions, &held) != ERR_OK) {
        node_answer_tasks(node, arrival->reply, session, ack_seq);
    }
}

/* ---- what becomes a command ---- */

/* The lane of an event type: the policy's, reports for what no rule knows. */
static enum lane lane_of_type(const struct policy *policy, const char *type)
{
    size_t size = type != NULL ? strlen(type) : 0;
    uint32_t low = 0, high = policy->type_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct image_string name = policy->types[middle].name;
        size_t shorter = name.size < size ? name.size : size;
        int order = shorter == 0 ? 0 : memcmp(policy_text(policy, name), type, shorter);
        if (order == 0 && name.size == size) {
            return (enum lane)policy->types[middle].lane;
        }
        if (order < 0 || (order == 0 && name.size < size)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return LANE_REPORT;
}

static enum lane lane_of_batch(const struct policy *policy, const Gridloop__Wire__EventBatch *batch)
{
    enum lane lane = LANE_TELEMETRY;
    const char *before = NULL; /* a gateway mostly says one thing */
    for (size_t i = 0; i < batch->n_events; i++) {
        const char *type = batch->events[i]->type;
        if (before != NULL && type != NULL && strcmp(type, before) == 0) {
            continue;
        }
        enum lane wanted = lane_of_type(policy, type);
        lane = wanted < lane ? wanted : lane;
        before = type;
    }
    return lane;
}

/* Fills kind, lane, epoch, seq and key; false after a refusal. */
static bool classify(struct node *node, const struct arrival *arrival, struct request *request)
{
    const struct policy *policy = core_policy(node->core);
    const Gridloop__Wire__Request *wire = arrival->opened->request;
    bool is_gateway = arrival->session->kind == SESSION_GATEWAY;
    if (wire->kind_case == GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH) {
        if (!is_gateway) {
            refuse(node, arrival, CODE_NO_RIGHT,
                   "event batches come from gateways; a person reports");
            return false;
        }
        request->kind = REQUEST_EVENTS;
        request->lane = (uint8_t)lane_of_batch(policy, wire->event_batch);
        request->event_count = (uint32_t)wire->event_batch->n_events;
        request->epoch = wire->event_batch->epoch;
        request->seq = wire->event_batch->seq;
    } else if (is_gateway) {
        refuse(node, arrival, CODE_NO_RIGHT, "a gateway sends event batches only");
        return false;
    } else if (wire->kind_case == GRIDLOOP__WIRE__REQUEST__KIND_ACT) {
        request->kind = REQUEST_ACT;
        request->lane = LANE_DRAIN;
        request->reveals = wire->act->action == ACTION_REVEAL;
        request->epoch = wire->act->epoch;
        request->seq = wire->act->seq;
        if (wire->act->key != NULL && wire->act->key[0] != '\0') {
            request->key = facts_hash(wire->act->key, strlen(wire->act->key));
        }
    } else {
        must(wire->kind_case == GRIDLOOP__WIRE__REQUEST__KIND_REPORT);
        request->kind = REQUEST_REPORT;
        request->lane =
            (uint8_t)min_i64(lane_of_type(policy, wire->report->event->type), LANE_REPORT);
        request->event_count = 1;
        request->epoch = wire->report->epoch;
        request->seq = wire->report->seq;
    }
    if (request->epoch != 0 && request->seq == 0) {
        refuse(node, arrival, CODE_MALFORMED, "seq: 1, 2, 3 ... inside an epoch");
        return false;
    }
    return true;
}

/* A request that is waiting already: its answer goes to where it was last asked from. */
static void adopt_resend(struct node *node, const struct arrival *arrival, uint32_t row,
                         const struct request *request)
{
    struct request *waiting = lanes_at(&node->lanes, row);
    if (waiting->content_digest != request->content_digest) {
        node->counts.refused++;
        refuse(node, arrival, CODE_SEQ_REUSED, NULL);
        return;
    }
    node->counts.resends++;
    memcpy(waiting->route, arrival->reply.route, arrival->reply.route_size);
    waiting->route_size = arrival->reply.route_size;
    waiting->request_id = arrival->reply.request_id;
}

/* Where the identity's outbox stands: the newest waiting request, else what the core took. */
static struct outbox_mark find_mark(struct node *node, const struct session *session)
{
    struct outbox_mark mark = core_outbox_mark(node->core, session->principal);
    for (uint32_t row = session->request_first; row != NONE32;
         row = lanes_at(&node->lanes, row)->session_next) {
        const struct request *waiting = lanes_at(&node->lanes, row);
        if (waiting->epoch != 0) {
            mark = (struct outbox_mark){waiting->epoch, waiting->seq};
        }
    }
    return mark;
}

/* A request's frame is only read. */
static uint8_t *unconst(const void *frame)
{
    union {
        const void *from;
        uint8_t *to;
    } both = {.from = frame};
    return both.to;
}

/* Is this the next of its outbox? Otherwise answers: with the results of long ago, or with what is
 * wrong. */
static bool is_next(struct node *node, const struct arrival *arrival, const struct request *request)
{
    uint32_t row = lanes_find(&node->lanes, arrival->session, request->epoch, request->seq);
    if (row != NONE32) {
        adopt_resend(node, arrival, row, request);
        return false;
    }
    uint32_t count = 0;
    if (core_find_results(node->core, arrival->session->principal, request->epoch, request->seq,
                          request->content_digest, node->results, EVENTS_PER_COMMAND_MAX,
                          &count) == ERR_OK) {
        must(count > 0);
        if (node->results[0].code == CODE_SEQ_REUSED) {
            node->counts.refused++;
            refuse(node, arrival, CODE_SEQ_REUSED, NULL);
            return false;
        }
        node->counts.resends++;
        struct request again = *request;
        again.frame = unconst(arrival->frame);
        node_answer_results(node, &again, arrival->reply, node->results, count);
        return false;
    }
    struct outbox_mark mark = find_mark(node, arrival->session);
    if (request->epoch < mark.epoch) {
        node->counts.refused++;
        refuse(node, arrival, CODE_EPOCH_OLD, NULL);
        return false;
    }
    /* A new epoch starts at 1: were any number taken, a refusal of the first would lose it. */
    uint64_t expected = request->epoch == mark.epoch ? mark.last_seq + 1 : 1;
    if (request->seq != expected) {
        node->counts.refused++;
        node_answer_refusal(node, arrival->reply,
                            &(struct node_refusal){.code = CODE_SEQ_GAP, .expected_seq = expected});
        return false;
    }
    return true;
}

/* An act that has a key instead of an outbox: the newest one of each identity is remembered. */
static bool is_key_known(struct node *node, const struct arrival *arrival,
                         const struct request *request)
{
    const struct session_key_result *last = &arrival->session->last_key;
    if (hash128_is_none(request->key)) {
        return false;
    }
    for (uint32_t row = arrival->session->request_first; row != NONE32;
         row = lanes_at(&node->lanes, row)->session_next) {
        if (hash128_is_equal(lanes_at(&node->lanes, row)->key, request->key)) {
            adopt_resend(node, arrival, row, request);
            return true;
        }
    }
    if (!hash128_is_equal(request->key, last->key)) {
        return false;
    }
    struct effect_result result = {.code = last->code,
                                   .case_no = {(uint32_t)(last->case_digits.hi >> 32),
                                               (uint32_t)last->case_digits.hi,
                                               (uint32_t)last->case_digits.lo},
                                   .order = last->order,
                                   .possible = last->possible,
                                   .state = last->state};
    node->counts.resends++;
    node_answer_results(node, request, arrival->reply, &result, 1);
    return true;
}

static void receive_work(struct node *node, const struct arrival *arrival)
{
    struct request request = {.session = arrival->session_row,
                              .request_id = arrival->reply.request_id,
                              .route_size = arrival->reply.route_size,
                              .content_digest = arrival->opened->content_digest,
                              .received_at_ms = node->now_ms,
                              .frame_size = arrival->frame_size};
    if (!classify(node, arrival, &request)) {
        node->counts.refused++;
        return;
    }
    if (request.epoch != 0 ? !is_next(node, arrival, &request)
                           : is_key_known(node, arrival, &request)) {
        return;
    }
    bool is_urgent = request.lane <= LANE_DRAIN;
    uint32_t credit = is_urgent ? node->options.edge.credit : node_credit(node);
    if (node->is_stopping || arrival->session->request_count >= credit ||
        (!is_urgent && (node->shed != 0 || outputs_is_tight(&node->outputs))) ||
        !lanes_has_room(&node->lanes, (enum lane)request.lane, request.frame_size)) {
        node_refuse_load(node, arrival->reply);
        return;
    }
    memcpy(request.route, arrival->reply.route, arrival->reply.route_size);
    request.frame = lanes_frame(&node->lanes, arrival->frame_size);
    if (request.frame == NULL) {
        node_refuse_load(node, arrival->reply);
        return;
    }
    memcpy(request.frame, arrival->frame, arrival->frame_size);
    must(lanes_put(&node->lanes, &node->sessions, &request) == ERR_OK);
    if (request.kind == REQUEST_EVENTS && request.lane == LANE_TELEMETRY) {
        node_coalesce(node, arrival->session->request_last, arrival->opened->request->event_batch);
    }
}

/* Whoever can reach the engine may ask while auth is none; together no more often than is of use. */
static void receive_counters(struct node *node, struct node_reply reply)
{
    struct session_rate rate = {COUNTERS_PER_S, COUNTERS_PER_S, node->options.speed};
    int64_t wait_ms = 0;
    if (session_take_token(&node->asker, rate, node->now_ms, &wait_ms)) {
        node_answer_counters(node, reply);
        return;
    }
    node->counts.rate_refused++;
    node_answer_refusal(
        node, reply,
        &(struct node_refusal){.code = CODE_RATE,
                               .retry_after_ms = wait_ms / node->options.speed + 1});
}

static void receive_from(struct node *node, const struct arrival *arrival)
{
    const Gridloop__Wire__Request *wire = arrival->opened->request;
    switch (wire->kind_case) {
    case GRIDLOOP__WIRE__REQUEST__KIND_HELLO:
        node_answer_welcome(node, arrival->reply, arrival->session);
        break;
    case GRIDLOOP__WIRE__REQUEST__KIND_POLL:
        receive_poll(node, arrival, wire->poll);
        break;
    case GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH:
    case GRIDLOOP__WIRE__REQUEST__KIND_ACT:
    case GRIDLOOP__WIRE__REQUEST__KIND_REPORT:
        receive_work(node, arrival);
        break;
    case GRIDLOOP__WIRE__REQUEST__KIND_BLOB_PUT:
        node_receive_blob(node, arrival->reply, arrival->session->principal, wire->blob_put);
        break;
    case GRIDLOOP__WIRE__REQUEST__KIND_RULES:
        node_receive_rules(node, arrival->reply, arrival->session, wire->rules);
        break;
    case GRIDLOOP__WIRE__REQUEST__KIND_COUNTERS:
        receive_counters(node, arrival->reply);
        break;
    case GRIDLOOP__WIRE__REQUEST__KIND_PLAN_ASK:
        node_receive_plan_ask(node, arrival->reply, arrival->session, wire->plan_ask);
        break;
    case GRIDLOOP__WIRE__REQUEST__KIND__NOT_SET:
    case _GRIDLOOP__WIRE__REQUEST__KIND__CASE_IS_INT_SIZE:
        must(false);
        break;
    }
}

/* Counts a frame that could not be opened and answers it. */
static void refuse_frame(struct node *node, const struct arrival *arrival, enum code code)
{
    if (code == CODE_UNKNOWN_IDENTITY) {
        node->counts.unknown_identity++;
    } else {
        node->counts.malformed++;
    }
    refuse(node, arrival, code, arrival->opened->hint);
}

/* Is this request refused by what its outside says? Answers it then. Everything here is cheap: it is what a flood meets. */
static bool refuse_early(struct node *node, struct node_reply reply, const struct peek *peek)
{
    struct hash128 principal = facts_hash(peek->key_id, strlen(peek->key_id));
    uint32_t row = sessions_find(&node->sessions, principal);
    if (row == NONE32 || sessions_at(&node->sessions, row)->kind == SESSION_NONE) {
        node->counts.unknown_identity++;
        node_answer_refusal(
            node, reply,
            &(struct node_refusal){.code = CODE_UNKNOWN_IDENTITY,
                                   .hint = "key_id is no gateway or person of this city"});
        return true;
    }
    struct session *session = sessions_at(&node->sessions, row);
    struct session_rate rate = {node->options.edge.rate_per_s, node->options.edge.rate_burst,
                                node->options.speed};
    int64_t wait_ms = 0;
    if (!session_take_token(session, rate, node->now_ms, &wait_ms)) {
        node->counts.rate_refused++;
        node_answer_refusal(
            node, reply,
            &(struct node_refusal){.code = CODE_RATE,
                                   .retry_after_ms = wait_ms / node->options.speed + 1});
        return true;
    }
    if (peek->epoch == 0) {
        return false; /* no outbox: what it is shows only inside */
    }
    if (node_is_cut(node, session, &wait_ms)) {
        node->counts.rate_refused++;
        node_answer_refusal(
            node, reply,
            &(struct node_refusal){.code = CODE_RATE,
                                   .retry_after_ms = wait_ms,
                                   .hint = "cut off for a while: more in flight than the credit, "
                                           "again and again"});
        return true;
    }
    if (session->request_count >= node->options.edge.credit &&
        lanes_find(&node->lanes, session, peek->epoch, peek->seq) == NONE32) {
        node_note_violation(node, session);
        node_refuse_load(node, reply);
        return true;
    }
    return false;
}

void node_receive(struct node *node, const void *route, uint32_t route_size, const void *frame,
                  uint64_t frame_size, int64_t now_ms)
{
    node->now_ms = max_i64(node->now_ms, now_ms);
    node->counts.frames++;
    if (route_size > NODE_ROUTE_MAX || frame_size > NODE_FRAME_MAX) {
        node->counts.malformed++; /* nobody can be answered, or nothing sensible was said */
        return;
    }
    struct peek peek;
    struct node_reply reply = {.route = route, .route_size = route_size};
    if (node_adopt(node) && peek_frame(frame, frame_size, &peek)) {
        reply.request_id = peek.request_id;
        if (peek.kind == PEEK_COUNTERS) {
            receive_counters(node, reply);
            return;
        }
        if (refuse_early(node, reply, &peek)) {
            return;
        }
    }
    struct codec_request opened;
    enum code code = codec_open_frame(frame, frame_size, &node->arena, &opened);
    reply.request_id = opened.request_id;
    struct arrival arrival = {.reply = reply,
                              .frame = frame,
                              .frame_size = frame_size,
                              .opened = &opened,
                              .session_row = NONE32};
    if (code != CODE_NOTHING) {
        refuse_frame(node, &arrival, code);
        return;
    }
    if (!node_adopt(node)) {
        node->counts.refused++;
        node_answer_refusal(
            node, arrival.reply,
            &(struct node_refusal){.code = CODE_NO_CITY, .retry_after_ms = RETRY_NO_CITY_MS});
        return;
    }
    struct hash128 principal = facts_hash(opened.key_id, strlen(opened.key_id));
    arrival.session_row = sessions_find(&node->sessions, principal);
    must(arrival.session_row != NONE32); /* what opens was peeked at, and a stranger refused then */
    arrival.session = sessions_at(&node->sessions, arrival.session_row);
    receive_from(node, &arrival);
}
