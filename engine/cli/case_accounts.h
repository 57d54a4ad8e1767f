/* case_accounts.h: who was accountable for a case, interval by interval (五定: person, post, place, duty, time), collected while its
 * story is replayed; and what offices made of it: hand-overs, the dispute, the ruling.
 *
 * An interval begins with the line that says who holds the case, where, by which class and until when, and ends with the next line that
 * says otherwise. Names are those of the city that was active then.
 *
 * Owner   rows on the heap; case_accounts_free */
#ifndef ENGINE_CLI_CASE_ACCOUNTS_H
#define ENGINE_CLI_CASE_ACCOUNTS_H

#include "engine/core/core.h"
#include "engine/edge/words.h"

#include <jansson.h>

#define CASE_ACCOUNTS_MAX 4096u

struct case_account {
    int64_t from_ms, until_ms; /* until: NEVER_MS = still */
    int64_t deadline_ms;       /* NEVER_MS = none told */
    struct holder holder;
    uint32_t cell, class_row;
    uint8_t clock; /* enum case_clock that binds */
    char who[96], post[96], place[96], duty[192];
    char city[17]; /* first half of the digest of city and rules: which boundaries */
};

struct case_accounts {
    struct case_account *rows;
    uint32_t count, limit;
    uint32_t left_out; /* beyond CASE_ACCOUNTS_MAX */
};

/* A line of the case's story; core as of then. */
void case_accounts_take(struct case_accounts *accounts, const struct core *core,
                        const struct effect *effect, enum lang lang);
void case_accounts_free(struct case_accounts *accounts);

/* Intervals, then hand-overs, dispute and ruling of a case, as text or as JSON; what there is none of is not printed. */
void case_accounts_print(const struct case_accounts *accounts, const struct core *core,
                         struct case_no no, enum lang lang);
void case_accounts_json(const struct case_accounts *accounts, const struct core *core,
                        struct case_no no, enum lang lang, json_t *root);

#endif
