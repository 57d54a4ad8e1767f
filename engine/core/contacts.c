/* contacts.c: see contacts.h. */
#include "engine/core/contacts.h"

#include "engine/core/cases.h"

void contacts_init(struct contacts *contacts, struct arena *arena, const struct limits *limits)
{
    contacts->rows = arena_take(arena, sizeof(struct contact_row), limits->contacts);
    contacts->heads = arena_take(arena, sizeof(uint32_t), limits->cases);
    contacts->limit = limits->contacts;
    contacts->used = 0;
    contacts->high = 0;
    contacts->free_first = NONE32;
}

static void tell(struct core *core, struct hash128 id, struct case_no no, enum code code)
{
    const struct effect effect = {.kind = EFFECT_CONTACT,
                                  .at_ms = core->now_ms,
                                  .of.contact = {.id = id, .case_no = no, .code = (uint16_t)code}};
    state_emit(core, &effect);
}

static bool is_chain(uint32_t head)
{
    return head != 0 && head != CONTACTS_ERASED;
}

static uint32_t count_of(const struct contacts *contacts, uint32_t case_slot)
{
    uint32_t count = 0;
    const uint32_t head = contacts->heads[case_slot];
    for (uint32_t at = is_chain(head) ? head - 1 : NONE32; at != NONE32;
         at = contacts->rows[at].next) {
        count++;
    }
    return count;
}

/* Newest last, so that a reveal lists them as they came. */
static void link(struct contacts *contacts, uint32_t case_slot, uint32_t slot)
{
    const uint32_t head = contacts->heads[case_slot];
    if (!is_chain(head)) {
        contacts->heads[case_slot] = slot + 1;
        return;
    }
    uint32_t at = head - 1;
    while (contacts->rows[at].next != NONE32) {
        at = contacts->rows[at].next;
    }
    contacts->rows[at].next = slot;
}

static enum code keep(struct core *core, uint32_t case_slot, const struct event_contact *from)
{
    struct contacts *contacts = &core->contacts;
    if (contacts->used == contacts->limit) {
        return CODE_TABLE_FULL;
    }
    if (count_of(contacts, case_slot) >= CASE_CONTACTS_MAX) {
        return CODE_TOO_MANY_EVENTS;
    }
    uint32_t slot = contacts->free_first;
    if (slot != NONE32) {
        contacts->free_first = contacts->rows[slot].next;
    } else {
        slot = contacts->high++;
    }
    must(slot < contacts->limit && contacts->rows[slot].is_used == 0);
    struct contact_row *row = &contacts->rows[slot];
    *row = (struct contact_row){.id = from->id,
                                .at_ms = core->now_ms,
                                .case_slot = case_slot,
                                .next = NONE32,
                                .is_used = 1};
    memcpy(row->sealed, from->sealed, sizeof row->sealed);
    contacts->used++;
    link(contacts, case_slot, slot);
    return CODE_DONE;
}

void contacts_settle(struct core *core, const struct event *event, enum code code,
                     struct case_no no)
{
    if (event->contact == NULL) {
        return;
    }
    const bool joins = code == CODE_OPENED || code == CODE_MERGED || code == CODE_REOPENED;
    const uint32_t slot = joins ? cases_find(&core->cases, no) : NONE32;
    must(!joins || slot != NONE32);
    tell(core, event->contact->id, joins ? no : (struct case_no){0},
         joins ? keep(core, slot, event->contact) : code);
}

void contacts_refuse(struct core *core, const struct command *command, enum code code)
{
    struct event event;
    uint64_t offset = 0;
    if ((command->head->flags & COMMAND_HAS_CONTACT) == 0) {
        return;
    }
    while (event_next(command, &offset, &event)) {
        if (event.contact != NULL) {
            tell(core, event.contact->id, (struct case_no){0}, code);
        }
    }
}

enum code contacts_ask(const struct core *core, uint32_t case_slot)
{
    const uint32_t head = core->contacts.heads[case_slot];
    return head == 0 ? CODE_NO_CONTACT : head == CONTACTS_ERASED ? CODE_CONTACT_ERASED : CODE_DONE;
}

void contacts_drop_all(struct core *core, uint32_t case_slot, enum code code)
{
    struct contacts *contacts = &core->contacts;
    const struct case_no no = cases_peek(&core->cases, case_slot)->no;
    const uint32_t head = contacts->heads[case_slot];
    for (uint32_t at = is_chain(head) ? head - 1 : NONE32; at != NONE32;) {
        struct contact_row *row = &contacts->rows[at];
        const uint32_t next = row->next;
        tell(core, row->id, no, code);
        memset(row, 0, sizeof *row);
        row->next = contacts->free_first;
        contacts->free_first = at;
        contacts->used--;
        at = next;
    }
    contacts->heads[case_slot] = code == CODE_CONTACT_ERASED ? CONTACTS_ERASED : 0;
}

bool contacts_hold(const struct core *core)
{
    const struct contacts *contacts = &core->contacts;
    uint32_t chained = 0;
    uint32_t free_count = 0;
    for (uint32_t c = 0; c < core->cases.high; c++) {
        const uint32_t head = contacts->heads[c];
        if (head != 0 && core->cases.rows[c].is_used == 0) {
            return false;
        }
        uint32_t count = 0;
        for (uint32_t at = is_chain(head) ? head - 1 : NONE32; at != NONE32;
             at = contacts->rows[at].next) {
            if (at >= contacts->high || contacts->rows[at].is_used == 0 ||
                contacts->rows[at].case_slot != c || ++count > CASE_CONTACTS_MAX) {
                return false;
            }
        }
        chained += count;
    }
    for (uint32_t at = contacts->free_first; at != NONE32; at = contacts->rows[at].next) {
        if (at >= contacts->high || contacts->rows[at].is_used != 0 ||
            ++free_count > contacts->high) {
            return false;
        }
    }
    return chained == contacts->used && contacts->high - free_count == contacts->used;
}

void contacts_check(const struct core *core)
{
    must(core->contacts.used <= core->contacts.limit);
    must(contacts_hold(core));
}
