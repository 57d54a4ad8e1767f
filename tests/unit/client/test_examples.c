/* test_examples.c: the two example programs, as they are built, against a responder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/client/fake_engine.h"

static struct scratch work;
static char build[512];
static struct fake_engine fake;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(scratch_make_directory(&work, "client"), ERR_OK);
    ssize_t size = readlink("/proc/self/exe", build, sizeof(build) - 1);
    assert_true(size > 0);
    build[size] = '\0';
    char *end = strstr(build, "/tests/unit/client/");
    assert_non_null(end);
    *end = '\0';
    memset(&fake, 0, sizeof(fake));
    fake.credit = 4;
    (void)snprintf(fake.url, sizeof(fake.url), "ipc://%s/e.sock", work.path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&work);
    return 0;
}

/* Runs BUILD/<command> and gives its exit code and what it printed. */
__attribute__((format(printf, 1, 4))) static int run(const char *format, char *out, size_t out_size,
                                                     ...)
{
    char arguments[512], command[1200];
    va_list list;
    va_start(list, out_size);
    (void)vsnprintf(arguments, sizeof(arguments), format, list);
    va_end(list);
    (void)snprintf(command, sizeof(command), "%s/%s 2>&1", build, arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t got = fread(out, 1, out_size - 1, pipe);
    out[got] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_hello_gateway(void **state)
{
    (void)state;
    char out[1024];
    fake_start(&fake);
    assert_int_equal(run("hello_gateway %s camera-gateway-1 C-017 %s/outbox", out, sizeof(out),
                         fake.url, work.path),
                     0);
    assert_non_null(strstr(out, "OPENED"));
    assert_int_equal(fake.taken, 1);
    fake_stop(&fake);
    assert_int_equal(run("hello_gateway nonsense", out, sizeof(out)), 64);
}

static void test_hello_worker(void **state)
{
    (void)state;
    char out[1024];
    fake.told_item_seq = 2;
    fake_start(&fake);
    assert_int_equal(
        run("hello_worker %s wang.fang %s/state 2", out, sizeof(out), fake.url, work.path), 0);
    assert_non_null(strstr(out, "垃圾桶满溢"));
    assert_non_null(strstr(out, "order 101: DONE"));
    assert_int_equal(fake.acts, 6); /* accept, arrive, finish of two orders */
    fake_stop(&fake);
    assert_int_equal(
        run("hello_worker %s wang.fang %s/state 1", out, sizeof(out), fake.url, work.path), 69);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hello_gateway, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hello_worker, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("tests/unit/client/test_examples", tests, NULL, NULL);
}
