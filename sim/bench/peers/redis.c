/* redis.c: Redis on the bench's work: XADD of every event, GEOSEARCH for the nearest worker.
 *
 * ingest   two connections, commands of six batches in the pipe, append-only file synced before each answer
 *          (appendfsync always); one stream a gateway. Nothing is matched, and an event sent twice is there twice
 * nearest  GEOSEARCH knows places only, so each filter has a set of its own that holds just who passes it: the filter costs
 *          nothing here, and everything when somebody's state changes. The radius starts at 500 m and doubles until somebody
 *          is in it */
#include "sim/bench/peers/peer.h"

#include <hiredis/hiredis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

struct redis {
    char socket[300];
    redisContext *context;
};

static redisContext *connect_to(const struct redis *redis)
{
    redisContext *context = NULL;
    for (uint32_t i = 0; i < 500; i++) {
        context = redisConnectUnix(redis->socket);
        if (context != NULL && context->err == 0) {
            return context;
        }
        redisFree(context);
        (void)usleep(20000);
    }
    peer_fail("redis", "no connection");
}

static void check(const redisContext *context, const redisReply *reply)
{
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        peer_fail("redis", reply == NULL ? context->errstr : reply->str);
    }
}

static void do_one(redisContext *context, const char *command)
{
    redisReply *reply = redisCommand(context, command);
    check(context, reply);
    freeReplyObject(reply);
}

static void take_replies(redisContext *context, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        void *reply = NULL;
        if (redisGetReply(context, &reply) != REDIS_OK) {
            peer_fail("redis", context->errstr);
        }
        check(context, reply);
        freeReplyObject(reply);
    }
}

static void send_events(void *context, uint32_t gateway, const struct peer_events *events)
{
    const struct redis *redis = context;
    redisContext *connection = connect_to(redis);
    uint32_t waiting = 0;
    for (uint32_t b = 0; b < events->batches; b++) {
        for (uint32_t i = 0; i < PEER_BATCH; i++) {
            const struct peer_event *row = &events->rows[b * PEER_BATCH + i];
            (void)redisAppendCommand(
                connection, "XADD g%u * id %s type %s device %s confidence %s fill %s", gateway,
                row->id, row->type, row->device, row->confidence, row->fill);
        }
        int is_done = 0;
        while (is_done == 0) { /* into the socket now, answers later */
            if (redisBufferWrite(connection, &is_done) != REDIS_OK) {
                peer_fail("redis", connection->errstr);
            }
        }
        if (++waiting == PEER_WINDOW) {
            take_replies(connection, PEER_BATCH);
            waiting--;
        }
    }
    take_replies(connection, waiting * PEER_BATCH);
    redisFree(connection);
}

static void forget(void *context)
{
    struct redis *redis = context;
    do_one(redis->context, "FLUSHALL");
}

static void load_workers(struct redis *redis, const struct peer_work *work)
{
    for (uint32_t filter = 0; filter < PEER_FILTERS; filter++) {
        const struct peer_query *query = NULL;
        uint32_t waiting = 0;
        for (uint32_t i = 0; i < work->query_count && query == NULL; i++) {
            query = work->queries[i].filter == filter ? &work->queries[i] : NULL;
        }
        for (uint32_t i = 0; i < work->worker_count && query != NULL; i++) {
            const struct peer_worker *row = &work->workers[i];
            if (row->is_ready && (row->roles & query->roles) != 0 &&
                (row->skills & query->skills) == query->skills) {
                (void)redisAppendCommand(redis->context, "GEOADD f%u %.7f %.7f %u", filter,
                                         row->lon / 1e7, row->lat / 1e7, i);
                waiting++;
            }
            if (waiting == 1000) {
                take_replies(redis->context, waiting);
                waiting = 0;
            }
        }
        take_replies(redis->context, waiting);
    }
}

static uint32_t ask(void *context, const struct peer_query *query)
{
    struct redis *redis = context;
    uint32_t person = PEER_NONE;
    for (uint32_t radius_m = 500; radius_m <= 256000 && person == PEER_NONE; radius_m *= 2) {
        redisReply *reply = redisCommand(
            redis->context, "GEOSEARCH f%u FROMLONLAT %.7f %.7f BYRADIUS %u m ASC COUNT 1",
            query->filter, query->lon / 1e7, query->lat / 1e7, radius_m);
        check(redis->context, reply);
        if (reply->elements > 0) {
            person = (uint32_t)strtoul(reply->element[0]->str, NULL, 10);
        }
        freeReplyObject(reply);
    }
    return person;
}

int main(int argc, char **argv)
{
    struct redis redis;
    static const char *const PATHS[] = {"/usr/bin/redis-server", "/usr/local/bin/redis-server",
                                        NULL};
    if (argc != 4) {
        (void)fprintf(stderr, "usage: bench-redis ingest|nearest DIRECTORY RUNS\n");
        return 64;
    }
    const uint32_t runs = (uint32_t)strtoul(argv[3], NULL, 10);
    (void)snprintf(redis.socket, sizeof redis.socket, "%s/redis.sock", argv[2]);
    const char *const words[] = {"redis-server",
                                 "--port",
                                 "0",
                                 "--unixsocket",
                                 redis.socket,
                                 "--dir",
                                 argv[2],
                                 "--save",
                                 "",
                                 "--appendonly",
                                 "yes",
                                 "--appendfsync",
                                 "always",
                                 "--daemonize",
                                 "no",
                                 NULL};
    peer_start(argv[2], PATHS, words, NULL);
    redis.context = connect_to(&redis);
    if (strcmp(argv[1], "ingest") == 0) {
        peer_ingest(argv[2], runs, 1, send_events, &redis, forget,
                    "answered after fsync; nothing matched or deduped");
    } else {
        struct peer_work work;
        peer_read_work(argv[2], &work);
        load_workers(&redis, &work);
        peer_nearest(&work, runs, ask, &redis, "a set holds just who passes; unix socket");
    }
    redisFree(redis.context);
    return 0;
}
