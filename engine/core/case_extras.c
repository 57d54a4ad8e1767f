/* case_extras.c: see case_extras.h.
 *
 * Packed, a captured field is its row (4 bytes), kind, size, and its bytes; a hand-over is as it lies. */
#include "engine/core/case_extras.h"

#include "engine/core/cases.h"

#define CAPTURE_HEAD 6u
#define PACKED_MAX (CASE_FIELDS_MAX * CAPTURE_HEAD + CASE_CAPTURE_SIZE)

_Static_assert(PACKED_MAX <= UINT16_MAX, "case_row.capture_size is 16 bits");
_Static_assert(HANDOVERS_MAX <= UINT8_MAX && CASE_FIELDS_MAX <= UINT8_MAX, "counts are 8 bits");

bool captures_add(struct case_captures *captures, const struct event *event,
                  const struct event_field *field)
{
    const bool is_string = field->kind == FIELD_STRING;
    const uint32_t size = is_string ? field->size : (uint32_t)sizeof field->a;
    if (captures->count == CASE_FIELDS_MAX || size > CASE_CAPTURE_SIZE - captures->used) {
        return false;
    }
    const void *from = is_string ? (const void *)(event->text + field->text_offset) : &field->a;
    captures->list[captures->count++] = (struct case_capture){.field = field->field,
                                                              .offset = (uint16_t)captures->used,
                                                              .kind = field->kind,
                                                              .size = (uint8_t)size};
    if (size > 0) {
        memcpy(captures->bytes + captures->used, from, size);
    }
    captures->used += size;
    return true;
}

void case_captures_get(const struct core *core, const struct case_row *row,
                       struct case_captures *out)
{
    uint8_t packed[PACKED_MAX];
    const uint8_t *at = packed;
    must(row->capture_size <= sizeof packed && row->capture_count <= CASE_FIELDS_MAX);
    extras_get(&core->extras, row->capture_first, packed, row->capture_size);
    out->count = row->capture_count;
    out->used = 0;
    for (uint32_t i = 0; i < out->count; i++) {
        struct case_capture *capture = &out->list[i];
        memcpy(&capture->field, at, sizeof capture->field);
        capture->offset = (uint16_t)out->used;
        capture->kind = at[4];
        capture->size = at[5];
        must(out->used + capture->size <= CASE_CAPTURE_SIZE);
        memcpy(out->bytes + out->used, at + CAPTURE_HEAD, capture->size);
        out->used += capture->size;
        at += CAPTURE_HEAD + capture->size;
    }
    must(at == packed + row->capture_size);
}

static uint32_t pack(const struct case_captures *captures, uint8_t packed[PACKED_MAX])
{
    uint8_t *at = packed;
    for (uint32_t i = 0; i < captures->count; i++) {
        const struct case_capture *capture = &captures->list[i];
        memcpy(at, &capture->field, sizeof capture->field);
        at[4] = capture->kind;
        at[5] = capture->size;
        memcpy(at + CAPTURE_HEAD, captures->bytes + capture->offset, capture->size);
        at += CAPTURE_HEAD + capture->size;
    }
    return (uint32_t)(at - packed);
}

void case_captures_put(struct core *core, struct case_row *row, struct case_captures *captures)
{
    uint8_t packed[PACKED_MAX];
    uint32_t size = pack(captures, packed);
    while (!extras_put(&core->extras, &row->capture_first, packed, size)) {
        captures->used -= captures->list[--captures->count].size;
        size = pack(captures, packed);
    }
    row->capture_count = (uint8_t)captures->count;
    row->capture_size = (uint16_t)size;
}

void case_handovers_get(const struct core *core, const struct case_row *row,
                        struct handover out[HANDOVERS_MAX])
{
    must(row->handover_count <= HANDOVERS_MAX);
    extras_get(&core->extras, row->handover_first, out,
               row->handover_count * (uint32_t)sizeof *out);
}

void case_handovers_put(struct core *core, struct case_row *row, const struct handover *steps,
                        uint32_t count)
{
    must(count <= HANDOVERS_MAX);
    while (
        !extras_put(&core->extras, &row->handover_first, steps, count * (uint32_t)sizeof *steps)) {
        steps++;
        count--;
    }
    row->handover_count = (uint8_t)count;
}

void case_extras_give(struct core *core, struct case_row *row)
{
    struct case_captures none = {.count = 0};
    case_captures_put(core, row, &none);
    case_handovers_put(core, row, NULL, 0);
}

void case_extras_check(const struct core *core)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < core->cases.high; i++) {
        const struct case_row *row = &core->cases.rows[i];
        const uint32_t captures = extras_blocks(row->capture_size);
        const uint32_t handovers =
            extras_blocks(row->handover_count * (uint32_t)sizeof(struct handover));
        must(extras_is_chain(&core->extras, row->capture_first, captures));
        must(extras_is_chain(&core->extras, row->handover_first, handovers));
        used += captures + handovers;
    }
    extras_check(&core->extras, used);
}
