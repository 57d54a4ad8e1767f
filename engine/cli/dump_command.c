/* dump_command.c: one command of the log as JSON. */
#include "engine/cli/dump_json.h"

#include "engine/edge/words.h"

static json_t *dump_field(struct dump_names names, const struct event *event,
                          const struct event_field *field)
{
    json_t *object = json_pack("{s:i}", "row", (int)field->field);
    if (names.policy != NULL && field->field < names.policy->field_count) {
        struct image_string name = names.policy->fields[field->field].name;
        dump_set(object, "name", dump_text(policy_text(names.policy, name), name.size));
    }
    if (field->kind == FIELD_NUMBER) {
        dump_set(object, "number_micro", json_integer((json_int_t)field->a));
    } else if (field->kind == FIELD_BOOL) {
        dump_set(object, "bool", json_boolean(field->a != 0));
    } else {
        dump_set(object, "text", dump_text(event->text + field->text_offset, field->size));
        dump_set(object, "hash", dump_hash((struct hash128){field->a, field->b}));
    }
    return object;
}

static json_t *dump_event(struct dump_names names, const struct event *event)
{
    const struct event_head *head = event->head;
    json_t *areas = json_array();
    for (uint32_t i = 0; i < head->area_count; i++) {
        (void)json_array_append_new(areas, dump_area(names, head->areas[i]));
    }
    json_t *fields = json_array();
    for (uint32_t i = 0; i < head->field_count; i++) {
        (void)json_array_append_new(fields, dump_field(names, event, &event->fields[i]));
    }
    json_t *object = json_object();
    dump_set(object, "type", dump_type(names, head->type));
    dump_set(object, "verdict", json_string(words_code_name(head->verdict)));
    dump_set(object, "id_hash", dump_hash(head->id));
    dump_set(object, "event_at_ms", json_integer(head->event_at_ms));
    dump_set(object, "event_at", dump_time(names, head->event_at_ms));
    dump_set(object, "place", dump_place(head->place));
    dump_set(object, "device", dump_device(names, head->device));
    dump_set(object, "cell", dump_cell(names, head->cell));
    dump_set(object, "asset", dump_asset(names, head->asset));
    dump_set(object, "zone", dump_area(names, head->zone));
    dump_set(object, "areas", areas);
    dump_set(object, "is_by_person", json_boolean((head->flags & EVENT_BY_PERSON) != 0));
    dump_set(object, "is_self_handled", json_boolean((head->flags & EVENT_SELF_HANDLED) != 0));
    if ((head->flags & EVENT_IS_DRILL) != 0) {
        dump_set(object, "is_drill", json_true());
    }
    if (event->contact != NULL) {
        dump_set(object, "contact_key", dump_hash(event->contact->id));
    }
    dump_set(object, "fields", fields);
    dump_set(object, "text", dump_text(event->free_text, head->text_size));
    return object;
}

static json_t *dump_events(struct dump_names names, const struct command *command)
{
    json_t *events = json_array();
    uint64_t offset = 0;
    struct event event;
    while (event_next(command, &offset, &event)) {
        (void)json_array_append_new(events, dump_event(names, &event));
    }
    return events;
}

static void set_act(json_t *object, struct dump_names names, const struct command *command)
{
    const struct act_body *act = command->body.act.head;
    json_t *evidence = json_array();
    for (uint32_t i = 0; i < act->evidence_count; i++) {
        (void)json_array_append_new(evidence, dump_hash(command->body.act.evidence[i]));
    }
    dump_set(object, "action", json_string(words_action_name(act->action)));
    dump_set(object, "order", dump_u64(act->order));
    dump_set(object, "case", dump_case_no(act->case_no));
    dump_set(object, "reason", json_string(words_reason_name(act->reason)));
    dump_set(object, "subject", dump_principal(names, act->subject));
    dump_set(object, "other_case", dump_case_no(act->other));
    dump_set(object, "until_ms", json_integer(act->until_ms));
    dump_set(object, "amount", json_integer(act->amount));
    dump_set(object, "at_ms", json_integer(act->at_ms));
    dump_set(object, "place", dump_place(command->place));
    dump_set(object, "key", dump_hash(act->key));
    dump_set(object, "text", dump_text(command->body.act.text, act->text_size));
    dump_set(object, "evidence", evidence);
}

static void set_seen(json_t *object, const struct command *command)
{
    const struct seen_body *seen = command->body.seen;
    dump_set(object, "place", dump_place(command->place));
    dump_set(object, "accuracy_cm", json_integer(seen->accuracy_cm));
    dump_set(object, "fix_at_ms", json_integer(seen->fix_at_ms));
    dump_set(object, "status", json_string(words_worker_status_name(seen->status)));
}

static void set_rehome(json_t *object, struct dump_names names, const struct command *command)
{
    const struct rehome_body *body = command->body.rehome.head;
    json_t *cases = json_array();
    for (uint32_t i = 0; i < body->count; i++) {
        const struct rehome_row *row = &command->body.rehome.rows[i];
        (void)json_array_append_new(cases, json_pack("{s:o, s:o}", "case", dump_case_no(row->no),
                                                     "cell", dump_cell(names, row->cell)));
    }
    dump_set(object, "from_slot", json_integer(body->from_slot));
    dump_set(object, "until_slot",
             body->until_slot == NONE32 ? json_null() : json_integer(body->until_slot));
    dump_set(object, "cases", cases);
}

static void set_body(json_t *object, struct dump_names names, const struct command *command)
{
    switch (command->head->kind) {
    case COMMAND_START:
        dump_set(object, "clock",
                 json_string(command->body.start->clock_mode == 0 ? "wall" : "scaled"));
        dump_set(object, "speed", json_integer(command->body.start->speed));
        dump_set(object, "base_ms", json_integer(command->body.start->base_ms));
        break;
    case COMMAND_ACTIVATE:
        dump_set(object, "city", dump_hash(command->body.activate->city));
        dump_set(object, "policy", dump_hash(command->body.activate->policy));
        dump_set(object, "reason",
                 dump_text(command->body.activate->reason,
                           strnlen(command->body.activate->reason, ACTIVATE_REASON_SIZE)));
        break;
    case COMMAND_EVENTS:
        dump_set(object, "events", dump_events(names, command));
        break;
    case COMMAND_ACT:
        set_act(object, names, command);
        break;
    case COMMAND_SEEN:
        set_seen(object, command);
        break;
    case COMMAND_ITEMS_TAKEN:
        dump_set(object, "item_seq", dump_u64(command->body.items_taken->item_seq));
        break;
    case COMMAND_CHECKPOINT:
        dump_set(object, "digest", dump_hash(command->body.checkpoint->digest));
        break;
    case COMMAND_REHOME:
        set_rehome(object, names, command);
        break;
    default: /* TICK */
        break;
    }
}

static json_t *dump_entry(struct dump_names names, const struct log_entry *entry, const char *kind)
{
    json_t *object = json_object();
    dump_set(object, "position", dump_u64(entry->position));
    dump_set(object, "time_ms", json_integer(entry->time_ms));
    dump_set(object, "time", dump_time(names, entry->time_ms));
    dump_set(object, "kind", json_string(kind));
    if (entry->is_redacted) {
        dump_set(object, "is_redacted", json_true());
    }
    if (!entry->is_durable) {
        dump_set(object, "is_durable", json_false());
    }
    return object;
}

json_t *dump_command(const struct core *core, const struct log_entry *entry,
                     const struct command *command)
{
    struct dump_names names = dump_names_of(core);
    const struct command_head *head = command->head;
    json_t *object = dump_entry(names, entry, words_command_kind_name(head->kind));
    if (!hash128_is_none(head->principal)) {
        dump_set(object, "principal", dump_principal(names, head->principal));
        dump_set(object, "epoch", dump_u64(head->epoch));
        dump_set(object, "seq", dump_u64(head->seq));
        dump_set(object, "content_digest", dump_u64(head->content_digest));
        dump_set(object, "received_at_ms", json_integer(head->received_at_ms));
        dump_set(object, "facts_digest", dump_hash(head->facts_digest));
    }
    set_body(object, names, command);
    return object;
}

json_t *dump_seal(const struct core *core, const struct log_entry *entry)
{
    return dump_entry(dump_names_of(core), entry, "SEAL");
}
