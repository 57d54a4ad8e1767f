/* test_service_notify.c: what a service manager hears on its socket. */
#include "engine/shell/service_notify.h"
#include "sim/scratch.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A manager's socket; name is what NOTIFY_SOCKET would say. */
static int open_manager(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const bool is_abstract = name[0] == '@';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_true(strlen(name) < sizeof address.sun_path);
    memcpy(address.sun_path, name, strlen(name));
    if (is_abstract) {
        address.sun_path[0] = '\0';
    }
    socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + (is_abstract ? 0 : 1));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    return fd;
}

static void hear(const char *name)
{
    char heard[64] = "";
    struct service_notify notify;
    int manager = open_manager(name);
    assert_int_equal(service_notify_open(&notify, name, "3000000"), ERR_OK);
    assert_int_equal(notify.watchdog_ms, 3000);
    service_notify_say(&notify, "READY=1\nSTATUS=ok\n");
    assert_int_equal(recv(manager, heard, sizeof heard - 1, 0), 18);
    assert_string_equal(heard, "READY=1\nSTATUS=ok\n");
    (void)close(manager);
    service_notify_say(&notify, "WATCHDOG=1\n"); /* a manager that went away is no error */
    service_notify_close(&notify);
}

static void test_a_manager_hears_on_a_path(void **state)
{
    struct scratch directory;
    char name[SCRATCH_PATH_SIZE + 8];
    (void)state;
    assert_int_equal(scratch_make_directory(&directory, "notify"), ERR_OK);
    (void)snprintf(name, sizeof name, "%s/sock", directory.path);
    hear(name);
    scratch_remove(&directory);
}

static void test_a_manager_hears_on_an_abstract_name(void **state)
{
    char name[64];
    (void)state;
    (void)snprintf(name, sizeof name, "@gridloop-notify-%d", (int)getpid());
    hear(name);
}

static void test_nobody_asked(void **state)
{
    (void)state;
    struct service_notify notify;
    assert_int_equal(service_notify_open(&notify, NULL, "1000000"), ERR_OK);
    assert_int_equal(notify.fd, -1);
    assert_int_equal(notify.watchdog_ms, 0);
    service_notify_say(&notify, "READY=1\n");
    service_notify_close(&notify);
}

static void test_what_is_no_address_is_refused(void **state)
{
    (void)state;
    struct service_notify notify;
    char large[200];
    memset(large, 'a', sizeof large);
    large[0] = '/';
    large[sizeof large - 1] = '\0';
    assert_int_equal(service_notify_open(&notify, "relative", NULL), ERR_INPUT);
    assert_int_equal(service_notify_open(&notify, large, NULL), ERR_INPUT);
    assert_int_equal(service_notify_open(&notify, "/x", "soon"), ERR_INPUT);
    assert_int_equal(service_notify_open(&notify, "/x", "0"), ERR_INPUT);
    assert_int_equal(notify.fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_manager_hears_on_a_path),
        cmocka_unit_test(test_a_manager_hears_on_an_abstract_name),
        cmocka_unit_test(test_nobody_asked),
        cmocka_unit_test(test_what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests_name("shell/service_notify", tests, NULL, NULL);
}
