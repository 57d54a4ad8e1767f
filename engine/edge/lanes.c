/* lanes.c: four linked lists over one pool of requests.
 *
 *   free --put--> waiting --take--> taken --free--> free
 *                    ^                 |
 *                    +----give_back----+
 *
 * Truths checked by lanes_check():
 *   (1) Each lane's list is linked both ways and as long as its count.
 *   (2) Requests of one identity stand in lanes that never get more urgent from older to newer, and
 * inside a lane the older is ahead. (3) bytes is the sum over waiting requests, plus those taken.
 */
#include "engine/edge/lanes.h"

#include <stdlib.h>

enum err lanes_init(struct lanes *lanes, uint32_t limit_per_lane, uint64_t bytes_limit)
{
    must(limit_per_lane > 0);
    *lanes = (struct lanes){.limit_per_lane = limit_per_lane,
                            .limit = limit_per_lane * (uint32_t)LANE_COUNT,
                            .bytes_limit = bytes_limit};
    lanes->rows = calloc(lanes->limit, sizeof *lanes->rows);
    /* Twice the budget: a block may be nearly twice its frame. */
    if (lanes->rows == NULL || frames_init(&lanes->frames, 2 * bytes_limit) != ERR_OK) {
        lanes_fini(lanes);
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < lanes->limit; i++) {
        lanes->rows[i].lane_next = i + 1 < lanes->limit ? i + 1 : NONE32;
    }
    for (uint32_t lane = 0; lane < LANE_COUNT; lane++) {
        lanes->queues[lane] = (struct lane_queue){.first = NONE32, .last = NONE32};
    }
    return ERR_OK;
}

void lanes_fini(struct lanes *lanes)
{
    frames_fini(&lanes->frames);
    free(lanes->rows);
    lanes->rows = NULL;
}

bool lanes_has_room(const struct lanes *lanes, enum lane lane, uint64_t bytes)
{
    /* A flood of reports must leave bytes for what saves lives and for what drains the engine. */
    uint64_t limit = lanes->bytes_limit;
    if (lane == LANE_REPORT) {
        limit = limit / 4 * 3;
    } else if (lane == LANE_TELEMETRY) {
        limit = limit / 2;
    }
    return lanes->queues[lane].count < lanes->limit_per_lane && lanes->free_first != NONE32 &&
           lanes->bytes <= limit && bytes <= limit - lanes->bytes;
}

uint8_t *lanes_frame(struct lanes *lanes, uint64_t size)
{
    return size > 0 && size <= FRAMES_BLOCK_MAX ? frames_take(&lanes->frames, size) : NULL;
}

bool request_skip_event(struct request *request, uint32_t event)
{
    must(event < request->event_count);
    if (request_skips_event(request, event)) {
        return false;
    }
    request->skips[event / 64] |= UINT64_C(1) << event % 64;
    request->skip_count++;
    return true;
}

/* Links row behind `after` (NONE32 = as the first) in the lane's list. */
static void link_row(struct lanes *lanes, uint32_t row, uint32_t after)
{
    struct request *request = &lanes->rows[row];
    struct lane_queue *queue = &lanes->queues[request->lane];
    request->lane_previous = after;
    request->lane_next = after == NONE32 ? queue->first : lanes->rows[after].lane_next;
    if (after == NONE32) {
        queue->first = row;
    } else {
        lanes->rows[after].lane_next = row;
    }
    if (request->lane_next == NONE32) {
        queue->last = row;
    } else {
        lanes->rows[request->lane_next].lane_previous = row;
    }
    queue->count++;
}

static void unlink_row(struct lanes *lanes, uint32_t row)
{
    struct request *request = &lanes->rows[row];
    struct lane_queue *queue = &lanes->queues[request->lane];
    must(queue->count > 0);
    if (request->lane_previous == NONE32) {
        queue->first = request->lane_next;
    } else {
        lanes->rows[request->lane_previous].lane_next = request->lane_next;
    }
    if (request->lane_next == NONE32) {
        queue->last = request->lane_previous;
    } else {
        lanes->rows[request->lane_next].lane_previous = request->lane_previous;
    }
    queue->count--;
}

/* Moves the identity's less urgent requests to the end of `lane`, oldest first. */
static void pull_along(struct lanes *lanes, const struct session *session, uint8_t lane)
{
    for (uint32_t row = session->request_first; row != NONE32;
         row = lanes->rows[row].session_next) {
        if (lanes->rows[row].lane > lane) {
            unlink_row(lanes, row);
            lanes->rows[row].lane = lane;
            link_row(lanes, row, lanes->queues[lane].last);
        }
    }
}

enum err lanes_put(struct lanes *lanes, struct sessions *sessions, const struct request *request)
{
    must(request->lane < LANE_COUNT);
    must(request->route_size <= NODE_ROUTE_MAX);
    uint64_t bytes = request->frame_size;
    if (!lanes_has_room(lanes, (enum lane)request->lane, bytes)) {
        return ERR_FULL;
    }
    struct session *session = sessions_at(sessions, request->session);
    uint32_t row = lanes->free_first;
    lanes->free_first = lanes->rows[row].lane_next;
    lanes->rows[row] = *request;
    lanes->rows[row].session_next = NONE32;
    lanes->rows[row].ticket = ++lanes->last_ticket;
    lanes->bytes += bytes;
    pull_along(lanes, session, request->lane);
    link_row(lanes, row, lanes->queues[request->lane].last);
    if (session->request_count++ == 0) {
        session->request_first = row;
    } else {
        lanes->rows[session->request_last].session_next = row;
    }
    session->request_last = row;
    return ERR_OK;
}

uint32_t lanes_find(const struct lanes *lanes, const struct session *session, uint64_t epoch,
                    uint64_t seq)
{
    uint32_t row = session->request_first;
    while (row != NONE32 && (lanes->rows[row].epoch != epoch || lanes->rows[row].seq != seq)) {
        row = lanes->rows[row].session_next;
    }
    return row;
}

void lanes_take(struct lanes *lanes, struct sessions *sessions, uint32_t row)
{
    struct request *request = lanes_at(lanes, row);
    struct session *session = sessions_at(sessions, request->session);
    must(session->request_first == row);
    unlink_row(lanes, row);
    session->request_first = request->session_next;
    if (--session->request_count == 0) {
        must(session->request_first == NONE32);
        session->request_last = NONE32;
    }
}

void lanes_give_back(struct lanes *lanes, struct sessions *sessions, uint32_t row)
{
    struct request *request = lanes_at(lanes, row);
    struct session *session = sessions_at(sessions, request->session);
    /* A newer request may have been pulled to a more urgent lane since: follow it. */
    if (session->request_first != NONE32) {
        uint8_t lane = lanes->rows[session->request_first].lane;
        request->lane = lane < request->lane ? lane : request->lane;
    }
    link_row(lanes, row, NONE32);
    request->session_next = session->request_first;
    session->request_first = row;
    if (session->request_count++ == 0) {
        session->request_last = row;
    }
}

void lanes_free(struct lanes *lanes, uint32_t row)
{
    struct request *request = lanes_at(lanes, row);
    uint64_t bytes = request->frame_size;
    must(lanes->bytes >= bytes);
    lanes->bytes -= bytes;
    frames_give(&lanes->frames, request->frame);
    *request = (struct request){.lane_next = lanes->free_first};
    lanes->free_first = row;
}

uint32_t lanes_count(const struct lanes *lanes)
{
    uint32_t count = 0;
    for (uint32_t lane = 0; lane < LANE_COUNT; lane++) {
        count += lanes->queues[lane].count;
    }
    return count;
}

static void check_session(const struct lanes *lanes, const struct session *session)
{
    uint32_t count = 0;
    uint8_t lane = 0;
    uint32_t last = NONE32;
    for (uint32_t row = session->request_first; row != NONE32;
         row = lanes->rows[row].session_next) {
        must(lanes->rows[row].lane >= lane);
        lane = lanes->rows[row].lane;
        last = row;
        count++;
    }
    must(count == session->request_count);
    must(last == session->request_last);
}

void lanes_check(const struct lanes *lanes, const struct sessions *sessions)
{
    uint64_t bytes = 0;
    for (uint32_t lane = 0; lane < LANE_COUNT; lane++) {
        uint32_t previous = NONE32, count = 0;
        for (uint32_t row = lanes->queues[lane].first; row != NONE32;
             row = lanes->rows[row].lane_next) {
            must(lanes->rows[row].lane_previous == previous);
            must(lanes->rows[row].lane == lane);
            bytes += lanes->rows[row].frame_size;
            previous = row;
            count++;
        }
        must(previous == lanes->queues[lane].last);
        must(count == lanes->queues[lane].count);
    }
    must(bytes <= lanes->bytes);
    for (uint32_t i = 0; i < sessions->count; i++) {
        check_session(lanes, &sessions->rows[i]);
    }
}
