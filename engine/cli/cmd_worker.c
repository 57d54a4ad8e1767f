/* cmd_worker.c: `gridloop worker`: one worker at a terminal, or many who work by themselves. */
#include "engine/city/city_load.h"
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/identities.h"
#include "engine/cli/worker_auto.h"
#include "engine/cli/worker_terminal.h"
#include "engine/core/city.h"
#include "engine/shell/last_engine.h"

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 200u /* two sockets each; nanomsg has room for 512 in a process */
#define IDENTITY_SIZE 65u
#define TURN_MS 50
#define SPEED_WALK_MM_PER_S 1400u
#define DETOUR_PERMILLE 1300u
#define STATUS_EVERY_S 10

struct options {
    const char *url, *city, *state, *lang;
    const char *as, *except;
    bool is_auto, is_all, is_json, is_quiet;
    uint32_t decline_percent, fail_percent, seconds, speed_mm_per_s, part, part_count;
    uint64_t seed;
};

/* Who to be, and where they live and how they travel where a city says so. */
struct person {
    char identity[IDENTITY_SIZE];
    struct place home;
    uint32_t speed_mm_per_s, detour_permille;
};

struct crowd {
    struct person persons[WORKERS_MAX];
    uint32_t count;
    int32_t zone_minutes;
};

static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
    (void)number;
    is_stopped = 1;
}

static struct person person_of(const struct options *options, const char *identity)
{
    struct person person = {.home = place_none(),
                            .speed_mm_per_s = options->speed_mm_per_s != 0 ? options->speed_mm_per_s
                                                                           : SPEED_WALK_MM_PER_S,
                            .detour_permille = DETOUR_PERMILLE};
    (void)snprintf(person.identity, sizeof person.identity, "%s", identity);
    return person;
}

static void settle_in(struct person *person, const struct options *options, const struct city *city,
                      const struct city_person *row)
{
    person->home = (struct place){row->lon, row->lat};
    if (row->has_base == 0 && row->home_cell != NONE32 && row->lon == 0 && row->lat == 0) {
        person->home =
            (struct place){city->cells[row->home_cell].lon, city->cells[row->home_cell].lat};
    }
    const uint32_t mode = row->mode < city->mode_count ? row->mode : city->info->mode_default;
    if (mode < city->mode_count && options->speed_mm_per_s == 0) {
        person->speed_mm_per_s = city->modes[mode].speed_mm_per_s;
        person->detour_permille = city->modes[mode].detour_permille;
    }
}

/* With --all: everybody who may take orders, every part_count-th of them. Else settles in those named. */
static bool fill_from_city(struct crowd *crowd, const struct options *options,
                           const struct city *city)
{
    char identity[IDENTITY_SIZE];
    uint32_t field_count = 0;
    crowd->zone_minutes = (int32_t)(city_local_ms(city, (int64_t)time(NULL) * 1000) / MINUTE_MS -
                                    (int64_t)time(NULL) / 60);
    for (uint32_t i = 0; i < city->person_count; i++) {
        const struct city_person *row = &city->persons[i];
        (void)snprintf(identity, sizeof identity, "%.*s", (int)row->id.size,
                       city_text(city, row->id));
        if (!options->is_all) {
            for (uint32_t k = 0; k < crowd->count; k++) {
                if (strcmp(crowd->persons[k].identity, identity) == 0) {
                    settle_in(&crowd->persons[k], options, city, row);
                }
            }
            continue;
        }
        if ((row->rights & (RIGHT_WORKER | RIGHT_INSPECTOR)) == 0 || row->capacity == 0 ||
            (options->except != NULL && strcmp(options->except, identity) == 0) ||
            field_count++ % options->part_count != options->part - 1) {
            continue;
        }
        if (crowd->count == WORKERS_MAX) {
            return false;
        }
        crowd->persons[crowd->count] = person_of(options, identity);
        settle_in(&crowd->persons[crowd->count++], options, city, row);
    }
    return true;
}

static int load_city(struct crowd *crowd, const struct options *options,
                     const struct last_engine *note)
{
    const char *directory = options->city != NULL ? options->city : note->city;
    if (directory[0] == '\0') {
        return options->is_all ? EX_USAGE : EX_OK;
    }
    struct problems *problems = problems_new();
    void *bytes = NULL;
    size_t size = 0;
    struct city city;
    int exit_code = EX_OK;
    if (city_load(directory, problems, &bytes, &size) != ERR_OK ||
        city_open(bytes, size, &city) != ERR_OK) {
        /* Only --all and --city need it; a worker can do without knowing the way. */
        if (options->is_all || options->city != NULL) {
            problems_print(problems, stderr);
            (void)fprintf(stderr,
                          "gridloop worker: %s is not a readable city; gridloop check --city %s "
                          "says more (exit %d)\n",
                          directory, directory, EX_DATAERR);
            exit_code = EX_DATAERR;
        }
    } else if (!fill_from_city(crowd, options, &city)) {
        (void)fprintf(stderr,
                      "gridloop worker: more than %u workers for one process; use --part 1/%u and "
                      "so on (exit %d)\n",
                      WORKERS_MAX, city.person_count / WORKERS_MAX + 1, EX_USAGE);
        exit_code = EX_USAGE;
    }
    free(bytes);
    problems_free(problems);
    return exit_code;
}

static bool make_directories(char *path)
{
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            const bool is_there = mkdir(path, 0700) == 0 || errno == EEXIST;
            *at = '/';
            if (!is_there) {
                return false;
            }
        }
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* State belongs to one engine's log: it lies in that engine's data directory where that is known, so that a new log starts
 * with new workers. */
static bool find_state(const struct options *options, const struct last_engine *note,
                       const char *url, char out[600])
{
    const char *home = getenv("HOME");
    if (options->state != NULL) {
        (void)snprintf(out, 600, "%s", options->state);
    } else if (note->data[0] != '\0' && strncmp(note->url, url, strcspn(url, "#")) == 0 &&
               note->url[strcspn(url, "#")] == '\0') {
        (void)snprintf(out, 600, "%s/workers", note->data);
    } else {
        (void)snprintf(out, 600, "%s/.local/state/gridloop/workers", home != NULL ? home : "/tmp");
    }
    if (!make_directories(out)) {
        (void)fprintf(
            stderr,
            "gridloop worker: %s: cannot be made; name a directory with --state (exit %d)\n", out,
            EX_CANTCREAT);
        return false;
    }
    return true;
}

static void print_status(struct worker_auto *const *workers, uint32_t count)
{
    struct worker_auto_counts sum = {0};
    uint32_t active = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct worker_auto_counts one = worker_auto_counts(workers[i]);
        sum.offers += one.offers;
        sum.accepted += one.accepted;
        sum.declined += one.declined;
        sum.arrived += one.arrived;
        sum.finished += one.finished;
        sum.returned += one.returned;
        sum.lost += one.lost;
        sum.refused += one.refused;
        active += worker_auto_active(workers[i]);
    }
    (void)fprintf(stderr,
                  "%u workers: %llu offers, %llu accepted, %llu declined, %llu arrived, %llu "
                  "finished, %llu returned, "
                  "%llu recalled, %llu refused, %u in hand\n",
                  count, (unsigned long long)sum.offers, (unsigned long long)sum.accepted,
                  (unsigned long long)sum.declined, (unsigned long long)sum.arrived,
                  (unsigned long long)sum.finished, (unsigned long long)sum.returned,
                  (unsigned long long)sum.lost, (unsigned long long)sum.refused, active);
}

/* Turns all of them until told to stop. Returns the exit code. */
static int turn_all(struct worker_auto *const *workers, uint32_t count,
                    const struct options *options, const char *url)
{
    static struct pollfd waiting[2 * WORKERS_MAX];
    const time_t start = time(NULL);
    time_t told = start;
    bool was_there = false;
    while (!is_stopped &&
           (options->seconds == 0 || time(NULL) < start + (time_t)options->seconds)) {
        uint32_t held = 0;
        const char *why = "";
        for (uint32_t i = 0; i < count; i++) {
            const int status = worker_auto_turn(workers[i]);
            was_there = was_there || status == GRIDLOOP_OK || status == GRIDLOOP_TIMEOUT;
            held += status == GRIDLOOP_HELD;
            why = status == GRIDLOOP_HELD ? worker_auto_why(workers[i]) : why;
            waiting[2 * i] = (struct pollfd){.fd = worker_auto_fd(workers[i], 0), .events = POLLIN};
            waiting[2 * i + 1] =
                (struct pollfd){.fd = worker_auto_fd(workers[i], 1), .events = POLLIN};
        }
        (void)fflush(stdout);
        if (held == count && time(NULL) > start + 5) {
            char near[IDENTITIES_NEAR_SIZE] = "";
            (void)fprintf(stderr, "gridloop worker: %s%s (exit %d)\n", why,
                          options->is_all || count > 1
                              ? near
                              : identities_near(options->city, options->as, near),
                          EX_NOPERM);
            return EX_NOPERM;
        }
        if (!options->is_quiet && !options->is_json && time(NULL) >= told + STATUS_EVERY_S) {
            told = time(NULL);
            print_status(workers, count);
        }
        (void)poll(waiting, 2 * count, TURN_MS);
    }
    return was_there ? EX_OK : cli_no_engine(url);
}

static int run_auto(const struct options *options, const struct crowd *crowd, const char *url,
                    const char *directory)
{
    static struct worker_auto *workers[WORKERS_MAX];
    uint32_t count = 0;
    int exit_code = EX_OK;
    for (uint32_t i = 0; i < crowd->count && exit_code == EX_OK; i++) {
        const struct person *person = &crowd->persons[i];
        const struct worker_auto_options worker = {.url = url,
                                                   .identity = person->identity,
                                                   .directory = directory,
                                                   .home = person->home,
                                                   .speed_mm_per_s = person->speed_mm_per_s,
                                                   .detour_permille = person->detour_permille,
                                                   .decline_percent = options->decline_percent,
                                                   .fail_percent = options->fail_percent,
                                                   .hold_ms =
                                                       2000, /* so that the position stays fresh */
                                                   .seed = options->seed,
                                                   .lang = cli_lang(options->lang),
                                                   .is_json = options->is_json,
                                                   .is_quiet = options->is_quiet,
                                                   .out = stdout};
        const int status = worker_auto_open(&worker, &workers[count]);
        if (status != GRIDLOOP_OK) {
            exit_code = status == GRIDLOOP_INVALID ? EX_USAGE : EX_IOERR;
            (void)fprintf(stderr, "gridloop worker: %s in %s: %s (exit %d)\n", person->identity,
                          directory, gridloop_status_text(status), exit_code);
        } else {
            count++;
        }
    }
    if (exit_code == EX_OK) {
        exit_code = turn_all(workers, count, options, url);
        if (!options->is_json) {
            print_status(workers, count);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        worker_auto_close(workers[i]);
    }
    return exit_code;
}

/* "a,b,c" */
static bool name_persons(struct crowd *crowd, const struct options *options)
{
    const char *at = options->as;
    while (at != NULL && *at != '\0') {
        char identity[IDENTITY_SIZE];
        const size_t size = strcspn(at, ",");
        if (size == 0 || size >= sizeof identity || crowd->count == WORKERS_MAX) {
            return false;
        }
        (void)snprintf(identity, sizeof identity, "%.*s", (int)size, at);
        crowd->persons[crowd->count++] = person_of(options, identity);
        at += size;
        at += *at == ',';
    }
    return crowd->count > 0 || options->is_all;
}

static int run_worker(const struct options *options)
{
    static struct crowd crowd;
    struct last_engine note = {.pid = 0};
    char url[CLI_URL_SIZE], directory[600];
    if (last_engine_read(&note) != ERR_OK) {
        note = (struct last_engine){.pid = 0};
    }
    if (!name_persons(&crowd, options)) {
        (void)fprintf(stderr,
                      "gridloop worker: say who to be: --as wang.fang, --as a,b,c --auto, or --all "
                      "--auto (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    if (options->city != NULL && !cli_has_input("gridloop worker", options->city)) {
        return EX_NOINPUT;
    }
    if (cli_find_url(options->url, url) == NULL) {
        return EX_UNAVAILABLE;
    }
    const int exit_code = load_city(&crowd, options, &note);
    if (exit_code == EX_USAGE && options->is_all && options->city == NULL && note.city[0] == '\0') {
        (void)fprintf(stderr, "gridloop worker: --all needs --city DIR (exit %d)\n", EX_USAGE);
    }
    if (exit_code != EX_OK) {
        return exit_code;
    }
    if (!find_state(options, &note, url, directory)) {
        return EX_CANTCREAT;
    }
    if (options->is_auto) {
        struct sigaction action = {.sa_handler = on_signal};
        (void)sigaction(SIGTERM, &action, NULL);
        (void)sigaction(SIGINT, &action, NULL);
        return run_auto(options, &crowd, url, directory);
    }
    if (crowd.count != 1) {
        (void)fprintf(stderr,
                      "gridloop worker: one name at a terminal; several need --auto (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    const struct worker_terminal_options terminal = {.url = url,
                                                     .identity = crowd.persons[0].identity,
                                                     .directory = directory,
                                                     .home = crowd.persons[0].home,
                                                     .zone_minutes = crowd.zone_minutes,
                                                     .lang = cli_lang(options->lang),
                                                     .is_json = options->is_json,
                                                     .seconds = options->seconds};
    return worker_terminal_run(&terminal);
}

enum key {
    KEY_AS = 'a',
    KEY_URL = 'u',
    KEY_CITY = 'c',
    KEY_LANG = 'l',
    KEY_JSON = 'j',
    KEY_QUIET = 'q',
    KEY_AUTO = 0x100,
    KEY_ALL,
    KEY_PART,
    KEY_EXCEPT,
    KEY_DECLINE,
    KEY_FAIL,
    KEY_SEED,
    KEY_STATE,
    KEY_FOR,
    KEY_SPEED
};

static uint64_t parse_number(struct argp_state *state, const char *name, const char *text,
                             uint64_t max)
{
    char *end = NULL;
    const unsigned long long number = strtoull(text, &end, 10);
    const bool is_seconds = strcmp(name, "--for") == 0 && end != text && strcmp(end, "s") == 0;
    if (end == text || (*end != '\0' && !is_seconds) || number > max) {
        argp_error(state, "%s: a number up to %llu expected, got \"%s\"", name,
                   (unsigned long long)max, text);
    }
    return number;
}

static error_t parse_more(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_EXCEPT:
        options->except = argument;
        return 0;
    case KEY_PART:
        if (sscanf(argument, "%u/%u", &options->part, &options->part_count) != 2 ||
            options->part == 0 || options->part > options->part_count) {
            argp_error(state, "--part: 1/4 expected for the first of four parts");
        }
        return 0;
    case KEY_DECLINE:
        options->decline_percent = (uint32_t)parse_number(state, "--decline", argument, 100);
        return 0;
    case KEY_FAIL:
        options->fail_percent = (uint32_t)parse_number(state, "--fail", argument, 100);
        return 0;
    case KEY_SEED:
        options->seed = parse_number(state, "--seed", argument, UINT64_MAX);
        return 0;
    case KEY_FOR:
        options->seconds = (uint32_t)parse_number(state, "--for", argument, 31536000);
        return 0;
    case KEY_SPEED:
        options->speed_mm_per_s = (uint32_t)parse_number(state, "--walk", argument, 100000);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_AS:
        options->as = argument;
        return 0;
    case KEY_URL:
        options->url = argument;
        return 0;
    case KEY_CITY:
        options->city = argument;
        return 0;
    case KEY_LANG:
        options->lang = argument;
        return 0;
    case KEY_STATE:
        options->state = argument;
        return 0;
    case KEY_JSON:
        options->is_json = true;
        return 0;
    case KEY_QUIET:
        options->is_quiet = true;
        return 0;
    case KEY_AUTO:
        options->is_auto = true;
        return 0;
    case KEY_ALL:
        options->is_all = true;
        return 0;
    default:
        return parse_more(key, argument, state);
    }
}

int cmd_worker(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"as", KEY_AS, "ID[,ID...]", 0, "who to be", 0},
        {"auto", KEY_AUTO, NULL, 0, "work by oneself: accept, go there, work, report", 0},
        {"all", KEY_ALL, NULL, 0, "everybody of the city who takes orders (with --auto)", 0},
        {"except", KEY_EXCEPT, "ID", 0, "of --all not this one", 0},
        {"part", KEY_PART, "K/N", 0,
         "of --all only every N-th, starting with the K-th: to spread them over processes", 0},
        {"url", KEY_URL, "URL", 0, "engine; default: the last one started here", 0},
        {"city", KEY_CITY, "DIR", 0,
         "where they live and how they travel; default: the last engine's city", 0},
        {"state", KEY_STATE, "DIR", 0,
         "outboxes and orders in hand; default: the engine's DATA/workers", 0},
        {"decline", KEY_DECLINE, "PERCENT", 0, "of offers; default 5", 0},
        {"fail", KEY_FAIL, "PERCENT", 0,
         "of orders on site: returned, check failed, report not confirmed; default 5", 0},
        {"seed", KEY_SEED, "N", 0, "of thinking, work times and failures; default 1", 0},
        {"walk", KEY_SPEED, "MM_PER_S", 0, "speed; default: the city's mode, else 1400", 0},
        {"for", KEY_FOR, "SECONDS", 0, "stop after that long", 0},
        {"quiet", KEY_QUIET, NULL, 0, "do not tell each act", 0},
        {"lang", KEY_LANG, "zh|en", 0, "words", 0},
        {"json", KEY_JSON, NULL, 0, "JSON lines", 0},
        {0}};
    static const struct argp argp = {.options = rows,
                                     .parser = parse,
                                     .doc =
                                         "A worker in the terminal: shows offers, takes what you "
                                         "type (help lists it); with --auto, workers that do the "
                                         "work by themselves on the engine's clock.\vExit 0: "
                                         "stopped as asked. 69: no engine. 75: acts not delivered, "
                                         "kept. 77: the engine refuses them."};
    struct options options = {
        .decline_percent = 5, .fail_percent = 5, .seed = 1, .part = 1, .part_count = 1};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&argp, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    return run_worker(&options);
}
