/* history_sql.c: values into prepared statements, one step at a time. */
#include "engine/shell/history_state.h"

struct history_binder history_bind(struct history *history, enum history_statement statement)
{
    return (struct history_binder){history->statements[statement], 0};
}

/* Binding fails only for an index out of range or a text above 1 GB: bugs. */
void history_bind_int(struct history_binder *binder, int64_t value)
{
    int code = sqlite3_bind_int64(binder->stmt, ++binder->at, value);
    must(code == SQLITE_OK);
}

static void bind_null(struct history_binder *binder)
{
    int code = sqlite3_bind_null(binder->stmt, ++binder->at);
    must(code == SQLITE_OK);
}

void history_bind_count(struct history_binder *binder, uint64_t value)
{
    if (value == 0) {
        bind_null(binder);
    } else {
        history_bind_int(binder, (int64_t)value);
    }
}

void history_bind_instant(struct history_binder *binder, int64_t at_ms)
{
    if (at_ms == 0 || at_ms == NEVER_MS) {
        bind_null(binder);
    } else {
        history_bind_int(binder, at_ms);
    }
}

void history_bind_piece(struct history_binder *binder, struct history_piece piece)
{
    if (piece.bytes == NULL || piece.size == 0) {
        bind_null(binder);
        return;
    }
    int code =
        sqlite3_bind_text(binder->stmt, ++binder->at, piece.bytes, (int)piece.size, SQLITE_STATIC);
    must(code == SQLITE_OK);
}

void history_bind_copy(struct history_binder *binder, const char *text)
{
    if (text[0] == '\0') {
        bind_null(binder);
        return;
    }
    int code = sqlite3_bind_text(binder->stmt, ++binder->at, text, -1, SQLITE_TRANSIENT);
    must(code == SQLITE_OK);
}

void history_bind_word(struct history_binder *binder, const char *word)
{
    size_t size = word != NULL ? strlen(word) : 0;
    history_bind_piece(binder, (struct history_piece){word, (uint32_t)size});
}

enum err history_step(struct history *history, struct history_binder *binder, const char *doing)
{
    must(binder->at ==
         sqlite3_bind_parameter_count(binder->stmt)); /* nothing bound before is left */
    int code = sqlite3_step(binder->stmt);
    enum err err =
        code == SQLITE_DONE ? ERR_OK : history_schema_fail(history->db, doing, &history->fault);
    (void)sqlite3_reset(binder->stmt);
    history->counts.rows++;
    return err;
}
