/* postgres.c: PostgreSQL with PostGIS on the bench's work: rows of events, the nearest worker by index.
 *
 * copy     two connections, one COPY of 1,000 rows a transaction, synchronous_commit on: nothing but appended
 * insert   the same rows by INSERT ... ON CONFLICT DO NOTHING on a unique id: once only, nothing matched
 * nearest  a GiST index over points in metres of a local projection, ORDER BY geom <-> point LIMIT 1 with the filter in WHERE,
 *          prepared; the planner chooses. Degrees are projected at the city's latitude, as far as a thousandth of a distance off */
#include "sim/bench/peers/peer.h"

#include <libpq-fe.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USER "postgres"
#define METRES_PER_DEGREE 111195.0
#define ROW_SIZE 128u

struct postgres {
    const char *directory;
    bool is_insert;
    PGconn *connection;
    double metres_east; /* per degree of longitude here */
    double lat_0;
};

static PGconn *connect_to(const struct postgres *postgres)
{
    char text[400];
    (void)snprintf(text, sizeof text, "host=%s dbname=postgres user=" USER, postgres->directory);
    for (uint32_t i = 0; i < 500; i++) {
        PGconn *connection = PQconnectdb(text);
        if (PQstatus(connection) == CONNECTION_OK) {
            return connection;
        }
        PQfinish(connection);
        (void)usleep(20000);
    }
    peer_fail("postgres", "no connection");
}

static void check(const PGconn *connection, PGresult *result, ExecStatusType wanted)
{
    if (PQresultStatus(result) != wanted) {
        peer_fail("postgres", PQerrorMessage(connection));
    }
    PQclear(result);
}

static void do_one(PGconn *connection, const char *sql)
{
    check(connection, PQexec(connection, sql), PGRES_COMMAND_OK);
}

/* ---- ingest ---- */

static void copy_batch(PGconn *connection, const char *rows, size_t size)
{
    check(connection, PQexec(connection, "COPY event FROM STDIN"), PGRES_COPY_IN);
    if (PQputCopyData(connection, rows, (int)size) != 1 || PQputCopyEnd(connection, NULL) != 1) {
        peer_fail("postgres", PQerrorMessage(connection));
    }
    check(connection, PQgetResult(connection), PGRES_COMMAND_OK);
    while (PQgetResult(connection) != NULL) {
        /* the end of the command */
    }
}

static void send_events(void *context, uint32_t gateway, const struct peer_events *events)
{
    const struct postgres *postgres = context;
    PGconn *connection = connect_to(postgres);
    char *text = malloc(PEER_BATCH * ROW_SIZE + 256);
    if (text == NULL) {
        peer_fail("postgres", "no memory");
    }
    for (uint32_t b = 0; b < events->batches; b++) {
        size_t used = 0;
        if (postgres->is_insert) {
            used = (size_t)sprintf(text, "INSERT INTO event VALUES ");
        }
        for (uint32_t i = 0; i < PEER_BATCH; i++) {
            const struct peer_event *row = &events->rows[b * PEER_BATCH + i];
            used += (size_t)snprintf(text + used, ROW_SIZE,
                                     postgres->is_insert ? "%s(%u,'%s','%s','%s',%s,%s)"
                                                         : "%s%u\t%s\t%s\t%s\t%s\t%s\n",
                                     postgres->is_insert && i > 0 ? "," : "", gateway, row->id,
                                     row->type, row->device, row->confidence, row->fill);
        }
        if (postgres->is_insert) {
            (void)strcpy(text + used, " ON CONFLICT DO NOTHING");
            do_one(connection, text);
        } else {
            copy_batch(connection, text, used);
        }
    }
    free(text);
    PQfinish(connection);
}

static void forget(void *context)
{
    const struct postgres *postgres = context;
    do_one(postgres->connection, "TRUNCATE event");
}

static void make_table(const struct postgres *postgres)
{
    do_one(postgres->connection,
           "CREATE TABLE event (gateway int, id text, type text, device text, confidence float8, "
           "fill float8)");
    if (postgres->is_insert) {
        do_one(postgres->connection, "CREATE UNIQUE INDEX ON event (gateway, id)");
    }
}

/* ---- nearest ---- */

static double east_of(const struct postgres *postgres, int32_t lon)
{
    return lon / 1e7 * postgres->metres_east;
}

static double north_of(const struct postgres *postgres, int32_t lat)
{
    return (lat / 1e7 - postgres->lat_0) * METRES_PER_DEGREE;
}

static void load_workers(struct postgres *postgres, const struct peer_work *work)
{
    PGconn *connection = postgres->connection;
    char line[256];
    postgres->lat_0 = work->workers[0].lat / 1e7;
    postgres->metres_east = METRES_PER_DEGREE * cos(postgres->lat_0 * 3.14159265358979 / 180);
    check(connection, PQexec(connection, "CREATE EXTENSION postgis"), PGRES_COMMAND_OK);
    do_one(connection,
           "CREATE TABLE worker (number int, geom geometry(Point), roles bigint, skills "
           "bigint, is_ready bool)");
    check(connection, PQexec(connection, "COPY worker FROM STDIN"), PGRES_COPY_IN);
    for (uint32_t i = 0; i < work->worker_count; i++) {
        const struct peer_worker *row = &work->workers[i];
        const int size =
            snprintf(line, sizeof line, "%u\tPOINT(%.3f %.3f)\t%" PRIu64 "\t%" PRIu64 "\t%d\n", i,
                     east_of(postgres, row->lon), north_of(postgres, row->lat), row->roles,
                     row->skills, row->is_ready);
        if (PQputCopyData(connection, line, size) != 1) {
            peer_fail("postgres", PQerrorMessage(connection));
        }
    }
    if (PQputCopyEnd(connection, NULL) != 1) {
        peer_fail("postgres", PQerrorMessage(connection));
    }
    check(connection, PQgetResult(connection), PGRES_COMMAND_OK);
    while (PQgetResult(connection) != NULL) {
        /* the end of the command */
    }
    do_one(connection, "CREATE INDEX ON worker USING gist (geom)");
    do_one(connection, "ANALYZE worker");
    check(connection,
          PQprepare(connection, "nearest",
                    "SELECT number FROM worker WHERE is_ready AND roles & $3::bigint <> 0 AND "
                    "skills & $4::bigint = $4::bigint ORDER BY geom <-> "
                    "ST_MakePoint($1::float8, $2::float8) LIMIT 1",
                    4, NULL),
          PGRES_COMMAND_OK);
}

static uint32_t ask(void *context, const struct peer_query *query)
{
    const struct postgres *postgres = context;
    char words[4][32];
    const char *values[4];
    uint32_t person = PEER_NONE;
    (void)snprintf(words[0], sizeof words[0], "%.3f", east_of(postgres, query->lon));
    (void)snprintf(words[1], sizeof words[1], "%.3f", north_of(postgres, query->lat));
    (void)snprintf(words[2], sizeof words[2], "%" PRIu64, query->roles);
    (void)snprintf(words[3], sizeof words[3], "%" PRIu64, query->skills);
    for (uint32_t i = 0; i < 4; i++) {
        values[i] = words[i];
    }
    PGresult *result = PQexecPrepared(postgres->connection, "nearest", 4, values, NULL, NULL, 0);
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
        person = (uint32_t)strtoul(PQgetvalue(result, 0, 0), NULL, 10);
    }
    check(postgres->connection, result, PGRES_TUPLES_OK);
    return person;
}

/* ---- life ---- */

static void start(const char *directory)
{
    char data[300];
    static const char *const INITDB[] = {"/usr/lib/postgresql/15/bin/initdb",
                                         "/usr/lib/postgresql/17/bin/initdb", NULL};
    static const char *const SERVER[] = {"/usr/lib/postgresql/15/bin/postgres",
                                         "/usr/lib/postgresql/17/bin/postgres", NULL};
    (void)snprintf(data, sizeof data, "%s/postgres", directory);
    peer_give(directory, USER);
    const char *const init[] = {"initdb", "-D",         data, "-U",    USER, "-E",
                                "UTF8",   "--locale=C", "-A", "trust", NULL};
    const char *const serve[] = {"postgres",
                                 "-D",
                                 data,
                                 "-k",
                                 directory,
                                 "-c",
                                 "listen_addresses=",
                                 "-c",
                                 "fsync=on",
                                 "-c",
                                 "synchronous_commit=on",
                                 "-c",
                                 "shared_buffers=256MB",
                                 "-c",
                                 "max_wal_size=4GB",
                                 "-c",
                                 "client_min_messages=warning",
                                 NULL};
    if (access(data, F_OK) != 0 && !peer_run(directory, INITDB, init, USER)) {
        peer_fail("postgres", "initdb failed");
    }
    peer_start(directory, SERVER, serve, USER);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fprintf(stderr, "usage: bench-postgres copy|insert|nearest DIRECTORY RUNS\n");
        return 64;
    }
    const uint32_t runs = (uint32_t)strtoul(argv[3], NULL, 10);
    struct postgres postgres = {.directory = argv[2], .is_insert = strcmp(argv[1], "insert") == 0};
    start(argv[2]);
    postgres.connection = connect_to(&postgres);
    if (strcmp(argv[1], "nearest") == 0) {
        struct peer_work work;
        peer_read_work(argv[2], &work);
        load_workers(&postgres, &work);
        peer_nearest(&work, runs, ask, &postgres, "GiST and filter, prepared; unix socket");
    } else {
        do_one(postgres.connection, "DROP TABLE IF EXISTS event");
        make_table(&postgres);
        peer_ingest(argv[2], runs, 1, send_events, &postgres, forget,
                    postgres.is_insert ? "unique by id, nothing matched; one batch in flight each"
                                       : "only appended; one batch in flight each");
    }
    PQfinish(postgres.connection);
    return 0;
}
