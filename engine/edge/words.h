/* words.h: every stored number as a word: stable names for machines, labels for people.
 *
 * Labels are in English and Chinese. One vocabulary per list of engine/core/code.h, life.h, effect.h
 * and policy.h; for each vocabulary v below:
 *
 *   words_v_name(number)         "AT_CAPACITY", the stable name; "UNKNOWN" if it has none
 *   words_v(number, lang)        "has as many orders as allowed" or "已满负荷"
 *   words_parse_v(text, &number) by name in any case ("check-pass") or by a label; false if none
 *
 * Owner   nothing; all strings are static
 * Cost    O(words of the vocabulary)
 * Errors  numbers from a newer peer have no word: "UNKNOWN", "unknown", "未知", never a crash */
#ifndef ENGINE_EDGE_WORDS_H
#define ENGINE_EDGE_WORDS_H

#include "engine/core/command.h"
#include "engine/core/err.h"
#include "proto/case_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lang { LANG_EN = 0, LANG_ZH = 1 };

/* X(v, V) */
#define WORDS_VOCABULARIES(X)                                                                      \
    X(code, CODE)                                                                                  \
    X(case_state, CASE_STATE)                                                                      \
    X(order_state, ORDER_STATE)                                                                    \
    X(order_kind, ORDER_KIND)                                                                      \
    X(action, ACTION)                                                                              \
    X(reason, REASON)                                                                              \
    X(plan_state, PLAN_STATE)                                                                      \
    X(duty_state, DUTY_STATE)                                                                      \
    X(clock, CLOCK)                                                                                \
    X(worker_status, WORKER_STATUS)                                                                \
    X(lane, LANE)                                                                                  \
    X(rule_status, RULE_STATUS)                                                                    \
    X(gateway_kind, GATEWAY_KIND)                                                                  \
    X(right, RIGHT)                                                                                \
    X(travel, TRAVEL)                                                                              \
    X(why, WHY)                                                                                    \
    X(item_kind, ITEM_KIND)                                                                        \
    X(holder_kind, HOLDER_KIND)                                                                    \
    X(field_kind, FIELD_KIND)                                                                      \
    X(command_kind, COMMAND_KIND)

#define WORDS_ENUM(v, V) VOCABULARY_##V,
enum vocabulary { WORDS_VOCABULARIES(WORDS_ENUM) VOCABULARY_COUNT };
#undef WORDS_ENUM

struct word {
    uint32_t number;
    const char *name;
    const char *en;
    const char *zh;
};

uint32_t words_count(enum vocabulary vocabulary);

/* index < words_count, in the order of the list. */
const struct word *words_at(enum vocabulary vocabulary, uint32_t index);

const char *words_name(enum vocabulary vocabulary, uint32_t number);
const char *words_label(enum vocabulary vocabulary, uint32_t number, enum lang lang);
bool words_parse(enum vocabulary vocabulary, const char *text, uint32_t *out_number);

#define WORDS_FUNCTIONS(v, V)                                                                      \
    static inline const char *words_##v##_name(uint32_t number)                                    \
    {                                                                                              \
        return words_name(VOCABULARY_##V, number);                                                 \
    }                                                                                              \
    static inline const char *words_##v(uint32_t number, enum lang lang)                           \
    {                                                                                              \
        return words_label(VOCABULARY_##V, number, lang);                                          \
    }                                                                                              \
    static inline bool words_parse_##v(const char *text, uint32_t *out)                            \
    {                                                                                              \
        return words_parse(VOCABULARY_##V, text, out);                                             \
    }
WORDS_VOCABULARIES(WORDS_FUNCTIONS)
#undef WORDS_FUNCTIONS

/* "ERR_NO_SPACE" and "the disk is full". English only: these are for who runs the machine. */
const char *words_err_name(enum err err);
const char *words_err(enum err err);

/* Does this wording mean "it went in": a result code that is not a refusal? */
bool words_code_is_refusal(uint32_t code);

/* A word as a command line takes it: "check_pass". out_size at least 1; cut to fit. */
void words_action_verb(uint32_t action, char *out, size_t out_size);

/* "done, return" from a bit per action, as in "possible now"; with labels in Chinese: "done
 * 处置完成, ...". Returns out. Empty for no bits. */
const char *words_actions(uint64_t actions, enum lang lang, char *out, size_t out_size);

/* "en", "zh", "en_GB.UTF-8", "zh-CN"; false and untouched for anything else. */
bool words_parse_lang(const char *text, enum lang *out_lang);

/* The language a person asked for (may be NULL), else that of the LANG given (may be NULL), else
 * English. */
enum lang words_choose_lang(const char *asked, const char *env_lang);

/* "110108-20260303-0001"; empty for none. */
#define WORDS_CASE_NO_SIZE CASE_TEXT_SIZE
const char *words_case_no(struct case_no no, char out[WORDS_CASE_NO_SIZE]);

/* A case number or any suffix of its parts: "110108-20260303-0001", "20260303-1", "1". Absent parts
 * are 0. False when the text is not that. */
bool words_parse_case_no(const char *text, struct case_no *out_part);

#endif
