/* history.c: life of the history: opening, transactions, position.
 *
 *   opened --take--> in a transaction --commit(position)--> opened      any error --> failed, only close is left
 *
 * The position is written in the transaction of the rows it stands for, so rows and position are never apart. */
#include "engine/shell/history_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* A number of meta, as it was or untouched. */
static enum err read_meta(struct history *history, const char *key, int64_t *value,
                          bool *out_is_there)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(history->db, "SELECT value FROM meta WHERE key = ?1", -1, &stmt, NULL) !=
        SQLITE_OK) {
        return history_schema_fail(history->db, "read its position", &history->fault);
    }
    struct history_binder binder = {.history = history, .stmt = stmt};
    history_bind_word(&binder, key);
    int code = sqlite3_step(stmt);
    *out_is_there = code == SQLITE_ROW;
    if (code == SQLITE_ROW) {
        *value = sqlite3_column_int64(stmt, 0);
    }
    enum err err = code == SQLITE_ROW || code == SQLITE_DONE
                       ? ERR_OK
                       : history_schema_fail(history->db, "read its position", &history->fault);
    (void)sqlite3_finalize(stmt);
    return err;
}

static enum err write_meta(struct history *history, const char *key, int64_t value)
{
    struct history_binder binder = history_bind(history, HISTORY_SQL_META);
    history_bind_word(&binder, key);
    history_bind_int(&binder, value);
    return history_step(history, &binder, "write its position");
}

/* Is it of this log, and not ahead of it? */
static enum err check_log(struct history *history)
{
    int64_t salt = 0, position = 0;
    bool is_there = false, has_salt = false;
    history->next_case_id = 1;
    enum err err = read_meta(history, "log_salt", &salt, &has_salt);
    if (err == ERR_OK) {
        err = read_meta(history, "position", &position, &is_there);
    }
    if (err == ERR_OK) {
        err = read_meta(history, "next_case_id", &history->next_case_id, &is_there);
    }
    if (err == ERR_OK) {
        err = read_meta(history, "at_ms", &history->at_ms, &is_there);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (has_salt && (uint64_t)salt != history->options.log_salt) {
        (void)snprintf(history->fault.text, sizeof history->fault.text,
                       "%.300s is the history of another log; move it away, and the engine makes a "
                       "new one from this log",
                       history->options.path);
        return ERR_MISMATCH;
    }
    if ((uint64_t)position > history->options.log_position) {
        (void)snprintf(
            history->fault.text, sizeof history->fault.text,
            "%.200s is at entry %lld, but the log ends with entry %llu: the log was put back "
            "to an older state or lost its end; put back both, or move the history away",
            history->options.path, (long long)position,
            (unsigned long long)history->options.log_position);
        return ERR_MISMATCH;
    }
    history->position = (uint64_t)position;
    return has_salt ? ERR_OK : write_meta(history, "log_salt", (int64_t)history->options.log_salt);
}

static enum err allocate(struct history *history)
{
    history->cases = calloc(HISTORY_DIRTY_MAX, sizeof *history->cases);
    history->orders = calloc(HISTORY_DIRTY_MAX, sizeof *history->orders);
    history->case_slots = calloc(1, sizeof *history->case_slots);
    history->order_slots = calloc(1, sizeof *history->order_slots);
    history->scratch = malloc(HISTORY_SCRATCH_SIZE);
    if (history->cases == NULL || history->orders == NULL || history->case_slots == NULL ||
        history->order_slots == NULL || history->scratch == NULL) {
        (void)snprintf(history->fault.text, sizeof history->fault.text,
                       "not enough memory for the history");
        return ERR_MEMORY;
    }
    history_forget_dirty(history);
    return ERR_OK;
}

enum err history_open(const struct history_options *options, struct history **out_history,
                      struct history_fault *out_fault)
{
    struct history *history = calloc(1, sizeof *history);
    if (history == NULL) {
        return ERR_MEMORY;
    }
    history->options = *options;
    history_names_init(&history->names);
    enum err err = allocate(history);
    if (err == ERR_OK) {
        err = history_schema_create(options->path, &history->db, &history->fault);
    }
    if (err == ERR_OK) {
        err = history_sql_prepare(history);
    }
    if (err == ERR_OK) {
        err = history_write_words(history);
    }
    if (err == ERR_OK) {
        err = check_log(history);
    }
    if (err != ERR_OK) {
        *out_fault = history->fault;
        history_close(history);
        return err;
    }
    *out_history = history;
    return ERR_OK;
}

void history_close(struct history *history)
{
    if (history == NULL) {
        return;
    }
    history_sql_fini(history);
    (void)sqlite3_close(history->db); /* an open transaction is rolled back */
    if (history->case_slots != NULL && history->cases != NULL && history->order_slots != NULL) {
        history_forget_dirty(history);
    }
    history_parties_fini(history);
    history_names_fini(&history->names);
    free(history->scratch);
    free(history->order_slots);
    free(history->case_slots);
    free(history->orders);
    free(history->cases);
    free(history);
}

uint64_t history_position(const struct history *history)
{
    return history->position;
}

const char *history_fault_text(const struct history *history)
{
    return history->fault.text;
}

struct history_counts history_counts_now(const struct history *history)
{
    return history->counts;
}

/* ---- transactions ---- */

static enum err begin(struct history *history)
{
    if (history->is_begun) {
        return ERR_OK;
    }
    struct history_binder binder = history_bind(history, HISTORY_SQL_BEGIN);
    enum err err = history_step(history, &binder, "begin");
    history->is_begun = err == ERR_OK;
    return err;
}

static enum err use_images(struct history *history, const struct effect_activated *images)
{
    /* What is held back numbers into the pair before. */
    enum err err = history_flush(history);
    if (err != ERR_OK) {
        return err;
    }
    err =
        history_names_use(&history->names, &history->options.images, images->city, images->policy);
    if (err != ERR_OK) {
        (void)snprintf(history->fault.text, sizeof history->fault.text,
                       "an image of the city or its rules cannot be read: %s", words_err(err));
        return err;
    }
    err = history_parties_use(history);
    if (err != ERR_OK) {
        (void)snprintf(history->fault.text, sizeof history->fault.text,
                       "not enough memory for the history");
        return err;
    }
    history->day.at_ms = INT64_MIN; /* the city's time may be another */
    return history_write_names(history);
}

enum err history_take(struct history *history, const struct history_record *record)
{
    must(record->position > history->position);
    must(record->position >= history->entry);
    if (record->position != history->entry) {
        history->entry = record->position;
        history->ordinal = 0;
    }
    history->at_ms = record->at_ms;
    enum err err = begin(history);
    if (err != ERR_OK) {
        return err;
    }
    switch (record->kind) {
    case HISTORY_IMAGES:
        return use_images(history, &record->images);
    case HISTORY_EFFECT:
        err = history_write_effect(history, record);
        history->ordinal++;
        must(history->ordinal < 1u << HISTORY_ORDINAL_BITS);
        return err;
    case HISTORY_CASE:
        return history_keep_view(history, record);
    case HISTORY_ORDER:
        return history_keep_order(history, record->order);
    default:
        must(false);
        return ERR_OK;
    }
}

enum err history_commit(struct history *history, uint64_t position)
{
    must(position >= history->entry);
    if (position == history->position && !history->is_begun) {
        return ERR_OK;
    }
    enum err err = begin(history);
    if (err == ERR_OK) {
        err = history_flush(history);
    }
    if (err == ERR_OK) {
        err = write_meta(history, "position", (int64_t)position);
    }
    if (err == ERR_OK) {
        err = write_meta(history, "next_case_id", history->next_case_id);
    }
    if (err == ERR_OK) {
        err = write_meta(history, "at_ms", history->at_ms);
    }
    if (err == ERR_OK) {
        struct history_binder binder = history_bind(history, HISTORY_SQL_COMMIT);
        err = history_step(history, &binder, "commit");
    }
    if (err == ERR_OK) {
        history->is_begun = false;
        history->position = position;
        history->counts.commits++;
    }
    return err;
}
