/* history_decision.c: a decision's candidates as JSON. What the view "decisions" shows of it:
 *
 *   {"removed": {"OFF_SHIFT": 12}, "candidates": [{"person": "wang.fang", "name": "王芳", "code": "ELIGIBLE", "load": 1,
 *    "capacity": 3, "ring": 0, "is_home_cell": true, "distance_cm": 42000, "travel_ms": 420000}, ...]}
 *
 * is put together when it is read, from [[7,70,1,3,0,1,42000,420000], ...]: one decision per offer is the history's most
 * frequent large row, and names and words said every time were three quarters of it. */
#include "engine/shell/history_state.h"

#include <inttypes.h>

#define SCRATCH_AT 16384u /* the two sentences lie before it */

static void put_string(struct text *text, const char *bytes, size_t size)
{
    text_put(text, "\"");
    for (size_t i = 0; i < size;) {
        size_t plain = 0;
        while (i + plain < size && bytes[i + plain] != '"' && bytes[i + plain] != '\\' &&
               (unsigned char)bytes[i + plain] >= 0x20) {
            plain++;
        }
        text_put_bytes(text, bytes + i, plain);
        i += plain;
        if (i < size) {
            text_format(text, "\\u%04x", (unsigned)(unsigned char)bytes[i]);
            i++;
        }
    }
    text_put(text, "\"");
}

static void put_piece(struct text *text, struct history_piece piece)
{
    if (piece.bytes == NULL) {
        text_put(text, "null");
    } else {
        put_string(text, piece.bytes, piece.size);
    }
}

static void put_measure(struct text *text, const char *name, int64_t value)
{
    text_put(text, name);
    if (value < 0) {
        text_put(text, "null");
    } else {
        text_put_number(text, (uint64_t)value);
    }
}

static void put_candidate(struct text *text, const struct effect_candidate *candidate,
                          uint64_t party)
{
    const uint32_t home =
        (candidate->is_home_cell ? 1u : 0u) | (candidate->is_home_position ? 2u : 0u);
    text_put(text, "[");
    if (party == 0) {
        text_put(text, "null");
    } else {
        text_put_number(text, party);
    }
    text_put(text, ",");
    text_put_number(text, candidate->code);
    text_put(text, ",");
    text_put_number(text, candidate->load);
    text_put(text, ",");
    text_put_number(text, candidate->capacity);
    text_put(text, ",");
    text_put_number(text, candidate->ring);
    text_put(text, ",");
    text_put_number(text, home);
    put_measure(text, ",", candidate->distance_cm);
    put_measure(text, ",", candidate->travel_ms);
    if (candidate->travel != TRAVEL_STRAIGHT) {
        put_measure(text, ",", candidate->travel);
    }
    text_put(text, "]");
}

static void put_why(struct text *text, const struct history_names *names,
                    const struct effect_decision *decision)
{
    text_format(text, ",\"why\":\"%s\"", words_why_name(decision->why));
    if (decision->from != NONE32) {
        text_put(text, ",\"from\":");
        put_piece(text, history_person(names, decision->from));
        put_measure(text, ",\"from_ms\":", decision->from_ms);
    }
    if (decision->reason != REASON_NONE) {
        text_format(text, ",\"reason\":\"%s\"", words_reason_name(decision->reason));
    }
    if (decision->taken != 0) {
        text_format(text, ",\"taken\":%" PRIu64, decision->taken);
    }
    text_format(text, ",\"round_orders\":%" PRIu32 ",\"round_moved\":%" PRIu32,
                decision->round_orders, decision->round_moved);
}

/* What was written since the piece before. */
static struct history_piece piece_from(const struct text *text, size_t from)
{
    return (struct history_piece){text->out + from, (uint32_t)(text->used - from)};
}

enum err history_decision_pieces(struct history *history, const struct effect_decision *decision,
                                 struct history_looked *out)
{
    struct text text;
    text_init(&text, history->scratch + SCRATCH_AT, HISTORY_SCRATCH_SIZE - SCRATCH_AT);
    for (uint32_t i = 0; i < COUNT_OF(decision->removed); i++) {
        if (decision->removed[i] > 0) {
            text_format(&text, "%s\"%s\":%" PRIu32, text.used > 0 ? "," : "",
                        words_code_name(CODE_ELIGIBLE + i), decision->removed[i]);
        }
    }
    out->removed = piece_from(&text, 0);
    size_t from = text.used;
    text_put(&text, "[");
    for (uint32_t i = 0; i < decision->candidate_count; i++) {
        const struct effect_candidate *candidate = &decision->candidates[i];
        uint64_t party = 0;
        enum err err =
            history_party(history, (struct holder){HOLDER_PERSON, candidate->person}, &party);
        if (err != ERR_OK) {
            return err;
        }
        text_put(&text, i > 0 ? "," : "");
        put_candidate(&text, candidate, party);
    }
    text_put(&text, "]");
    out->looked = piece_from(&text, from);
    from = text.used;
    if (decision->why != WHY_CHOSEN) {
        put_why(&text, &history->names, decision);
    }
    out->rest = piece_from(&text, from);
    must(!text.is_cut); /* 32 candidates of at most 100 bytes */
    return ERR_OK;
}
