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

#define KNOWN_NAME_MAX 64u  /* longer ones are looked up each time */
#define KNOWN_FIELDS_MAX 8u /* places in an event */

/* A name as it was last seen, with what was found for it. */
struct known_name {
    char bytes[KNOWN_NAME_MAX];
    uint32_t size; /* NONE32 = nothing kept */
    uint32_t row;  /* field or type, NONE32 */
    struct hash128 hash;
    enum crs crs;     /* of a source */
    bool is_reserved; /* field: only the registry may say it */
    bool is_zone, is_caller;
};

struct facts {
    const struct city *city;
    const struct policy *policy;
    struct locator *locator;
    struct hash_rows devices, gateways, zones; /* of the city */
    struct hash_rows types, fields;            /* of the policy */
    const uint32_t *gateway_crs;               /* enum crs per gateway, or NULL */
    const struct image_string *device_health;  /* per device, or NULL */
    uint32_t builtin_rows[BUILTIN_COUNT];      /* rows of POLICY_FIELDS, NONE32 = no rule asks */
    uint8_t builtin_order
        [BUILTIN_COUNT]; /* enum builtin, those that some rule asks for, ascending by row */
    uint32_t builtin_count;
    struct hash128 *builtin_hashes
        [BUILTIN_COUNT]; /* of the cut texts, by row of what they belong to; NULL = not kept */
    struct known_name known_fields[KNOWN_FIELDS_MAX];
    struct known_name known_type, known_source;
    const char **type_names; /* terminated, for problems_nearest */
    char *type_text;
};

struct fact_text facts_city_text(const struct facts *facts, struct image_string s);
struct hash128 facts_hash_text(struct fact_text text);

/* At most EVENT_STRING_MAX bytes, cut before a character that does not fit whole. */
struct fact_text facts_cut_text(struct fact_text text);

/* Rows by name; NONE32 (NONE16 for types) where there is none. hash is that of the text. */
uint32_t facts_find_device(const struct facts *facts, struct fact_text id, struct hash128 hash);
uint32_t facts_find_zone(const struct facts *facts, struct fact_text id);

/* What is known of the name that a field, a type or a sender bears. The one at the same place of the event before is most often
 * it, so that is compared first. Borrowed until the next call. */
const struct known_name *facts_know_field(struct facts *facts, struct fact_text name,
                                          uint32_t place);
const struct known_name *facts_know_type(struct facts *facts, struct fact_text name);
const struct known_name *facts_know_source(struct facts *facts, struct fact_text name);

#endif
