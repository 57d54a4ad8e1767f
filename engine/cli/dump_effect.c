/* dump_effect.c: one effect of a command as JSON. */
#include "engine/cli/dump_json.h"

#include "engine/edge/words.h"

/* Bit per action, as names. */
static json_t *dump_actions(uint64_t actions)
{
    json_t *list = json_array();
    for (uint32_t action = 0; action < 64; action++) {
        if ((actions >> action & 1u) != 0) {
            (void)json_array_append_new(list, json_string(words_action_name(action)));
        }
    }
    return list;
}

static json_t *dump_result(struct dump_names names, const struct effect_result *result)
{
    json_t *object = json_object();
    dump_set(object, "principal", dump_principal(names, result->principal));
    dump_set(object, "epoch", dump_u64(result->epoch));
    dump_set(object, "seq", dump_u64(result->seq));
    dump_set(object, "index", json_integer(result->index));
    dump_set(object, "code", json_string(words_code_name(result->code)));
    dump_set(object, "is_late", json_boolean(result->is_late));
    dump_set(object, "report", json_integer(result->report));
    dump_set(object, "case", dump_case_no(result->case_no));
    dump_set(object, "order", dump_u64(result->order));
    dump_set(object, "possible", dump_actions(result->possible));
    /* of an act: the order's state where it names an order, else the case's */
    dump_set(object, "state",
             json_string(result->order != 0 ? words_order_state_name(result->state)
                                            : words_case_state_name(result->state)));
    return object;
}

static json_t *dump_reasons(struct dump_names names, const struct effect_firing *firing)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < firing->reason_count && i < SUPPRESS_REASONS_MAX; i++) {
        const struct suppress_reason *reason = &firing->reasons[i];
        json_t *row = json_object();
        dump_set(row, "silence", reason->silence == 0 ? json_null() : dump_u64(reason->silence));
        dump_set(row, "rule", dump_rule(names, reason->rule));
        dump_set(row, "case", dump_case_no(reason->case_no));
        (void)json_array_append_new(list, row);
    }
    return list;
}

static json_t *dump_firing(struct dump_names names, const struct effect_firing *firing)
{
    json_t *object = json_object();
    dump_set(object, "rule", dump_rule(names, firing->rule));
    dump_set(object, "code", json_string(words_code_name(firing->code)));
    dump_set(object, "would", json_string(words_code_name(firing->would)));
    dump_set(object, "winner", dump_rule(names, firing->winner));
    dump_set(object, "reasons", dump_reasons(names, firing));
    dump_set(object, "case", dump_case_no(firing->case_no));
    dump_set(object, "event_id_hash", dump_hash(firing->event_id));
    dump_set(object, "candidates", json_integer(firing->candidates));
    if (firing->need > 0) { /* of a rule with state */
        dump_set(object, "have", json_integer(firing->have));
        dump_set(object, "need", json_integer(firing->need));
    }
    return object;
}

static json_t *dump_holder(struct dump_names names, struct holder holder)
{
    if (holder.kind == HOLDER_PERSON) {
        return json_pack("{s:o}", "person", dump_person(names, holder.index));
    }
    if (holder.kind == HOLDER_POST) {
        return json_pack("{s:o}", "post", dump_post(names, holder.index));
    }
    return json_null();
}

static json_t *dump_deadline(int64_t deadline_ms)
{
    return deadline_ms == NEVER_MS ? json_null() : json_integer(deadline_ms);
}

static json_t *dump_timeline(struct dump_names names, const struct effect_timeline *line)
{
    json_t *object = json_object();
    dump_set(object, "case", dump_case_no(line->case_no));
    dump_set(object, "order", dump_u64(line->order));
    dump_set(object, "action", json_string(words_action_name(line->action)));
    dump_set(object, "reason", json_string(words_reason_name(line->reason)));
    dump_set(object, "code", json_string(words_code_name(line->code)));
    dump_set(object, "state_before", json_string(words_case_state_name(line->state_before)));
    dump_set(object, "state", json_string(words_case_state_name(line->state)));
    dump_set(object, "order_kind",
             line->order_kind == 0 ? json_null()
                                   : json_string(words_order_kind_name(line->order_kind)));
    dump_set(object, "severity", json_integer(line->severity));
    dump_set(object, "clock", json_string(words_clock_name(line->clock)));
    dump_set(object, "deadline_ms", dump_deadline(line->deadline_ms));
    dump_set(object, "actor", dump_person(names, line->actor));
    dump_set(object, "gateway", dump_gateway(names, line->gateway));
    dump_set(object, "subject", dump_person(names, line->subject));
    dump_set(object, "post", dump_post(names, line->post));
    dump_set(object, "holder", dump_holder(names, line->holder));
    dump_set(object, "rule", dump_rule(names, line->rule));
    dump_set(object, "class", dump_class(names, line->class_row));
    dump_set(object, "cell", dump_cell(names, line->cell));
    dump_set(object, "asset", dump_asset(names, line->asset));
    dump_set(object, "device", dump_device(names, line->device));
    dump_set(object, "place", dump_place(line->place));
    dump_set(object, "distance_cm", json_integer(line->distance_cm));
    dump_set(object, "other_case", dump_case_no(line->other));
    dump_set(object, "until_ms", json_integer(line->until_ms));
    dump_set(object, "amount", json_integer(line->amount));
    dump_set(object, "event_count", json_integer(line->event_count));
    dump_set(object, "report", json_integer(line->report));
    if (line->is_drill) {
        dump_set(object, "is_drill", json_true());
    }
    if (line->text != NULL) {
        dump_set(object, "text", dump_text(line->text, line->text_size));
    }
    return object;
}

static json_t *dump_candidate(struct dump_names names, const struct effect_candidate *candidate)
{
    json_t *object = json_object();
    dump_set(object, "person", dump_person(names, candidate->person));
    dump_set(object, "code", json_string(words_code_name(candidate->code)));
    dump_set(object, "load", json_integer(candidate->load));
    dump_set(object, "capacity", json_integer(candidate->capacity));
    dump_set(object, "ring", json_integer(candidate->ring));
    dump_set(object, "is_home_cell", json_boolean(candidate->is_home_cell));
    dump_set(object, "is_home_position", json_boolean(candidate->is_home_position));
    dump_set(object, "distance_cm", json_integer(candidate->distance_cm));
    dump_set(object, "travel_ms", json_integer(candidate->travel_ms));
    if (candidate->travel != TRAVEL_STRAIGHT) {
        dump_set(object, "travel", json_string(words_travel_name((enum travel)candidate->travel)));
    }
    return object;
}

static json_t *dump_decision(struct dump_names names, const struct effect_decision *decision)
{
    json_t *removed = json_object();
    for (uint32_t i = 0; i < COUNT_OF(decision->removed); i++) {
        if (decision->removed[i] != 0) {
            dump_set(removed, words_code_name(CODE_ELIGIBLE + i),
                     json_integer(decision->removed[i]));
        }
    }
    json_t *candidates = json_array();
    for (uint32_t i = 0; i < decision->candidate_count && i < DECISION_CANDIDATES_MAX; i++) {
        (void)json_array_append_new(candidates, dump_candidate(names, &decision->candidates[i]));
    }
    json_t *object = json_object();
    dump_set(object, "case", dump_case_no(decision->case_no));
    dump_set(object, "order", dump_u64(decision->order));
    dump_set(object, "rule", dump_rule(names, decision->rule));
    dump_set(object, "assign", json_integer((json_int_t)decision->assign));
    dump_set(object, "order_kind", json_string(words_order_kind_name(decision->order_kind)));
    dump_set(object, "binding", json_string(words_code_name(decision->binding)));
    dump_set(object, "ruled", dump_department(names, decision->ruled));
    dump_set(object, "considered", json_integer(decision->considered));
    dump_set(object, "removed", removed);
    dump_set(object, "candidates", candidates);
    if (decision->why != WHY_CHOSEN) {
        dump_set(object, "why", json_string(words_why_name((enum decision_why)decision->why)));
        dump_set(object, "from", dump_person(names, decision->from));
        dump_set(object, "from_ms", json_integer(decision->from_ms));
        dump_set(object, "reason", json_string(words_reason_name(decision->reason)));
        dump_set(object, "taken", dump_u64(decision->taken));
        dump_set(object, "round_orders", json_integer(decision->round_orders));
        dump_set(object, "round_moved", json_integer(decision->round_moved));
    }
    return object;
}

static json_t *dump_item(struct dump_names names, const struct effect_item *item)
{
    json_t *object = json_object();
    dump_set(object, "person", dump_person(names, item->person));
    dump_set(object, "item_seq", dump_u64(item->item_seq));
    dump_set(object, "item", json_string(words_item_kind_name(item->kind)));
    dump_set(object, "order", dump_u64(item->order));
    dump_set(object, "code", json_string(words_code_name(item->code)));
    return object;
}

static json_t *dump_silence(struct dump_names names, const struct effect_silence *silence)
{
    const struct silence_row *row = &silence->row;
    json_t *object = json_object();
    json_t *matchers = json_object();
    for (uint32_t i = 0; i < row->matcher_count; i++) {
        dump_set(matchers, silence_match_name(row->matchers[i].kind),
                 json_stringn(row->matchers[i].text, row->matchers[i].size));
    }
    dump_set(object, "number", dump_u64(row->number));
    dump_set(object, "what", json_string(words_action_name(silence->what)));
    dump_set(object, "kind",
             json_string(row->kind == SILENCED_FOR_MAINTENANCE ? "MAINTENANCE" : "SILENCE"));
    dump_set(object, "actor", dump_person(names, silence->actor));
    dump_set(object, "from_ms", json_integer(row->from_ms));
    dump_set(object, "until_ms", json_integer(row->until_ms));
    dump_set(object, "held", dump_u64(row->held));
    dump_set(object, "matchers", matchers);
    dump_set(object, "desk",
             row->department.size == 0 ? json_null()
                                       : json_stringn(row->department.text, row->department.size));
    dump_set(object, "why", json_stringn(row->why, row->why_size));
    return object;
}

static json_t *dump_notice(struct dump_names names, const struct effect_notice *notice)
{
    json_t *object = json_object();
    dump_set(object, "case", dump_case_no(notice->case_no));
    dump_set(object, "post", dump_post(names, notice->post));
    dump_set(object, "step",
             notice->step == NONE32 ? json_null() : json_integer((json_int_t)notice->step));
    dump_set(object, "rule", dump_rule(names, notice->rule));
    dump_set(object, "code", json_string(words_code_name(notice->code)));
    dump_set(object, "severity", json_integer(notice->severity));
    dump_set(object, "count", json_integer((json_int_t)notice->count));
    dump_set(object, "is_again", json_boolean(notice->is_again));
    return object;
}

static json_t *dump_plan(struct dump_names names, const struct effect_plan *plan)
{
    const struct plan_counts *c = &plan->counts;
    json_t *object = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "total", (json_int_t)c->total, "waiting",
        (json_int_t)c->waiting, "open", (json_int_t)c->open, "started", (json_int_t)c->started,
        "done", (json_int_t)c->done, "cancelled", (json_int_t)c->cancelled, "overdue",
        (json_int_t)c->overdue, "failed", (json_int_t)c->failed, "in_time", (json_int_t)c->in_time);
    dump_set(object, "case", dump_case_no(plan->case_no));
    dump_set(object, "plan", dump_plan_id(names, plan->plan));
    dump_set(object, "what", json_string(words_action_name(plan->what)));
    dump_set(object, "state", json_string(words_plan_state_name(plan->state)));
    dump_set(object, "is_drill", json_boolean(plan->is_drill));
    dump_set(object, "unit", dump_unit(names, plan->unit));
    dump_set(object, "post", dump_post(names, plan->post));
    return object;
}

json_t *dump_effect(const struct core *core, const struct effect *effect)
{
    struct dump_names names = dump_names_of(core);
    json_t *object = NULL;
    const char *kind = NULL;
    switch (effect->kind) {
    case EFFECT_RESULT:
        kind = "RESULT";
        object = dump_result(names, &effect->of.result);
        break;
    case EFFECT_FIRING:
        kind = "FIRING";
        object = dump_firing(names, &effect->of.firing);
        break;
    case EFFECT_TIMELINE:
        kind = "TIMELINE";
        object = dump_timeline(names, &effect->of.timeline);
        break;
    case EFFECT_DECISION:
        kind = "DECISION";
        object = dump_decision(names, &effect->of.decision);
        break;
    case EFFECT_ITEM:
        kind = "ITEM";
        object = dump_item(names, &effect->of.item);
        break;
    case EFFECT_NOTICE:
        kind = "NOTICE";
        object = dump_notice(names, &effect->of.notice);
        break;
    case EFFECT_SILENCE:
        kind = "SILENCE";
        object = dump_silence(names, &effect->of.silence);
        break;
    case EFFECT_PLAN:
        kind = "PLAN";
        object = dump_plan(names, &effect->of.plan);
        break;
    case EFFECT_ACTIVATED:
        kind = "ACTIVATED";
        object = json_pack("{s:o, s:o, s:o}", "city", dump_hash(effect->of.activated.city),
                           "policy", dump_hash(effect->of.activated.policy), "by",
                           dump_principal(names, effect->of.activated.by));
        break;
    case EFFECT_CONTACT:
        kind = "CONTACT";
        object = json_object();
        dump_set(object, "key", dump_hash(effect->of.contact.id));
        dump_set(object, "case", dump_case_no(effect->of.contact.case_no));
        dump_set(object, "code", json_string(words_code_name(effect->of.contact.code)));
        break;
    }
    must(kind != NULL);
    json_t *whole = json_pack("{s:s, s:I}", "effect", kind, "at_ms", (json_int_t)effect->at_ms);
    (void)json_object_update(whole, object);
    json_decref(object);
    return whole;
}
