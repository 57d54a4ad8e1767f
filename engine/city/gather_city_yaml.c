/* gather_city_yaml.c: city.yaml to CITY_INFO, CITY_TRANSITIONS and CITY_MODES; see gather.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/city/gather.h"
#include "engine/city/time_zone.h"

#define MARGIN_DEFAULT_M 2000
#define MARGIN_MAX_M 200000
#define SPEED_MAX_KMH 1000
#define DETOUR_MAX 100
#define POSITION_DEFAULT_MS (4 * HOUR_MS)
#define RULING_DEFAULT_MS (24 * HOUR_MS)

static const struct yaml_key ROOT_KEYS[] = {
    {"city", true},  {"box", false},         {"posts", true},
    {"modes", true}, {"mode_default", true}, {"adjudication", false},
};
static const struct yaml_key CITY_KEYS[] = {
    {"name", true},
    {"name_en", false},
    {"code", true},
    {"time_zone", true},
    {"crs", false},
    {"levels", true},
    {"district_level", false},
};
static const struct yaml_key BOX_KEYS[] = {{"lon", true}, {"lat", true}, {"margin_m", false}};
static const struct yaml_key POST_KEYS[] = {
    {"command", true}, {"supervision", true}, {"desk", true}, {"adjudication", false}};
static const struct yaml_key ADJUDICATION_KEYS[] = {{"position", false}, {"ruling", false}};
static const struct yaml_key MODE_KEYS[] = {{"speed_kmh", true}, {"detour", true}};

static const char *text_or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static const char *text_at(struct gather *gather, const yaml_node_t *map, const char *key)
{
    return text_or_empty(yaml_text(&gather->city_yaml, yaml_find(&gather->city_yaml, map, key)));
}

/* A decimal within bounds; otherwise where the key is absent or wrong. */
static double decimal_of(struct gather *gather, const yaml_node_t *node, double low, double high,
                         double otherwise)
{
    const char *text = yaml_text(&gather->city_yaml, node);
    double value = otherwise;
    if (text != NULL && (!gather_parse_decimal(text, &value) || value < low || value > high)) {
        yaml_problem(&gather->city_yaml, node, "C016", "\"%s\" should be a number from %g to %g",
                     text, low, high);
        return otherwise;
    }
    return value;
}

static uint32_t number_of(struct gather *gather, const yaml_node_t *node, uint32_t low,
                          uint32_t high, uint32_t otherwise)
{
    const char *text = yaml_text(&gather->city_yaml, node);
    uint32_t value = otherwise;
    if (text != NULL && (!gather_parse_u32(text, &value) || value < low || value > high)) {
        yaml_problem(&gather->city_yaml, node, "C016",
                     "\"%s\" should be a whole number from %u to %u", text, low, high);
        return otherwise;
    }
    return value;
}

/* A duration that runs on continuously. */
static int64_t duration_of(struct gather *gather, const yaml_node_t *node, int64_t otherwise)
{
    const char *text = yaml_text(&gather->city_yaml, node);
    struct clock_limit limit = {otherwise, UNIT_CONTINUOUS, 0};
    if (text != NULL && (!gather_parse_limit(text, &limit) || limit.value == 0 ||
                         (limit.unit != UNIT_CONTINUOUS && limit.unit != UNIT_NATURAL_DAY))) {
        yaml_problem(&gather->city_yaml, node, "C030", "\"%s\" should be a duration such as 4h",
                     text);
        return otherwise;
    }
    return limit.unit == UNIT_NATURAL_DAY ? limit.value * DAY_MS : limit.value;
}

static void read_levels(struct gather *gather, const yaml_node_t *node)
{
    struct yaml_tree *tree = &gather->city_yaml;
    const yaml_node_t *item;
    for (size_t i = 0; (item = yaml_item(tree, node, i)) != NULL; i++) {
        const char *text = yaml_text(tree, item);
        uint32_t number;
        if (i >= CITY_LEVELS_MAX) {
            yaml_problem(tree, item, "C029", "more than %u levels", CITY_LEVELS_MAX);
            return;
        }
        if (text == NULL || !gather_id_is_sound(text) || gather_parse_u32(text, &number)) {
            yaml_problem(tree, item, "C014", "a level should be a word such as street");
        }
        for (uint32_t j = 0; j < gather->level_count; j++) {
            if (strcmp(gather->levels[j], text_or_empty(text)) == 0) {
                yaml_problem(tree, item, "C015", "level \"%s\" stands twice", text);
            }
        }
        gather->levels[gather->level_count++] = text_or_empty(text);
    }
}

static void read_crs(struct gather *gather, const yaml_node_t *node)
{
    const char *text = yaml_text(&gather->city_yaml, node);
    if (text == NULL) {
        return;
    }
    for (uint32_t i = 0; i < CRS_COUNT; i++) {
        if (strcmp(text, CRS_NAMES[i]) == 0) {
            gather->crs = (enum crs)i;
            return;
        }
    }
    yaml_problem(&gather->city_yaml, node, "C017", "\"%s\" should be wgs84, gcj02 or bd09", text);
}

/* [low, high] in degrees. */
static bool read_span(struct gather *gather, const yaml_node_t *node, double limit,
                      double out_span[2])
{
    struct yaml_tree *tree = &gather->city_yaml;
    const yaml_node_t *low = yaml_item(tree, node, 0);
    const yaml_node_t *high = yaml_item(tree, node, 1);
    if (low == NULL || high == NULL || yaml_item(tree, node, 2) != NULL) {
        yaml_problem(tree, node, "C012", "should be a list of two numbers: [lowest, highest]");
        return false;
    }
    int before = problems_error_count(gather->problems);
    out_span[0] = decimal_of(gather, low, -limit, limit, 0);
    out_span[1] = decimal_of(gather, high, -limit, limit, 0);
    if (problems_error_count(gather->problems) > before) {
        return false;
    }
    if (out_span[0] >= out_span[1]) {
        yaml_problem(tree, node, "C016", "the first number should be below the second");
        return false;
    }
    return true;
}

static void read_box(struct gather *gather, const yaml_node_t *node)
{
    struct yaml_tree *tree = &gather->city_yaml;
    gather->box_low = (struct place){LON_LIMIT, LAT_LIMIT};
    gather->box_high = (struct place){-LON_LIMIT, -LAT_LIMIT};
    gather->box_margin_cm = MARGIN_DEFAULT_M * 100;
    if (node == NULL || !yaml_check_keys(tree, node, BOX_KEYS, COUNT_OF(BOX_KEYS))) {
        return;
    }
    gather->box_margin_cm = 100 * (int64_t)number_of(gather, yaml_find(tree, node, "margin_m"), 0,
                                                     MARGIN_MAX_M, MARGIN_DEFAULT_M);
    const yaml_node_t *lon_node = yaml_find(tree, node, "lon");
    const yaml_node_t *lat_node = yaml_find(tree, node, "lat");
    double lon[2];
    double lat[2];
    if (lon_node == NULL || lat_node == NULL || !read_span(gather, lon_node, 180, lon) ||
        !read_span(gather, lat_node, 90, lat)) {
        return;
    }
    gather->has_box = true;
    gather->box_low =
        crs_place_to_wgs84(gather->crs, degrees_to_place((struct degrees){lon[0], lat[0]}));
    gather->box_high =
        crs_place_to_wgs84(gather->crs, degrees_to_place((struct degrees){lon[1], lat[1]}));
}

static void read_modes(struct gather *gather, const yaml_node_t *node)
{
    struct yaml_tree *tree = &gather->city_yaml;
    int errors_before = problems_error_count(gather->problems);
    const yaml_node_t *key;
    const yaml_node_t *value;
    if (node != NULL && yaml_check_free_keys(tree, node)) {
        for (size_t i = 0; yaml_pair(tree, node, i, &key, &value); i++) {
            const char *name = yaml_text(tree, key);
            if (!gather_id_is_sound(name)) {
                yaml_problem(tree, key, "C014", "a mode should be a word such as walk");
            } else if (yaml_check_keys(tree, value, MODE_KEYS, COUNT_OF(MODE_KEYS))) {
                names_add(&gather->mode_names, name, (uint32_t)i);
            }
        }
    }
    names_sort(&gather->mode_names, NULL, NULL);
    gather->mode_names.is_incomplete =
        node == NULL || problems_error_count(gather->problems) > errors_before;
}

void gather_city_yaml(struct gather *gather)
{
    struct yaml_tree *tree = &gather->city_yaml;
    struct text_file file;
    const yaml_node_t *root = NULL;
    if (gather_file(gather, "city.yaml", &file) && yaml_tree_open(tree, gather->problems, &file)) {
        root = yaml_tree_root(tree);
        (void)yaml_check_keys(tree, root, ROOT_KEYS, COUNT_OF(ROOT_KEYS));
    }
    const yaml_node_t *city = yaml_find(tree, root, "city");
    const yaml_node_t *posts = yaml_find(tree, root, "posts");
    if (city != NULL && yaml_check_keys(tree, city, CITY_KEYS, COUNT_OF(CITY_KEYS))) {
        read_crs(gather, yaml_find(tree, city, "crs"));
        read_levels(gather, yaml_find(tree, city, "levels"));
        uint32_t lowest = gather->level_count == 0 ? 0 : 1;
        gather->district_level = number_of(gather, yaml_find(tree, city, "district_level"), lowest,
                                           gather->level_count, gather->level_count);
    }
    if (posts != NULL) {
        (void)yaml_check_keys(tree, posts, POST_KEYS, COUNT_OF(POST_KEYS));
    }
    if (yaml_find(tree, root, "adjudication") != NULL) {
        (void)yaml_check_keys(tree, yaml_find(tree, root, "adjudication"), ADJUDICATION_KEYS,
                              COUNT_OF(ADJUDICATION_KEYS));
    }
    read_box(gather, yaml_find(tree, root, "box"));
    read_modes(gather, yaml_find(tree, root, "modes"));
}

static uint32_t name_row(struct gather *gather, const yaml_node_t *node, const struct names *names,
                         const char *where)
{
    const char *text = yaml_text(&gather->city_yaml, node);
    uint32_t row = text == NULL ? NONE32 : names_find(names, text);
    if (text != NULL && row == NONE32 && !names->is_incomplete) {
        const char *nearest = names_nearest(names, text);
        yaml_problem(&gather->city_yaml, node, "C018", "\"%s\" is not in %s%s%s", text, where,
                     nearest == NULL ? "" : "; nearest: ", text_or_empty(nearest));
    }
    return row;
}

void gather_modes(struct gather *gather)
{
    struct yaml_tree *tree = &gather->city_yaml;
    if (!tree->is_open) {
        return;
    }
    const yaml_node_t *node = yaml_find(tree, yaml_tree_root(tree), "modes");
    struct city_mode *rows = pool_take_rows(&gather->pool, sizeof *rows, gather->mode_names.count);
    for (uint32_t i = 0; i < gather->mode_names.count; i++) {
        const yaml_node_t *key;
        const yaml_node_t *value;
        bool is_there = yaml_pair(tree, node, gather->mode_names.entries[i].source, &key, &value);
        must(is_there);
        double speed_kmh =
            decimal_of(gather, yaml_find(tree, value, "speed_kmh"), 0.1, SPEED_MAX_KMH, 5);
        double detour = decimal_of(gather, yaml_find(tree, value, "detour"), 1, DETOUR_MAX, 1);
        rows[i] = (struct city_mode){gather_put(gather, gather->mode_names.texts[i]),
                                     (uint32_t)(speed_kmh * 1e6 / 3600 + 0.5),
                                     (uint32_t)(detour * 1000 + 0.5)};
    }
    gather->mode_rows = rows;
    image_writer_section(gather->writer, CITY_MODES, sizeof *rows, rows, gather->mode_names.count);
}

static void write_time_zone(struct gather *gather, const yaml_node_t *node)
{
    const char *name = yaml_text(&gather->city_yaml, node);
    if (name == NULL) {
        return;
    }
    struct city_transition *rows = NULL;
    uint32_t count = 0;
    if (time_zone_load(name, &rows, &count) != ERR_OK) {
        yaml_problem(&gather->city_yaml, node, "C027",
                     "time zone \"%s\" is not in the system's zoneinfo; write it as Asia/Shanghai",
                     name);
        return;
    }
    image_writer_section(gather->writer, CITY_TRANSITIONS, sizeof *rows, rows, count);
    free(rows);
}

void gather_bounds(struct gather *gather)
{
    if (gather->box_low.lon > gather->box_high.lon) {
        return; /* neither a box nor cells: reported elsewhere */
    }
    int64_t lat_span = distance_lat_span(gather->box_margin_cm);
    int64_t farthest = max_i64(gather->box_high.lat, -(int64_t)gather->box_low.lat);
    int64_t lon_span = distance_lon_span((int32_t)farthest, gather->box_margin_cm);
    gather->bounds_low.lon = (int32_t)max_i64(-LON_LIMIT, gather->box_low.lon - lon_span);
    gather->bounds_high.lon = (int32_t)min_i64(LON_LIMIT, gather->box_high.lon + lon_span);
    gather->bounds_low.lat = (int32_t)max_i64(-LAT_LIMIT, gather->box_low.lat - lat_span);
    gather->bounds_high.lat = (int32_t)min_i64(LAT_LIMIT, gather->box_high.lat + lat_span);
    gather->has_bounds = true;
}

bool gather_is_inside(const struct gather *gather, struct place place)
{
    return !gather->has_bounds ||
           (place.lon >= gather->bounds_low.lon && place.lon <= gather->bounds_high.lon &&
            place.lat >= gather->bounds_low.lat && place.lat <= gather->bounds_high.lat);
}

void gather_info(struct gather *gather)
{
    struct yaml_tree *tree = &gather->city_yaml;
    if (!tree->is_open) {
        return;
    }
    const yaml_node_t *root = yaml_tree_root(tree);
    const yaml_node_t *city = yaml_find(tree, root, "city");
    const yaml_node_t *posts = yaml_find(tree, root, "posts");
    const yaml_node_t *hearing = yaml_find(tree, root, "adjudication");
    char digest[40];
    (void)snprintf(digest, sizeof digest, "%016llx%016llx",
                   (unsigned long long)gather->source_digest.hi,
                   (unsigned long long)gather->source_digest.lo);
    struct city_info info = {
        .name = gather_put(gather, text_at(gather, city, "name")),
        .name_en = gather_put(gather, text_at(gather, city, "name_en")),
        .time_zone = gather_put(gather, text_at(gather, city, "time_zone")),
        .source_digest_hex = gather_put(gather, digest),
        .city_code = number_of(gather, yaml_find(tree, city, "code"), 1, UINT32_MAX - 1, 1),
        .lon_min = gather->bounds_low.lon,
        .lat_min = gather->bounds_low.lat,
        .lon_max = gather->bounds_high.lon,
        .lat_max = gather->bounds_high.lat,
        .level_count = gather->level_count,
        .district_level = gather->district_level,
        .command_post =
            name_row(gather, yaml_find(tree, posts, "command"), &gather->post_names, "posts.csv"),
        .supervision_post = name_row(gather, yaml_find(tree, posts, "supervision"),
                                     &gather->post_names, "posts.csv"),
        .desk_post =
            name_row(gather, yaml_find(tree, posts, "desk"), &gather->post_names, "posts.csv"),
        .mode_default =
            name_row(gather, yaml_find(tree, root, "mode_default"), &gather->mode_names, "modes"),
        .adjudication_post = name_row(gather, yaml_find(tree, posts, "adjudication"),
                                      &gather->post_names, "posts.csv"),
        .position_ms =
            duration_of(gather, yaml_find(tree, hearing, "position"), POSITION_DEFAULT_MS),
        .ruling_ms = duration_of(gather, yaml_find(tree, hearing, "ruling"), RULING_DEFAULT_MS),
    };
    if (yaml_find(tree, posts, "adjudication") == NULL) {
        info.adjudication_post = info.command_post;
    }
    write_time_zone(gather, yaml_find(tree, city, "time_zone"));
    image_writer_section(gather->writer, CITY_INFO, sizeof info, &info, 1);
}
