/* door_hj212.c: see door_hj212.h.
 *
 *   read -> frames -> events put -> (one sync per turn) -> answers written
 *
 * A frame with a bad CRC is not answered: the station sends it again. An answer (9014, or 9013 to a notice) leaves only when the events of
 * its frame are on disk; where they cannot be kept it is not answered either. A frame that is whole but says nothing the map takes
 * is answered: to send it again would not help. */
#include "engine/cli/door_hj212.h"

#include "engine/cli/door_loop.h"
#include "engine/core/base.h"
#include "engine/doors/hj212.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define STATIONS_MAX 2048u
#define BACKLOG 128
#define READ_SIZE 65536u
#define ANSWERS_SIZE_MAX 65536u /* a station that does not read its answers is let go */
#define IDLE_MS (15 * MINUTE_MS)
#define SWEEP_MS 30000u

struct station {
    uv_tcp_t tcp;
    struct door_hj212 *door;
    struct station *next;
    struct hj212_reader reader;
    char peer[64];
    char *answers; /* not yet written: of frames not yet safe */
    size_t answers_size;
    uint64_t heard_ms;
};

struct door_hj212 {
    struct door_loop loop;
    uv_tcp_t listener;
    uv_timer_t sweeper;
    struct station *stations;
    uint32_t station_count;
    uint64_t frames, bad_crc, bad_length, unanswered;
    char read_buffer[READ_SIZE];
};

static void on_station_closed(uv_handle_t *handle)
{
    struct station *station = handle->data;
    struct door_hj212 *door = station->door;
    struct station **at = &door->stations;
    while (*at != station) {
        at = &(*at)->next;
    }
    *at = station->next;
    door->station_count--;
    door->frames += station->reader.frames;
    door->bad_crc += station->reader.bad_crc;
    door->bad_length += station->reader.bad_length;
    free(station->answers);
    free(station);
}

static void let_go(struct station *station)
{
    if (!uv_is_closing((uv_handle_t *)&station->tcp)) {
        uv_close((uv_handle_t *)&station->tcp, on_station_closed);
    }
}

/* ---- answers ---- */

static void add_answer(struct station *station, const struct hj212_head *head)
{
    char answer[HJ212_ANSWER_SIZE];
    const uint32_t command = hj212_answer_to(head);
    if (command == 0) {
        return;
    }
    const size_t size = hj212_answer(head, command, answer);
    char *larger = realloc(station->answers, station->answers_size + size);
    if (larger == NULL) {
        station->door->unanswered++;
        return;
    }
    station->answers = larger;
    memcpy(station->answers + station->answers_size, answer, size);
    station->answers_size += size;
}

struct written {
    uv_write_t request;
    char *bytes;
};

static void on_written(uv_write_t *request, int status)
{
    struct written *written = (struct written *)request->data;
    (void)status; /* a broken connection ends in its read */
    free(written->bytes);
    free(written);
}

static void write_answers(struct station *station)
{
    struct written *written = calloc(1, sizeof *written);
    if (written == NULL || uv_is_closing((uv_handle_t *)&station->tcp) ||
        uv_stream_get_write_queue_size((uv_stream_t *)&station->tcp) > ANSWERS_SIZE_MAX) {
        free(written);
        let_go(station);
        return;
    }
    const uv_buf_t buffer = uv_buf_init(station->answers, (unsigned)station->answers_size);
    written->bytes = station->answers;
    written->request.data = written;
    station->answers = NULL;
    station->answers_size = 0;
    if (uv_write(&written->request, (uv_stream_t *)&station->tcp, &buffer, 1, on_written) != 0) {
        on_written(&written->request, 0);
        let_go(station);
    }
}

static void on_safe(void *context)
{
    struct door_hj212 *door = context;
    for (struct station *station = door->stations; station != NULL; station = station->next) {
        if (station->answers_size > 0) {
            write_answers(station);
        }
    }
}

/* ---- frames ---- */

static void take_frame(struct station *station, const char *data, size_t size)
{
    struct hj212_head head;
    json_t *record = NULL;
    char why[HJ212_WHY_SIZE];
    struct door_hj212 *door = station->door;
    if (!hj212_parse(data, size, &head, &record, why)) {
        (void)fprintf(stderr, "gridloop door hj212: %s: %s: %.*s\n", station->peer, why,
                      (int)(size < 200 ? size : 200), data);
        door->loop.way.bad++;
        return;
    }
    char from[sizeof head.mn + sizeof station->peer + 4];
    (void)snprintf(from, sizeof from, "%s %s", station->peer, head.mn);
    if (door_loop_take(&door->loop, from, record)) {
        add_answer(station, &head);
    } else {
        door->unanswered++;
    }
    json_decref(record);
}

static void take_bytes(struct station *station, const char *bytes, size_t size)
{
    const uint64_t crc_before = station->reader.bad_crc, length_before = station->reader.bad_length;
    while (size > 0) {
        const size_t taken = hj212_feed(&station->reader, bytes, size);
        const char *data;
        size_t data_size = 0;
        bytes += taken;
        size -= taken;
        while ((data = hj212_next(&station->reader, &data_size)) != NULL) {
            take_frame(station, data, data_size);
        }
    }
    if (station->reader.bad_crc != crc_before || station->reader.bad_length != length_before) {
        (void)fprintf(stderr,
                      "gridloop door hj212: %s: %llu frames with a bad CRC, %llu with a bad "
                      "length or end; not answered\n",
                      station->peer, (unsigned long long)(station->reader.bad_crc - crc_before),
                      (unsigned long long)(station->reader.bad_length - length_before));
    }
}

/* ---- connections ---- */

static void on_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    struct station *station = handle->data;
    (void)size;
    *buffer = uv_buf_init(station->door->read_buffer, READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct station *station = stream->data;
    if (size < 0) {
        let_go(station);
        return;
    }
    station->heard_ms = uv_now(&station->door->loop.uv);
    take_bytes(station, buffer->base, (size_t)size);
}

static void name_peer(struct station *station)
{
    struct sockaddr_storage address;
    int size = sizeof address;
    char host[48] = "?";
    unsigned port = 0;
    if (uv_tcp_getpeername(&station->tcp, (struct sockaddr *)&address, &size) == 0) {
        if (address.ss_family == AF_INET6) {
            struct sockaddr_in6 six;
            memcpy(&six, &address, sizeof six);
            (void)uv_ip6_name(&six, host, sizeof host);
            port = ntohs(six.sin6_port);
        } else {
            struct sockaddr_in four;
            memcpy(&four, &address, sizeof four);
            (void)uv_ip4_name(&four, host, sizeof host);
            port = ntohs(four.sin_port);
        }
    }
    (void)snprintf(station->peer, sizeof station->peer, "%s:%u", host, port);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct door_hj212 *door = listener->data;
    struct station *station = status == 0 ? calloc(1, sizeof *station) : NULL;
    if (station == NULL) {
        return;
    }
    must(uv_tcp_init(&door->loop.uv, &station->tcp) == 0);
    station->door = door;
    station->tcp.data = station;
    station->heard_ms = uv_now(&door->loop.uv);
    station->next = door->stations;
    door->stations = station;
    door->station_count++;
    if (uv_accept(listener, (uv_stream_t *)&station->tcp) != 0 ||
        door->station_count > STATIONS_MAX ||
        uv_read_start((uv_stream_t *)&station->tcp, on_buffer, on_read) != 0) {
        let_go(station);
        return;
    }
    name_peer(station);
}

static void on_sweep(uv_timer_t *timer)
{
    struct door_hj212 *door = timer->data;
    for (struct station *station = door->stations; station != NULL; station = station->next) {
        if (uv_now(&door->loop.uv) - station->heard_ms > (uint64_t)IDLE_MS) {
            let_go(station);
        }
    }
}

static void on_stop(void *context)
{
    struct door_hj212 *door = context;
    if (!uv_is_closing((uv_handle_t *)&door->listener)) {
        uv_close((uv_handle_t *)&door->listener, NULL);
        uv_close((uv_handle_t *)&door->sweeper, NULL);
    }
    for (struct station *station = door->stations; station != NULL; station = station->next) {
        let_go(station);
    }
}

/* ---- running ---- */

/* "HOST:PORT" or "[::1]:PORT". */
static bool parse_address(const char *text, struct sockaddr_storage *out)
{
    char host[64];
    char *end = NULL;
    const char *colon = strrchr(text, ':');
    const size_t size = colon == NULL ? 0 : (size_t)(colon - text);
    if (size == 0 || size >= sizeof host) {
        return false;
    }
    const bool is_six = text[0] == '[' && text[size - 1] == ']';
    (void)snprintf(host, sizeof host, "%.*s", (int)(is_six ? size - 2 : size),
                   is_six ? text + 1 : text);
    const unsigned long port = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || port > 65535) {
        return false;
    }
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    if (is_six ? uv_ip6_addr(host, (int)port, &six) != 0
               : uv_ip4_addr(host, (int)port, &four) != 0) {
        return false;
    }
    memcpy(out, is_six ? (const void *)&six : (const void *)&four,
           is_six ? sizeof six : sizeof four);
    return true;
}

static bool listen_at(struct door_hj212 *door, const char *address)
{
    struct sockaddr_storage at;
    int size = sizeof at;
    if (!parse_address(address, &at)) {
        (void)fprintf(stderr,
                      "gridloop door hj212: --listen: an address such as 127.0.0.1:9212 expected, "
                      "not \"%s\" (exit %d)\n",
                      address, EX_USAGE);
        door_way_note_exit(&door->loop.way, EX_USAGE);
        return false;
    }
    int status = uv_tcp_bind(&door->listener, (struct sockaddr *)&at, 0);
    status =
        status != 0 ? status : uv_listen((uv_stream_t *)&door->listener, BACKLOG, on_connection);
    status =
        status != 0 ? status : uv_tcp_getsockname(&door->listener, (struct sockaddr *)&at, &size);
    if (status != 0) {
        (void)fprintf(stderr, "gridloop door hj212: %s: %s (exit %d)\n", address,
                      uv_strerror(status), EX_UNAVAILABLE);
        door_way_note_exit(&door->loop.way, EX_UNAVAILABLE);
        return false;
    }
    struct sockaddr_in in;
    memcpy(&in, &at, sizeof in); /* the port lies at one place in both families */
    (void)fprintf(stderr, "gridloop door hj212: listening on %.*s:%u, outbox %s\n",
                  (int)(strrchr(address, ':') - address), address, ntohs(in.sin_port),
                  door->loop.way.outbox);
    return true;
}

int door_hj212_run(const struct door_hj212_options *options)
{
    struct door_hj212 *door = calloc(1, sizeof *door);
    if (door == NULL) {
        return EX_OSERR;
    }
    door->loop.on_safe = on_safe;
    door->loop.on_stop = on_stop;
    door->loop.context = door;
    if (door_loop_init(&door->loop, &options->way)) {
        int failed = uv_tcp_init(&door->loop.uv, &door->listener);
        failed |= uv_timer_init(&door->loop.uv, &door->sweeper);
        door->listener.data = door->sweeper.data = door;
        failed |= uv_timer_start(&door->sweeper, on_sweep, SWEEP_MS, SWEEP_MS);
        must(failed == 0);
        if (listen_at(door, options->listen)) {
            door_loop_run(&door->loop);
        }
        door_loop_stop(&door->loop);
    }
    const int code = door_loop_fini(&door->loop);
    if (door->frames + door->bad_crc + door->bad_length > 0) {
        (void)fprintf(stderr,
                      "gridloop door hj212: %llu frames, %llu with a bad CRC, %llu with a bad "
                      "length or end, %llu left unanswered\n",
                      (unsigned long long)door->frames, (unsigned long long)door->bad_crc,
                      (unsigned long long)door->bad_length, (unsigned long long)door->unanswered);
    }
    free(door);
    return code;
}
