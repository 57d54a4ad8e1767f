/* identities.c: reads the city again after a refusal, which is rare, so that nothing is loaded before. */
#include "engine/cli/identities.h"

#include "engine/city/city_load.h"
#include "engine/city/problems.h"
#include "engine/cli/arguments.h"
#include "engine/core/city.h"
#include "engine/shell/last_engine.h"

#include <stdlib.h>
#include <string.h>

static size_t add_names(const struct city *city, char **names)
{
    size_t count = 0;
    for (uint32_t i = 0; i < city->person_count; i++) {
        names[count++] = strndup(city_text(city, city->persons[i].id), city->persons[i].id.size);
    }
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        names[count++] = strndup(city_text(city, city->gateways[i].id), city->gateways[i].id.size);
    }
    for (uint32_t i = 0; i < city->post_count; i++) {
        names[count++] = strndup(city_text(city, city->posts[i].code), city->posts[i].code.size);
    }
    return count;
}

static void find_near(const struct city *city, const char *word, char out[IDENTITIES_NEAR_SIZE])
{
    char **names = calloc((size_t)city->person_count + city->gateway_count + city->post_count + 1,
                          sizeof *names);
    if (names == NULL) {
        return;
    }
    const size_t count = add_names(city, names);
    bool is_whole = true;
    for (size_t i = 0; i < count; i++) {
        is_whole = is_whole && names[i] != NULL;
    }
    if (is_whole) {
        (void)arguments_near(word, (const char *const *)names, count, out, IDENTITIES_NEAR_SIZE);
    }
    for (size_t i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
}

const char *identities_near(const char *directory, const char *word, char out[IDENTITIES_NEAR_SIZE])
{
    struct last_engine note;
    struct city city;
    void *bytes = NULL;
    size_t size = 0;
    out[0] = '\0';
    if (directory == NULL && last_engine_read(&note) == ERR_OK && note.city[0] != '\0') {
        directory = note.city;
    }
    if (directory == NULL) {
        return out;
    }
    struct problems *problems = problems_new();
    if (problems != NULL && city_load(directory, problems, &bytes, &size) == ERR_OK &&
        city_open(bytes, size, &city) == ERR_OK) {
        find_near(&city, word, out);
    }
    free(bytes);
    problems_free(problems);
    return out;
}
