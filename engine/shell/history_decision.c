/* history_decision.c: a decision's candidates as JSON.
 *
 *   {"removed": {"OFF_SHIFT": 12}, "candidates": [{"person": "wang.fang", "name": "王芳", "code": "ELIGIBLE", "load": 1,
 *    "capacity": 3, "ring": 0, "is_home_cell": true, "distance_cm": 42000, "travel_ms": 420000}, ...]}
 *
 * Written by hand: one decision per offer is the history's most frequent large row, and a tree of JSON values costs
 * ten times the text. */
#include "engine/shell/history_state.h"

#include "engine/edge/labels.h"

#include <inttypes.h>

#define NAME_SIZE 256u
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

static void put_candidate(struct text *text, const struct history_names *names,
                          const struct effect_candidate *candidate)
{
    char name[NAME_SIZE];
    struct text called;
    text_init(&called, name, sizeof name);
    history_put_holder(&called, names, (struct holder){HOLDER_PERSON, candidate->person}, LANG_ZH);
    text_put(text, "{\"person\":");
    put_piece(text, history_person(names, candidate->person));
    text_put(text, ",\"name\":");
    put_string(text, name, called.used);
    text_put(text, ",\"code\":\"");
    text_put(text, words_code_name(candidate->code));
    text_put(text, "\",\"load\":");
    text_put_number(text, candidate->load);
    text_put(text, ",\"capacity\":");
    text_put_number(text, candidate->capacity);
    text_put(text, ",\"ring\":");
    text_put_number(text, candidate->ring);
    text_put(text, candidate->is_home_cell ? ",\"is_home_cell\":true" : ",\"is_home_cell\":false");
    if (candidate->is_home_position) {
        text_put(text, ",\"is_home_position\":true");
    }
    put_measure(text, ",\"distance_cm\":", candidate->distance_cm);
    put_measure(text, ",\"travel_ms\":", candidate->travel_ms);
    if (candidate->travel != TRAVEL_STRAIGHT) {
        text_format(text, ",\"travel\":\"%s\"", words_travel_name((enum travel)candidate->travel));
    }
    text_put(text, "}");
}

static void put_why(struct text *text, const struct history_names *names,
                    const struct effect_decision *decision)
{
    text_format(text, ",\"why\":\"%s\"", words_why_name(decision->why));
    if (decision->from != NONE32) {
        text_put(text, ",\"from\":");
        put_piece(text, history_person(names, decision->from));
        put_measure(text, "from_ms", decision->from_ms);
    }
    if (decision->taken != 0) {
        text_format(text, ",\"taken\":%" PRIu64, decision->taken);
    }
    text_format(text, ",\"round_orders\":%" PRIu32 ",\"round_moved\":%" PRIu32,
                decision->round_orders, decision->round_moved);
}

struct history_piece history_decision_json(struct history *history,
                                           const struct effect_decision *decision)
{
    struct text text;
    char *out = history->scratch + SCRATCH_AT;
    bool has_one = false;
    text_init(&text, out, HISTORY_SCRATCH_SIZE - SCRATCH_AT);
    text_put(&text, "{\"removed\":{");
    for (uint32_t i = 0; i < COUNT_OF(decision->removed); i++) {
        if (decision->removed[i] > 0) {
            text_format(&text, "%s\"%s\":%" PRIu32, has_one ? "," : "",
                        words_code_name(CODE_ELIGIBLE + i), decision->removed[i]);
            has_one = true;
        }
    }
    text_put(&text, "},\"candidates\":[");
    for (uint32_t i = 0; i < decision->candidate_count; i++) {
        text_put(&text, i > 0 ? "," : "");
        put_candidate(&text, &history->names, &decision->candidates[i]);
    }
    text_put(&text, "]");
    if (decision->why != WHY_CHOSEN) {
        put_why(&text, &history->names, decision);
    }
    text_put(&text, "}");
    must(!text.is_cut); /* 32 candidates of at most 700 bytes */
    return (struct history_piece){out, (uint32_t)text.used};
}
