/* test_node.c: bytes and time in, bytes out: once-only, order, durability, polls, recovery. */
#include "tests/unit/edge/node_rig.c"
#include "tests/unit/panic.h"

static struct rig rig;

static int open_rig(void **state)
{
    (void)state;
    rig_open(&rig, NULL);
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static uint32_t reject_code(const Gridloop__Wire__Answer *answer)
{
    assert_non_null(answer);
    assert_int_equal(answer->kind_case, GRIDLOOP__WIRE__ANSWER__KIND_REJECT);
    return answer->reject->code;
}

static const Gridloop__Wire__EventResult *only_result(const Gridloop__Wire__Answer *answer)
{
    assert_non_null(answer);
    assert_int_equal(answer->kind_case, GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK);
    assert_int_equal(answer->batch_ack->n_results, 1);
    return answer->batch_ack->results[0];
}

/* Law 4. */
static void test_nothing_leaves_before_it_is_durable(void **state)
{
    (void)state;
    uint64_t request_id = rig_send_garbage(&rig, 1, 1, 1, 0.95);
    assert_null(rig_next(&rig));
    assert_int_equal(rig_append(&rig), 1);
    assert_null(rig_next(&rig));
    node_durable(rig.node, rig.position - 1);
    assert_null(rig_next(&rig));
    node_durable(rig.node, rig.position);
    const Gridloop__Wire__Answer *answer = rig_next(&rig);
    assert_int_equal(only_result(answer)->code, CODE_OPENED);
    assert_int_equal(answer->request_id, request_id);
    assert_int_equal(answer->batch_ack->durable_position, rig.position);
    assert_null(rig_next(&rig));
}

static void test_a_resend_gets_the_same_answer_and_no_second_command(void **state)
{
    (void)state;
    char case_no[40];
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    (void)snprintf(case_no, sizeof case_no, "%s", only_result(rig_settle(&rig))->case_no);
    uint64_t position = rig.position;
    uint64_t request_id = rig_send_garbage(&rig, 1, 1, 1, 0.95);
    const Gridloop__Wire__Answer *answer = rig_settle(&rig);
    assert_int_equal(answer->request_id, request_id);
    assert_int_equal(only_result(answer)->code, CODE_OPENED);
    assert_string_equal(only_result(answer)->case_no, case_no);
    assert_int_equal(rig.position, position);
    assert_int_equal(node_counts_now(rig.node).resends, 1);
}

static void test_a_resend_of_what_waits_is_answered_once(void **state)
{
    (void)state;
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    uint64_t request_id = rig_send_garbage(&rig, 1, 1, 1, 0.95);
    const Gridloop__Wire__Answer *answer = rig_settle(&rig);
    assert_int_equal(answer->request_id, request_id);
    assert_null(rig_next(&rig));
    assert_int_equal(core_counts_now(node_core(rig.node))->events, 1);
}

/* Appended but not yet durable: the resend's answer waits for the disk as well. */
static void test_a_resend_in_flight_waits_for_the_disk(void **state)
{
    (void)state;
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    (void)rig_append(&rig);
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    assert_int_equal(rig_append(&rig), 0);
    assert_null(rig_next(&rig));
    node_durable(rig.node, rig.position);
    assert_non_null(rig_next(&rig));
    assert_non_null(rig_next(&rig));
}

static void test_wrong_sequence_numbers_are_refused(void **state)
{
    (void)state;
    (void)rig_send_garbage(&rig, 7, 2, 1, 0.95);
    const Gridloop__Wire__Answer *answer = rig_settle(&rig);
    assert_int_equal(reject_code(answer), CODE_SEQ_GAP);
    assert_int_equal(answer->reject->expected_seq, 1);
    (void)rig_send_garbage(&rig, 7, 1, 1, 0.95);
    (void)rig_send_garbage(&rig, 7, 2, 2, 0.96);
    (void)rig_send_garbage(&rig, 7, 4, 3, 0.97);
    answer = rig_settle(&rig);
    /* The refusal was queued before the two were appended. */
    assert_int_equal(reject_code(answer), CODE_SEQ_GAP);
    assert_int_equal(answer->reject->expected_seq, 3);
    assert_int_equal(only_result(rig_next(&rig))->code, CODE_OPENED);
    assert_int_equal(only_result(rig_next(&rig))->code, CODE_DEDUPED);
    (void)rig_send_garbage(&rig, 7, 2, 9, 0.99);
    answer = rig_settle(&rig);
    assert_int_equal(reject_code(answer), CODE_SEQ_REUSED);
    (void)rig_send_garbage(&rig, 6, 1, 9, 0.99);
    assert_int_equal(reject_code(rig_settle(&rig)), CODE_EPOCH_OLD);
}

static void test_strangers_and_wrong_kinds_are_refused(void **state)
{
    (void)state;
    uint64_t position = rig.position;
    (void)rig_send_poll(&rig, "nobody", 0, 0);
    assert_int_equal(reject_code(rig_settle(&rig)), CODE_UNKNOWN_IDENTITY);
    (void)rig_send_poll(&rig, "cam-1", 0, 0);
    assert_int_equal(reject_code(rig_settle(&rig)), CODE_NO_RIGHT);
    node_receive(rig.node, "route", 5, "\xff\xff", 2, rig.now_ms);
    assert_int_equal(reject_code(rig_settle(&rig)), CODE_MALFORMED);
    assert_int_equal(rig.position, position);
    assert_int_equal(node_counts_now(rig.node).unknown_identity, 1);
    assert_int_equal(node_counts_now(rig.node).malformed, 1);
}

static void test_an_unknown_type_gets_the_nearest(void **state)
{
    (void)state;
    char type[] = "camera.garbage_overflo", id[] = "x1";
    Gridloop__Wire__Event event = GRIDLOOP__WIRE__EVENT__INIT;
    event.id = id;
    event.type = type;
    rig_send_event(&rig, "cam-1", 1, &event);
    const Gridloop__Wire__EventResult *result = only_result(rig_settle(&rig));
    assert_int_equal(result->code, CODE_NO_RULE);
    static const char HINT[] =
        "no rule knows the type \"camera.garbage_overflo\"; the nearest of 8 "
        "known is camera.garbage_overflow";
    assert_string_equal(result->hint, HINT);
    rig_send_event(&rig, "cam-1", 1, &event); /* a resend is told the same */
    assert_string_equal(only_result(rig_settle(&rig))->hint, HINT);
}

static void silence_camera(const char *who)
{
    char words[] = "device=C-001; bins are moved";
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__Act act = GRIDLOOP__WIRE__ACT__INIT;
    act.has_epoch = act.has_seq = act.has_action = act.has_until_ms = 1;
    act.epoch = act.seq = 1;
    act.action = ACTION_SILENCE;
    act.until_ms = rig.now_ms + HOUR_MS;
    act.text = words;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_ACT;
    request.act = &act;
    (void)rig_send(&rig, who, &request);
    assert_int_equal(rig_settle(&rig)->act_result->code, CODE_DONE);
}

/* What held an event back is told to its resend too, also behind a restart. */
static void test_a_resend_of_a_suppressed_event_is_told_why(void **state)
{
    (void)state;
    silence_camera("chief.chu");
    for (uint32_t i = 0; i < 3; i++) {
        (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
        const Gridloop__Wire__EventResult *result = only_result(rig_settle(&rig));
        assert_int_equal(result->code, CODE_SUPPRESSED);
        assert_string_equal(result->hint, "silence 1");
        if (i == 1) {
            rig_restart(&rig);
        }
    }
    assert_int_equal(node_counts_now(rig.node).resends, 1);
    (void)rig_send_garbage(&rig, 1, 2, 1, 0.95); /* the same id under another number */
    const Gridloop__Wire__EventResult *result = only_result(rig_settle(&rig));
    assert_int_equal(result->code, CODE_DEDUPED);
    assert_string_equal(result->hint, "the same was counted before, and it made no case");
}

/* Makes wang present and opens a case; returns the offer as wang's app gets it. */
static const Gridloop__Wire__Item *offer_to_wang(void)
{
    (void)rig_send_poll(&rig, "wang", 0, 25000);
    (void)rig_append(&rig);
    rig.now_ms += 1000;
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    assert_int_equal(only_result(rig_settle(&rig))->code, CODE_OPENED);
    const Gridloop__Wire__Answer *answer = rig_next(&rig);
    assert_non_null(answer);
    assert_int_equal(answer->kind_case, GRIDLOOP__WIRE__ANSWER__KIND_TASKS);
    assert_int_equal(answer->tasks->n_items, 1);
    return answer->tasks->items[0];
}

static void test_a_held_poll_is_answered_by_an_offer(void **state)
{
    (void)state;
    const Gridloop__Wire__Item *item = offer_to_wang();
    assert_int_equal(item->kind, ITEM_OFFER);
    assert_string_equal(item->title, "箱1 垃圾满溢");
    assert_string_equal(item->class_code, "E.01.02");
    assert_int_equal(item->order_state, ORDER_OFFERED);
    assert_int_equal(item->deadline_ms, rig.now_ms + 10 * MINUTE_MS);
    assert_int_equal(node_counts_now(rig.node).polls_held, 0);
}

static void test_items_come_again_until_acknowledged(void **state)
{
    (void)state;
    uint64_t seq = offer_to_wang()->seq;
    (void)rig_send_poll(&rig, "wang", 0, 25000);
    const Gridloop__Wire__Answer *answer = rig_settle(&rig);
    assert_int_equal(answer->tasks->n_items, 1);
    assert_int_equal(answer->tasks->items[0]->seq, seq);
    (void)rig_send_poll(&rig, "wang", seq, 0);
    answer = rig_settle(&rig);
    assert_int_equal(answer->tasks->n_items, 0);
    /* The acknowledgement is in the log: an app that lost its memory is not told again. */
    rig_restart(&rig);
    (void)rig_send_poll(&rig, "wang", 0, 0);
    assert_int_equal(rig_settle(&rig)->tasks->n_items, 0);
}

static void test_a_poll_is_let_go_when_its_time_is_over(void **state)
{
    (void)state;
    (void)rig_send_poll(&rig, "wang", 0, 25000);
    (void)rig_append(&rig);
    node_durable(rig.node, rig.position);
    assert_null(rig_next(&rig));
    assert_int_equal(node_next_wake_ms(rig.node), rig.now_ms + 25000);
    rig.now_ms += 24999;
    assert_null(rig_settle(&rig));
    rig.now_ms += 1;
    assert_int_equal(rig_settle(&rig)->tasks->n_items, 0);
}

static void test_polls_past_the_limit_are_answered_at_once(void **state)
{
    (void)state;
    static struct rig small;
    static const char *const WHO[] = {"wang", "li", "chen"};
    struct node_options options = node_options_default();
    options.edge.polls = 2;
    rig_open(&small, &options);
    for (uint32_t i = 0; i < 3; i++) {
        (void)rig_send_poll(&small, WHO[i], 0, 25000);
        const Gridloop__Wire__Answer *answer = rig_settle(&small);
        assert_int_equal(answer != NULL, i == 2);
        assert_int_equal(node_counts_now(small.node).polls_held, i < 2 ? i + 1 : 2);
    }
    rig_close(&small);
}

/* Nobody says anything any more: the clocks alone bring the case on, each when it is due. */
static void test_clocks_wake_a_quiet_engine(void **state)
{
    (void)state;
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.93);
    (void)rig_settle(&rig);
    for (uint32_t i = 0; i < 5; i++) {
        const int64_t due_ms = node_next_wake_ms(rig.node);
        const uint32_t entries = rig.entry_count;
        assert_int_equal(due_ms, core_next_due_ms(node_core(rig.node)));
        assert_true(due_ms > rig.now_ms);
        rig.now_ms = due_ms - 1;
        assert_int_equal(rig_append(&rig), 0);
        rig.now_ms = due_ms;
        assert_true(rig_append(&rig) > 0);
        assert_true(rig.entry_count > entries);
        assert_false(core_has_backlog(node_core(rig.node)));
    }
}

/* A worker who polls every second is logged every 30 s. */
static void test_presence_is_logged_sparingly(void **state)
{
    (void)state;
    uint64_t before = node_counts_now(rig.node).commands;
    for (uint32_t i = 0; i < 60; i++) {
        (void)rig_send_poll(&rig, "wang", 0, 0);
        (void)rig_settle(&rig);
        rig.now_ms += 1000;
    }
    /* A fix goes along every 10 s. */
    assert_int_equal(node_counts_now(rig.node).commands - before, 6);
}

static void test_acts_close_the_loop_and_name_what_is_possible(void **state)
{
    (void)state;
    uint64_t order = offer_to_wang()->order;
    (void)rig_send_act(&rig, "wang", 1, 1, order, NULL, ACTION_DONE);
    const Gridloop__Wire__Answer *answer = rig_settle(&rig);
    assert_int_equal(answer->act_result->code, CODE_WRONG_STATE);
    assert_true((answer->act_result->possible >> ACTION_ACCEPT & 1) != 0);
    assert_non_null(strstr(answer->act_result->hint, "accept"));
    (void)rig_send_act(&rig, "wang", 1, 2, order, NULL, ACTION_ACCEPT);
    answer = rig_settle(&rig);
    assert_int_equal(answer->act_result->code, CODE_DONE);
    assert_int_equal(answer->act_result->state, ORDER_ACCEPTED);
    (void)rig_send_act(&rig, "li", 1, 1, order, NULL, ACTION_ARRIVE);
    assert_int_equal(rig_settle(&rig)->act_result->code, CODE_NOT_YOURS);
}

static void test_a_case_is_named_by_its_tail(void **state)
{
    (void)state;
    (void)offer_to_wang();
    (void)rig_send_act(&rig, "dispatcher.du", 0, 0, 0, "1", ACTION_COMMENT);
    const Gridloop__Wire__Answer *answer = rig_settle(&rig);
    assert_int_equal(answer->kind_case, GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT);
    assert_int_equal(answer->act_result->code, CODE_DONE);
    (void)rig_send_act(&rig, "dispatcher.du", 0, 0, 0, "77", ACTION_COMMENT);
    assert_int_equal(reject_code(rig_settle(&rig)), CODE_UNKNOWN_CASE);
}

/* Comments on case 1; returns how many commands that put into the log. */
static uint64_t comment_by_key(const char *key)
{
    char number[] = "1", name[32];
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__Act act = GRIDLOOP__WIRE__ACT__INIT;
    const uint64_t before = node_counts_now(rig.node).commands;
    (void)snprintf(name, sizeof name, "%s", key);
    act.has_action = 1;
    act.action = ACTION_COMMENT;
    act.case_no = number;
    act.key = name;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_ACT;
    request.act = &act;
    (void)rig_send(&rig, "dispatcher.du", &request);
    assert_int_equal(rig_settle(&rig)->act_result->code, CODE_DONE);
    return node_counts_now(rig.node).commands - before;
}

static void test_an_act_counts_once_by_its_key(void **state)
{
    (void)state;
    (void)offer_to_wang();
    assert_int_equal(comment_by_key("first"), 1);
    assert_int_equal(comment_by_key("first"), 0);
    assert_int_equal(comment_by_key("second"), 1);
    assert_int_equal(comment_by_key("second"), 0);
}

static void void_case(const char *number)
{
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__Act act = GRIDLOOP__WIRE__ACT__INIT;
    char text[40];
    (void)snprintf(text, sizeof text, "%s", number);
    act.has_action = act.has_reason = 1;
    act.action = ACTION_VOID;
    act.reason = REASON_OTHER;
    act.case_no = text;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_ACT;
    request.act = &act;
    (void)rig_send(&rig, "chief.chu", &request);
    assert_int_equal(rig_settle(&rig)->act_result->code, CODE_DONE);
}

/* A tail says what its whole number says, also when the case has left; a serial that no case has reached never was one. */
static void test_the_tail_of_a_case_that_has_left_is_gone(void **state)
{
    (void)state;
    (void)offer_to_wang();
    void_case("1");
    const char *const numbers[] = {"1", "20260303-1", "110108-20260303-0001"};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) { /* still there, to be opened again */
        (void)rig_send_act(&rig, "dispatcher.du", 0, 0, 0, numbers[i], ACTION_COMMENT);
        assert_int_equal(rig_settle(&rig)->act_result->code, CODE_DONE);
    }
    rig.now_ms += 40 * DAY_MS;
    (void)rig_append(&rig);
    node_durable(rig.node, rig.position);
    assert_int_equal(core_counts_now(node_core(rig.node))->retired, 1);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        (void)rig_send_act(&rig, "dispatcher.du", 0, 0, 0, numbers[i], ACTION_COMMENT);
        const Gridloop__Wire__Answer *answer = rig_settle(&rig);
        const bool is_whole = answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT;
        assert_int_equal(is_whole ? answer->act_result->code : reject_code(answer), CODE_GONE);
    }
    (void)rig_send_act(&rig, "dispatcher.du", 0, 0, 0, "77", ACTION_COMMENT);
    assert_int_equal(reject_code(rig_settle(&rig)), CODE_UNKNOWN_CASE);
}

/* The sender of what a full case cannot take is told which limit that is. */
static void test_a_full_case_names_its_limit(void **state)
{
    (void)state;
    struct node_options options = node_options_default();
    options.limits.case_events = 1;
    rig_close(&rig);
    rig_open(&rig, &options);
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    assert_int_equal(only_result(rig_settle(&rig))->code, CODE_OPENED);
    rig.now_ms += HOUR_MS;
    (void)rig_send_garbage(&rig, 1, 2, 2, 0.95);
    const Gridloop__Wire__EventResult *result = only_result(rig_settle(&rig));
    assert_int_equal(result->code, CODE_TOO_MANY_EVENTS);
    assert_non_null(strstr(result->hint, "limit case_events=1 is reached"));
    assert_non_null(strstr(result->hint, "限额 case_events=1 已满"));
}

static uint32_t send_odd_act(uint32_t reason, char *other_case)
{
    char number[] = "1";
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__Act act = GRIDLOOP__WIRE__ACT__INIT;
    act.has_action = act.has_reason = act.has_amount = act.has_until_ms = 1;
    act.action = ACTION_COMMENT;
    act.reason = reason;
    act.amount = UINT32_MAX;
    act.until_ms = INT64_MIN;
    act.case_no = number;
    act.other_case = other_case;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_ACT;
    request.act = &act;
    (void)rig_send(&rig, "dispatcher.du", &request);
    const Gridloop__Wire__Answer *answer = rig_settle(&rig);
    return answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT ? answer->reject->code
                                                                    : answer->act_result->code;
}

static void test_an_act_with_odd_values_is_answered(void **state)
{
    (void)state;
    (void)offer_to_wang();
    assert_int_equal(send_odd_act(REASON_LIMIT, NULL), CODE_DONE);
    assert_int_equal(send_odd_act(UINT32_MAX, NULL), CODE_DONE);
    char one[] = "1", none[] = "77", nonsense[] = "x-y";
    assert_int_equal(send_odd_act(REASON_NONE, one), CODE_DONE);
    assert_int_equal(send_odd_act(REASON_NONE, none), CODE_UNKNOWN_CASE);
    assert_int_equal(send_odd_act(REASON_NONE, nonsense), CODE_UNKNOWN_CASE);
}

/* An outbox number must be used up even when the act names no case, else the outbox would stand still. */
static void test_an_act_of_an_outbox_without_a_case_uses_its_number(void **state)
{
    (void)state;
    (void)rig_send_act(&rig, "wang", 1, 1, 0, "77", ACTION_COMMENT);
    assert_int_equal(rig_settle(&rig)->act_result->code, CODE_UNKNOWN_CASE);
    (void)rig_send_act(&rig, "wang", 1, 2, 0, "77", ACTION_COMMENT);
    assert_int_equal(rig_settle(&rig)->act_result->code, CODE_UNKNOWN_CASE);
}

/* Law 3. */
static void test_replay_gives_the_same_state_and_effects(void **state)
{
    (void)state;
    uint64_t order = offer_to_wang()->order;
    (void)rig_send_act(&rig, "wang", 1, 1, order, NULL, ACTION_ACCEPT);
    (void)rig_settle(&rig);
    rig.now_ms += 2 * HOUR_MS;
    (void)rig_settle(&rig);
    struct hash128 live = core_digest(node_core(rig.node)), effects = rig.effects;
    rig_restart(&rig);
    struct hash128 again = core_digest(node_core(rig.node));
    assert_true(hash128_is_equal(live, again));
    assert_true(hash128_is_equal(effects, rig.effects));
    /* ... and the outbox of the gateway is known. */
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    assert_int_equal(only_result(rig_settle(&rig))->code, CODE_OPENED);
}

static void test_a_changed_checkpoint_is_found(void **state)
{
    (void)state;
    struct node_options options = node_options_default();
    options.edge.checkpoint_entries = 3;
    rig_close(&rig);
    rig_open(&rig, &options);
    for (uint32_t i = 1; i <= 5; i++) {
        (void)rig_send_garbage(&rig, 1, i, i, 0.95);
        (void)rig_settle(&rig);
    }
    rig_restart(&rig);
    uint32_t found = 0;
    for (uint32_t i = 0; i < rig.entry_count; i++) {
        struct command_head head;
        memcpy(&head, rig.entries[i].payload + 8, sizeof head);
        if (head.kind == COMMAND_CHECKPOINT) {
            rig.entries[i].payload[8 + sizeof head] ^= 1;
            found++;
        }
    }
    assert_true(found > 0);
    node_close(rig.node);
    open_node(&rig);
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < rig.entry_count && err == ERR_OK; i++) {
        err = node_recover(rig.node, &rig.entries[i].entry);
    }
    assert_int_equal(err, ERR_MISMATCH);
}

/* Law 5. */
static void test_log_time_never_goes_back(void **state)
{
    (void)state;
    struct node_batch batch;
    rig.now_ms += HOUR_MS;
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    (void)rig_append(&rig);
    int64_t last_ms = rig.entries[rig.entry_count - 1].entry.time_ms;
    rig.now_ms -= 30 * MINUTE_MS;
    (void)rig_send_garbage(&rig, 1, 2, 2, 0.95);
    assert_true(node_turn(rig.node, rig.now_ms, &batch));
    assert_true(batch.time_ms >= last_ms);
    node_appended(rig.node, ++rig.position, batch.time_ms);
}

static void test_rate_and_credit_are_enforced(void **state)
{
    (void)state;
    struct node_options options = node_options_default();
    options.edge.credit = 3;
    options.edge.rate_per_s = 10;
    options.edge.rate_burst = 5;
    rig_close(&rig);
    rig_open(&rig, &options);
    for (uint32_t i = 1; i <= 6; i++) {
        (void)rig_send_garbage(&rig, 1, i, i, 0.95);
    }
    const Gridloop__Wire__Answer *answer = rig_next(&rig);
    assert_int_equal(reject_code(answer), CODE_OVERLOADED);
    assert_true(answer->reject->retry_after_ms > 0);
    assert_int_equal(reject_code(rig_next(&rig)), CODE_OVERLOADED);
    assert_int_equal(reject_code(rig_next(&rig)), CODE_RATE);
    rig.now_ms += 1000;
    (void)rig_settle(&rig);
    (void)rig_send_garbage(&rig, 1, 4, 4, 0.95);
    while ((answer = rig_settle(&rig)) != NULL && answer->request_id != rig.request_id) {
    }
    assert_non_null(answer);
}

static void test_activating_the_same_pair_again_does_nothing(void **state)
{
    (void)state;
    assert_int_equal(
        node_activate(rig.node, rig.city_bytes, rig.city_size, rig.policy_bytes, rig.policy_size),
        ERR_OK);
    assert_int_equal(rig_append(&rig), 0);
}

static void test_a_full_turn_expects_its_append(void **state)
{
    (void)state;
    struct node_batch batch;
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    assert_true(node_turn(rig.node, rig.now_ms, &batch));
    expect_panic((void)node_turn(rig.node, rig.now_ms, &batch));
    node_appended(rig.node, ++rig.position, batch.time_ms);
    expect_panic(node_durable(rig.node, rig.position + 1));
}

static void test_stopping_lets_polls_go_and_refuses_work(void **state)
{
    (void)state;
    (void)rig_send_poll(&rig, "wang", 0, 25000);
    (void)rig_append(&rig);
    node_stop_intake(rig.node);
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    assert_int_equal(rig_settle(&rig)->tasks->n_items, 0);
    assert_int_equal(reject_code(rig_next(&rig)), CODE_OVERLOADED);
    assert_null(rig_next(&rig));
    assert_true(node_is_idle(rig.node));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        T(test_nothing_leaves_before_it_is_durable),
        T(test_a_resend_gets_the_same_answer_and_no_second_command),
        T(test_a_resend_of_what_waits_is_answered_once),
        T(test_a_resend_in_flight_waits_for_the_disk),
        T(test_wrong_sequence_numbers_are_refused),
        T(test_strangers_and_wrong_kinds_are_refused),
        T(test_a_resend_of_a_suppressed_event_is_told_why),
        T(test_an_unknown_type_gets_the_nearest),
        T(test_a_held_poll_is_answered_by_an_offer),
        T(test_items_come_again_until_acknowledged),
        T(test_a_poll_is_let_go_when_its_time_is_over),
        T(test_polls_past_the_limit_are_answered_at_once),
        T(test_clocks_wake_a_quiet_engine),
        T(test_presence_is_logged_sparingly),
        T(test_acts_close_the_loop_and_name_what_is_possible),
        T(test_a_case_is_named_by_its_tail),
        T(test_an_act_counts_once_by_its_key),
        T(test_the_tail_of_a_case_that_has_left_is_gone),
        T(test_a_full_case_names_its_limit),
        T(test_an_act_with_odd_values_is_answered),
        T(test_an_act_of_an_outbox_without_a_case_uses_its_number),
        T(test_replay_gives_the_same_state_and_effects),
        T(test_a_changed_checkpoint_is_found),
        T(test_log_time_never_goes_back),
        T(test_rate_and_credit_are_enforced),
        T(test_activating_the_same_pair_again_does_nothing),
        T(test_a_full_turn_expects_its_append),
        T(test_stopping_lets_polls_go_and_refuses_work),
    };
    return cmocka_run_group_tests_name("edge/node", tests, NULL, NULL);
}
