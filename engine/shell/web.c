/* web.c: the thread and its life. See web.h.
 *
 *   STARTING --view and port--> SERVING --stop--> asks let go --> connections closed --> ended */
#include "engine/edge/image_store.h"
#include "engine/shell/api.h"
#include "engine/shell/posix_disk.h"
#include "engine/shell/report.h"
#include "engine/shell/web_state.h"
#include "engine/shell/web_writing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TICK_MS 100u
#define ACCOUNTS_EVERY_MS 1000u

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the thread ---- */

static enum err load_image(void *context, struct hash128 digest, void **out_bytes,
                           uint64_t *out_size)
{
    struct web *web = context;
    struct posix_disk disk;
    enum err err = posix_disk_open(&disk, web->data);
    if (err == ERR_OK) {
        err = image_store_get(&disk.disk, digest, out_bytes, out_size);
        posix_disk_close(&disk);
    }
    return err;
}

static uint64_t mark_of(void *context, const char *person)
{
    return accounts_mark(context, person);
}

/* Somebody's account was removed or has another password: their sessions end. */
static void look_at_accounts(struct web *web)
{
    if (uv_now(&web->uv) - web->accounts_at_ms < ACCOUNTS_EVERY_MS) {
        return;
    }
    web->accounts_at_ms = uv_now(&web->uv);
    const int64_t version = accounts_version(web->accounts);
    if (version != web->accounts_version) {
        web->accounts_version = version;
        web_sessions_end_changed(web->sessions, mark_of, web->accounts);
    }
}

static void on_tick(uv_timer_t *handle)
{
    struct web *web = handle->data;
    const struct node_images images = {load_image, web};
    web_view_take(web->view, web->link, &images);
    web_expire_asks(web, false);
    web_live_tick(web);
    look_at_accounts(web);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

static void on_wake(uv_async_t *handle)
{
    struct web *web = handle->data;
    web_take_answers(web);
    if (atomic_load(&web->is_stopping)) {
        web_expire_asks(web, true);
        web_readers_stop(web);
        close_handle((uv_handle_t *)&web->tick);
        close_handle((uv_handle_t *)&web->wake);
        web_server_close(web); /* on its own thread: it closes its handles through the loop */
    }
}

static void *run(void *context)
{
    struct web *web = context;
    (void)uv_run(&web->uv, UV_RUN_DEFAULT);
    return NULL;
}

/* ---- start ---- */

static bool parse_address(struct web *web, const char *address)
{
    char *end = NULL;
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || (size_t)(colon - address) >= sizeof web->host) {
        return false;
    }
    (void)snprintf(web->host, sizeof web->host, "%.*s", (int)(colon - address), address);
    if (strcmp(web->host, "localhost") == 0) {
        (void)snprintf(web->host, sizeof web->host, "127.0.0.1");
    }
    const long port = strtol(colon + 1, &end, 10);
    const size_t size = strlen(web->host);
    uint8_t bytes[16] = {0};
    web->is_ipv6 = size > 2 && web->host[0] == '[' && web->host[size - 1] == ']';
    if (web->is_ipv6) {
        memmove(web->host, web->host + 1, size - 2);
        web->host[size - 2] = '\0';
    }
    if (end == colon + 1 || *end != '\0' || port < 0 || port > 65535 ||
        inet_pton(web->is_ipv6 ? AF_INET6 : AF_INET, web->host, bytes) != 1) {
        return false;
    }
    web->port = (int)port;
    web->is_loopback =
        web->is_ipv6 ? memcmp(bytes, &in6addr_loopback, sizeof bytes) == 0 : bytes[0] == 127;
    return true;
}

/* Somebody must be able to log in: the first administrator of the city gets a password, if nobody has one. */
static enum err make_first_account(struct web *web, struct accounts_fault *fault)
{
    const struct city *city = web->options.image;
    char hash[ACCOUNTS_HASH_SIZE];
    char password[ACCOUNTS_RANDOM_SIZE];
    uint32_t count = 0;
    enum err err = accounts_count(web->accounts, &count, fault);
    if (err != ERR_OK || count > 0) {
        return err;
    }
    for (uint32_t i = 0; i < city->person_count; i++) {
        const struct city_person *person = &city->persons[i];
        if ((person->rights & RIGHT_ADMINISTRATOR) == 0) {
            continue;
        }
        (void)snprintf(web->first_person, sizeof web->first_person, "%.*s", (int)person->id.size,
                       city_text(city, person->id));
        accounts_random_password(password);
        err = accounts_hash(password, hash);
        if (err == ERR_OK) {
            err = accounts_put(web->accounts, web->first_person, hash, real_ms(), fault);
        }
        if (err == ERR_OK) {
            (void)snprintf(web->first_password, sizeof web->first_password, "%s", password);
        }
        return err;
    }
    report(REPORT_WARN, "no_administrator",
           "note=\"nobody of this city has the right administrator; gridloop account add PERSON\"");
    return ERR_OK;
}

static void copy_options(struct web *web, const struct web_options *options)
{
    web->options = *options;
    (void)snprintf(web->data, sizeof web->data, "%s", options->data);
    (void)snprintf(web->city, sizeof web->city, "%s", options->city);
    api_map_origin(web, web->tile_origin, sizeof web->tile_origin);
    (void)snprintf(web->rules, sizeof web->rules, "%s%s",
                   options->rules != NULL ? options->rules : options->city,
                   options->rules != NULL ? "" : "/rules");
    web->is_tls = options->tls_cert != NULL;
    if (web->is_tls) {
        (void)snprintf(web->tls_cert, sizeof web->tls_cert, "%s", options->tls_cert);
        (void)snprintf(web->tls_key, sizeof web->tls_key, "%s",
                       options->tls_key != NULL ? options->tls_key : "");
    }
}

/* Before other threads start (door_maps.h). A map that cannot be used is told; the others are. */
static enum err open_maps(struct web *web)
{
    struct problems *problems = problems_new();
    web->doors = problems != NULL ? door_maps_new(problems, web->city) : NULL;
    if (web->doors != NULL && problems_error_count(problems) > 0) {
        char *text = problems_to_json(problems);
        report(REPORT_ERROR, "door_map_refused", "problems=%s",
               REPORT_TEXT(text != NULL ? text : ""));
        free(text);
    }
    problems_free(problems);
    return web->doors != NULL ? ERR_OK : ERR_MEMORY;
}

static enum err open_parts(struct web *web, char *why)
{
    struct accounts_fault fault = {.text = "not enough memory for the web thread"};
    void *arena = malloc(CODEC_ARENA_SIZE);
    enum err err = arena == NULL ? ERR_MEMORY : ERR_OK;
    codec_arena_init(&web->arena, arena, arena == NULL ? 0 : CODEC_ARENA_SIZE);
    err = err != ERR_OK ? err : web_link_new(web->options.node, &web->link);
    err = err != ERR_OK ? err : web_view_new(&web->view);
    err = err != ERR_OK ? err : web_sessions_new(&web->sessions);
    err = err != ERR_OK ? err : web_live_new(web);
    err = err != ERR_OK ? err : open_maps(web);
    err = err != ERR_OK ? err : accounts_open(web->data, &web->accounts, &fault);
    err = err != ERR_OK ? err : make_first_account(web, &fault);
    err = err != ERR_OK ? err
                        : web_writing_new(web->data, web->options.public_intake, &web->writing,
                                          fault.text, sizeof fault.text);
    if (err != ERR_OK) {
        (void)snprintf(why, WEB_WHY_SIZE, "%.500s", fault.text);
    }
    return err;
}

static void open_handles(struct web *web)
{
    must(uv_async_init(&web->uv, &web->wake, on_wake) == 0);
    web->wake.data = web;
    must(uv_timer_init(&web->uv, &web->tick) == 0);
    web->tick.data = web;
    must(uv_timer_start(&web->tick, on_tick, TICK_MS, TICK_MS) == 0);
    web_link_attach(web->link, &web->wake);
}

enum err web_open(const struct web_options *options, struct web **out_web,
                  char out_why[WEB_WHY_SIZE])
{
    struct web *web = calloc(1, sizeof *web);
    if (web == NULL || uv_loop_init(&web->uv) != 0) {
        (void)snprintf(out_why, WEB_WHY_SIZE, "not enough memory for the web thread");
        free(web);
        return ERR_MEMORY;
    }
    copy_options(web, options);
    web->started_ms = (uint64_t)real_ms();
    if (!parse_address(web, options->address)) {
        (void)snprintf(
            out_why, WEB_WHY_SIZE,
            "--http takes HOST:PORT such as 127.0.0.1:8080, 0.0.0.0:8443 or [::1]:8080, not \"%.100s\"",
            options->address);
        (void)uv_loop_close(&web->uv);
        free(web);
        return ERR_INPUT;
    }
    enum err err = web_server_open(web, out_why);
    err = err != ERR_OK ? err : open_parts(web, out_why);
    if (err == ERR_OK) {
        (void)snprintf(web->url, sizeof web->url, "%s://%s%s%s:%d", web->is_tls ? "https" : "http",
                       web->is_ipv6 ? "[" : "", web->host, web->is_ipv6 ? "]" : "", web->port);
        open_handles(web);
        web->is_running = pthread_create(&web->thread, NULL, run, web) == 0;
        err = web->is_running ? ERR_OK : ERR_UNAVAILABLE;
        if (web->is_running) {
            (void)pthread_setname_np(web->thread, "gridloop-web");
        }
    }
    if (err != ERR_OK) {
        web_close(web);
        return err;
    }
    *out_web = web;
    return ERR_OK;
}

const char *web_url(const struct web *web)
{
    return web->url;
}

bool web_is_loopback(const struct web *web)
{
    return web->is_loopback;
}

const char *web_first_password(const struct web *web, const char **out_person)
{
    *out_person = web->first_person;
    return web->first_password[0] == '\0' ? NULL : web->first_password;
}

struct web_link *web_link_of(struct web *web)
{
    return web == NULL ? NULL : web->link;
}

/* ---- end ---- */

void web_stop(struct web *web)
{
    if (web != NULL && web->is_running) {
        web_link_stop(web->link);
        atomic_store(&web->is_stopping, true);
        (void)uv_async_send(&web->wake);
        const int failed = pthread_join(web->thread, NULL);
        must(failed == 0);
        web->is_running = false;
        web_link_attach(web->link, NULL);
    }
}

static void walk_close(uv_handle_t *handle, void *context)
{
    (void)context;
    close_handle(handle);
}

void web_close(struct web *web)
{
    if (web == NULL) {
        return;
    }
    web_stop(web);
    web_server_close(web);
    uv_walk(&web->uv, walk_close, NULL);
    (void)uv_run(&web->uv, UV_RUN_DEFAULT);
    while (web->exchanges != NULL) { /* their connections have gone with the server */
        web->exchanges->pending = 0;
        web_exchange_detach(web->exchanges);
    }
    (void)uv_loop_close(&web->uv);
    web_readers_close(web);
    web_live_free(web);
    web_sessions_free(web->sessions);
    web_writing_free(web->writing);
    accounts_close(web->accounts);
    door_maps_free(web->doors);
    web_view_free(web->view);
    web_link_free(web->link);
    json_decref(web->openapi);
    json_decref(web->lint);
    free(web->city_json);
    free(web->metrics);
    free(web->arena.bytes);
    free(web);
}
