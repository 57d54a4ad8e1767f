/* test_nano.c: frames over a real socket: kept routes, answers out of order, refused addresses. */
#include "engine/shell/nano.h"
#include "sim/scratch.h"
#include "tests/unit/panic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <nanomsg/nn.h>
#include <nanomsg/reqrep.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct seen {
    uint8_t routes[200][256];
    uint32_t route_sizes[200];
    char frames[200][16];
    uint32_t count;
};

static void take(void *context, const void *route, uint32_t route_size, const void *frame,
                 uint64_t frame_size)
{
    struct seen *seen = context;
    assert_true(seen->count < 200);
    assert_true(route_size <= 256);
    memcpy(seen->routes[seen->count], route, route_size);
    seen->route_sizes[seen->count] = route_size;
    memcpy(seen->frames[seen->count], frame, frame_size < 15 ? frame_size : 15);
    seen->count++;
}

static void wait_for(struct nano *nano, struct seen *seen, uint32_t count)
{
    struct pollfd poll_fd = {.fd = nano->listeners[0].fd, .events = POLLIN};
    for (uint32_t i = 0; i < 500 && seen->count < count; i++) {
        (void)poll(&poll_fd, 1, 10);
        (void)nano_receive(nano, 0, take, seen);
    }
    assert_int_equal(seen->count, count);
}

static int client_of(const char *at)
{
    int client = nn_socket(AF_SP, NN_REQ);
    int wait_ms = 2000;
    assert_true(client >= 0);
    assert_true(nn_setsockopt(client, NN_SOL_SOCKET, NN_RCVTIMEO, &wait_ms, sizeof wait_ms) == 0);
    assert_true(nn_connect(client, at) >= 0);
    return client;
}

static struct scratch directory;
static char url[SCRATCH_PATH_SIZE + 16];

static int make_url(void **state)
{
    (void)state;
    if (scratch_make_directory(&directory, "nano") != ERR_OK) {
        return -1;
    }
    (void)snprintf(url, sizeof url, "ipc://%s/sock", directory.path);
    return 0;
}

static int remove_url(void **state)
{
    (void)state;
    scratch_remove(&directory);
    return 0;
}

static void test_answers_in_any_order(void **state)
{
    (void)state;
    static struct seen seen;
    struct nano nano;
    char why[256], bytes[32];
    nano_init(&nano);
    assert_int_equal(nano_listen(&nano, url, why, sizeof why), ERR_OK);
    int first = client_of(url), second = client_of(url);
    assert_int_equal(nn_send(first, "one", 4, 0), 4);
    wait_for(&nano, &seen, 1);
    assert_int_equal(nn_send(second, "two", 4, 0), 4);
    wait_for(&nano, &seen, 2);
    assert_string_equal(seen.frames[0], "one");
    assert_true(nano_send(&nano, seen.routes[1], seen.route_sizes[1], "second", 7));
    assert_int_equal(nn_recv(second, bytes, sizeof bytes, 0), 7);
    assert_string_equal(bytes, "second");
    assert_true(nano_send(&nano, seen.routes[0], seen.route_sizes[0], "first", 6));
    assert_int_equal(nn_recv(first, bytes, sizeof bytes, 0), 6);
    assert_string_equal(bytes, "first");
    (void)nn_close(first);
    (void)nn_close(second);
    nano_close(&nano);
}

/* A call takes no more than its share, and what is left keeps the descriptor readable. */
static void test_one_call_is_bounded(void **state)
{
    (void)state;
    static struct seen seen;
    struct nano nano;
    char why[256];
    nano_init(&nano);
    assert_int_equal(nano_listen(&nano, url, why, sizeof why), ERR_OK);
    int clients[100];
    for (uint32_t i = 0; i < 100; i++) {
        clients[i] = client_of(url);
        assert_int_equal(nn_send(clients[i], "x", 2, 0), 2);
    }
    /* On a busy machine the hundredth client is late: all have to be there, then their frames. */
    for (int i = 0;
         i < 1000 && nn_get_statistic(nano.listeners[0].socket, NN_STAT_CURRENT_CONNECTIONS) < 100;
         i++) {
        (void)usleep(10000);
    }
    (void)usleep(300000);
    assert_true(nano_receive(&nano, 0, take, &seen));
    assert_int_equal(seen.count, NANO_FRAMES_PER_CALL);
    struct pollfd poll_fd = {.fd = nano.listeners[0].fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 0), 1);
    wait_for(&nano, &seen, 100);
    assert_int_equal(poll(&poll_fd, 1, 0), 0);
    for (uint32_t i = 0; i < 100; i++) {
        (void)nn_close(clients[i]);
    }
    nano_close(&nano);
}

static void test_used_and_wrong_addresses_are_named(void **state)
{
    (void)state;
    struct nano nano;
    char why[256];
    nano_init(&nano);
    assert_int_equal(nano_listen(&nano, "tcp://127.0.0.1:17417", why, sizeof why), ERR_OK);
    assert_int_equal(nano_listen(&nano, "tcp://127.0.0.1:17417", why, sizeof why), ERR_BUSY);
    assert_non_null(strstr(why, "17417"));
    assert_int_equal(nano_listen(&nano, "ws://127.0.0.1:17418", why, sizeof why), ERR_INPUT);
    assert_int_equal(nano.count, 1);
    nano_close(&nano);
}

static void test_only_local_addresses_without_keys(void **state)
{
    (void)state;
    char why[320] = "";
    assert_true(nano_is_local("ipc://x", why, sizeof why));
    assert_true(nano_is_local("tcp://127.0.0.1:7000", why, sizeof why));
    assert_true(nano_is_local("tcp://[::1]:7000", why, sizeof why));
    assert_false(nano_is_local("tcp://0.0.0.0:7000", why, sizeof why));
    assert_false(nano_is_local("tcp://*:7000", why, sizeof why));
    assert_false(nano_is_local("tcp://localhost.example.org:7000", why, sizeof why));
    assert_non_null(strstr(why, "127.0.0.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers_in_any_order, make_url, remove_url),
        cmocka_unit_test_setup_teardown(test_one_call_is_bounded, make_url, remove_url),
        cmocka_unit_test(test_used_and_wrong_addresses_are_named),
        cmocka_unit_test(test_only_local_addresses_without_keys),
    };
    return cmocka_run_group_tests_name("shell/nano", tests, NULL, NULL);
}
