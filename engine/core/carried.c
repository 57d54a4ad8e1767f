/* carried.c: see carried.h. */
#include "engine/core/carried.h"

#include "engine/core/match.h"
#include "engine/core/waits.h"
#include "engine/core/window_rows.h"

static const struct event_field *find_carried(const struct wait_row *row, uint32_t field)
{
    for (uint32_t i = 0; row != NULL && i < row->field_count; i++) {
        if (row->fields[i].field == field) {
            return &row->fields[i];
        }
    }
    return NULL;
}

/* Is it one of the names that steps of the rule give? */
static bool is_target(const struct policy *policy, const struct policy_window *window,
                      uint32_t field)
{
    for (uint32_t i = 0; i < window->stages.count; i++) {
        const struct policy_stage *stage = &policy->stages[window->stages.first + i];
        for (uint32_t k = 1; k < stage->carries.count; k += 2) {
            if (policy->keys[stage->carries.first + k] == field) {
                return true;
            }
        }
    }
    return false;
}

static void add_field(struct correlated *out, uint32_t *count, uint32_t *text_used,
                      const struct event_field *field, const char *text)
{
    struct event_field *added = &out->fields[(*count)++];
    *added = *field;
    if (field->kind == (uint8_t)FIELD_STRING) {
        must(field->size <= sizeof out->text - *text_used);
        memcpy(out->text + *text_used, text + field->text_offset, field->size);
        added->text_offset = *text_used;
        *text_used += field->size;
    }
}

void carried_join(const struct core *core, const struct policy_window *window, uint32_t slot,
                  struct correlated *out)
{
    if ((window->flags & WINDOW_CARRIES) == 0) {
        return;
    }
    const struct policy *policy = state_policy(core);
    const struct event *event = &out->event;
    const uint32_t wait = slot == NONE32 ? 0 : core->windows.rows[slot].wait;
    const struct wait_row *row = wait == 0 ? NULL : &core->waits.rows[wait - 1];
    uint32_t count = 0;
    uint32_t text_used = 0;
    uint32_t next = 0;
    for (uint32_t i = 0; i < event->head->field_count; i++) {
        while (row != NULL && next < row->field_count &&
               row->fields[next].field < event->fields[i].field) {
            add_field(out, &count, &text_used, &row->fields[next++], row->text);
        }
        if (!is_target(policy, window, event->fields[i].field)) {
            add_field(out, &count, &text_used, &event->fields[i], event->text);
        }
    }
    while (row != NULL && next < row->field_count) {
        add_field(out, &count, &text_used, &row->fields[next++], row->text);
    }
    must(count <= WINDOW_FIELDS_MAX);
    out->head = *event->head;
    out->head.field_count = (uint8_t)count;
    out->event.head = &out->head;
    out->event.fields = out->fields;
    out->event.text = out->text;
}

/* The row of the key, a new one where it has none; NULL: no room. */
static struct wait_row *take_row(struct core *core, uint32_t slot, const struct event *event)
{
    struct window_row *key = &core->windows.rows[slot];
    if (key->wait != 0) {
        return &core->waits.rows[key->wait - 1];
    }
    const uint32_t wait = window_rows_wait(core, slot);
    if (wait == NONE32) {
        return NULL;
    }
    struct wait_row *row = &core->waits.rows[wait];
    row->event_id = event->head->id;
    row->event_at_ms = event->head->event_at_ms;
    row->since_ms = core->now_ms;
    row->place = (struct place){PLACE_NONE, PLACE_NONE};
    row->type = event->head->type;
    row->device = row->cell = row->asset = row->zone = NONE32;
    row->gateway = row->worker = NONE32;
    return row;
}

/* In the order of rows, as an event's fields lie. */
static void keep_field(struct wait_row *row, uint32_t target, const struct event_field *from,
                       const char *text)
{
    must(find_carried(row, target) == NULL && row->field_count < EVENT_FIELDS_MAX);
    uint32_t at = row->field_count++;
    while (at > 0 && row->fields[at - 1].field > target) {
        row->fields[at] = row->fields[at - 1];
        at--;
    }
    row->fields[at] = *from;
    row->fields[at].field = (uint16_t)target;
    row->fields[at].text_offset = row->text_used;
    if (from->kind == (uint8_t)FIELD_STRING) {
        must(from->size <= WAIT_TEXT_SIZE - row->text_used);
        memcpy(row->text + row->text_used, text + from->text_offset, from->size);
        row->text_used += from->size;
    }
}

bool carried_keep(struct core *core, uint32_t slot, const struct policy_stage *stage,
                  const struct event *event)
{
    const struct policy *policy = state_policy(core);
    for (uint32_t i = 0; i < stage->carries.count; i += 2) {
        const uint32_t *pair = &policy->keys[stage->carries.first + i];
        const struct event_field *from = event_find_field(event, pair[0]);
        if (from == NULL) {
            continue; /* missing, as it was in its event */
        }
        struct wait_row *row = take_row(core, slot, event);
        if (row == NULL) {
            return false;
        }
        keep_field(row, pair[1], from, event->text);
    }
    return true;
}

void carried_drop(struct core *core, uint32_t slot)
{
    struct window_row *key = &core->windows.rows[slot];
    if (key->wait != 0) {
        waits_give(core, key->wait - 1);
        key->wait = 0;
    }
}
