/* history_parties.c: the numbers that stand for persons, posts and words in lines and choices.
 *
 * A party is somebody as called and placed then. Its number is looked for once an image and remembered by the image's row:
 * most lines name people who were named before. */
#include "engine/shell/history_state.h"

#include "engine/edge/words.h"

#include <stdlib.h>

#define NAME_SIZE 256u

void history_parties_fini(struct history *history)
{
    free(history->persons);
    free(history->posts);
    history->persons = NULL;
    history->posts = NULL;
}

enum err history_parties_use(struct history *history)
{
    const struct city *city = &history->names.city;
    history_parties_fini(history);
    history->persons = calloc(city->person_count + 1u, sizeof *history->persons);
    history->posts = calloc(city->post_count + 1u, sizeof *history->posts);
    return history->persons != NULL && history->posts != NULL ? ERR_OK : ERR_MEMORY;
}

/* ?, ?, ?, ?, ? of both statements. */
static struct history_binder bind_party(struct history *history, enum history_statement statement,
                                        struct holder holder, struct history_piece name)
{
    const struct history_names *names = &history->names;
    struct history_binder binder = history_bind(history, statement);
    history_bind_word(&binder, words_holder_kind_name(holder.kind));
    history_bind_piece(&binder, history_holder(names, holder));
    history_bind_piece(&binder, name);
    history_bind_piece(&binder, history_holder_department(names, holder));
    history_bind_piece(&binder, holder.kind == HOLDER_PERSON
                                    ? history_person_team(names, holder.index)
                                    : (struct history_piece){NULL, 0});
    return binder;
}

static enum err look_up(struct history *history, struct holder holder, int64_t *out_id)
{
    char bytes[NAME_SIZE];
    struct text text;
    text_init(&text, bytes, sizeof bytes);
    history_put_holder(&text, &history->names, holder, LANG_ZH);
    const struct history_piece name = {bytes, (uint32_t)text.used};
    struct history_binder binder = bind_party(history, HISTORY_SQL_FIND_PARTY, holder, name);
    int code = sqlite3_step(binder.stmt);
    *out_id = code == SQLITE_ROW ? sqlite3_column_int64(binder.stmt, 0) : 0;
    enum err err = code == SQLITE_ROW || code == SQLITE_DONE
                       ? ERR_OK
                       : history_schema_fail(history->db, "look up a party", &history->fault);
    (void)sqlite3_reset(binder.stmt);
    if (err == ERR_OK && code == SQLITE_DONE) {
        binder = bind_party(history, HISTORY_SQL_PARTY, holder, name);
        err = history_step(history, &binder, "write a party");
        *out_id = sqlite3_last_insert_rowid(history->db);
    }
    return err;
}

enum err history_party(struct history *history, struct holder holder, uint64_t *out_id)
{
    const struct city *city = &history->names.city;
    uint32_t *known = NULL;
    *out_id = 0;
    if (holder.kind == HOLDER_PERSON && holder.index < city->person_count) {
        known = &history->persons[holder.index];
    } else if (holder.kind == HOLDER_POST && holder.index < city->post_count) {
        known = &history->posts[holder.index];
    }
    if (known == NULL) {
        return ERR_OK;
    }
    if (*known == 0) {
        int64_t id = 0;
        enum err err = look_up(history, holder, &id);
        if (err != ERR_OK) {
            return err;
        }
        must(id > 0 && id < UINT32_MAX);
        *known = (uint32_t)id;
    }
    *out_id = *known;
    return ERR_OK;
}

/* ---- words ---- */

static const struct {
    enum vocabulary vocabulary;
    uint32_t first; /* of the table "words" */
    bool has_none;  /* 0 is no word */
} WORDS[] = {
    {VOCABULARY_ACTION, HISTORY_WORDS_ACTION, false},
    {VOCABULARY_CASE_STATE, HISTORY_WORDS_STATE, false},
    {VOCABULARY_ORDER_KIND, HISTORY_WORDS_KIND, true},
    {VOCABULARY_CLOCK, HISTORY_WORDS_CLOCK, true},
    {VOCABULARY_CODE, HISTORY_WORDS_CODE, true},
    {VOCABULARY_TRAVEL, HISTORY_WORDS_TRAVEL, true},
};

/* Each time it is opened: a newer program may have more of them. */
enum err history_write_words(struct history *history)
{
    struct history_binder binder = history_bind(history, HISTORY_SQL_BEGIN);
    enum err err = history_step(history, &binder, "begin");
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        const uint32_t count = words_count(WORDS[i].vocabulary);
        for (uint32_t j = 0; err == ERR_OK && j < count; j++) {
            const struct word *word = words_at(WORDS[i].vocabulary, j);
            must(word->number < 256);
            if (word->number == 0 && WORDS[i].has_none) {
                continue;
            }
            binder = history_bind(history, HISTORY_SQL_WORD);
            history_bind_int(&binder, WORDS[i].first + word->number);
            history_bind_word(&binder, word->name);
            err = history_step(history, &binder, "write a word");
        }
    }
    if (err == ERR_OK) {
        binder = history_bind(history, HISTORY_SQL_COMMIT);
        err = history_step(history, &binder, "commit");
    }
    return err;
}
