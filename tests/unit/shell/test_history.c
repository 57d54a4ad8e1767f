/* test_history.c: rows by name, once each, together with their position; rebuilt means equal. */
#include "tests/unit/edge/node_rig.c"
#include "tests/unit/panic.h"

#include "engine/shell/history.h"
#include "engine/shell/history_queue.h"
#include "sim/scratch.h"

#include <unistd.h>

#define SALT 77

static struct rig rig;
static struct scratch directory;
static char path[SCRATCH_PATH_SIZE + 16];

/* A history that follows the rig's node. */
struct follower {
    struct history *history;
    struct history_feed feed;
    struct history_queue *queue; /* NULL: straight into the history */
};

static void take(void *context, const struct history_record *record)
{
    struct follower *follower = context;
    assert_int_equal(history_take(follower->history, record), ERR_OK);
}

static void enqueue(void *context, const struct history_record *record)
{
    struct follower *follower = context;
    assert_true(history_queue_put(follower->queue, record));
}

static void follow_see(void *context, uint64_t position, const struct effect *effect)
{
    struct follower *follower = context;
    history_feed_see(&follower->feed, position, effect);
}

static void follow_settle(void *context, uint64_t position)
{
    struct follower *follower = context;
    history_feed_settle(&follower->feed, position);
}

static enum err open_history(struct follower *follower, const char *file, uint64_t log_position,
                             struct history_fault *fault)
{
    struct history_options options = {
        .path = file, .log_salt = SALT, .log_position = log_position, .images = {load_image, &rig}};
    return history_open(&options, &follower->history, fault);
}

static void follow(struct follower *follower, const char *file)
{
    struct history_fault fault;
    assert_int_equal(open_history(follower, file, UINT64_MAX / 2, &fault), ERR_OK);
    struct history_sink sink = {follower->queue != NULL ? enqueue : take, follower};
    assert_int_equal(history_feed_init(&follower->feed, node_core(rig.node), sink,
                                       history_position(follower->history)),
                     ERR_OK);
    node_observe(rig.node, (struct node_observer){
                               .see = follow_see, .context = follower, .settle = follow_settle});
}

static void unfollow(struct follower *follower)
{
    history_close(follower->history);
    history_feed_fini(&follower->feed);
}

/* A new node reads everything back, with a follower on it. */
static void read_back(struct follower *follower, const char *file)
{
    node_close(rig.node);
    open_node(&rig);
    follow(follower, file);
    for (uint32_t i = 0; i < rig.entry_count; i++) {
        assert_int_equal(node_recover(rig.node, &rig.entries[i].entry), ERR_OK);
    }
}

static int open_rig(void **state)
{
    (void)state;
    rig_open(&rig, NULL);
    assert_int_equal(scratch_make_directory(&directory, "history"), ERR_OK);
    (void)snprintf(path, sizeof path, "%s/history.db", directory.path);
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    scratch_remove(&directory);
    return 0;
}

/* One number of the database. */
static int64_t ask(const char *file, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    struct history_fault fault;
    assert_int_equal(history_schema_read(file, &db, &fault), ERR_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    return value;
}

static void ask_text(const char *file, const char *sql, const char *expected)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    struct history_fault fault;
    assert_int_equal(history_schema_read(file, &db, &fault), ERR_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    assert_string_equal(text != NULL ? text : "(null)", expected);
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
}

static void settle_all(void)
{
    while (rig_settle(&rig) != NULL) {
    }
}

/* A bin overflows, somebody takes the order and handles it; the device confirms or a checker passes. */
static void play_case(uint64_t seq)
{
    (void)rig_send_garbage(&rig, 1, seq, (uint32_t)seq, 0.95);
    settle_all();
    struct case_view view;
    struct order_view order;
    uint32_t slot = 0;
    assert_true(core_next_case(node_core(rig.node), &slot, &view));
    assert_true(view.orders[0] != 0);
    assert_true(core_find_order(node_core(rig.node), view.orders[0], &order));
    const struct city *city = core_city(node_core(rig.node));
    char who[32];
    struct image_string id = city->persons[order.person].id;
    (void)snprintf(who, sizeof who, "%.*s", (int)id.size, city_text(city, id));
    (void)rig_send_act(&rig, who, 1, 1, order.number, NULL, ACTION_ACCEPT);
    settle_all();
    (void)rig_send_act(&rig, who, 1, 2, order.number, NULL, ACTION_DONE);
    settle_all();
}

static void test_a_case_is_written_by_name(void **state)
{
    (void)state;
    struct follower follower = {0};
    rig_restart(&rig);
    node_close(rig.node);
    open_node(&rig);
    follow(&follower, path);
    for (uint32_t i = 0; i < rig.entry_count; i++) {
        assert_int_equal(node_recover(rig.node, &rig.entries[i].entry), ERR_OK);
    }
    play_case(1);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    assert_int_equal(history_position(follower.history), rig.position);
    assert_int_equal(ask(path, "SELECT count(*) FROM cases"), 1);
    assert_int_equal(ask(path, "SELECT value FROM meta WHERE key = 'position'"), rig.position);
    ask_text(path, "SELECT device FROM cases", "C-001");
    ask_text(path, "SELECT gateway FROM cases", "cam-1");
    ask_text(path, "SELECT principal || ' ' || code FROM receipts", "cam-1 OPENED");
    assert_true(
        ask(path,
            "SELECT count(*) FROM timeline WHERE action = 'OPEN' AND zh <> '' AND en <> ''") == 1);
    assert_true(
        ask(path, "SELECT count(*) FROM timeline WHERE action = 'ACCEPT' AND actor = 'wang'") ==
            1 ||
        ask(path, "SELECT count(*) FROM timeline WHERE action = 'ACCEPT' AND actor = 'li'") == 1);
    assert_int_equal(ask(path, "SELECT count(*) FROM orders WHERE accepted_at_ms IS NOT NULL"), 1);
    assert_int_equal(
        ask(path, "SELECT count(*) FROM cases WHERE filed_at_ms = opened_at_ms AND title_zh <> ''"
                  " AND rule <> '' AND length(rules_digest) = 32"),
        1);
    assert_int_equal(
        ask(path, "SELECT json_array_length(detail, '$.candidates') > 0 FROM decisions LIMIT 1"),
        1);
    assert_int_equal(
        ask(path, "SELECT sum(count) FROM counters WHERE kind = 'result' AND name = 'OPENED'"), 1);
    unfollow(&follower);
}

/* Repeats of a batch make one receipt that counts them; what opened a case has its own; counters count events. */
static void test_repeats_of_a_batch_make_one_receipt(void **state)
{
    (void)state;
    struct follower follower = {0};
    read_back(&follower, path);
    (void)rig_send_garbage_batch(&rig, 1, 1, 100, 5, 0.95);
    settle_all();
    (void)rig_send_garbage_batch(&rig, 1, 2, 105, 3, 0.1); /* no rule takes them */
    settle_all();
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    unfollow(&follower);
    assert_int_equal(ask(path, "SELECT count(*) FROM receipts"), 3);
    assert_int_equal(ask(path, "SELECT sum(events) FROM receipts"), 8);
    ask_text(path,
             "SELECT group_concat(code || ' ' || idx || ' ' || events, ', ') FROM"
             " (SELECT * FROM receipts ORDER BY position, ordinal)",
             "OPENED 0 1, DEDUPED 1 4, NO_RULE 0 3");
    assert_int_equal(
        ask(path, "SELECT count(DISTINCT case_no) FROM receipts WHERE case_no IS NOT NULL"), 1);
    assert_int_equal(ask(path, "SELECT sum(count) FROM counters WHERE name = 'DEDUPED'"), 4);
}

static void test_rows_before_the_position_are_not_written_again(void **state)
{
    (void)state;
    struct follower follower = {0};
    read_back(&follower, path);
    play_case(1);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    unfollow(&follower);
    int64_t lines = ask(path, "SELECT count(*) FROM timeline");
    int64_t receipts = ask(path, "SELECT count(*) FROM receipts");
    int64_t counted = ask(path, "SELECT sum(count) FROM counters");
    read_back(&follower, path);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    unfollow(&follower);
    assert_true(lines > 0 && receipts > 0);
    assert_int_equal(ask(path, "SELECT count(*) FROM timeline"), lines);
    assert_int_equal(ask(path, "SELECT count(*) FROM receipts"), receipts);
    assert_int_equal(ask(path, "SELECT sum(count) FROM counters"), counted);
}

static void test_what_was_not_committed_is_gone_with_its_position(void **state)
{
    (void)state;
    struct follower follower = {0};
    read_back(&follower, path);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    uint64_t position = rig.position;
    play_case(1);
    unfollow(&follower); /* as a crash would */
    assert_int_equal(ask(path, "SELECT count(*) FROM timeline"), 0);
    assert_int_equal(ask(path, "SELECT value FROM meta WHERE key = 'position'"), position);
}

static const char *const TABLES[] = {"cases", "orders",   "timeline", "decisions", "notices",
                                     "plans", "receipts", "counters", "texts"};

static void assert_same_rows(const char *one, const char *other)
{
    char sql[512];
    sqlite3 *db = NULL;
    struct history_fault fault;
    assert_int_equal(history_schema_read(one, &db, &fault), ERR_OK);
    (void)snprintf(sql, sizeof sql, "ATTACH '%s' AS other", other);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < COUNT_OF(TABLES); i++) {
        sqlite3_stmt *stmt = NULL;
        (void)snprintf(
            sql, sizeof sql,
            "SELECT (SELECT count(*) FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM other.%s)) +"
            " (SELECT count(*) FROM (SELECT * FROM other.%s EXCEPT SELECT * FROM main.%s))",
            TABLES[i], TABLES[i], TABLES[i], TABLES[i]);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        if (sqlite3_column_int(stmt, 0) != 0) {
            fail_msg("%d rows of %s differ", sqlite3_column_int(stmt, 0), TABLES[i]);
        }
        (void)sqlite3_finalize(stmt);
    }
    (void)sqlite3_close(db);
}

/* Whatever the transactions were: after every entry, or one for all. */
static void test_a_rebuild_gives_the_same_rows(void **state)
{
    (void)state;
    struct follower follower = {0};
    char again[SCRATCH_PATH_SIZE + 16];
    node_close(rig.node);
    open_node(&rig);
    follow(&follower, path);
    for (uint32_t i = 0; i < rig.entry_count; i++) {
        assert_int_equal(node_recover(rig.node, &rig.entries[i].entry), ERR_OK);
    }
    for (uint64_t seq = 1; seq < 5; seq++) {
        (void)rig_send_garbage(&rig, 1, seq, (uint32_t)seq, 0.91 + 0.01 * (double)seq);
        settle_all();
        assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
        rig.now_ms += HOUR_MS; /* clocks are missed, things escalate */
        settle_all();
    }
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    unfollow(&follower);
    (void)snprintf(again, sizeof again, "%s/again.db", directory.path);
    read_back(&follower, again);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    unfollow(&follower);
    assert_true(ask(path, "SELECT sum(clocks_missed) FROM cases") > 0);
    assert_same_rows(path, again);
}

/* ---- a report that knows the place better ---- */

/* The town, where such a report takes a case of water there. */
static int open_rig_of_places(void **state)
{
    char rules[SCRATCH_PATH_SIZE + 16], command[1024];
    struct city city;
    (void)open_rig(state);
    (void)snprintf(rules, sizeof rules, "%s/rules", directory.path);
    (void)snprintf(command, sizeof command,
                   "cp -r " TOWN "/rules %s && sed -i"
                   " -e '/event: sensor.water_level/,/open:/s/while: open}/while: open, take: "
                   "{location: best_accuracy}}/' %s/*.yaml",
                   rules, rules);
    assert_int_equal(system(command), 0);
    node_close(rig.node);
    free(rig.policy_bytes);
    struct problems *problems = problems_new();
    assert_int_equal(city_open(rig.city_bytes, rig.city_size, &city), ERR_OK);
    enum err err = rules_compile(rules, &city, problems, &rig.policy_bytes, &rig.policy_size);
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    problems_free(problems);
    rig_cut(&rig, 0);
    open_node(&rig);
    assert_int_equal(
        node_activate(rig.node, rig.city_bytes, rig.city_size, rig.policy_bytes, rig.policy_size),
        ERR_OK);
    settle_all();
    return 0;
}

static void send_water(uint64_t seq, int32_t lon, double accuracy_m)
{
    char id[32], type[] = "sensor.water_level", level[] = "level", accuracy[] = "accuracy_m";
    Gridloop__Wire__Event event = GRIDLOOP__WIRE__EVENT__INIT;
    Gridloop__Wire__Field values[] = {GRIDLOOP__WIRE__FIELD__INIT, GRIDLOOP__WIRE__FIELD__INIT};
    Gridloop__Wire__Field *fields[] = {&values[0], &values[1]};
    Gridloop__Wire__Place place = GRIDLOOP__WIRE__PLACE__INIT;
    (void)snprintf(id, sizeof id, "w%u", (unsigned)seq);
    place.has_lon_e7 = place.has_lat_e7 = 1;
    place.lon_e7 = lon;
    place.lat_e7 = 399050000;
    values[0].name = level;
    values[1].name = accuracy;
    values[0].value_case = values[1].value_case = GRIDLOOP__WIRE__FIELD__VALUE_NUMBER;
    values[0].number = 0.5;
    values[1].number = accuracy_m;
    event.id = id;
    event.type = type;
    event.place = &place;
    event.n_fields = COUNT_OF(fields);
    event.fields = fields;
    rig_send_event(&rig, "sensor-1", seq, &event);
    settle_all();
}

#define WHERE "SELECT cell || ' ' || unit_1 || ' ' || lon_e7 FROM cases"

/* Both sides of the border of two cells, sixty metres apart. */
static void test_a_better_place_reaches_the_row(void **state)
{
    const int32_t west = 1163097000, east = 1163104000;
    struct follower follower = {0};
    char again[SCRATCH_PATH_SIZE + 16];
    (void)state;
    read_back(&follower, path);
    send_water(1, west, 40);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    ask_text(path, WHERE, "11010800101 110108001 1163097000");
    send_water(2, east, 5);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    assert_int_equal(ask(path, "SELECT count(*) FROM cases"), 1);
    ask_text(path, WHERE, "11010800201 110108002 1163104000");
    send_water(3, west, 60); /* known worse: it stays */
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    ask_text(path, WHERE, "11010800201 110108002 1163104000");
    unfollow(&follower);
    (void)snprintf(again, sizeof again, "%s/again.db", directory.path);
    read_back(&follower, again);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    unfollow(&follower);
    assert_same_rows(path, again);
}

static void test_a_history_of_another_log_is_refused(void **state)
{
    (void)state;
    struct follower follower = {0};
    struct history_fault fault;
    assert_int_equal(open_history(&follower, path, 9, &fault), ERR_OK);
    history_close(follower.history);
    struct history_options options = {.path = path, .log_salt = SALT + 1, .log_position = 9};
    assert_int_equal(history_open(&options, &follower.history, &fault), ERR_MISMATCH);
    assert_non_null(strstr(fault.text, "another log"));
}

static void test_a_history_ahead_of_its_log_is_refused(void **state)
{
    (void)state;
    struct follower follower = {0};
    struct history_fault fault;
    read_back(&follower, path);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    unfollow(&follower);
    assert_int_equal(open_history(&follower, path, rig.position - 1, &fault), ERR_MISMATCH);
    assert_non_null(strstr(fault.text, "log ends with entry"));
}

static void test_another_version_is_refused(void **state)
{
    (void)state;
    struct follower follower = {0};
    struct history_fault fault;
    sqlite3 *db = NULL;
    assert_int_equal(open_history(&follower, path, 9, &fault), ERR_OK);
    history_close(follower.history);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    assert_int_equal(open_history(&follower, path, 9, &fault), ERR_VERSION);
    assert_non_null(strstr(fault.text, "version 99"));
}

static void test_chinese_words_are_found(void **state)
{
    (void)state;
    struct follower follower = {0};
    read_back(&follower, path);
    play_case(1);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    unfollow(&follower);
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    struct history_fault fault;
    assert_int_equal(history_schema_read(path, &db, &fault), ERR_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT count(*) FROM search WHERE search MATCH"
                           " (SELECT '\"' || substr(title_zh, 2, 3) || '\"' FROM cases)",
                           -1, &stmt, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(stmt, 0), 1);
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
}

/* Old receipts go, young ones stay; a case goes with everything that hangs on it once it has left the engine. */
static void test_old_rows_expire(void **state)
{
    (void)state;
    struct follower follower = {0};
    struct history_fault fault;
    char why[160];
    bool is_done = false;
    read_back(&follower, path);
    play_case(1);
    rig.now_ms += 60 * DAY_MS;
    settle_all();
    (void)rig_send_garbage(&rig, 1, 2, 2, 0.5); /* a young receipt */
    settle_all();
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    unfollow(&follower);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE cases SET retired_at_ms = opened_at_ms + 1", NULL, NULL, NULL),
        SQLITE_OK);
    (void)sqlite3_close(db);
    int64_t receipts = ask(path, "SELECT count(*) FROM receipts");
    struct history_options options = {
        .path = path, .log_salt = SALT, .log_position = rig.position, .images = {load_image, &rig}};
    assert_true(history_keep_set(&options.keep, "receipts=30d,cases=90d", why, sizeof why));
    assert_int_equal(history_open(&options, &follower.history, &fault), ERR_OK);
    assert_int_equal(history_expire(follower.history, &is_done), ERR_OK);
    history_close(follower.history);
    assert_true(is_done);
    assert_true(ask(path, "SELECT count(*) FROM receipts") < receipts);
    assert_true(ask(path, "SELECT count(*) FROM receipts") > 0);
    assert_int_equal(ask(path, "SELECT count(*) FROM cases"), 1);
    assert_true(history_keep_set(&options.keep, "30d", why, sizeof why));
    assert_int_equal(history_open(&options, &follower.history, &fault), ERR_OK);
    assert_int_equal(history_expire(follower.history, &is_done), ERR_OK);
    history_close(follower.history);
    assert_int_equal(ask(path, "SELECT count(*) FROM cases"), 0);
    assert_int_equal(ask(path, "SELECT count(*) FROM timeline"), 0);
    assert_int_equal(ask(path, "SELECT count(*) FROM orders"), 0);
    assert_int_equal(ask(path, "SELECT count(*) FROM texts"), 0);
    assert_int_equal(ask(path, "SELECT count(*) FROM search WHERE search MATCH '垃圾桶 OR bin'"),
                     0);
}

static void test_what_to_keep_is_checked(void **state)
{
    (void)state;
    struct history_keep keep = {{0}};
    char why[160];
    assert_true(history_keep_set(&keep, "400d", why, sizeof why));
    assert_int_equal(keep.keep_ms[HISTORY_KEEP_CASES], 400 * DAY_MS);
    assert_true(history_keep_set(&keep, "notices=2d", why, sizeof why));
    assert_int_equal(keep.keep_ms[HISTORY_KEEP_NOTICES], 2 * DAY_MS);
    assert_int_equal(keep.keep_ms[HISTORY_KEEP_RECEIPTS], 400 * DAY_MS);
    assert_false(history_keep_set(&keep, "400", why, sizeof why));
    assert_false(history_keep_set(&keep, "0d", why, sizeof why));
    assert_false(history_keep_set(&keep, "photos=1d", why, sizeof why));
    assert_non_null(strstr(why, "photos"));
}

/* The way through the queue changes nothing, and what is not durable does not come out. */
static void test_the_queue_hands_over_what_is_durable(void **state)
{
    (void)state;
    struct follower follower = {0};
    struct history_record record;
    uint64_t position = 0;
    char again[SCRATCH_PATH_SIZE + 16];
    assert_int_equal(history_queue_new(1u << 16, &follower.queue), ERR_OK);
    read_back(&follower, path);
    play_case(1);
    assert_int_equal(history_queue_take(follower.queue, 1, &record, &position), HISTORY_TAKE_IDLE);
    assert_int_equal(position, 0);
    history_queue_durable(follower.queue, rig.position);
    while (history_queue_take(follower.queue, 1, &record, &position) == HISTORY_TAKE_RECORD) {
        assert_int_equal(history_take(follower.history, &record), ERR_OK);
    }
    assert_int_equal(position, rig.position);
    assert_int_equal(history_commit(follower.history, position), ERR_OK);
    unfollow(&follower);
    history_queue_free(follower.queue);
    follower.queue = NULL;
    (void)snprintf(again, sizeof again, "%s/again.db", directory.path);
    read_back(&follower, again);
    assert_int_equal(history_commit(follower.history, rig.position), ERR_OK);
    unfollow(&follower);
    assert_same_rows(path, again);
}

static void test_a_full_queue_is_cut_before_the_entry(void **state)
{
    (void)state;
    struct history_queue *queue;
    struct history_record taken;
    struct case_view view = {.no = {1, 2, 3}};
    uint64_t position = 0, put = 0;
    assert_int_equal(history_queue_new(1u << 16, &queue), ERR_OK);
    for (uint64_t entry = 1; history_queue_cut_position(queue) == 0; entry++) {
        struct history_record record = {.kind = HISTORY_CASE, .position = entry, .view = &view};
        /* two records per entry: an entry may be cut in its middle */
        put += history_queue_put(queue, &record);
        put += history_queue_put(queue, &record);
    }
    uint64_t cut = history_queue_cut_position(queue);
    history_queue_durable(queue, cut + 100);
    uint64_t count = 0;
    while (history_queue_take(queue, 1, &taken, &position) == HISTORY_TAKE_RECORD) {
        assert_true(taken.position < cut);
        count++;
    }
    assert_int_equal(position, cut - 1);
    assert_int_equal(count, 2 * (cut - 1));
    assert_true(put >= count);
    struct history_record late = {.kind = HISTORY_CASE, .position = cut + 1, .view = &view};
    assert_false(history_queue_put(queue, &late)); /* a prefix of the log stays one */
    history_queue_free(queue);
}

static void test_the_ring_wraps(void **state)
{
    (void)state;
    struct history_queue *queue;
    struct history_record taken;
    uint64_t position = 0;
    assert_int_equal(history_queue_new(1u << 16, &queue), ERR_OK);
    for (uint64_t entry = 1; entry < 3000; entry++) {
        struct case_view view = {.no = {1, 2, (uint32_t)entry}};
        struct order_view order = {.number = entry};
        struct history_record one = {.kind = HISTORY_CASE, .position = entry, .view = &view};
        struct history_record two = {.kind = HISTORY_ORDER, .position = entry, .order = &order};
        assert_true(history_queue_put(queue, &one));
        assert_true(history_queue_put(queue, &two));
        history_queue_durable(queue, entry);
        assert_int_equal(history_queue_take(queue, 1, &taken, &position), HISTORY_TAKE_RECORD);
        assert_int_equal(taken.view->no.serial, entry);
        assert_int_equal(history_queue_take(queue, 1, &taken, &position), HISTORY_TAKE_RECORD);
        assert_int_equal(taken.order->number, entry);
    }
    history_queue_free(queue);
}

#define HISTORY_TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(test_a_case_is_written_by_name),
        HISTORY_TEST(test_repeats_of_a_batch_make_one_receipt),
        HISTORY_TEST(test_rows_before_the_position_are_not_written_again),
        HISTORY_TEST(test_what_was_not_committed_is_gone_with_its_position),
        HISTORY_TEST(test_a_rebuild_gives_the_same_rows),
        cmocka_unit_test_setup_teardown(test_a_better_place_reaches_the_row, open_rig_of_places,
                                        close_rig),
        HISTORY_TEST(test_a_history_of_another_log_is_refused),
        HISTORY_TEST(test_a_history_ahead_of_its_log_is_refused),
        HISTORY_TEST(test_another_version_is_refused),
        HISTORY_TEST(test_chinese_words_are_found),
        HISTORY_TEST(test_old_rows_expire),
        cmocka_unit_test(test_what_to_keep_is_checked),
        HISTORY_TEST(test_the_queue_hands_over_what_is_durable),
        cmocka_unit_test(test_a_full_queue_is_cut_before_the_entry),
        cmocka_unit_test(test_the_ring_wraps),
    };
    return cmocka_run_group_tests_name("tests/unit/shell/test_history", tests, NULL, NULL);
}
