/* history_names.h: rows of the active images as the names that stay: ids, codes, titles.
 *
 * A history must be readable when the images are long gone, so nothing in it is a row number.
 *
 * Owner   init/fini; use() replaces the pair; pieces borrow from the images until the next use
 * Errors  use: those of the loader, ERR_MALFORMED, ERR_VERSION, ERR_MISMATCH, ERR_MEMORY */
#ifndef ENGINE_SHELL_HISTORY_NAMES_H
#define ENGINE_SHELL_HISTORY_NAMES_H

#include "engine/core/core.h"
#include "engine/edge/node.h"
#include "engine/edge/text.h"
#include "engine/edge/words.h"

/* Text that does not end in a zero byte. bytes NULL: there is none. */
struct history_piece {
    const char *bytes;
    uint32_t size;
};

struct history_principal; /* by hash */

struct history_names {
    struct city city;
    struct policy policy;
    void *city_bytes;
    void *policy_bytes;
    bool is_open;
    struct history_principal *principals; /* sorted by hash */
    uint32_t principal_count;
    char rules_digest[33];
};

void history_names_init(struct history_names *names);
void history_names_fini(struct history_names *names);

enum err history_names_use(struct history_names *names, const struct node_images *images,
                           struct hash128 city, struct hash128 policy) WARN_UNUSED;

/* Ids and codes; no bytes for NONE32. */
struct history_piece history_person(const struct history_names *names, uint32_t row);
struct history_piece history_gateway(const struct history_names *names, uint32_t row);
struct history_piece history_post(const struct history_names *names, uint32_t row);
struct history_piece history_cell(const struct history_names *names, uint32_t row);
struct history_piece history_asset(const struct history_names *names, uint32_t row);
struct history_piece history_device(const struct history_names *names, uint32_t row);
struct history_piece history_class(const struct history_names *names, uint32_t row);
struct history_piece history_department(const struct history_names *names, uint32_t row);
struct history_piece history_rule(const struct history_names *names, uint32_t row);
struct history_piece history_plan(const struct history_names *names, uint32_t row);
struct history_piece history_plan_title(const struct history_names *names, uint32_t row,
                                        enum lang lang);
struct history_piece history_type(const struct history_names *names, uint16_t row);
struct history_piece history_holder(const struct history_names *names, struct holder holder);
struct history_piece history_person_department(const struct history_names *names, uint32_t row);
struct history_piece history_person_team(const struct history_names *names, uint32_t row);
struct history_piece history_holder_department(const struct history_names *names,
                                               struct holder holder);

/* What kind of source a line's report came from: that of the gateway; of a person HOTLINE when somebody else's words are
 * passed on (by intake, or with a contact), else PATROL. */
enum gateway_kind history_source(const struct history_names *names,
                                 const struct effect_timeline *line);

/* The unit so many levels above the cell. */
#define HISTORY_UNIT_LEVELS 5u
struct history_piece history_unit(const struct history_names *names, uint32_t cell, uint32_t level);

/* The owner by rule, else by catalogue; NONE32. */
uint32_t history_owner(const struct history_names *names, uint32_t rule, uint32_t class_row);

/* Name of the district's unit above the cell. */
struct history_piece history_district(const struct history_names *names, uint32_t cell);

/* Person or gateway of that principal; no bytes for an unknown one. O(log n). */
struct history_piece history_principal(const struct history_names *names, struct hash128 principal);

/* What people call the holder. */
void history_put_holder(struct text *text, const struct history_names *names, struct holder holder,
                        enum lang lang);

#endif
