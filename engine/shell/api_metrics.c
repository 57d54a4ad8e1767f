/* api_metrics.c: the engine's numbers and the web thread's own, as Prometheus reads them (text format 0.0.4).
 *
 * The engine is asked at most once a second; who asks more often gets the same again. No names of persons or places. */
#include "engine/shell/api.h"
#include "engine/shell/web_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define KEEP_MS 1000
#define TEXT_SIZE 65536u
#define TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What a family counts, by its name without suffixes; those without a row are told by their name. */
static const struct {
    const char *family, *help;
} HELPS[] = {
    {"gridloop_queue_requests", "Requests waiting, by lane."},
    {"gridloop_queue_requests_max", "The bound of each lane."},
    {"gridloop_queue_bytes", "Bytes of the requests waiting."},
    {"gridloop_queue_bytes_max", "The bound of those bytes."},
    {"gridloop_pressure_level", "0 calm to 3 full."},
    {"gridloop_credit_batches", "Batches each gateway may have in flight."},
    {"gridloop_shedding", "1 while reports are refused, by reason."},
    {"gridloop_sessions", "Identities heard of since the start."},
    {"gridloop_polls_held", "Worker apps waiting for news."},
    {"gridloop_answers_waiting", "Answers that wait for the disk."},
    {"gridloop_answers_waiting_bytes", "Bytes of the answers that wait."},
    {"gridloop_frames_total", "Frames received."},
    {"gridloop_answers_total", "Answers given out."},
    {"gridloop_answers_dropped_total", "Refusals for which there was no room."},
    {"gridloop_results_total", "Results of events and acts, by code."},
    {"gridloop_rejects_total", "Refusals before the log, by code."},
    {"gridloop_resends_total", "Repeats answered again."},
    {"gridloop_cuts_total", "Identities cut off for ignoring their credit."},
    {"gridloop_events_total", "Events decided since the log began."},
    {"gridloop_cases_open", "Cases that are open."},
    {"gridloop_cases_opened_total", "Cases opened since the log began."},
    {"gridloop_cases_ended_total", "Cases ended since the log began."},
    {"gridloop_cases_reopened_total", "Cases reopened since the log began."},
    {"gridloop_offers_total", "Orders offered."},
    {"gridloop_accepts_total", "Offers accepted."},
    {"gridloop_declines_total", "Offers declined."},
    {"gridloop_offers_expired_total", "Offers nobody answered in time."},
    {"gridloop_offers_nobody_total", "Times that nobody was eligible."},
    {"gridloop_clocks_missed_total", "Deadlines missed."},
    {"gridloop_escalations_total", "Escalations."},
    {"gridloop_log_position", "Last entry of the log."},
    {"gridloop_log_durable_position", "Last entry on disk."},
    {"gridloop_log_batches_total", "Entries with commands."},
    {"gridloop_log_commands_total", "Commands in them."},
    {"gridloop_log_pending_bytes", "Bytes encoded that wait for the disk."},
    {"gridloop_log_sync_seconds", "Time to write and sync a group."},
    {"gridloop_log_sync_seconds_max", "The longest time to write and sync a group."},
    {"gridloop_memory_resident_bytes", "Resident memory."},
    {"gridloop_uptime_seconds", "Time since the start."},
    {"gridloop_silences", "Silences that are not over."},
    {"gridloop_keys", "Registered keys, by state."},
    {"gridloop_seal_sessions", "Sessions of sealed frames that are open."},
    {"gridloop_seal_sessions_half_open", "Sessions accepted and not used yet."},
    {"gridloop_seal_sessions_opened_total", "Sessions opened."},
    {"gridloop_seal_sessions_evicted_total", "Sessions that made way for others."},
    {"gridloop_seal_hellos_total", "Greetings answered with a cookie."},
    {"gridloop_seal_proofs_total", "Signatures checked."},
    {"gridloop_seal_proofs_refused_total", "Proofs of unknown or revoked keys, or wrong."},
    {"gridloop_seal_frames_dropped_total",
     "Frames dropped: malformed, repeated, or of another key."},
    {"gridloop_seal_frames_unknown_session_total", "Frames of sessions that are gone."},
    {"gridloop_web_connections", "Open connections of browsers and machines."},
    {"gridloop_web_live_clients", "Consoles that watch over a WebSocket."},
    {"gridloop_web_logins", "People logged in."},
    {"gridloop_web_view_age_seconds", "Time since the web thread heard of the engine."},
    {"gridloop_web_requests_total", "HTTP answers, by class of status."},
    {"gridloop_web_logins_failed_total", "Logins with a wrong password."},
    {"gridloop_web_connections_refused_total", "Connections refused: too many."},
    {"gridloop_web_asks_late_total", "Requests the engine did not answer in time."},
    {"gridloop_web_clients_cut_total", "Consoles cut: too slow or too talkative."},
    {"gridloop_web_view_rebuilt_total", "Times the view was built anew: its queue was full."},
};

struct page {
    char *text;
    size_t used;
    char family[COUNT_OF("gridloop_") + 80];
};

__attribute__((format(printf, 2, 3))) static void add(struct page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(page->text + page->used, TEXT_SIZE - page->used, format, arguments);
    va_end(arguments);
    if (size > 0 && page->used + (size_t)size < TEXT_SIZE) {
        page->used += (size_t)size;
    }
    page->text[page->used] = '\0';
}

static bool ends_with(const char *text, const char *end)
{
    const size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* The family's head, once before its first line. Sums and counts belong to the summary before them. */
static void begin_family(struct page *page, const char *name)
{
    char family[sizeof page->family];
    const char *help = "A number of the engine.";
    (void)snprintf(family, sizeof family, "%.*s", (int)strcspn(name, "{"), name);
    const bool is_part = ends_with(family, "_sum") || ends_with(family, "_count");
    if (is_part || strcmp(family, page->family) == 0) {
        return;
    }
    memcpy(page->family, family, sizeof family);
    for (size_t i = 0; i < COUNT_OF(HELPS); i++) {
        help = strcmp(HELPS[i].family, family) == 0 ? HELPS[i].help : help;
    }
    add(page, "# HELP %s %s\n# TYPE %s %s\n", family, help, family,
        ends_with(family, "_total")         ? "counter"
        : strstr(name, "quantile=") != NULL ? "summary"
                                            : "gauge");
}

static void add_number(struct page *page, const char *name, double value)
{
    begin_family(page, name);
    add(page, "%s %.17g\n", name, value);
}

static void add_own(struct page *page, const struct web *web)
{
    static const char *const CLASSES[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
    char name[64];
    add_number(page, "gridloop_web_connections", web->connections);
    add_number(page, "gridloop_web_live_clients", web_live_count(web));
    add_number(page, "gridloop_web_logins", web_sessions_count(web->sessions));
    add_number(page, "gridloop_web_view_age_seconds",
               (double)(uv_hrtime() - web->view->heard_ns) / 1e9);
    for (size_t i = 2; i < COUNT_OF(CLASSES); i++) {
        (void)snprintf(name, sizeof name, "gridloop_web_requests_total{status=\"%s\"}", CLASSES[i]);
        add_number(page, name, (double)web->counts.requests[i]);
    }
    add_number(page, "gridloop_web_logins_failed_total", (double)web->counts.logins_failed);
    add_number(page, "gridloop_web_connections_refused_total",
               (double)web->counts.connections_refused);
    add_number(page, "gridloop_web_asks_late_total", (double)web->counts.asks_late);
    add_number(page, "gridloop_web_clients_cut_total", (double)web->counts.live_cut);
    add_number(page, "gridloop_web_view_rebuilt_total", (double)web_link_lost(web->link));
}

static void answer(struct web_exchange *exchange)
{
    const char *text = web_of(exchange)->metrics;
    web_answer_bytes(exchange, 200, TYPE, text, strlen(text));
}

static void on_counters(struct web_exchange *exchange, const Gridloop__Wire__Answer *told)
{
    struct web *web = web_of(exchange);
    if (web_refused(exchange, told)) {
        return;
    }
    if (told->kind_case != GRIDLOOP__WIRE__ANSWER__KIND_COUNTER_LIST) {
        web_problem(exchange, 502, "MALFORMED", "the engine answered something else");
        return;
    }
    struct page page = {.text = malloc(TEXT_SIZE)};
    must(page.text != NULL);
    page.text[0] = '\0';
    for (size_t i = 0; i < told->counter_list->n_counters; i++) {
        const Gridloop__Wire__Counter *row = told->counter_list->counters[i];
        add_number(&page, row->name, row->value);
    }
    add_own(&page, web);
    free(web->metrics);
    web->metrics = page.text;
    web->metrics_at_ms = (int64_t)uv_now(&web->uv);
    answer(exchange);
}

void api_metrics(struct web_exchange *exchange)
{
    struct web *web = web_of(exchange);
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__Counters counters = GRIDLOOP__WIRE__COUNTERS__INIT;
    if (web->metrics != NULL && (int64_t)uv_now(&web->uv) - web->metrics_at_ms < KEEP_MS) {
        answer(exchange);
        return;
    }
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_COUNTERS;
    request.counters = &counters;
    web_ask(exchange, "metrics", &request, on_counters);
}
