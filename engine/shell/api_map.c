/* api_map.c: what lies under the city on the map: its roads, and a street map if CITY/map.json names one. */
#include "engine/shell/api.h"
#include "engine/shell/web_history.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>

#define SEGMENTS_MAX 60000u  /* more make no picture: the answer says is_cut and has none */
#define SEGMENT_TEXT_MAX 48u /* four numbers of up to 11 characters and their commas */

/* {"tiles": "https://host/{z}/{x}/{y}.png", "attribution": "...", "max_zoom": 18}; null without the file or an address in it. */
json_t *api_map_tiles(const struct web *web)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%.500s/map.json", web->city);
    json_t *root = json_load_file(path, 0, NULL);
    const char *tiles = json_string_value(json_object_get(root, "tiles"));
    const json_t *attribution = json_object_get(root, "attribution");
    const json_int_t max_zoom = json_integer_value(json_object_get(root, "max_zoom"));
    json_t *out = NULL;
    if (tiles != NULL && tiles[0] != '\0') {
        out = json_pack("{s:s, s:s, s:I}", "tiles", tiles, "attribution",
                        json_is_string(attribution) ? json_string_value(attribution) : "",
                        "max_zoom", max_zoom > 0 ? max_zoom : (json_int_t)18);
    }
    json_decref(root);
    return out != NULL ? out : json_null();
}

/* "https://host:port" of the tiles, for the policy of the pages; "" when they are this server's own, or there are none. */
void api_map_origin(const struct web *web, char *out, size_t size)
{
    json_t *map = api_map_tiles(web);
    const char *tiles = json_string_value(json_object_get(map, "tiles"));
    out[0] = '\0';
    if (tiles != NULL &&
        (strncmp(tiles, "https://", 8) == 0 || strncmp(tiles, "http://", 7) == 0)) {
        const char *host = strstr(tiles, "://") + 3;
        /* The policy is a header: only what a host may be made of goes into it. "{s}." is one of several hosts. */
        const char *name = strncmp(host, "{s}.", 4) == 0 ? host + 4 : host;
        const size_t length =
            strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:");
        (void)snprintf(out, size, " %.*s%s%.*s", (int)(host - tiles), tiles,
                       name != host ? "*." : "", (int)length, name);
    }
    json_decref(map);
}

/* Both directions of a street are one line: told from the row that comes first. */
static bool has_arc(const struct city *city, uint32_t into, uint32_t from)
{
    const struct image_range range = city->road_nodes[into].arcs;
    for (uint32_t i = 0; i < range.count; i++) {
        if (city->road_arcs[range.first + i] == from) {
            return true;
        }
    }
    return false;
}

static bool is_told(const struct city *city, uint32_t into, uint32_t from)
{
    return into < from || (into > from && !has_arc(city, from, into));
}

static uint32_t count_segments(const struct city *city)
{
    uint32_t count = 0;
    for (uint32_t node = 0; node < city->road_node_count; node++) {
        const struct image_range range = city->road_nodes[node].arcs;
        for (uint32_t i = 0; i < range.count; i++) {
            count += is_told(city, node, city->road_arcs[range.first + i]) ? 1u : 0u;
        }
    }
    return count;
}

static size_t put_segments(const struct city *city, char *out, size_t size)
{
    size_t used = 0;
    for (uint32_t node = 0; node < city->road_node_count; node++) {
        const struct city_road_node *into = &city->road_nodes[node];
        for (uint32_t i = 0; i < into->arcs.count; i++) {
            const uint32_t row = city->road_arcs[into->arcs.first + i];
            const struct city_road_node *from = &city->road_nodes[row];
            if (is_told(city, node, row)) {
                used +=
                    (size_t)snprintf(out + used, size - used, "%s%d,%d,%d,%d", used > 0 ? "," : "",
                                     from->lon, from->lat, into->lon, into->lat);
                must(used < size);
            }
        }
    }
    return used;
}

/* {"segments": [lon_e7, lat_e7, lon_e7, lat_e7, ...], "is_cut"}: four numbers a piece of road. */
void api_roads(struct web_exchange *exchange)
{
    if (!api_is_known(exchange)) {
        return;
    }
    const struct city *city = &web_view_of(exchange)->names.city;
    const uint32_t all = count_segments(city);
    const uint32_t count = all <= SEGMENTS_MAX ? all : 0;
    const size_t size = (size_t)count * SEGMENT_TEXT_MAX + 64;
    char *segments = malloc(size);
    char *text = malloc(size + 64);
    must(segments != NULL && text != NULL);
    segments[0] = '\0';
    if (count > 0) {
        (void)put_segments(city, segments, size);
    }
    const int length = snprintf(text, size + 64, "{\"segments\":[%s],\"is_cut\":%s}", segments,
                                all > count ? "true" : "false");
    web_answer_bytes(exchange, 200, "application/json", text, (size_t)length);
    free(text);
    free(segments);
}
