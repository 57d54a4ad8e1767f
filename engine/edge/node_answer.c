/* node_answer.c: answers, packed straight into the queue of outputs.
 *
 * Every answer is tagged with the last appended position: what it says can rest on nothing newer,
 * so it may leave when that is durable. That is later than some need, by at most one sync, and
 * never too early (law 4).
 *
 * Refusals give way: when the queue is tight they are dropped and counted, for the client asks
 * again anyway. */
#include "engine/core/expr.h"
#include "engine/edge/counters.h"
#include "engine/edge/hint_acts.h"
#include "engine/edge/hints.h"
#include "engine/edge/labels.h"
#include "engine/edge/node_state.h"
#include "engine/edge/title.h"
#include "engine/edge/words.h"

#include <stdio.h>

void node_queue_answer(struct node *node, struct node_reply reply, Gridloop__Wire__Answer *answer)
{
    answer->has_request_id = 1;
    answer->request_id = reply.request_id;
    answer->has_now_ms = 1;
    answer->now_ms = node->now_ms;
    answer->has_speed = 1;
    answer->speed = node->options.speed;
    struct codec_seal seal = {.key_id = NULL};
    size_t size = codec_answer_size(&seal, answer), sealed_size = 0;
    uint8_t *bytes =
        outputs_put(&node->outputs, node->position, reply.route, reply.route_size, size);
    if (bytes == NULL) {
        node->counts.outputs_dropped++;
        return;
    }
    must(codec_seal_answer(&seal, answer, bytes, size, &sealed_size) == ERR_OK);
    must(sealed_size == size);
}

/* protobuf-c's structs take char *, and packing does not write through it. */
static char *as_text(const char *text)
{
    union {
        const char *from;
        char *to;
    } both = {.from = text};
    return both.to;
}

void node_answer_refusal(struct node *node, struct node_reply reply,
                         const struct node_refusal *refusal)
{
    must(refusal->code != CODE_NOTHING);
    node->counts.rejects[refusal->code]++;
    if (outputs_is_tight(&node->outputs)) {
        node->counts.outputs_dropped++;
        return;
    }
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__Reject reject = GRIDLOOP__WIRE__REJECT__INIT;
    reject.has_code = 1;
    reject.code = (uint32_t)refusal->code;
    if (refusal->retry_after_ms > 0) {
        reject.has_retry_after_ms = 1;
        reject.retry_after_ms = (uint32_t)min_i64(refusal->retry_after_ms, UINT32_MAX);
    }
    reject.hint = as_text(refusal->hint != NULL && refusal->hint[0] != '\0'
                              ? refusal->hint
                              : words_code((uint32_t)refusal->code, LANG_EN));
    reject.has_expected_seq = refusal->expected_seq != 0;
    reject.expected_seq = refusal->expected_seq;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_REJECT;
    answer.reject = &reject;
    node_queue_answer(node, reply, &answer);
}

void node_answer_welcome(struct node *node, struct node_reply reply, const struct session *session)
{
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__Welcome welcome = GRIDLOOP__WIRE__WELCOME__INIT;
    const struct city *city = core_city(node->core);
    must(city != NULL);
    struct outbox_mark mark = core_outbox_mark(node->core, session->principal);
    welcome.has_epoch = 1;
    welcome.epoch = mark.epoch;
    welcome.has_last_seq = 1;
    welcome.last_seq = mark.last_seq;
    welcome.has_credit = 1;
    welcome.credit = node_credit(node);
    struct worker_view worker;
    if (core_find_worker(node->core, session->principal, &worker)) {
        welcome.has_item_seq = 1;
        welcome.item_seq = worker.item_seq_taken;
    }
    char name[128];
    (void)snprintf(name, sizeof name, "%.*s", (int)city->info->name.size,
                   city_text(city, city->info->name));
    welcome.city = name;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_WELCOME;
    answer.welcome = &welcome;
    node_queue_answer(node, reply, &answer);
}

void node_answer_counters(struct node *node, struct node_reply reply)
{
    static const Gridloop__Wire__Counter blank = GRIDLOOP__WIRE__COUNTER__INIT;
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__CounterList list = GRIDLOOP__WIRE__COUNTER_LIST__INIT;
    struct counter counters[COUNTERS_MAX];
    Gridloop__Wire__Counter rows[COUNTERS_MAX];
    Gridloop__Wire__Counter *pointers[COUNTERS_MAX];
    uint32_t count = counters_read(node, counters);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = blank;
        rows[i].name = counters[i].name;
        rows[i].has_value = 1;
        rows[i].value = counters[i].value;
        pointers[i] = &rows[i];
    }
    list.n_counters = count;
    list.counters = pointers;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_COUNTER_LIST;
    answer.counter_list = &list;
    node_queue_answer(node, reply, &answer);
}

void node_answer_stored(struct node *node, struct node_reply reply)
{
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__ActResult act = GRIDLOOP__WIRE__ACT_RESULT__INIT;
    act.has_code = 1;
    act.code = CODE_STORED;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT;
    answer.act_result = &act;
    node_queue_answer(node, reply, &answer);
}

/* ---- results ---- */

static void answer_batch(struct node *node, const struct request *request, struct node_reply reply,
                         const struct effect_result *results, uint32_t count)
{
    must(count <= EVENTS_PER_COMMAND_MAX);
    static const Gridloop__Wire__EventResult blank = GRIDLOOP__WIRE__EVENT_RESULT__INIT;
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__BatchAck ack = GRIDLOOP__WIRE__BATCH_ACK__INIT;
    Gridloop__Wire__EventResult rows[EVENTS_PER_COMMAND_MAX];
    Gridloop__Wire__EventResult *pointers[EVENTS_PER_COMMAND_MAX];
    char numbers[EVENTS_PER_COMMAND_MAX][WORDS_CASE_NO_SIZE];
    char hints[NODE_HINTS_MAX][HINT_SIZE];
    uint32_t hint_count = 0;
    struct node_asked asked = {.is_read = false};
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = blank;
        pointers[i] = &rows[i];
        rows[i].has_code = 1;
        rows[i].code = results[i].code;
        rows[i].has_late = results[i].is_late;
        rows[i].late = results[i].is_late;
        rows[i].has_report = results[i].report != 0;
        rows[i].report = results[i].report;
        if (!case_no_is_none(results[i].case_no)) {
            (void)words_case_no(results[i].case_no, numbers[i]);
            rows[i].case_no = numbers[i];
        }
        if (hint_count < NODE_HINTS_MAX &&
            node_hint(node, request, &asked, i, &results[i], hints[hint_count])[0] != '\0') {
            rows[i].hint = hints[hint_count++];
        }
    }
    ack.has_epoch = 1;
    ack.epoch = request->epoch;
    ack.has_seq = 1;
    ack.seq = request->seq;
    ack.has_durable_position = 1;
    ack.durable_position = node->position; /* the answer leaves only when this is durable */
    ack.n_results = count;
    ack.results = pointers;
    ack.has_credit = 1;
    ack.credit = node_credit(node);
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK;
    answer.batch_ack = &ack;
    node_queue_answer(node, reply, &answer);
}

/* The contacts of a case in clear, for one answer. */
struct revealed {
    struct contact contacts[CODEC_CONTACTS_MAX];
    Gridloop__Wire__Contact rows[CODEC_CONTACTS_MAX];
    Gridloop__Wire__Contact *pointers[CODEC_CONTACTS_MAX];
    uint32_t count;
};

/* Those whose key is still there; an erasure on its way may have taken it. */
static void open_contacts(const struct node *node, struct case_no no, struct revealed *out)
{
    static const Gridloop__Wire__Contact blank = GRIDLOOP__WIRE__CONTACT__INIT;
    struct contact_view views[CODEC_CONTACTS_MAX];
    const struct contact_keys *keys = &node->options.keys;
    uint8_t key[CONTACT_KEY_SIZE];
    bool is_erased;
    const uint32_t count = keys->find == NULL ? 0
                                              : core_case_contacts(node->core, no, views,
                                                                   CODEC_CONTACTS_MAX, &is_erased);
    out->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct contact *contact = &out->contacts[out->count];
        if (!keys->find(keys->context, views[i].id, key) ||
            !contact_open(views[i].sealed, views[i].id, key, contact)) {
            continue;
        }
        out->rows[out->count] = blank;
        out->rows[out->count].name = contact->name;
        out->rows[out->count].phone = contact->phone;
        out->rows[out->count].note = contact->note;
        out->pointers[out->count] = &out->rows[out->count];
        out->count++;
    }
}

static void forget_contacts(struct revealed *revealed)
{
    for (uint32_t i = 0; i < revealed->count; i++) {
        contact_forget(&revealed->contacts[i]);
    }
}

/* What an act should know besides its code: "" nothing. asked: to read its frame into. */
static const char *act_hint(struct node *node, const struct request *request,
                            const struct effect_result *result, struct node_asked *asked, char *out)
{
    struct hint_act ask = {.core = node->core, .code = result->code, .no = result->case_no};
    out[0] = '\0';
    if (words_code_is_refusal(result->code) && request->kind == REQUEST_ACT &&
        request->frame != NULL &&
        codec_open_frame(request->frame, request->frame_size, &node->arena, &asked->opened) ==
            CODE_NOTHING) {
        ask.act = asked->opened.request->act;
        (void)hint_act_put(&ask, out);
    }
    return out;
}

static void answer_act(struct node *node, const struct request *request, struct node_reply reply,
                       const struct effect_result *result)
{
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__ActResult act = GRIDLOOP__WIRE__ACT_RESULT__INIT;
    char number[WORDS_CASE_NO_SIZE], possible[512];
    struct revealed revealed;
    revealed.count = 0;
    if (request->reveals && result->code == CODE_DONE) {
        open_contacts(node, result->case_no, &revealed);
        act.n_contacts = revealed.count;
        act.contacts = revealed.pointers;
    }
    act.has_code = 1;
    act.code = result->code;
    if (!case_no_is_none(result->case_no)) {
        (void)words_case_no(result->case_no, number);
        act.case_no = number;
    }
    act.has_report = result->report != 0;
    act.report = result->report;
    act.has_order = result->order != 0;
    act.order = result->order;
    act.has_state = 1;
    act.state = result->state;
    act.has_possible = result->possible != 0;
    act.possible = result->possible;
    char hint[HINT_SIZE];
    struct node_asked asked = {.is_read = false};
    if (act_hint(node, request, result, &asked, hint)[0] != '\0') {
        act.hint = hint;
    } else if (result->possible != 0) {
        (void)words_actions(result->possible, LANG_EN, possible, sizeof possible);
        act.hint = possible;
    } else if (node_hint(node, request, &asked, 0, result, hint)[0] != '\0') {
        act.hint = hint;
    }
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT;
    answer.act_result = &act;
    node_queue_answer(node, reply, &answer);
    forget_contacts(&revealed);
}

void node_answer_results(struct node *node, const struct request *request, struct node_reply reply,
                         const struct effect_result *results, uint32_t count)
{
    must(count > 0);
    if (request->kind == REQUEST_EVENTS) {
        answer_batch(node, request, reply, results, count);
    } else {
        answer_act(node, request, reply, &results[0]);
    }
}

/* ---- tasks ---- */

static uint64_t news_after(const struct node *node, const struct session *session, uint64_t ack_seq,
                           bool *out_is_worker)
{
    struct worker_view worker;
    *out_is_worker = core_find_worker(node->core, session->principal, &worker);
    if (!*out_is_worker) {
        return 0;
    }
    /* An app that remembers another engine's numbers is ahead of this one's: it has seen nothing of
     * ours. */
    uint64_t acknowledged = ack_seq <= worker.item_seq_last ? ack_seq : 0;
    return acknowledged > worker.item_seq_taken ? acknowledged : worker.item_seq_taken;
}

bool node_has_items(const struct node *node, const struct session *session, uint64_t ack_seq)
{
    bool is_worker;
    uint64_t after = news_after(node, session, ack_seq, &is_worker);
    struct item_view item;
    return is_worker && core_worker_items(node->core, session->principal, after, &item, 1) > 0;
}

static void copy_text(char *out, size_t out_size, const char *text, size_t size)
{
    (void)snprintf(out, out_size, "%.*s", (int)size, text);
}

/* Of the newest contact of the case, masked; "" for none. */
static void mask_reporter(const struct node *node, struct case_no no, char out[CONTACT_MASK_SIZE])
{
    struct contact_view views[CODEC_CONTACTS_MAX];
    const struct contact_keys *keys = &node->options.keys;
    struct contact contact;
    uint8_t key[CONTACT_KEY_SIZE];
    bool is_erased;
    out[0] = '\0';
    const uint32_t count =
        core_case_contacts(node->core, no, views, CODEC_CONTACTS_MAX, &is_erased);
    if (count > 0 && keys->find != NULL && keys->find(keys->context, views[count - 1].id, key) &&
        contact_open(views[count - 1].sealed, views[count - 1].id, key, &contact)) {
        contact_mask(&contact, out);
        contact_forget(&contact);
    }
}

/* The case's part of an item. */
static void fill_case(const struct node *node, struct case_no no, struct node_item_text *text,
                      Gridloop__Wire__Item *item, Gridloop__Wire__Place *place)
{
    const struct city *city = core_city(node->core);
    struct case_view view;
    item->case_no = as_text(words_case_no(no, text->case_no));
    if (!core_find_case(node->core, no, &view)) {
        return;
    }
    title_render(city, core_policy(node->core), &view, text->title, sizeof text->title);
    title_place_name(city, &view, text->place_name, sizeof text->place_name);
    item->title = text->title;
    item->place_name = text->place_name;
    mask_reporter(node, no, text->reporter);
    item->reporter = text->reporter[0] != '\0' ? text->reporter : item->reporter;
    if (view.class_row < city->class_count) {
        struct image_string code = city->classes[view.class_row].code;
        copy_text(text->class_code, sizeof text->class_code, city_text(city, code), code.size);
        item->class_code = text->class_code;
    }
    item->has_severity = 1;
    item->severity = view.severity;
    if (place_is_known(view.place)) {
        place->has_lon_e7 = place->has_lat_e7 = 1;
        place->lon_e7 = view.place.lon;
        place->lat_e7 = view.place.lat;
        item->place = place;
    }
}

/* deadline: the order's own clock while it runs, else the case's. */
static void fill_order(const struct node *node, const struct order_view *order,
                       struct node_item_text *text, Gridloop__Wire__Item *item)
{
    const struct policy *policy = core_policy(node->core);
    struct case_view view;
    item->has_order_kind = 1;
    item->order_kind = (uint32_t)order->kind;
    item->has_order_state = 1;
    item->order_state = (uint32_t)order->state;
    int64_t deadline_ms = order->deadline_ms;
    if (deadline_ms == NEVER_MS && core_find_case(node->core, order->case_no, &view)) {
        deadline_ms = view.handle_deadline_ms;
    }
    if (deadline_ms != NEVER_MS && order_state_is_active(order->state)) {
        item->has_deadline_ms = 1;
        item->deadline_ms = deadline_ms;
    }
    struct duty_view duty;
    if (order->kind == KIND_PLAN_TASK && core_find_duty(node->core, order->number, &duty) &&
        duty.task < policy->plan_task_count) {
        title_render_target(core_city(node->core), policy, policy->plan_tasks[duty.task].text,
                            duty.asset, text->task, sizeof text->task);
        item->task = text->task;
    } else if (order->assign < policy->assign_count) {
        struct image_string task = policy->assigns[order->assign].task;
        copy_text(text->task, sizeof text->task, policy_text(policy, task), task.size);
        item->task = text->task;
    }
}

/* The lines that whoever handles the case fills in; those past the room of one answer are left to the app's case page. */
static void fill_checklist(const struct node *node, const struct order_view *order,
                           struct node_checklist *lines, Gridloop__Wire__Item *item)
{
    static const Gridloop__Wire__ChecklistLine blank = GRIDLOOP__WIRE__CHECKLIST_LINE__INIT;
    const struct policy *policy = core_policy(node->core);
    struct case_view view;
    uint32_t answered;
    const struct image_range checks = core_case_checks(node->core, order->case_no, &answered);
    if (checks.count == 0 || !order->is_lead ||
        !core_find_case(node->core, order->case_no, &view)) {
        return;
    }
    const uint32_t first = lines->used;
    for (uint32_t i = 0; i < checks.count && lines->used < NODE_CHECKLIST_MAX; i++) {
        const struct policy_check *check = &policy->checks[checks.first + i];
        Gridloop__Wire__ChecklistLine *line = &lines->rows[lines->used];
        struct node_check_text *text = &lines->texts[lines->used];
        *line = blank;
        copy_text(text->id, sizeof text->id, policy_text(policy, check->id), check->id.size);
        title_render_target(core_city(node->core), policy, check->text, view.asset, text->text,
                            sizeof text->text);
        line->id = text->id;
        line->text = text->text;
        line->has_required = line->has_photo = line->has_number = 1;
        line->required = (check->flags & CHECK_LINE_REQUIRED) != 0;
        line->photo = (check->flags & CHECK_LINE_EVIDENCE) != 0;
        line->number = check->op != EXPR_NE || check->column != NONE32;
        lines->pointers[lines->used++] = line;
    }
    item->n_checklist = lines->used - first;
    item->checklist = &lines->pointers[first];
}

void node_answer_tasks(struct node *node, struct node_reply reply, const struct session *session,
                       uint64_t ack_seq)
{
    static const Gridloop__Wire__Item blank = GRIDLOOP__WIRE__ITEM__INIT;
    static const Gridloop__Wire__Place nowhere = GRIDLOOP__WIRE__PLACE__INIT;
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__Tasks tasks = GRIDLOOP__WIRE__TASKS__INIT;
    Gridloop__Wire__Item items[NODE_ITEMS_MAX];
    Gridloop__Wire__Item *pointers[NODE_ITEMS_MAX];
    Gridloop__Wire__Place places[NODE_ITEMS_MAX];
    struct item_view views[NODE_ITEMS_MAX];
    struct node_checklist *checklist = node->checklist;
    checklist->used = 0;
    bool is_worker;
    uint64_t after = news_after(node, session, ack_seq, &is_worker);
    uint32_t count =
        is_worker ? core_worker_items(node->core, session->principal, after, views, NODE_ITEMS_MAX)
                  : 0;
    for (uint32_t i = 0; i < count; i++) {
        items[i] = blank;
        places[i] = nowhere;
        pointers[i] = &items[i];
        items[i].has_seq = items[i].has_kind = items[i].has_order = items[i].has_code = 1;
        items[i].seq = views[i].seq;
        items[i].kind = views[i].kind;
        items[i].order = views[i].order;
        items[i].code = views[i].code;
        struct order_view order;
        if (core_find_order(node->core, views[i].order, &order)) {
            fill_case(node, order.case_no, &node->item_text[i], &items[i], &places[i]);
            fill_order(node, &order, &node->item_text[i], &items[i]);
            fill_checklist(node, &order, checklist, &items[i]);
        }
    }
    tasks.has_seq = 1;
    tasks.seq = count > 0 ? views[count - 1].seq : after;
    tasks.n_items = count;
    tasks.items = pointers;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_TASKS;
    answer.tasks = &tasks;
    node_queue_answer(node, reply, &answer);
}
