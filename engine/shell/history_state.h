/* history_state.h: what history.c, history_write.c and history_expire.c share. Nobody else includes it. */
#ifndef ENGINE_SHELL_HISTORY_STATE_H
#define ENGINE_SHELL_HISTORY_STATE_H

#include "engine/shell/history.h"
#include "engine/shell/history_batch.h"
#include "engine/shell/history_names.h"

/* One step each. X(NAME, sql) */
#define HISTORY_STATEMENTS(X)                                                                      \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(META, "INSERT INTO meta(key, value) VALUES(?1, ?2)"                                          \
            " ON CONFLICT(key) DO UPDATE SET value = excluded.value")                              \
    X(NAME, "INSERT INTO names(kind, code, zh, en) VALUES(?, ?, ?, ?)"                             \
            " ON CONFLICT(kind, code) DO UPDATE SET zh = excluded.zh, en = excluded.en")           \
    X(FIND_CASE, "SELECT id FROM cases WHERE number = ?1")                                         \
    X(CASE, "UPDATE cases SET filed_at_ms = coalesce(filed_at_ms, ?), handled_at_ms = ?,"          \
            " closed_at_ms = ?, retired_at_ms = ?, state = ?, severity = ?, holder_kind = ?,"      \
            " holder = ?, holder_zh = ?, holder_en = ?, clock = ?, deadline_ms = ?, events = ?,"   \
            " clocks_missed = clocks_missed + ?, reopenings = reopenings + ?,"                     \
            " first_due_at_ms = coalesce(first_due_at_ms, ?), due_at_ms = coalesce(?, due_at_ms)," \
            " merged_into = coalesce(?, merged_into), survivor = coalesce(?, survivor),"           \
            " appeal = ?, extensions_granted = ?, suspended_until_ms = ? WHERE id = ?")            \
    X(COUNTS, "UPDATE cases SET clocks_missed = clocks_missed + ?, reopenings = reopenings + ?,"   \
              " retired_at_ms = coalesce(?, retired_at_ms) WHERE id = ?")                          \
    X(RETITLE, "UPDATE cases SET title_zh = ?, title_en = ?, rule = ?, rules_digest = ?,"          \
               " department = ? WHERE id = ?")                                                     \
    X(MOVE, "UPDATE cases SET district = ?, cell = ?, place_zh = ?, place_en = ?, lon_e7 = ?,"     \
            " lat_e7 = ?, unit_1 = ?, unit_2 = ?, unit_3 = ?, unit_4 = ?, unit_5 = ?"              \
            " WHERE id = ?")                                                                       \
    X(IS_THERE, "SELECT 1 FROM cases WHERE id = ? AND cell IS ? AND lon_e7 IS ? AND lat_e7 IS ?")  \
    X(PLAN, "INSERT INTO plans(number, plan, title_zh, title_en, is_drill, state, asked_at_ms,"    \
            " begun_at_ms, stood_down_at_ms, ended_at_ms, told_at_ms, total, in_time, overdue,"    \
            " waiting, open, started, done, cancelled, failed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?,"  \
            " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(number) DO UPDATE SET"                  \
            " state = excluded.state, begun_at_ms = coalesce(begun_at_ms, excluded.begun_at_ms),"  \
            " stood_down_at_ms = coalesce(stood_down_at_ms, excluded.stood_down_at_ms),"           \
            " ended_at_ms = coalesce(ended_at_ms, excluded.ended_at_ms),"                          \
            " told_at_ms = excluded.told_at_ms, total = excluded.total,"                           \
            " in_time = excluded.in_time, overdue = excluded.overdue,"                             \
            " waiting = excluded.waiting, open = excluded.open, started = excluded.started,"       \
            " done = excluded.done, cancelled = excluded.cancelled, failed = excluded.failed")     \
    X(OLD_TEXT, "SELECT body FROM texts WHERE id = ?1")                                            \
    X(UNSEARCH, "INSERT INTO search(search, rowid, body) VALUES('delete', ?, ?)")                  \
    X(RETEXT, "UPDATE texts SET body = ?2 WHERE id = ?1")                                          \
    X(RESEARCH, "INSERT INTO search(rowid, body) VALUES(?, ?)")                                    \
    X(SEARCH, "INSERT OR FAIL INTO search(rowid, body) SELECT c1, c3 FROM " HISTORY_BATCH_TABLE)   \
    X(FIND_PARTY, "SELECT id FROM parties WHERE kind = ? AND code IS ? AND name IS ?"              \
                  " AND department IS ? AND team IS ?")                                            \
    X(PARTY, "INSERT INTO parties(kind, code, name, department, team) VALUES(?, ?, ?, ?, ?)")      \
    X(WORD, "INSERT INTO words(id, word) VALUES(?, ?) ON CONFLICT DO NOTHING")

/* Rows that are added, many to a step (history_batch.h). OR FAIL: after an error nothing more is written and all is
 * rolled back, so SQLite need not keep what the step changed. X(NAME, columns, table and columns, what comes last) */
#define HISTORY_BATCHES(X)                                                                         \
    X(NEW_CASE, 53,                                                                                \
      "cases(id, number, day, serial, title_zh, title_en, class, class_zh,"                        \
      " class_en, rule, rules_digest, department, district, cell, asset, device,"                  \
      " gateway, reporter, place_zh, place_en, lon_e7, lat_e7, report, onset_at_ms,"               \
      " opened_at_ms, filed_at_ms, handled_at_ms, closed_at_ms, retired_at_ms, state,"             \
      " severity, holder_kind, holder, holder_zh, holder_en, clock, deadline_ms, events,"          \
      " clocks_missed, reopenings, source, unit_1, unit_2, unit_3, unit_4, unit_5,"                \
      " first_due_at_ms, due_at_ms, merged_into, survivor, appeal, extensions_granted,"            \
      " suspended_until_ms)",                                                                      \
      "")                                                                                          \
    X(ORDER, 14,                                                                                   \
      "orders(number, case_id, kind, state, person, is_lead, offered_at_ms,"                       \
      " accepted_at_ms, arrived_at_ms, ended_at_ms, clock, deadline_ms, department, team)",        \
      "ON CONFLICT(number) DO UPDATE SET kind = excluded.kind,"                                    \
      " state = excluded.state, is_lead = excluded.is_lead,"                                       \
      " accepted_at_ms = excluded.accepted_at_ms, arrived_at_ms = excluded.arrived_at_ms,"         \
      " ended_at_ms = excluded.ended_at_ms, clock = excluded.clock,"                               \
      " deadline_ms = excluded.deadline_ms")                                                       \
    X(LINE, 13,                                                                                    \
      "lines(id, case_id, at_ms, what, order_no, deadline_ms, actor, subject, holder,"             \
      " distance_cm, events, zh, en)",                                                             \
      "")                                                                                          \
    X(REMARK, 14,                                                                                  \
      "remarks(id, reason, code, gateway, post, event_type, device, text, source, amount,"         \
      " report, other_case, until_ms, evidence)",                                                  \
      "")                                                                                          \
    X(CHOICE, 14,                                                                                  \
      "choices(id, case_id, at_ms, order_no, order_kind, rule, chosen, binding, considered,"       \
      " removed, looked, rest, zh, en)",                                                           \
      "")                                                                                          \
    X(NOTICE, 10,                                                                                  \
      "notices(id, case_id, at_ms, post, code, severity, zh,"                                      \
      " en, count, is_again)",                                                                     \
      "")                                                                                          \
    X(RECEIPT, 11,                                                                                 \
      "receipts(id, at_ms, principal, epoch, seq, idx, code,"                                      \
      " is_late, case_no, order_no, events)",                                                      \
      "")                                                                                          \
    X(COUNTER, 4, "counters(day, kind, name, count)",                                              \
      "ON CONFLICT(day, kind, name) DO UPDATE SET count = count + excluded.count")                 \
    X(TEXT, 3, "texts(id, case_id, body)", "") /* SEARCH too, by history_sql.c */

#define HISTORY_STATEMENT_ENUM(name, sql) HISTORY_SQL_##name,
#define HISTORY_BATCH_ENUM(name, columns, table, last) HISTORY_SQL_##name,
enum history_statement {
    HISTORY_STATEMENTS(HISTORY_STATEMENT_ENUM) HISTORY_BATCHES(HISTORY_BATCH_ENUM) HISTORY_SQL_COUNT
};
#undef HISTORY_STATEMENT_ENUM
#undef HISTORY_BATCH_ENUM

/* A case touched in this transaction. */
struct history_dirty_case {
    int64_t id;
    struct case_no no;
    bool is_new;
    bool is_renamed; /* another rule took it over, or another cell: title, owner and place anew */
    bool is_joined; /* by a report, which may know the place better: looked at when it is written */
    bool has_view;
    int64_t filed_at_ms;     /* seen filed in this transaction, 0 = not */
    int64_t retired_at_ms;   /* 0 = still in the engine */
    int64_t merged_into;     /* id of the case that goes on with it; 0 = none */
    int64_t first_due_at_ms; /* of handling, seen first and last in this transaction; 0 = none */
    int64_t due_at_ms;
    uint32_t missed;     /* clocks, in this transaction */
    uint32_t reopenings; /* in this transaction */
    uint32_t gateway;    /* of the opening event */
    uint32_t reporter;
    enum gateway_kind source; /* of the opening event's report */
    char *report;             /* its free text, malloc'ed; NULL */
    struct case_view view;
};

/* An order touched in this transaction. */
struct history_dirty_order {
    struct order_view view;
    int64_t case_id;
};

/* Keys of what is held back, to its slot: open addressing, emptied at each flush. */
struct history_slots {
    uint64_t keys[HISTORY_DIRTY_MAX * 2];
    uint32_t slots[HISTORY_DIRTY_MAX * 2]; /* NONE32 = free */
};

struct history_day_counts {
    int64_t at_ms; /* of what was counted last */
    uint32_t day;  /* yyyymmdd; 0 = none yet */
    uint32_t results[CODE_LIMIT];
    uint32_t actions[ACTION_LIMIT];
};

struct history {
    sqlite3 *db;
    sqlite3_stmt *statements[HISTORY_SQL_COUNT];
    struct history_batch batches[HISTORY_SQL_COUNT]; /* of those that take one */
    const struct history_batch *shown;               /* being written; NULL = none */
    struct history_options options;
    struct history_names names;
    uint32_t *persons; /* parties by the image's row; 0 = not looked for yet */
    uint32_t *posts;
    bool is_begun;
    uint64_t position; /* committed */
    int64_t at_ms;     /* log time of what was taken last */
    int64_t next_case_id;
    uint64_t entry; /* being taken */
    uint32_t ordinal;
    struct history_dirty_case *cases; /* HISTORY_DIRTY_MAX */
    uint32_t case_count;
    struct history_slots *case_slots;
    struct history_dirty_order *orders; /* HISTORY_DIRTY_MAX */
    uint32_t order_count;
    struct history_slots *order_slots;
    struct history_day_counts day;
    struct history_counts counts;
    struct history_fault fault;
    char *scratch; /* HISTORY_SCRATCH_SIZE */
};

#define HISTORY_SCRATCH_SIZE 65536u

/* ---- history_sql.c: values into rows and prepared statements; no SQL is ever put together from values ---- */
struct history_binder {
    struct history *history;
    sqlite3_stmt *stmt;
    struct history_batch
        *batch; /* the values go there; NULL = into the statement, to be stepped at once */
    int at;     /* bound last */
    enum history_statement statement;
};
enum err history_sql_prepare(struct history *history) WARN_UNUSED;
void history_sql_fini(struct history *history);
struct history_binder history_bind(struct history *history, enum history_statement statement);
void history_bind_int(struct history_binder *binder, int64_t value);
void history_bind_count(struct history_binder *binder, uint64_t value);  /* 0 = NULL */
void history_bind_instant(struct history_binder *binder, int64_t at_ms); /* 0, NEVER_MS = NULL */
void history_bind_word(struct history_binder *binder, const char *word); /* NULL, "" = NULL */
void history_bind_copy(struct history_binder *binder,
                       const char *text); /* "" = NULL; may go before the step */
void history_bind_piece(struct history_binder *binder, struct history_piece piece);
/* The row is complete: it waits with others of its table, or the statement is stepped. */
enum err history_step(struct history *history, struct history_binder *binder,
                      const char *doing) WARN_UNUSED;
/* All rows that wait are written. */
enum err history_write_waiting(struct history *history) WARN_UNUSED;

/* ---- history_labels.c ---- */
/* What units, departments and posts are called, the city's name and time zone, as they are now. */
enum err history_write_names(struct history *history) WARN_UNUSED;

/* ---- history_write.c ---- */
enum err history_write_effect(struct history *history,
                              const struct history_record *record) WARN_UNUSED;

/* ---- history_cases.c: cases and orders, held back until the transaction ends ---- */
struct history_touch {
    struct case_no no;
    bool is_opening;
};
enum err history_case_at(struct history *history, struct history_touch touch,
                         struct history_dirty_case **out_case) WARN_UNUSED;
enum err history_keep_view(struct history *history,
                           const struct history_record *record) WARN_UNUSED;
enum err history_keep_order(struct history *history, const struct order_view *view) WARN_UNUSED;
enum err history_flush(struct history *history) WARN_UNUSED;

/* Adds to a counter of the day at hand. */
enum err history_count(struct history *history, const char *kind, const char *name,
                       uint32_t count) WARN_UNUSED;
void history_forget_dirty(struct history *history);
enum err history_put_text(struct history *history, int64_t id, int64_t case_id,
                          struct history_piece body) WARN_UNUSED;

/* ---- history_parties.c ---- */
/* Other images: who is who is looked for anew. */
enum err history_parties_use(struct history *history) WARN_UNUSED;
void history_parties_fini(struct history *history);
/* *out_id 0: nobody. */
enum err history_party(struct history *history, struct holder holder, uint64_t *out_id) WARN_UNUSED;
enum err history_write_words(struct history *history) WARN_UNUSED;

/* ---- history_decision.c ---- */
/* A decision as the pieces that "detail" is put together from, in the scratch. */
struct history_looked {
    struct history_piece removed;
    struct history_piece looked;
    struct history_piece rest;
};
enum err history_decision_pieces(struct history *history, const struct effect_decision *decision,
                                 struct history_looked *out) WARN_UNUSED;

#endif
