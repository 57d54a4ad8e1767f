/* cmd_demo.c: `gridloop demo`: a city, an engine, its gateways and workers, a kill and a recovery, in a minute or so.
 *
 * Everything shown is what happens: the engine, the gateways and the workers are processes of their own that speak
 * nanomsg; the narrator reads the engine's log like any other reader. The same seed gives the same city and the same
 * morning; what the processes make of it depends on the machine. */
#include "engine/city/city_load.h"
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/demo_child.h"
#include "engine/cli/demo_day.h"
#include "engine/cli/demo_login.h"
#include "engine/cli/demo_phone.h"
#include "engine/cli/demo_watch.h"
#include "sim/scratch.h"
#include "sim/trace_file.h"

#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define CITY_WAIT_MS 10000
#define CITY_STEP_MS 20
#define WORKER_PROCESSES 3
#define SPEED "60"
#define SPEED_NUMBER 60
#define DAY_START "2026-03-03T08:20+08:00"
#define DAY_START_FULL "2026-03-03T08:20:00+08:00"
#define KILL_AT_PERCENT 55 /* of the demo's time */
#define STEP_MS 100
#define READY_MS 15000
#define MUSTER_MS 5000 /* until everybody on duty has shown a position */
#define PATH_SIZE 300
#define DIRECTORY_SIZE 200
#define WORKER_SEED "3"  /* of how workers behave */
#define PHONE_MINUTES 10 /* the link is good so long past the demo's own time */
#define MARK_NAME "made-by-gridloop-demo"

struct demo {
    char directory[DIRECTORY_SIZE];
    int seconds;
    const char *seed;
    enum lang lang;
    struct demo_child engine, gateways, workers[WORKER_PROCESSES];
    struct demo_child stand_in; /* for the phone's owner, until somebody has logged in */
    struct demo_phone phone;
    const char *http;
    struct demo_watch *watch;
    char city[PATH_SIZE], data[PATH_SIZE], day[PATH_SIZE], acks[PATH_SIZE], log[PATH_SIZE];
    char url[PATH_SIZE];
};

static volatile sig_atomic_t was_interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    was_interrupted = 1;
}

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(int64_t ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* ---- the directory ---- */

/* An earlier demo makes way; anything else does not. */
static int make_directory(const struct demo *demo)
{
    char mark[PATH_SIZE];
    (void)snprintf(mark, sizeof mark, "%s/" MARK_NAME, demo->directory);
    if (access(mark, F_OK) == 0) {
        scratch_remove_tree(demo->directory);
    }
    FILE *file = NULL;
    if (mkdir(demo->directory, 0755) != 0 || (file = fopen(mark, "w")) == NULL) {
        (void)fprintf(
            stderr,
            "gridloop demo: cannot make %s: it is there already and was not made by a demo, or "
            "the place is not writable; name another with --dir (exit %d)\n",
            demo->directory, EX_CANTCREAT);
        return EX_CANTCREAT;
    }
    (void)fclose(file);
    return EX_OK;
}

static void set_paths(struct demo *demo)
{
    (void)snprintf(demo->city, PATH_SIZE, "%s/city", demo->directory);
    (void)snprintf(demo->data, PATH_SIZE, "%s/data", demo->directory);
    (void)snprintf(demo->day, PATH_SIZE, "%s/day.ndjson", demo->directory);
    (void)snprintf(demo->acks, PATH_SIZE, "%s/acknowledged", demo->directory);
    (void)snprintf(demo->log, PATH_SIZE, "%s/processes.log", demo->directory);
}

/* ---- the cast ---- */

static int run(const struct demo *demo, const char *const *words)
{
    struct demo_child child = {0};
    const int exit_code =
        demo_child_start(&child, demo->log, words) == ERR_OK ? demo_child_wait(&child) : EX_OSERR;
    if (exit_code != 0) {
        (void)fprintf(stderr, "gridloop demo: `gridloop %s %s` failed (exit %d); see %s\n",
                      words[0], words[1], exit_code, demo->log);
    }
    return exit_code;
}

static int write_day(const struct demo *demo)
{
    char generated[PATH_SIZE];
    char hours[16];
    (void)snprintf(generated, sizeof generated, "%s/generated.ndjson", demo->directory);
    (void)snprintf(hours, sizeof hours, "%d", demo->seconds * SPEED_NUMBER / 3600 + 2);
    const char *const generate[] = {"trace",    "generate", "--city",       demo->city, "--seed",
                                    demo->seed, "--from",   DAY_START_FULL, "--hours",  hours,
                                    "--rate",   "50",       "-o",           generated,  NULL};
    int exit_code = run(demo, generate);
    if (exit_code != 0) {
        return exit_code;
    }
    void *bytes = NULL;
    size_t size = 0;
    struct city city;
    int64_t start_ms;
    int32_t offset;
    struct problems *problems = problems_new();
    enum err err = city_load(demo->city, problems, &bytes, &size);
    if (err == ERR_OK) {
        err = city_open(bytes, size, &city);
    }
    must(trace_parse_instant(DAY_START_FULL, &start_ms, &offset));
    if (err == ERR_OK) {
        err = demo_day_write(&city, generated, demo->day, start_ms);
    }
    problems_print(problems, stderr);
    problems_free(problems);
    free(bytes);
    return err == ERR_OK ? EX_OK : cli_exit_of(err);
}

static bool start_engine(struct demo *demo, char *line, size_t line_size)
{
    const char *const words[] = {"serve",
                                 "--city",
                                 demo->city,
                                 "--data",
                                 demo->data,
                                 "--clock",
                                 "scaled:" SPEED "@" DAY_START,
                                 demo->http != NULL ? "--http" : NULL,
                                 demo->http,
                                 NULL};
    if (demo_child_start_and_read(&demo->engine, demo->log, words, READY_MS, line, line_size) !=
        ERR_OK) {
        (void)fprintf(stderr, "gridloop demo: the engine did not start; see %s\n", demo->log);
        return false;
    }
    return true;
}

static bool start_workers(struct demo *demo)
{
    const bool has_phone = demo->phone.url[0] != '\0';
    bool is_fine = true;
    for (int i = 0; i < WORKER_PROCESSES; i++) {
        char part[16];
        (void)snprintf(part, sizeof part, "%d/%d", i + 1, WORKER_PROCESSES);
        const char *const words[] = {
            "worker",          "--all",     "--auto",    "--quiet", "--url",
            demo->url,         "--city",    demo->city,  "--part",  part,
            "--seed",          WORKER_SEED, "--decline", "3",       has_phone ? "--except" : NULL,
            DEMO_PHONE_PERSON, NULL};
        is_fine = is_fine && demo_child_start(&demo->workers[i], demo->log, words) == ERR_OK;
    }
    const char *const one[] = {
        "worker", "--as",     DEMO_PHONE_PERSON, "--auto",    "--quiet",   "--url", demo->url,
        "--city", demo->city, "--seed",          WORKER_SEED, "--decline", "3",     NULL};
    return is_fine && (!has_phone || demo_child_start(&demo->stand_in, demo->log, one) == ERR_OK);
}

static bool start_gateways(struct demo *demo)
{
    const char *const words[] = {"replay", "--trace", demo->day, "--speed",  SPEED,
                                 "--url",  demo->url, "--acks",  demo->acks, NULL};
    return demo_child_start(&demo->gateways, demo->log, words) == ERR_OK;
}

static void stop_all(struct demo *demo)
{
    (void)demo_child_stop(&demo->gateways, SIGTERM);
    (void)demo_child_stop(&demo->stand_in, SIGTERM);
    demo_phone_close(&demo->phone);
    for (int i = 0; i < WORKER_PROCESSES; i++) {
        (void)demo_child_stop(&demo->workers[i], SIGTERM);
    }
    (void)demo_child_stop(&demo->engine, SIGTERM);
}

/* ---- the story ---- */

/* Where its first line says that the console is; "" without one. */
static void find_console(const char *line, char *out, size_t size)
{
    const char *at = strstr(line, ", console ");
    (void)snprintf(out, size, "%s", at == NULL ? "" : at + strlen(", console "));
    out[strcspn(out, " ,")] = '\0';
}

static void say_console(struct demo *demo, const char *line)
{
    char url[PATH_SIZE];
    struct demo_login login;
    find_console(line, url, sizeof url);
    if (url[0] != '\0' &&
        demo_login_make(core_city(demo_watch_core(demo->watch)), demo->data, &login)) {
        demo_watch_say(demo->watch, "控制台：%s ，以 %s（派遣员）或 %s（值班长）登录，密码 %s",
                       "console: %s, log in as %s (dispatcher) or %s (shift chief) with %s", url,
                       login.dispatcher, login.chief, login.password);
        /* Behind the # no server sees it; the page takes it out of the address before it is used. */
        demo_watch_say(demo->watch, "  已填好账号、关注 1 号案件：%s/#now?case=1&login=%s:%s",
                       "  filled in, with case 1 followed: %s/#now?case=1&login=%s:%s", url,
                       login.dispatcher, login.password);
    }
}

static void say_city(struct demo *demo)
{
    const struct city *city = core_city(demo_watch_core(demo->watch));
    uint32_t takers = 0;
    for (uint32_t p = 0; p < city->person_count; p++) {
        takers += city->persons[p].capacity > 0;
    }
    demo_watch_say(
        demo->watch,
        "清河区（合成）：%u 个单元网格，%u 名可接单人员，%u 个部门，%u 台设备。时钟 " SPEED
        " 倍，从周二 08:20 起。引擎进程 %d，数据 %s",
        "Qinghe district (synthetic): %u cells, %u people who take orders, %u departments, %u "
        "devices. Clock " SPEED "x from Tue 08:20. Engine pid %d, data %s",
        city->cell_count, takers, city->department_count, city->device_count, (int)demo->engine.pid,
        demo->data);
    demo_watch_say(demo->watch, "事件 -> 案件 -> 派单 -> 工单 -> 核查。跟随 1 号案件：",
                   "event -> case -> offer -> order -> check. Following case 1:");
}

static bool watch_until(struct demo *demo, int64_t until_ms)
{
    while (real_ms() < until_ms && was_interrupted == 0) {
        if (!demo_watch_follow(demo->watch)) {
            return false;
        }
        if (demo_phone_was_taken(&demo->phone)) {
            (void)demo_child_stop(&demo->stand_in, SIGTERM);
            demo_watch_say(demo->watch, "王芳已用手机登录，她的任务从现在起由您处理",
                           "Wang Fang has logged in on a phone: her tasks are yours from now on");
        }
        pause_ms(STEP_MS);
    }
    return was_interrupted == 0 && demo_watch_follow(demo->watch);
}

/* People in their hours who have not shown where they are. */
static uint32_t missing_workers(const struct demo *demo)
{
    const struct core *core = demo_watch_core(demo->watch);
    const struct city *city = core_city(core);
    uint32_t missing = 0;
    for (uint32_t p = 0; p < city->person_count; p++) {
        struct worker_view view;
        missing += city->persons[p].capacity > 0 &&
                   core_find_worker(core, city->persons[p].id_hash, &view) && view.is_in_hours &&
                   !place_is_known(view.fix);
    }
    return missing;
}

/* The day begins when the people are there: else its first case finds nobody's position. */
static bool await_workers(struct demo *demo)
{
    const int64_t until_ms = real_ms() + MUSTER_MS;
    do {
        if (!watch_until(demo, real_ms() + STEP_MS)) {
            return false;
        }
    } while (missing_workers(demo) > 0 && real_ms() < until_ms);
    return true;
}

/* Open cases that the restarted engine says it has, from its first line. */
static unsigned long open_cases_of(const char *line)
{
    const char *at = strstr(line, "entries replayed, ");
    return at == NULL ? 0 : strtoul(at + strlen("entries replayed, "), NULL, 10);
}

static bool kill_and_recover(struct demo *demo)
{
    char line[1024];
    const pid_t pid = demo->engine.pid;
    demo_watch_say(
        demo->watch, "kill -9 %d ……引擎断电式退出，网关和网格员不知情，继续工作",
        "kill -9 %d ... the engine is gone in the middle of its work; gateways and workers go on",
        (int)pid);
    (void)demo_child_stop(&demo->engine, SIGKILL);
    if (!demo_watch_follow(demo->watch)) {
        return false;
    }
    const uint64_t open_before = core_counts_now(demo_watch_core(demo->watch))->open_now;
    pause_ms(1500); /* long enough for clients to notice */
    const int64_t started_ms = real_ms();
    if (!start_engine(demo, line, sizeof line)) {
        return false;
    }
    demo_watch_say(demo->watch, "%.1f 秒后恢复：进程 %d 从日志重放，在办案件 %lu/%llu 件",
                   "restarted in %.1f s: pid %d replayed its log and has %lu of %llu open cases",
                   (double)(real_ms() - started_ms) / 1000.0, (int)demo->engine.pid,
                   open_cases_of(line), (unsigned long long)open_before);
    demo_watch_blank(demo->watch);
    return open_cases_of(line) >= open_before;
}

static bool tell_end(struct demo *demo)
{
    const bool adds_up = demo_watch_ledger(demo->watch);
    const struct demo_audit audit = demo_watch_audit(demo->watch, demo->acks);
    demo_watch_say(
        demo->watch, "网关另行记录的 %llu 条回执与日志逐条核对：丢失 %llu，重复生效 %llu",
        "%llu acknowledgements kept by the gateways, compared with the log one by one: %llu lost, "
        "%llu taken twice",
        (unsigned long long)audit.acknowledged, (unsigned long long)audit.lost,
        (unsigned long long)audit.doubled);
    const char *program = program_invocation_name;
    const bool is_zh = demo->lang == LANG_ZH;
    demo_watch_say(demo->watch, "引擎已停止。再次启动：",
                   "The engine has stopped. Start it again:");
    (void)printf("  %s serve --city %s --data %s --clock scaled:" SPEED "@" DAY_START " &\n",
                 program, demo->city, demo->data);
    (void)printf("%s\n", is_zh ? "然后可以试三件事：" : "Then three things to try:");
    (void)printf("  %s send --example camera.garbage_overflow   # %s\n", program,
                 is_zh ? "接入方：发一个事件" : "an integrator: send an event");
    (void)printf("  %s worker --as wang.fang                    # %s\n", program,
                 is_zh ? "网格员：接单" : "a worker: take an offer");
    (void)printf("  %s case explain 1                           # %s\n", program,
                 is_zh ? "中心主任：为什么这样派" : "the head of the centre: why did it go there?");
    return adds_up && audit.lost == 0 && audit.doubled == 0;
}

/* Waits a little for the engine's log; false when that was long enough, or the user wants no more. */
static bool wait_on(void *until_ms)
{
    pause_ms(CITY_STEP_MS);
    return was_interrupted == 0 && real_ms() < *(const int64_t *)until_ms;
}

static int play(struct demo *demo)
{
    char line[1024];
    const char *const make_city[] = {"city",     "demo",   demo->city, "--seed",
                                     demo->seed, "--size", "small",    NULL};
    int exit_code = run(demo, make_city);
    if (exit_code == 0) {
        exit_code = write_day(demo);
    }
    if (exit_code != 0) {
        return exit_code;
    }
    if (!start_engine(demo, line, sizeof line)) {
        return EX_UNAVAILABLE;
    }
    char *real = realpath(demo->data, NULL);
    (void)snprintf(demo->url, sizeof demo->url, "ipc://%.250s/gridloop.sock",
                   real == NULL ? "" : real);
    free(real);
    demo->watch = demo_watch_open(demo->data, demo->lang);
    int64_t until_ms = real_ms() + CITY_WAIT_MS;
    if (demo->watch == NULL || !demo_watch_await_city(demo->watch, wait_on, &until_ms)) {
        return was_interrupted != 0 ? 130 : EX_SOFTWARE;
    }
    demo_phone_open(&demo->phone, core_city(demo_watch_core(demo->watch)), demo->data, line,
                    demo->seconds / 60 + PHONE_MINUTES);
    say_city(demo);
    say_console(demo, line);
    demo_phone_print(&demo->phone, demo->lang);
    if (!start_workers(demo) || !await_workers(demo) || !start_gateways(demo)) {
        return was_interrupted != 0 ? 130 : EX_OSERR;
    }
    const int64_t start_ms = real_ms();
    const int64_t length_ms = (int64_t)demo->seconds * 1000;
    bool is_fine = watch_until(demo, start_ms + length_ms * KILL_AT_PERCENT / 100);
    is_fine = is_fine && kill_and_recover(demo);
    is_fine = is_fine && watch_until(demo, start_ms + length_ms);
    stop_all(demo);
    is_fine = is_fine && demo_watch_follow(demo->watch) && tell_end(demo);
    return was_interrupted != 0 ? 130 : is_fine ? EX_OK : EX_SOFTWARE;
}

/* ---- options ---- */

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct demo *demo = state->input;
    char *end = NULL;
    switch (key) {
    case 'f':
        demo->seconds = (int)strtol(value, &end, 10);
        if (end != NULL && *end == 's') {
            end++;
        }
        if (end == value || *end != '\0' || demo->seconds < 20 || demo->seconds > 3600) {
            argp_error(state, "--for takes 20 to 3600 seconds, such as 90s; not \"%s\"", value);
        }
        return 0;
    case 's':
        demo->seed = value;
        return 0;
    case 'd':
        if (strlen(value) >= DIRECTORY_SIZE) {
            argp_error(state, "--dir is longer than %d bytes", DIRECTORY_SIZE - 1);
        }
        (void)snprintf(demo->directory, DIRECTORY_SIZE, "%s", value);
        return 0;
    case 'h':
        demo->http = value;
        return 0;
    case 'l':
        demo->lang = cli_lang(value);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "no argument is expected; \"%s\" is one", value);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int cmd_demo(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"for", 'f', "SECONDS", 0, "how long; default 100", 0},
        {"lang", 'l', "zh|en", 0, "language of the story", 0},
        {"http", 'h', "HOST:PORT", 0,
         "where console and phone page are served; default 127.0.0.1:8080, 0.0.0.0:8080 lets phones of the network in",
         0},
        {"dir", 'd', "DIR", 0, "where city and data go; default gridloop-demo", 0},
        {"seed", 's', "N", 0, "another city, another morning; default 7", 0},
        {0}};
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse,
                                     .doc = "Tells the story of one case in a synthetic city, with "
                                            "a real engine, gateways and workers."};
    struct demo demo = {
        .directory = "gridloop-demo", .seconds = 100, .seed = "7", .lang = cli_lang(NULL)};
    const struct sigaction action = {.sa_handler = on_interrupt};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &demo) != 0) {
        return EX_USAGE;
    }
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    set_paths(&demo);
    int exit_code = make_directory(&demo);
    if (exit_code == EX_OK) {
        exit_code = play(&demo);
        stop_all(&demo);
        demo_watch_close(demo.watch);
    }
    return exit_code;
}
