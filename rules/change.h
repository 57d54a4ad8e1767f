/* change.h: what becomes of each rule, and of its state, when one rule set takes the place of another.
 *
 * State belongs to a rule by its id and by the shape that gave it meaning: its event types, the fields of its dedupe and merge
 * keys, and of a window what it keeps of which key for how long. Conditions, thresholds, texts, places, times, clocks, priority and whom it sends may change and the state stays. Where the
 * shape changed, what was remembered under the old one is not found again: repeats of before count as new, and an event no
 * longer joins a case that the old keys opened; a window fills from nothing. A rule that says `was: old.id` goes on with the window of
 * that one. Open cases go on under the rule and the set that opened them in any case.
 *
 * Works on images, so that a running engine and the tools say the same.
 *
 * Cost    O(rules); ids are sorted in both images
 * Owner   change_fini frees the rows; both policies are borrowed */
#ifndef RULES_CHANGE_H
#define RULES_CHANGE_H

#include "engine/core/policy.h"

/* X(NAME, json, english, chinese) */
#define CHANGE_LIST(X)                                                                             \
    X(KEPT, "kept", "kept", "保留状态")                                                            \
    X(RESET, "reset", "starts anew", "状态重置")                                                   \
    X(NEW, "new", "new", "新增")                                                                   \
    X(REMOVED, "removed", "removed", "移除")

#define CHANGE_ENUM(name, json, en, zh) CHANGE_##name,
enum change_kind { CHANGE_LIST(CHANGE_ENUM) CHANGE_KIND_COUNT };
#undef CHANGE_ENUM

/* Why a rule starts anew, as bits. X(NAME, json, english, chinese) */
#define CHANGE_SHAPE_LIST(X)                                                                       \
    X(EVENTS, "event", "its event types", "事件类型")                                              \
    X(DEDUPE, "dedupe", "its dedupe key", "去重键")                                                \
    X(MERGE, "merge", "its merge key", "合并键")                                                   \
    X(WINDOW, "window", "its window", "时间窗")

#define CHANGE_SHAPE_BIT(name, json, en, zh) CHANGE_SHAPE_BIT_##name,
enum change_shape_bit { CHANGE_SHAPE_LIST(CHANGE_SHAPE_BIT) CHANGE_SHAPE_COUNT };
#undef CHANGE_SHAPE_BIT

struct change_row {
    enum change_kind kind;
    uint32_t old, new; /* rows of POLICY_RULES; NONE32 where it is not there */
    uint32_t shape;    /* RESET: bits of enum change_shape_bit */
    bool was_active, is_active;
};

struct change {
    const struct policy *old, *new;
    struct change_row *rows; /* by id */
    uint32_t count;
    uint32_t counts[CHANGE_KIND_COUNT];
};

/* old NULL: everything is new. */
void change_make(struct change *change, const struct policy *old, const struct policy *new);
void change_fini(struct change *change);

/* The id of a row, as it is called in the set that has it. Borrowed from the image. */
const char *change_id(const struct change *change, const struct change_row *row,
                      uint32_t *out_size);

const char *change_kind_json(enum change_kind kind);
const char *change_kind_words(enum change_kind kind, bool is_chinese);
const char *change_shape_json(enum change_shape_bit bit);
const char *change_shape_words(enum change_shape_bit bit, bool is_chinese);

#endif
