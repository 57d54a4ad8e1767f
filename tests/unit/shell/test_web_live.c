/* test_web_live.c: who watches gets a snapshot, then only what has changed; who comes back what it missed; who sleeps one delta
 * later, or is cut. libwebsockets is played by this file: a socket takes so many bytes, then it is full. */
#include "tests/unit/panic.h"

#include "engine/shell/web_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

#define SENT_MAX (1u << 20)

struct lws {
    uint8_t sent[SENT_MAX]; /* messages one behind the other, a zero behind each */
    size_t size;
    uint32_t messages, frames;
    size_t room; /* bytes until the socket is full */
    bool is_full, wants_room, is_cut, is_broken, is_binary;
};

static struct web *web;
static struct lws links[3];

int lws_write(struct lws *wsi, unsigned char *buf, size_t len, enum lws_write_protocol protocol)
{
    const unsigned kind = (unsigned)protocol & 0x1fu;
    if (wsi->is_broken) {
        return -1;
    }
    assert_true(wsi->size + len + 1 < SENT_MAX);
    assert_false(wsi->is_full); /* one message at a time waits within libwebsockets */
    memcpy(wsi->sent + wsi->size, buf, len);
    wsi->size += len;
    wsi->frames++;
    if (kind != LWS_WRITE_CONTINUATION) {
        wsi->is_binary = kind == LWS_WRITE_BINARY;
    }
    if (((unsigned)protocol & LWS_WRITE_NO_FIN) == 0) {
        wsi->sent[wsi->size++] = '\0';
        wsi->messages++;
    }
    wsi->is_full = len > wsi->room;
    wsi->room -= wsi->is_full ? wsi->room : len;
    return (int)len;
}

int lws_partial_buffered(struct lws *wsi)
{
    return wsi->is_full;
}

int lws_callback_on_writable(struct lws *wsi)
{
    wsi->wants_room = true;
    return 1;
}

void lws_set_timeout(struct lws *wsi, enum pending_timeout reason, int secs)
{
    (void)reason;
    assert_int_equal(secs, LWS_TO_KILL_ASYNC);
    wsi->is_cut = true;
}

static int open_web(void **state)
{
    (void)state;
    web = calloc(1, sizeof *web);
    assert_non_null(web);
    memset(links, 0, sizeof links);
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        links[i].room = SIZE_MAX / 2;
    }
    web->started_ms = 1700000000000;
    web->uv.time = 1000000;
    assert_int_equal(web_view_new(&web->view), ERR_OK);
    assert_int_equal(web_live_new(web), ERR_OK);
    web->view->is_ready = true;
    web->view->version = 1;
    return 0;
}

static int close_web(void **state)
{
    (void)state;
    web_live_free(web);
    web_view_free(web->view);
    free(web);
    return 0;
}

/* A case whose row is that text, new or changed. */
static void put_case(uint32_t serial, const char *row)
{
    struct web_view *view = web->view;
    uint32_t at = 0;
    while (at < view->case_count && view->cases[at].no.serial != serial) {
        at++;
    }
    if (at == view->case_count) {
        assert_true(view->case_count < view->case_capacity);
        view->cases[view->case_count++] = (struct web_case){.no = {110108, 20260303, serial}};
    }
    free(view->cases[at].row);
    view->cases[at].row = strdup(row);
    view->cases[at].row_size = (uint32_t)strlen(row);
    view->cases[at].changed = ++view->changed;
}

static void end_case(uint32_t serial)
{
    struct web_gone *gone = &web->view->gone[web->view->gone_count++ % WEB_GONE_MAX];
    web->view->forgot = gone->changed > web->view->forgot ? gone->changed : web->view->forgot;
    *gone = (struct web_gone){.no = {110108, 20260303, serial}, .changed = ++web->view->changed};
}

static void tick(uint64_t ms)
{
    web->uv.time += ms;
    web_live_tick(web);
}

/* The socket has room again: everything is written. */
static void drain(struct lws *link, struct web_live_client *client)
{
    link->room = SIZE_MAX / 2;
    while (link->wants_room) {
        link->wants_room = link->is_full = false;
        assert_int_equal(web_live_write(client), 0);
    }
}

static struct web_live_asked after(uint64_t since, uint64_t epoch)
{
    return (struct web_live_asked){.has_since = true, .since = since, .epoch = epoch};
}

static struct web_live_client *join(struct lws *link, struct web_live_asked asked)
{
    asked.scope.unit = asked.scope.department = asked.scope.person = NONE32;
    struct web_live_client *client = web_live_join(web, link, &asked);
    assert_non_null(client);
    drain(link, client);
    return client;
}

/* The messages sent since the last time, as one text per message; the link forgets them. */
static json_t *take(struct lws *link)
{
    json_t *out = json_array();
    for (size_t at = 0; at < link->size;) {
        const char *text = (const char *)link->sent + at;
        json_t *message = json_loads(text, 0, NULL);
        assert_non_null(message);
        (void)json_array_append_new(out, message);
        at += strlen(text) + 1;
    }
    link->size = link->messages = link->frames = 0;
    return out;
}

static const char *word(const json_t *messages, size_t index, const char *name)
{
    return json_string_value(json_object_get(json_array_get(messages, index), name));
}

static json_int_t number(const json_t *messages, size_t index, const char *name)
{
    return json_integer_value(json_object_get(json_array_get(messages, index), name));
}

static size_t count(const json_t *messages, size_t index, const char *name)
{
    return json_array_size(json_object_get(json_array_get(messages, index), name));
}

static void test_live_snapshot_then_only_what_changed(void **state)
{
    (void)state;
    put_case(1, "{\"id\":\"one\"}");
    put_case(2, "{\"id\":\"two\"}");
    struct web_live_client *client = join(&links[0], (struct web_live_asked){0});
    json_t *got = take(&links[0]);
    assert_int_equal(json_array_size(got), 2);
    assert_string_equal(word(got, 0, "type"), "hello");
    assert_string_equal(word(got, 0, "resume"), "none");
    assert_string_equal(word(got, 1, "type"), "snapshot");
    assert_int_equal(count(got, 1, "cases"), 2);
    json_decref(got);
    put_case(2, "{\"id\":\"two\",\"severity\":1}");
    end_case(1);
    tick(100);
    got = take(&links[0]);
    assert_int_equal(json_array_size(got), 1);
    assert_string_equal(word(got, 0, "type"), "delta");
    assert_int_equal(count(got, 0, "cases"), 1);
    assert_int_equal(count(got, 0, "gone"), 1);
    json_decref(got);
    tick(100);
    assert_int_equal(links[0].messages, 0); /* nothing has changed */
    tick(1000);
    assert_int_equal(links[0].messages, 1); /* but the line is alive */
    web_live_leave(client);
}

static void test_live_one_who_comes_back_gets_what_it_missed(void **state)
{
    (void)state;
    put_case(1, "{\"id\":\"one\"}");
    struct web_live_client *client = join(&links[0], (struct web_live_asked){0});
    json_t *got = take(&links[0]);
    const struct web_live_asked asked =
        after((uint64_t)number(got, 1, "sequence"), (uint64_t)number(got, 0, "epoch"));
    json_decref(got);
    web_live_leave(client);
    put_case(2, "{\"id\":\"two\"}");
    end_case(1);
    client = join(&links[1], asked);
    tick(100);
    got = take(&links[1]);
    assert_int_equal(json_array_size(got), 2);
    assert_string_equal(word(got, 0, "resume"), "resumed");
    assert_string_equal(word(got, 1, "type"), "delta");
    assert_int_equal(count(got, 1, "cases"), 1);
    assert_int_equal(count(got, 1, "gone"), 1);
    json_decref(got);
    web_live_leave(client);
}

static void assert_reload(struct web_live_asked asked)
{
    memset(&links[2], 0, sizeof links[2]);
    struct web_live_client *client = join(&links[2], asked);
    json_t *got = take(&links[2]);
    assert_int_equal(json_array_size(got), 2);
    assert_string_equal(word(got, 0, "resume"), "reload");
    assert_string_equal(word(got, 1, "type"), "snapshot");
    json_decref(got);
    web_live_leave(client);
}

static void test_live_what_is_too_old_or_of_another_time_is_loaded_anew(void **state)
{
    (void)state;
    put_case(1, "{\"id\":\"one\"}");
    struct web_live_client *client = join(&links[0], (struct web_live_asked){0});
    json_t *got = take(&links[0]);
    const uint64_t since = (uint64_t)number(got, 1, "sequence");
    const uint64_t epoch = (uint64_t)number(got, 0, "epoch");
    json_decref(got);
    assert_true(epoch < UINT64_C(1) << 53); /* a number JavaScript holds */
    assert_reload(after(since + 1, epoch)); /* of the future */
    assert_reload(after(since, epoch + 1));
    assert_reload(after(since, 0));
    web->view->version++; /* built anew */
    assert_reload(after(since, epoch));
    web->view->version--;
    for (uint32_t i = 0; i <= WEB_GONE_MAX + 1; i++) {
        end_case(i); /* what left first is forgotten */
    }
    assert_reload(after(since, epoch));
    web_live_leave(client);
}

static void test_live_one_who_sleeps_gets_one_delta_later(void **state)
{
    (void)state;
    struct web_live_client *client = join(&links[0], (struct web_live_asked){0});
    json_decref(take(&links[0]));
    links[0].room = 10; /* the browser sleeps */
    put_case(1, "{\"id\":\"one\"}");
    tick(100);
    assert_int_equal(links[0].messages, 1); /* into libwebsockets' keeping */
    for (uint32_t i = 2; i < 50; i++) {
        put_case(i, "{\"id\":\"more\"}");
        tick(100);
    }
    assert_int_equal(links[0].messages, 1);
    links[0].size = links[0].messages = 0;
    drain(&links[0], client);
    tick(100);
    json_t *got = take(&links[0]);
    assert_int_equal(json_array_size(got), 1);
    assert_int_equal(count(got, 0, "cases"), 48);
    json_decref(got);
    links[0].room = 10;
    put_case(1, "{\"id\":\"one\"}");
    tick(100);
    tick(29000);
    assert_false(links[0].is_cut);
    tick(2000);
    assert_true(links[0].is_cut);
    assert_int_equal(web->counts.live_cut, 1);
    web_live_leave(client);
}

static void test_live_a_flood_is_cut(void **state)
{
    (void)state;
    struct web_live_client *client = join(&links[0], (struct web_live_asked){0});
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(web_live_receive(client, 10, true), 0);
    }
    assert_int_equal(web_live_receive(client, 10, true), -1);
    web_live_leave(client);
    client = join(&links[1], (struct web_live_asked){0});
    assert_int_equal(web_live_receive(client, 4096, false), 0);
    assert_int_equal(web_live_receive(client, 1, false), -1); /* one long word in pieces */
    web_live_leave(client);
}

static void test_live_large_messages_go_whole_to_all_of_them(void **state)
{
    (void)state;
    static char row[30000];
    struct web_live_client *clients[3];
    for (size_t i = 0; i < 3; i++) {
        clients[i] = join(&links[i], (struct web_live_asked){.is_deflated = i == 2});
        links[i].size = links[i].messages = links[i].frames = 0;
    }
    memset(row, 'x', sizeof row - 1);
    row[0] = row[sizeof row - 2] = '"';
    for (uint32_t i = 1; i < 9; i++) {
        put_case(i, row);
    }
    tick(100);
    for (size_t i = 0; i < 2; i++) {
        drain(&links[i], clients[i]);
        assert_true(links[i].frames > 10);
        json_t *got = take(&links[i]);
        assert_int_equal(json_array_size(got), 1);
        assert_int_equal(count(got, 0, "cases"), 8);
        assert_string_equal(
            json_string_value(json_array_get(json_object_get(json_array_get(got, 0), "cases"), 7)),
            json_string_value(json_array_get(json_object_get(json_array_get(got, 0), "cases"), 0)));
        json_decref(got);
    }
    assert_true(links[2].is_binary);
    assert_true(links[2].size < 5000);
    static uint8_t plain[400000];
    uLongf size = sizeof plain - 1;
    assert_int_equal(uncompress(plain, &size, links[2].sent, links[2].size - 1), Z_OK);
    json_t *json = json_loadb((const char *)plain, size, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(json, "cases")), 8);
    json_decref(json);
    for (size_t i = 0; i < 3; i++) {
        web_live_leave(clients[i]);
    }
}

static void test_live_a_broken_line_is_closed_and_no_other(void **state)
{
    (void)state;
    struct web_live_client *first = join(&links[0], (struct web_live_asked){0});
    struct web_live_client *second = join(&links[1], (struct web_live_asked){0});
    links[0].is_broken = true;
    links[1].messages = 0;
    put_case(1, "{\"id\":\"one\"}");
    tick(100);
    assert_true(links[0].is_cut);
    assert_int_equal(links[1].messages, 1);
    put_case(1, "{\"id\":\"one\"}");
    tick(100);
    assert_int_equal(links[1].messages, 2);
    assert_int_equal(web_live_write(first), -1);
    web_live_leave(first);
    web_live_leave(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_live_snapshot_then_only_what_changed, open_web,
                                        close_web),
        cmocka_unit_test_setup_teardown(test_live_one_who_comes_back_gets_what_it_missed, open_web,
                                        close_web),
        cmocka_unit_test_setup_teardown(test_live_what_is_too_old_or_of_another_time_is_loaded_anew,
                                        open_web, close_web),
        cmocka_unit_test_setup_teardown(test_live_one_who_sleeps_gets_one_delta_later, open_web,
                                        close_web),
        cmocka_unit_test_setup_teardown(test_live_a_flood_is_cut, open_web, close_web),
        cmocka_unit_test_setup_teardown(test_live_large_messages_go_whole_to_all_of_them, open_web,
                                        close_web),
        cmocka_unit_test_setup_teardown(test_live_a_broken_line_is_closed_and_no_other, open_web,
                                        close_web),
    };
    return cmocka_run_group_tests_name("unit/shell/test_web_live", tests, NULL, NULL);
}
