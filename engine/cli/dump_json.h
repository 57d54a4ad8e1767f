/* dump_json.h: what a log holds, as JSON with every decoded fact, for `log dump` and for audit scripts.
 *
 * One object per command, with its effects inside. Row numbers of the images are given together with what the row is
 * called ({"row": 12, "code": "C012"}), null where there is none. Digests and hashes are 32 hex digits, hi then lo.
 * Instants are ms since 1970; measured values are millionths under names that end in _micro; places are degrees
 * times 1e7. Bytes that are not UTF-8 are given as {"hex": "..."}.
 *
 * Owner   the returned objects are the caller's (json_decref)
 * Errors  none: out of memory gives a smaller object (jansson) */
#ifndef ENGINE_CLI_DUMP_JSON_H
#define ENGINE_CLI_DUMP_JSON_H

#include "engine/core/core.h"
#include "engine/edge/log.h"

#include <jansson.h>

/* The command as found by the core it is about to step. */
json_t *dump_command(const struct core *core, const struct log_entry *entry,
                     const struct command *command);
json_t *dump_effect(const struct core *core, const struct effect *effect);

/* A seal: it has no command. */
json_t *dump_seal(const struct core *core, const struct log_entry *entry);

/* ---- the words both share ---- */

/* What rows mean now; both NULL before the first ACTIVATE. */
struct dump_names {
    const struct city *city;
    const struct policy *policy;
};
struct dump_names dump_names_of(const struct core *core);

json_t *dump_hash(struct hash128 hash);
json_t *dump_u64(uint64_t value);
json_t *dump_text(const char *bytes, size_t size);
json_t *dump_place(struct place place);
json_t *dump_case_no(struct case_no no);

/* "2026-03-03T08:20:01.123+08:00" by the city's clock, UTC without a city. */
json_t *dump_time(struct dump_names names, int64_t at_ms);

/* The person or gateway of that principal: {"hash", "person" or "gateway"}. */
json_t *dump_principal(struct dump_names names, struct hash128 principal);

json_t *dump_person(struct dump_names names, uint32_t row);
json_t *dump_post(struct dump_names names, uint32_t row);
json_t *dump_gateway(struct dump_names names, uint32_t row);
json_t *dump_cell(struct dump_names names, uint32_t row);
json_t *dump_asset(struct dump_names names, uint32_t row);
json_t *dump_device(struct dump_names names, uint32_t row);
json_t *dump_area(struct dump_names names, uint32_t row);
json_t *dump_class(struct dump_names names, uint32_t row);
json_t *dump_department(struct dump_names names, uint32_t row); /* its code, or null */
json_t *dump_rule(struct dump_names names, uint32_t row);
json_t *dump_unit(struct dump_names names, uint32_t row);
json_t *dump_plan_id(struct dump_names names, uint32_t row);
json_t *dump_type(struct dump_names names, uint32_t row);

/* Sets key to value and takes the reference. */
void dump_set(json_t *object, const char *key, json_t *value);

#endif
