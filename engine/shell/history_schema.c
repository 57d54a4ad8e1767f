/* history_schema.c: the tables of DATA/history.db.
 *
 * Text columns named state, action, code, kind ... hold the stable words of engine/edge/words.h; persons, gateways,
 * posts, cells, classes, rules stand by id or code, never by row. Instants are ms since 1970 by the log's clock; NULL
 * is "never" or "none". position is that of the log entry, ordinal counts effects inside the entry from 0; both together
 * are the row's id (position * 2^22 + ordinal), the same in every rebuild. They are computed, so ORDER BY id is quick and
 * ORDER BY position is not.
 *
 *   meta       key, value: log_salt, position, at_ms, next_case_id, time_zone and city (as last activated)
 *   names      what units, departments, posts are called: kind, code, and the words in Chinese and English
 *   cases      one row per case: what it is (written when it opens), how it stands (after each command that touched it)
 *              day and serial are parts of its number: the local day, yyyymmdd
 *              source is the kind of gateway; of a person PATROL, or HOTLINE for a call that intake took or a report
 *              with a contact; unit_1 lies directly above the cell, unit_5 four higher
 *              first_due_at_ms is the deadline of handling as first set, due_at_ms as it stood last
 *              merged_into: id of the case that went on with it; survivor: its number
 *              appeal: OPEN, UPHELD, REFUSED; extensions_granted: since it was opened last
 *              suspended_until_ms: while it is suspended or controlled
 *              filed_at_ms is the first filing, handled_at_ms and closed_at_ms the last; retired_at_ms: it left the engine
 *   orders     one row per work order
 *              department and team are those of the person then
 *   timeline   (a view) one row per line of a case's story, with the sentence in Chinese and English; holder_department,
 *              actor_department and actor_team as they were then; source of a report as in cases;
 *              amount: stars, hours, helpers ...; other_case: of a merge, split or link; until_ms: of a suspension;
 *              report: which of the case's reports a line is of, or was rated
 *   decisions  (a view) who was looked at for an offer and why not the others: detail is JSON
 *   notices    what a post was told; case_id 0 = about an event without a case, or a silence (code SILENCE, UNSILENCE)
 *              count: firings of a rule with `group` that it stands for, 0 = no group; is_again: nothing new, count is all so far
 *   plans      one row per activated emergency plan, by the case it was activated for, as it was told last: its tasks in all, those
 *              started or done in time (and never late), late ones, and where they stand
 *   receipts   the answer to every event and to every refused act; an act that was carried out stands in the timeline
 *              events: how many of the batch it answers, idx being the first; more than 1 only of DEDUPED, NO_RULE and
 *              COALESCED, and then case_no is NULL unless they are all of that case
 *   counters   per local day: kind result (code of an event or act), action (line of a story), shadow ("rule.id CODE": what a
 *              rule in shadow would have come to)
 *   texts      what is searched: id 2n is the title and place of case n, odd ids are texts of reports and remarks
 *   search     the trigram index over texts.body
 *
 * Behind the views, in fewer bytes and values, for these are most of what is written:
 *
 *   lines      a line of a story: what = action | state before << 8 | state << 16 | kind of order << 24 | severity << 32 |
 *              clock << 40; actor, subject, holder: ids of parties
 *   remarks    what few lines have, under the line's id; evidence: digests in hexadecimal, a blank between
 *   choices    a decision: looked is JSON, for each candidate [party, code, load, capacity, ring, home, distance_cm,
 *              travel_ms, travel], home 1 = its cell, 2 = its position; removed and rest are pieces of detail
 *   parties    who persons and posts were: another name, department or team is another row
 *   words      the words of numbers, by vocabulary (HISTORY_WORDS_...) and number */
#include "engine/shell/history_schema.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define APPLICATION_ID 0x47724c70 /* "GrLp" */
#define BUSY_MS 5000

/* Rows of the log's order lie by one number, position and ordinal together: a table by a number grows at its end without
 * touching what lies before, a table by two columns is balanced anew at every page. */
#define KEYED "id INTEGER PRIMARY KEY"
#define PLACE "position INTEGER AS (id >> 22), ordinal INTEGER AS (id & 4194303))"

static const char SCHEMA[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE names(kind TEXT NOT NULL, code TEXT NOT NULL, zh TEXT, en TEXT,"
    " PRIMARY KEY(kind, code)) WITHOUT ROWID;"
    "CREATE TABLE cases(id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE,"
    " day INTEGER NOT NULL, serial INTEGER NOT NULL, title_zh TEXT, title_en TEXT, class TEXT, "
    "class_zh TEXT, class_en TEXT,"
    " rule TEXT, rules_digest TEXT, department TEXT, district TEXT, cell TEXT, asset TEXT, device "
    "TEXT,"
    " gateway TEXT, reporter TEXT, place_zh TEXT, place_en TEXT, lon_e7 INTEGER, lat_e7 INTEGER,"
    " report TEXT, onset_at_ms INTEGER, opened_at_ms INTEGER NOT NULL, filed_at_ms INTEGER,"
    " handled_at_ms INTEGER, closed_at_ms INTEGER, retired_at_ms INTEGER, state TEXT NOT NULL,"
    " severity INTEGER NOT NULL, holder_kind TEXT, holder TEXT, holder_zh TEXT, holder_en TEXT,"
    " clock TEXT, deadline_ms INTEGER, events INTEGER NOT NULL, clocks_missed INTEGER NOT NULL,"
    " reopenings INTEGER NOT NULL, source TEXT, unit_1 TEXT, unit_2 TEXT, unit_3 TEXT, unit_4 TEXT,"
    " unit_5 TEXT, first_due_at_ms INTEGER, due_at_ms INTEGER,"
    " merged_into INTEGER, survivor TEXT, appeal TEXT, extensions_granted INTEGER NOT NULL,"
    " suspended_until_ms INTEGER);"
    "CREATE INDEX cases_serial ON cases(serial);"
    "CREATE INDEX cases_day ON cases(day);"
    "CREATE INDEX cases_place ON cases(cell, class, opened_at_ms);"
    "CREATE INDEX cases_retired ON cases(retired_at_ms) WHERE retired_at_ms IS NOT NULL;"
    "CREATE TABLE orders(number INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, kind TEXT NOT NULL,"
    " state TEXT NOT NULL, person TEXT, is_lead INTEGER NOT NULL, offered_at_ms INTEGER,"
    " accepted_at_ms INTEGER, arrived_at_ms INTEGER, ended_at_ms INTEGER, clock TEXT,"
    " deadline_ms INTEGER, department TEXT, team TEXT);"
    "CREATE INDEX orders_case ON orders(case_id);"
    "CREATE TABLE notices(" KEYED ","
    " case_id INTEGER NOT NULL, at_ms INTEGER NOT NULL, post TEXT, code TEXT, severity INTEGER, zh "
    "TEXT,"
    " en TEXT, count INTEGER NOT NULL, is_again INTEGER NOT NULL,"
    " " PLACE ";"
    "CREATE INDEX notices_case ON notices(case_id);"
    "CREATE TABLE receipts(" KEYED ", at_ms INTEGER NOT NULL,"
    " principal TEXT, epoch INTEGER, seq INTEGER, idx INTEGER, code TEXT NOT NULL,"
    " is_late INTEGER NOT NULL, case_no TEXT, order_no INTEGER, events INTEGER NOT NULL,"
    " " PLACE ";"
    "CREATE TABLE counters(day INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " count INTEGER NOT NULL, PRIMARY KEY(day, kind, name)) WITHOUT ROWID;"
    "CREATE TABLE texts(id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, body TEXT NOT NULL);"
    "CREATE INDEX texts_case ON texts(case_id);"
    "CREATE VIRTUAL TABLE search USING fts5(body, content='texts', content_rowid='id',"
    " tokenize='trigram', detail='full', columnsize=0);"
    "INSERT INTO search(search, rank) VALUES('pgsz', 16000);";

/* C99 compilers need not take longer strings than that above. */
static const char STORY_SCHEMA[] =
    "CREATE TABLE words(id INTEGER PRIMARY KEY, word TEXT NOT NULL);"
    "CREATE TABLE parties(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, code TEXT, name TEXT,"
    " department TEXT, team TEXT);"
    "CREATE INDEX parties_code ON parties(code);"
    "CREATE TABLE lines(id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " what INTEGER NOT NULL, order_no INTEGER, deadline_ms INTEGER, actor INTEGER, subject INTEGER,"
    " holder INTEGER, distance_cm INTEGER, events INTEGER, zh TEXT, en TEXT);"
    "CREATE INDEX lines_case ON lines(case_id);"
    "CREATE TABLE remarks(id INTEGER PRIMARY KEY, reason TEXT, code TEXT, gateway TEXT, post TEXT,"
    " event_type TEXT, device TEXT, text TEXT, source TEXT, amount INTEGER, report INTEGER,"
    " other_case TEXT, until_ms INTEGER, evidence TEXT);"
    "CREATE TABLE choices(id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " order_no INTEGER, order_kind INTEGER, rule TEXT, chosen INTEGER, binding INTEGER,"
    " considered INTEGER, removed TEXT, looked TEXT, rest TEXT, zh TEXT, en TEXT);"
    "CREATE INDEX choices_case ON choices(case_id);";

#define TEXT_OF(number) #number
#define WORD(of, expression)                                                                       \
    "(SELECT word FROM words w WHERE w.id = " TEXT_OF(of) " + (" expression "))"
#define PARTY(column, of) "(SELECT " column " FROM parties p WHERE p.id = " of ")"
#define REMARK(column) "(SELECT " column " FROM remarks r WHERE r.id = l.id) AS " column
/* A column a line. */
/* clang-format off */
static const char TIMELINE_VIEW[] =
    "CREATE VIEW timeline AS SELECT l.id AS id, case_id, at_ms, "
    WORD(HISTORY_WORDS_ACTION, "what & 255") " AS action, "
    WORD(HISTORY_WORDS_STATE, "what >> 8 & 255") " AS state_before, "
    WORD(HISTORY_WORDS_STATE, "what >> 16 & 255") " AS state, order_no, "
    WORD(HISTORY_WORDS_KIND, "what >> 24 & 255") " AS order_kind, what >> 32 & 255 AS severity, "
    WORD(HISTORY_WORDS_CLOCK, "what >> 40 & 255") " AS clock, deadline_ms, "
    PARTY("code", "l.actor") " AS actor, "
    PARTY("code", "l.subject") " AS subject, "
    "coalesce(" PARTY("kind", "l.holder") ", 'NONE') AS holder_kind, "
    PARTY("code", "l.holder") " AS holder, distance_cm, events, zh, en, "
    PARTY("department", "l.holder") " AS holder_department, "
    PARTY("department", "l.actor") " AS actor_department, "
    PARTY("team", "l.actor") " AS actor_team, "
    REMARK("reason") ", " REMARK("code") ", " REMARK("gateway") ", " REMARK("post") ", "
    REMARK("event_type") ", " REMARK("device") ", " REMARK("text") ", " REMARK("source") ", "
    REMARK("amount") ", " REMARK("report") ", " REMARK("other_case") ", " REMARK("evidence") ", "
    REMARK("until_ms") ", l.id >> 22 AS position, l.id & 4194303 AS ordinal FROM lines l;";

#define MEASURE(index) "coalesce(value ->> " index ", 'null')"
static const char DECISIONS_VIEW[] =
    "CREATE VIEW decisions AS SELECT d.id AS id, case_id, at_ms, order_no, "
    WORD(HISTORY_WORDS_KIND, "order_kind") " AS order_kind, rule, "
    PARTY("code", "d.chosen") " AS chosen, "
    WORD(HISTORY_WORDS_CODE, "binding") " AS binding, considered, "
    "'{\"removed\":{' || coalesce(removed, '') || '},\"candidates\":[' || coalesce("
    "(SELECT group_concat('{\"person\":' || json_quote(p.code)"
    " || ',\"name\":' || json_quote(coalesce(p.name, ''))"
    " || ',\"code\":\"' || " WORD(HISTORY_WORDS_CODE, "value ->> 1")
    " || '\",\"load\":' || (value ->> 2)"
    " || ',\"capacity\":' || (value ->> 3)"
    " || ',\"ring\":' || (value ->> 4)"
    " || ',\"is_home_cell\":' || iif((value ->> 5) & 1, 'true', 'false')"
    " || iif((value ->> 5) & 2, ',\"is_home_position\":true', '')"
    " || ',\"distance_cm\":' || " MEASURE("6")
    " || ',\"travel_ms\":' || " MEASURE("7")
    " || coalesce(',\"travel\":\"' || " WORD(HISTORY_WORDS_TRAVEL, "value ->> 8") " || '\"', '') || '}')"
    " FROM json_each(looked) LEFT JOIN parties p ON p.id = (value ->> 0)), '') || ']'"
    " || coalesce(rest, '') || '}' AS detail, zh, en, d.id >> 22 AS position,"
    " d.id & 4194303 AS ordinal FROM choices d;";
/* clang-format on */

static const char PLANS_SCHEMA[] =
    "CREATE TABLE plans(number TEXT PRIMARY KEY, plan TEXT, title_zh TEXT, title_en TEXT,"
    " is_drill INTEGER NOT NULL, state TEXT NOT NULL, asked_at_ms INTEGER NOT NULL,"
    " begun_at_ms INTEGER, stood_down_at_ms INTEGER, ended_at_ms INTEGER, told_at_ms INTEGER NOT "
    "NULL,"
    " total INTEGER NOT NULL, in_time INTEGER NOT NULL, overdue INTEGER NOT NULL,"
    " waiting INTEGER NOT NULL, open INTEGER NOT NULL, started INTEGER NOT NULL,"
    " done INTEGER NOT NULL, cancelled INTEGER NOT NULL, failed INTEGER NOT NULL) WITHOUT ROWID;";

enum err history_schema_fail(sqlite3 *db, const char *doing, struct history_fault *out_fault)
{
    int code = db != NULL ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
    (void)snprintf(out_fault->text, sizeof out_fault->text, "history.db: cannot %.100s: %.400s",
                   doing, db != NULL ? sqlite3_errmsg(db) : "out of memory");
    switch (code) {
    case SQLITE_FULL:
        return ERR_NO_SPACE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_DAMAGED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    case SQLITE_CANTOPEN:
        return ERR_NOT_FOUND;
    default:
        return ERR_IO;
    }
}

static bool read_pragma(sqlite3 *db, const char *sql, int64_t *out_value)
{
    sqlite3_stmt *stmt = NULL;
    bool is_read = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
                   sqlite3_step(stmt) == SQLITE_ROW;
    if (is_read) {
        *out_value = sqlite3_column_int64(stmt, 0);
    }
    (void)sqlite3_finalize(stmt);
    return is_read;
}

/* Is it ours, and of this version? *out_is_new: an empty file. */
static enum err check_version(sqlite3 *db, const char *path, bool *out_is_new,
                              struct history_fault *fault)
{
    int64_t application = 0, version = 0, tables = 0;
    if (!read_pragma(db, "PRAGMA application_id", &application) ||
        !read_pragma(db, "PRAGMA user_version", &version) ||
        !read_pragma(db, "SELECT count(*) FROM sqlite_schema", &tables)) {
        return history_schema_fail(db, "read it", fault);
    }
    *out_is_new = application == 0 && version == 0 && tables == 0;
    if (*out_is_new) {
        return ERR_OK;
    }
    if (application != APPLICATION_ID) {
        (void)snprintf(fault->text, sizeof fault->text,
                       "%.400s is a database, but not a history of this engine", path);
        return ERR_DAMAGED;
    }
    if (version != HISTORY_VERSION) {
        (void)snprintf(
            fault->text, sizeof fault->text,
            "%.300s is of version %lld, this program writes version %d; move it away and "
            "rebuild it from the log: gridloop log replay --history NEW.db",
            path, (long long)version, HISTORY_VERSION);
        return ERR_VERSION;
    }
    return ERR_OK;
}

static enum err create_tables(sqlite3 *db, struct history_fault *fault)
{
    char text[128];
    (void)snprintf(text, sizeof text, "PRAGMA application_id=%d; PRAGMA user_version=%d;",
                   APPLICATION_ID, HISTORY_VERSION);
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, SCHEMA, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, STORY_SCHEMA, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, TIMELINE_VIEW, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, DECISIONS_VIEW, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, PLANS_SCHEMA, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        return history_schema_fail(db, "make its tables", fault);
    }
    return ERR_OK;
}

/* The log is the truth and is synced: the history may lose its last transactions to a power cut, and the next start
 * replays them into it. So the WAL is synced at checkpoints only. Pages of 16 KB instead of 4: a third less time
 * (gridloop bench history, 2026-11). A checkpoint after 16 MB: what it writes at once, the log's next sync waits for. */
static const char WRITER_PRAGMAS[] = "PRAGMA page_size=16384; PRAGMA journal_mode=WAL;"
                                     "PRAGMA synchronous=NORMAL;"
                                     "PRAGMA wal_autocheckpoint=1000; PRAGMA cache_size=-65536;"
                                     "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF;";

/* SQLite would make it readable for all; its WAL takes over the mode. */
static void make_file(const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (file >= 0) {
        (void)close(file);
    }
}

enum err history_schema_create(const char *path, sqlite3 **out_db, struct history_fault *out_fault)
{
    sqlite3 *db = NULL;
    bool is_new = false;
    make_file(path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    enum err err = ERR_OK;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
        err = history_schema_fail(db, "open it", out_fault);
    }
    if (err == ERR_OK) {
        (void)sqlite3_busy_timeout(db, BUSY_MS);
        err = check_version(db, path, &is_new, out_fault);
    }
    if (err == ERR_OK && sqlite3_exec(db, WRITER_PRAGMAS, NULL, NULL, NULL) != SQLITE_OK) {
        err = history_schema_fail(db, "prepare it", out_fault);
    }
    if (err == ERR_OK && is_new) {
        err = create_tables(db, out_fault);
    }
    if (err != ERR_OK) {
        (void)sqlite3_close(db);
        return err;
    }
    *out_db = db;
    return ERR_OK;
}

enum err history_schema_read(const char *path, sqlite3 **out_db, struct history_fault *out_fault)
{
    sqlite3 *db = NULL;
    bool is_new = false;
    enum err err = ERR_OK;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        err = history_schema_fail(db, "open it", out_fault);
        if (err == ERR_NOT_FOUND) {
            (void)snprintf(out_fault->text, sizeof out_fault->text,
                           "there is no history at %.400s; an engine makes it when it runs, or: "
                           "gridloop log replay --history NEW.db",
                           path);
        }
    }
    if (err == ERR_OK) {
        (void)sqlite3_busy_timeout(db, BUSY_MS);
        err = check_version(db, path, &is_new, out_fault);
    }
    if (err == ERR_OK && is_new) {
        (void)snprintf(out_fault->text, sizeof out_fault->text, "%.400s is empty", path);
        err = ERR_NOT_FOUND;
    }
    if (err != ERR_OK) {
        (void)sqlite3_close(db);
        return err;
    }
    *out_db = db;
    return ERR_OK;
}
