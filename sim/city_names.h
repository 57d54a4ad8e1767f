/* city_names.h: invented names of people and places, Chinese with pinyin.
 *
 * Owner   the caller; init only */
#ifndef SIM_CITY_NAMES_H
#define SIM_CITY_NAMES_H

#include "sim/random.h"

#include <stddef.h>

#define NAME_SURNAMES 48u
#define NAME_GIVEN 60u
#define NAME_RESERVED UINT16_MAX

/* How often each pair was given out, so that ids stay unique: wang.fang, wang.fang2, ... */
struct city_names {
    uint16_t used[NAME_SURNAMES][NAME_GIVEN]; /* NAME_RESERVED: waits for city_names_take */
};

struct city_name {
    char id[40];      /* "wang.fang" */
    char name[24];    /* "王芳" */
    char name_en[40]; /* "Wang Fang" */
};

/* The reserved ids are drawn for nobody; each must be in the lists. */
void city_names_init(struct city_names *names, const char *const *reserved, size_t count);

/* The person with that reserved id, once. */
struct city_name city_names_take(struct city_names *names, const char *id);

struct city_name city_names_draw(struct city_names *names, struct random *random);

/* Street number i of a city: "清河街道", "Qinghe Subdistrict". Unique for i < 100. */
struct city_place_name {
    char name[32];
    char name_en[48];
};
struct city_place_name city_names_street(uint32_t index);
struct city_place_name city_names_district(uint32_t index);

#endif
