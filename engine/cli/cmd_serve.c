/* cmd_serve.c: `gridloop serve`: runs the engine of one city.
 *
 *   compile city and rules -> lock and open the data -> snapshot and the rest of the log -> activate -> listen -> loop
 *
 * Nothing is opened before city and rules are good, and nothing is listened on before the log is. */
#include "engine/cli/cli.h"
#include "engine/cli/serve_options.h"
#include "engine/cli/serve_reload.h"
#include "engine/edge/log_files.h"
#include "engine/shell/data_directory.h"
#include "engine/shell/data_limits.h"
#include "engine/shell/engine_key.h"
#include "engine/shell/history_thread.h"
#include "engine/shell/key_vault.h"
#include "engine/shell/last_engine.h"
#include "engine/shell/loop.h"
#include "engine/shell/report.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

struct engine {
    struct serve_options options;
    struct compiled_pair pair;
    bool is_new_data; /* no limits are kept there yet */
    struct data_directory data;
    struct node *node;
    struct service_notify notify;
    struct log_clock clock;
    struct nano nano;
    struct frame_gate gate;
    char public[KEY_TEXT_HEX_SIZE]; /* the engine's key; "" with auth none */
    struct data_recovery recovery;
    struct snapshot_child snapshots;
    struct history_thread *history;
    struct key_vault *keys;
    struct evidence_store *evidence;
    struct web *web; /* NULL: no HTTP */
    struct serve_reload reload;
};

static int fail(int exit_code, const char *text)
{
    (void)fprintf(stderr, "gridloop serve: %s (exit %d)\n", text, exit_code);
    return exit_code;
}

/* ---- start ---- */

static int compile(struct engine *engine)
{
    struct problems *problems = problems_new();
    struct pair_missing missing;
    enum err err = compile_pair(engine->options.city, engine->options.rules, problems,
                                &engine->pair, &missing);
    problems_print(problems, stderr);
    int errors = problems_error_count(problems);
    problems_free(problems);
    if (err == ERR_NOT_FOUND) {
        char text[700];
        (void)snprintf(text, sizeof text,
                       "no directory %s; make a city to try: gridloop city demo DIR", missing.path);
        return fail(EX_NOINPUT, text);
    }
    if (err != ERR_OK) {
        char text[128];
        (void)snprintf(text, sizeof text, "%d problem%s in city or rules; nothing was started",
                       errors, errors == 1 ? "" : "s");
        return fail(EX_DATAERR, text);
    }
    return EX_OK;
}

/* Before the data directory is touched. A log has limits already. */
static int check_limits(struct engine *engine)
{
    struct limits limits = engine->options.limits, kept;
    char text[512];
    uint32_t value, needed;
    const bool has_log = data_limits_read(engine->options.data, &kept) == ERR_OK;
    const char *name = core_limits_lack(has_log ? &kept : &limits, &engine->pair.city,
                                        &engine->pair.policy, &value, &needed);
    if (name == NULL) {
        return EX_OK;
    }
    (void)snprintf(text, sizeof text,
                   has_log
                       ? "limit %s=%u of this log is too small for this city and its rules, which "
                         "need %u; limits stay with a log: make the city smaller, or start with "
                         "another --data and --limit %s=%u or more"
                       : "limit %s=%u is too small for this city and its rules, which need %u: "
                         "--limit %s=%u or more",
                   name, value, needed, name, needed);
    return fail(EX_CONFIG, text);
}

/* A log goes on with the limits it began with. */
static int settle_limits(struct engine *engine)
{
    struct limits kept;
    char text[256];
    enum err err = data_limits_read(engine->options.data, &kept);
    if (err == ERR_NOT_FOUND) {
        engine->is_new_data = true;
        return EX_OK;
    }
    if (err != ERR_OK) {
        (void)snprintf(text, sizeof text, "%.150s/limits is damaged; restore it from a backup",
                       engine->options.data);
        return fail(EX_DATAERR, text);
    }
    const char *name = data_limits_differ(&kept, &engine->options.limits);
    if (name != NULL && engine->options.has_limits) {
        (void)snprintf(
            text, sizeof text,
            "this log was begun with another limit %s; limits stay with a log, since a replay "
            "under others would decide otherwise: leave --limit out, or start with another --data",
            name);
        return fail(EX_CONFIG, text);
    }
    engine->options.limits = kept;
    return EX_OK;
}

/* Before the log is read back, so that the history gets what it lacks. */
static int open_history(struct engine *engine)
{
    struct history_fault fault = {.text = ""};
    struct history_thread_options options = {.data = engine->options.data,
                                             .node = engine->node,
                                             .log_position = log_last_position(engine->data.log),
                                             .keep = engine->options.history_keep};
    enum err err = log_files_salt(&engine->data.disk.disk, &options.log_salt);
    if (err != ERR_OK) {
        return fail(cli_exit_of(err), "the log cannot be read");
    }
    err = history_thread_open(&options, &engine->history, &fault);
    return err != ERR_OK ? fail(cli_exit_of(err), fault.text) : EX_OK;
}

static int open_keys(struct engine *engine)
{
    struct data_fault fault = {.text = ""};
    uint64_t salt = 0;
    if (log_files_salt(&engine->data.disk.disk, &salt) != ERR_OK) {
        return fail(EX_IOERR, "the log cannot be read");
    }
    enum err err = key_vault_open(engine->options.data, salt, &engine->keys, &fault);
    if (err == ERR_OK) {
        err = evidence_open(engine->options.data, &engine->options.evidence, &engine->evidence,
                            &fault);
    }
    return err != ERR_OK ? fail(cli_exit_of(err), fault.text) : EX_OK;
}

/* The log is read back: keys that no contact needs go, and from now on the vault looks on. */
static int settle_keys(struct engine *engine)
{
    struct data_fault fault = {.text = ""};
    uint32_t missing = 0;
    enum err err = key_vault_settle(engine->keys, node_core(engine->node), &missing, &fault);
    if (err != ERR_OK) {
        return fail(cli_exit_of(err), fault.text);
    }
    if (missing > 0) {
        report(REPORT_WARN, "keys_missing",
               "contacts=%u note=\"their keys are not in keys.db: they cannot be read, as if "
               "erased; restore keys.db from "
               "its backup if that was not meant\"",
               missing);
    }
    node_observe(engine->node,
                 (struct node_observer){.see = key_vault_see, .context = engine->keys});
    return EX_OK;
}

static int open_node(struct engine *engine)
{
    struct data_fault fault = {.text = ""};
    struct node_options options = node_options_default();
    options.clock_mode = (uint32_t)engine->clock.mode;
    options.speed = engine->clock.speed;
    options.images = (struct node_images){data_directory_load_image, &engine->data};
    enum err err = data_directory_open(&engine->data, engine->options.data, &fault);
    if (err != ERR_OK) {
        return fail(cli_exit_of(err), fault.text);
    }
    int exit_code = settle_limits(engine);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    options.limits = engine->options.limits;
    exit_code = open_keys(engine);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    options.keys = key_vault_keys(engine->keys);
    options.takes_blobs = true;
    if (engine->data.cut_bytes > 0) {
        report(REPORT_WARN, "tail_cut", "bytes=%llu note=\"a group that was never acknowledged\"",
               (unsigned long long)engine->data.cut_bytes);
    }
    if (node_open(&options, &engine->node) != ERR_OK) {
        return fail(EX_OSERR,
                    "not enough memory for these limits; see gridloop check, lower one with "
                    "--limit NAME=VALUE");
    }
    /* From here on the directory is bound to these limits: not before they are known to be possible. */
    if (engine->is_new_data &&
        data_limits_write(engine->options.data, &engine->options.limits) != ERR_OK) {
        return fail(EX_IOERR, "cannot write the limits beside the log");
    }
    exit_code = open_history(engine);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    err =
        data_directory_recover(&engine->data, engine->node,
                               history_thread_position(engine->history), &engine->recovery, &fault);
    if (err != ERR_OK) {
        return fail(cli_exit_of(err), fault.text);
    }
    exit_code = settle_keys(engine);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    history_thread_serve(engine->history);
    history_thread_durable(engine->history, node_durable_position(engine->node));
    return EX_OK;
}

/* A log goes on with the clock it began with. */
static int start_clock(struct engine *engine)
{
    uint32_t mode, speed;
    char text[256];
    if (node_recorded_clock(engine->node, &mode, &speed)) {
        if (!engine->options.has_clock && mode == LOG_CLOCK_SCALED) {
            (void)snprintf(text, sizeof text,
                           "this log runs on a scaled clock: give --clock scaled:%u@... again",
                           speed);
            return fail(EX_CONFIG, text);
        }
        if (mode != (uint32_t)engine->clock.mode || speed != engine->clock.speed) {
            (void)snprintf(
                text, sizeof text,
                "this log runs on a %s clock of speed %u; clocks are never mixed in one log: "
                "keep that, or start with another --data",
                mode == LOG_CLOCK_SCALED ? "scaled" : "wall", speed);
            return fail(EX_CONFIG, text);
        }
    }
    log_clock_start(&engine->clock, node_position(engine->node) > 0
                                        ? log_last_time_ms(engine->data.log)
                                        : INT64_MIN);
    return EX_OK;
}

static int activate(struct engine *engine)
{
    engine->reload = (struct serve_reload){.city = engine->options.city,
                                           .rules = engine->options.rules,
                                           .node = engine->node,
                                           .disk = &engine->data.disk.disk};
    enum err err = serve_put_and_activate(&engine->reload, &engine->pair);
    if (err == ERR_FULL) {
        return fail(EX_CONFIG,
                    "the city has more persons or gateways than the limits allow; raise one "
                    "with --limit workers=N or --limit gateways=N");
    }
    if (err != ERR_OK) {
        char text[256];
        (void)snprintf(text, sizeof text, "cannot use the compiled city: %s", words_err(err));
        return fail(cli_exit_of(err), text);
    }
    return EX_OK;
}

/* Without a registered key nobody could say anything to an engine that takes keys only. */
static bool has_good_key(const struct core *core)
{
    struct key_row row;
    uint32_t slot = 0;
    while (core_next_key(core, &slot, &row)) {
        if (row.revoked_at_ms == NEVER_MS) {
            return true;
        }
    }
    return false;
}

static int open_gate(struct engine *engine)
{
    struct key_text key;
    char why[ENGINE_KEY_WHY_SIZE];
    enum err err = ERR_OK;
    if (engine->options.has_keys) {
        if (!has_good_key(node_core(engine->node))) {
            return fail(EX_CONFIG,
                        "--auth keys, but no key is registered: start with --auth none on "
                        "ipc://, run gridloop key new and gridloop key register, then start again");
        }
        err = engine_key_open(engine->options.data, &key, why);
        if (err != ERR_OK) {
            return fail(cli_exit_of(err), why);
        }
        key_text_put_public(key.key.public, engine->public);
        err = frame_gate_init(&engine->gate, engine->node, &engine->nano, &key.key);
        key_text_wipe(&key);
    } else {
        err = frame_gate_init(&engine->gate, engine->node, &engine->nano, NULL);
    }
    return err == ERR_OK ? EX_OK : fail(EX_OSERR, "not enough memory for sealed sessions");
}

static int listen_all(struct engine *engine)
{
    char why[700];
    nano_init(&engine->nano);
    for (uint32_t i = 0; i < engine->options.listen_count; i++) {
        const char *url = engine->options.listen[i];
        if (!engine->options.has_keys && !nano_is_local(url, why, sizeof why)) {
            return fail(EX_CONFIG, why);
        }
        enum err err = nano_listen(&engine->nano, url, why, sizeof why);
        if (err != ERR_OK) {
            return fail(err == ERR_BUSY ? EX_UNAVAILABLE : EX_USAGE, why);
        }
    }
    return EX_OK;
}

/* A port that nobody asked for may be taken by another engine: then this one goes without. */
static int open_web(struct engine *engine)
{
    const struct serve_options *options = &engine->options;
    char why[WEB_WHY_SIZE] = "";
    if (strcmp(options->http, "none") == 0) {
        return EX_OK;
    }
    const struct web_options web = {
        .address = options->http,
        .tls_cert = options->tls_cert[0] != '\0' ? options->tls_cert : NULL,
        .tls_key = options->tls_cert[0] != '\0' ? options->tls_key : NULL,
        .data = options->data,
        .city = options->city,
        .rules = options->rules,
        .image = &engine->pair.city,
        .public_intake = options->public_intake[0] != '\0' ? options->public_intake : NULL,
        .node = engine->node,
        .clock_mode = (uint32_t)engine->clock.mode,
        .speed = engine->clock.speed};
    const enum err err = web_open(&web, &engine->web, why);
    if (err == ERR_BUSY && options->origins[SETTING_HTTP] == ORIGIN_BUILT_IN) {
        report(REPORT_WARN, "no_http", "why=%s", REPORT_TEXT(why));
        return EX_OK;
    }
    if (err != ERR_OK) {
        return fail(err == ERR_BUSY    ? EX_UNAVAILABLE
                    : err == ERR_INPUT ? EX_USAGE
                                       : cli_exit_of(err),
                    why);
    }
    history_thread_tee(engine->history, web_link_sink(web_link_of(engine->web)));
    return EX_OK;
}

/* The one secret this program ever prints, once. */
static void say_password(const struct engine *engine)
{
    const char *person = NULL;
    const char *password = engine->web != NULL ? web_first_password(engine->web, &person) : NULL;
    if (password != NULL) {
        (void)printf("gridloop: first start: log in as %s with %s (shown once; another: gridloop "
                     "account add %s)\n",
                     person, password, person);
        (void)fflush(stdout);
    }
}

static void leave_note(const struct engine *engine)
{
    struct last_engine note = {.pid = (int64_t)getpid()};
    char path[PATH_MAX];
    (void)snprintf(note.url, sizeof note.url, "%s", engine->nano.listeners[0].url);
    (void)snprintf(note.data, sizeof note.data, "%.500s",
                   realpath(engine->options.data, path) != NULL ? path : engine->options.data);
    (void)snprintf(note.city, sizeof note.city, "%.500s",
                   realpath(engine->options.city, path) != NULL ? path : engine->options.city);
    if (last_engine_write(&note) != ERR_OK) {
        report(REPORT_WARN, "no_note", "note=\"clients have to be told --url\"");
    }
}

/* The one line a person reads. */
static void say_hello(const struct engine *engine)
{
    const struct city *city = &engine->pair.city;
    struct image_string name =
        city->info->name_en.size > 0 ? city->info->name_en : city->info->name;
    char clock[64] = "";
    if (engine->clock.mode == LOG_CLOCK_SCALED) {
        (void)snprintf(clock, sizeof clock, ", clock %ux", engine->clock.speed);
    }
    (void)printf("gridloop " GRIDLOOP_VERSION
                 ": %.*s, %u cells, %u workers, %u rule%s, listening on",
                 (int)name.size, city_text(city, name), city->cell_count, city->person_count,
                 engine->pair.policy.rule_count, engine->pair.policy.rule_count == 1 ? "" : "s");
    for (uint32_t i = 0; i < engine->nano.count; i++) {
        (void)printf("%s %s", i > 0 ? "," : "", engine->nano.listeners[i].url);
    }
    if (engine->web != NULL) {
        (void)printf(", console %s%s", web_url(engine->web),
                     web_is_loopback(engine->web) ? " (loopback only)" : "");
    }
    (void)printf(", data %s%s, auth %s%s, pid %d", engine->options.data, clock,
                 engine->public[0] != '\0' ? "keys, engine key " : "none (ipc and loopback only)",
                 engine->public, (int)getpid());
    if (engine->recovery.snapshot_position > 0) {
        (void)printf(", snapshot of entry %llu",
                     (unsigned long long)engine->recovery.snapshot_position);
    }
    if (node_position(engine->node) > 0) {
        (void)printf(", %llu entries replayed, %llu cases open",
                     (unsigned long long)engine->recovery.entries,
                     (unsigned long long)core_counts_now(node_core(engine->node))->open_now);
    }
    (void)printf("\n");
    (void)fflush(stdout);
}

/* Each connection is a descriptor: take what the system gives. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 4096) {
        report(REPORT_WARN, "few_descriptors",
               "limit=%llu note=\"each client needs one; raise ulimit -n or LimitNOFILE\"",
               (unsigned long long)limit.rlim_cur);
    }
}

/* ---- reload ---- */

static void on_reload(void *context, uv_loop_t *uv)
{
    struct engine *engine = context;
    serve_reload_start(&engine->reload, uv, NULL);
}

static void on_rules(void *context, uv_loop_t *uv, const struct node_rules *asked)
{
    struct engine *engine = context;
    serve_reload_start(&engine->reload, uv, asked);
}

/* ---- run ---- */

static int run(struct engine *engine)
{
    raise_descriptors();
    int (*const steps[])(struct engine *) = {compile,  check_limits, open_node,  start_clock,
                                             activate, open_gate,    listen_all, open_web};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        int exit_code = steps[i](engine);
        if (exit_code != EX_OK) {
            return exit_code;
        }
    }
    leave_note(engine);
    say_hello(engine);
    say_password(engine);
    snapshot_child_init(&engine->snapshots, &engine->data.disk, engine->node, engine->data.log,
                        engine->options.snapshots, engine->recovery.snapshot_position);
    engine->snapshots.history = engine->history;
    if (service_notify_open(&engine->notify, getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC")) !=
        ERR_OK) {
        report(REPORT_WARN, "no_service_manager",
               "note=\"NOTIFY_SOCKET or WATCHDOG_USEC is no good; nothing is told\"");
    }
    struct loop_options options = {.node = engine->node,
                                   .log = engine->data.log,
                                   .clock = &engine->clock,
                                   .nano = &engine->nano,
                                   .gate = &engine->gate,
                                   .notify = &engine->notify,
                                   .history = engine->history,
                                   .keys = engine->keys,
                                   .web = engine->web,
                                   .disk = &engine->data.disk.disk,
                                   .positions_keep_ms = engine->options.positions_keep_ms,
                                   .evidence = engine->evidence,
                                   .snapshots = &engine->snapshots,
                                   .on_reload = on_reload,
                                   .on_rules = on_rules,
                                   .context = engine};
    int exit_code = loop_run(&options);
    report(REPORT_INFO, "stopped", "exit=%d position=%llu durable=%llu", exit_code,
           (unsigned long long)node_position(engine->node),
           (unsigned long long)node_durable_position(engine->node));
    return exit_code;
}

int cmd_serve(int argc, char **argv)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        return EX_OSERR;
    }
    engine->notify.fd = -1;
    engine->data = (struct data_directory){.lock_fd = -1, .disk.directory = -1};
    (void)signal(SIGPIPE, SIG_IGN);
    int exit_code = serve_options_parse(argc, argv, &engine->options, &engine->clock);
    if (exit_code == EX_OK) {
        exit_code = run(engine);
        nano_close(&engine->nano);
        service_notify_close(&engine->notify);
    }
    frame_gate_fini(&engine->gate);
    web_close(engine->web);
    history_thread_close(engine->history);
    node_close(engine->node);
    evidence_close(engine->evidence);
    key_vault_close(engine->keys);
    data_directory_close(&engine->data);
    compiled_pair_fini(&engine->pair);
    free(engine);
    return exit_code;
}
