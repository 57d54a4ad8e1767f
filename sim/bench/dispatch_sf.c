/* dispatch_sf.c: see dispatch_sf.h. */
#include "sim/bench/dispatch_sf.h"

#include "engine/city/pool.h"
#include "engine/city/text_file.h"
#include "sim/city_file.h"
#include "sim/random.h"
#include "sim/real_city.h"

#include <stdlib.h>
#include <string.h>

#define KINDS_MAX 16u
#define ROLES_COLUMN 2u

struct dispatch_sf {
    struct pool pool;
    struct text_file workers; /* as imported */
    char city[CITY_PATH_MAX];
};

/* Units of a kind that are still to come, and how many of those stay. */
struct kind {
    const char *role;
    size_t size;
    uint32_t left, wanted;
};

enum err dispatch_sf_open(const char *data, const char *city, struct problems *problems,
                          struct dispatch_sf **out_sf)
{
    json_t *fit = NULL;
    struct dispatch_sf *sf = calloc(1, sizeof *sf);
    if (sf == NULL) {
        return ERR_MEMORY;
    }
    pool_init(&sf->pool);
    (void)snprintf(sf->city, sizeof sf->city, "%s", city);
    enum err err = real_import_sf(data, city, problems, &fit);
    json_decref(fit);
    if (err == ERR_OK && !text_file_read(&sf->pool, problems, city, "workers.csv", &sf->workers)) {
        err = ERR_INPUT;
    }
    if (err != ERR_OK) {
        dispatch_sf_close(sf);
        return err;
    }
    *out_sf = sf;
    return ERR_OK;
}

void dispatch_sf_close(struct dispatch_sf *sf)
{
    if (sf != NULL) {
        pool_fini(&sf->pool);
        free(sf);
    }
}

/* The importer writes no quotes in this table. False: a desk, or the head of the table. */
static bool read_role(const char *line, size_t size, const char **out_role, size_t *out_size)
{
    const char *at = line, *end = line + size;
    for (uint32_t column = 0; column < ROLES_COLUMN && at != NULL; column++) {
        at = memchr(at, ',', (size_t)(end - at));
        at = at != NULL ? at + 1 : NULL;
    }
    const char *stop = at != NULL ? memchr(at, ',', (size_t)(end - at)) : NULL;
    if (stop == NULL || stop == at || memcmp(line, "id,", 3) == 0) {
        return false;
    }
    *out_role = at;
    *out_size = (size_t)(stop - at);
    return true;
}

static struct kind *kind_of(struct kind kinds[KINDS_MAX], const char *role, size_t size)
{
    for (uint32_t i = 0; i < KINDS_MAX; i++) {
        if (kinds[i].role == NULL) {
            kinds[i].role = role;
            kinds[i].size = size;
        }
        if (kinds[i].size == size && memcmp(kinds[i].role, role, size) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* The line that begins there, and the one after it. */
static const char *next_line(const char *line, const char *end, size_t *out_size)
{
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    *out_size = (size_t)((stop != NULL ? stop : end) - line);
    return stop != NULL ? stop + 1 : end;
}

static void count_kinds(const struct dispatch_sf *sf, uint32_t percent,
                        struct kind kinds[KINDS_MAX])
{
    const char *end = sf->workers.bytes + sf->workers.size, *role;
    size_t size, role_size;
    for (const char *line = sf->workers.bytes, *next; line < end; line = next) {
        next = next_line(line, end, &size);
        struct kind *kind =
            read_role(line, size, &role, &role_size) ? kind_of(kinds, role, role_size) : NULL;
        if (kind != NULL) {
            kind->left++;
        }
    }
    for (uint32_t i = 0; i < KINDS_MAX; i++) {
        const uint32_t wanted = (kinds[i].left * percent + 50) / 100;
        kinds[i].wanted = wanted > 0 ? wanted : 1;
    }
}

enum err dispatch_sf_staff(const struct dispatch_sf *sf, uint32_t percent, uint64_t seed)
{
    struct kind kinds[KINDS_MAX] = {{.role = NULL}};
    struct city_file file;
    struct random random;
    const char *end = sf->workers.bytes + sf->workers.size, *role;
    size_t size, role_size;
    const enum err err = city_file_open(&file, sf->city, "workers.csv");
    if (err != ERR_OK) {
        return err;
    }
    random_init(&random, seed, "bench.dispatch.staff");
    count_kinds(sf, percent, kinds);
    for (const char *line = sf->workers.bytes, *next; line < end; line = next) {
        next = next_line(line, end, &size);
        struct kind *kind =
            read_role(line, size, &role, &role_size) ? kind_of(kinds, role, role_size) : NULL;
        bool stays = true;
        if (kind != NULL) { /* each set of them is as likely as any other */
            stays = random_below(&random, kind->left) < kind->wanted;
            kind->wanted -= stays;
            kind->left--;
        }
        if (stays) {
            city_file_print(&file, "%.*s\n", (int)size, line);
        }
    }
    return city_file_close(&file);
}
