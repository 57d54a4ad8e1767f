/* facts_table.h: what facts.c looks things up in; shared by facts.c and facts_table.c only. */
#ifndef ENGINE_CITY_FACTS_TABLE_H
#define ENGINE_CITY_FACTS_TABLE_H

#include "engine/city/crs.h"
#include "engine/city/facts.h"
#include "engine/city/hash_rows.h"
#include "engine/city/locator.h"

/* Fields the registry fills. */
enum builtin {
    BUILTIN_SOURCE,
    BUILTIN_DEVICE,
    BUILTIN_HEALTH,
    BUILTIN_TYPE,
    BUILTIN_CALLER,
    BUILTIN_CELL,
    BUILTIN_ZONE,
    BUILTIN_ZONE_NAME,
    BUILTIN_ZONE_KIND,
    BUILTIN_ASSET_CODE,
    BUILTIN_ASSET_NAME,
    BUILTIN_ASSET_KIND,
    BUILTIN_COUNT
};

extern const char *const FACTS_BUILTIN_NAMES[BUILTIN_COUNT];

struct facts {
    const struct city *city;
    const struct policy *policy;
    struct locator *locator;
    struct hash_rows devices, gateways, zones; /* of the city */
    struct hash_rows types, fields;            /* of the policy */
    const uint32_t *gateway_crs;               /* enum crs per gateway, or NULL */
    const struct image_string *device_health;  /* per device, or NULL */
    uint32_t builtin_rows[BUILTIN_COUNT];      /* rows of POLICY_FIELDS, NONE32 = no rule asks */
    const char **type_names;                   /* terminated, for problems_nearest */
    char *type_text;
};

/* A borrowed run of bytes; bytes NULL = absent. */
struct fact_text {
    const char *bytes;
    uint32_t size;
};

struct fact_text facts_text(const char *terminated);
struct fact_text facts_city_text(const struct facts *facts, struct image_string s);
struct hash128 facts_hash_text(struct fact_text text);

/* Rows by name; NONE32 (NONE16 for types) where there is none. */
uint32_t facts_find_device(const struct facts *facts, struct fact_text id);
uint32_t facts_find_zone(const struct facts *facts, struct fact_text id);
uint32_t facts_find_field(const struct facts *facts, struct fact_text name);
uint16_t facts_find_type(const struct facts *facts, struct fact_text name);

/* The coordinate system of a sender: the gateway's, WGS-84 for everybody else. */
enum crs facts_crs_of_source(const struct facts *facts, struct fact_text source);

#endif
