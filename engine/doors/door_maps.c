/* door_maps.c: see door_maps.h. */
#include "engine/doors/door_maps.h"

#include "engine/core/base.h"
#include "engine/doors/door_pack.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 64u

struct door_maps {
    struct door_map *rows[DOOR_MAPS_MAX];
    uint32_t count;
};

const struct door_map *door_maps_find(const struct door_maps *maps, const char *name)
{
    for (uint32_t i = 0; i < maps->count; i++) {
        if (strcmp(door_map_rules(maps->rows[i])->name, name) == 0) {
            return maps->rows[i];
        }
    }
    return NULL;
}

static void add(struct door_maps *maps, struct problems *problems, const char *folder,
                const char *file_name)
{
    char name[NAME_SIZE];
    const size_t size = strcspn(file_name, ".");
    if (size == 0 || size >= sizeof name || strcmp(file_name + size, ".yaml") != 0) {
        return;
    }
    memcpy(name, file_name, size);
    name[size] = '\0';
    if (maps->count == DOOR_MAPS_MAX) {
        problems_add(problems, PROBLEM_ERROR, "D001", file_name, 0, 0, "at most %u maps",
                     DOOR_MAPS_MAX);
        return;
    }
    struct door_map *map =
        door_maps_find(maps, name) == NULL ? door_map_find(problems, folder, name) : NULL;
    if (map != NULL) {
        maps->rows[maps->count++] = map;
    }
}

struct door_maps *door_maps_new(struct problems *problems, const char *city)
{
    char folder[1024];
    struct door_maps *maps = calloc(1, sizeof *maps);
    if (maps == NULL) {
        return NULL;
    }
    (void)snprintf(folder, sizeof folder, "%s/%s", city != NULL ? city : ".", DOOR_MAPS_FOLDER);
    DIR *open = city != NULL ? opendir(folder) : NULL;
    for (const struct dirent *entry; open != NULL && (entry = readdir(open)) != NULL;) {
        add(maps, problems, folder, entry->d_name);
    }
    if (open != NULL) {
        (void)closedir(open);
    }
    for (size_t i = 0; i < DOOR_MAPS_COUNT; i++) {
        add(maps, problems, NULL, DOOR_MAPS[i].name);
    }
    return maps;
}

void door_maps_free(struct door_maps *maps)
{
    for (uint32_t i = 0; maps != NULL && i < maps->count; i++) {
        door_map_free(maps->rows[i]);
    }
    free(maps);
}
