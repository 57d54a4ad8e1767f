/* sim_map.c: see sim_map.h. */
#include "engine/cli/sim_map.h"

#include "engine/city/shapes.h"
#include "engine/cli/html.h"
#include "sim/report.h"

#include <math.h>
#include <stdlib.h>

#define EDGE 12.0
#define WIDTH 900.0
#define HEIGHT_MAX 640.0
#define POINTS_MAX 400u /* of a ring: more than a picture of this size shows */

/* From the fastest to the slowest; where nobody arrived. */
static const char *const SHADES[SIM_MAP_SHADES] = {"#4f7d9c", "#b3c7d4", "#ecd9b8", "#c98a3f",
                                                   "#7a2f0b"};
static const char *const NOTHING = "#f4f6f7";

struct frame {
    struct place low;
    double scale_x, scale_y, height;
};

static double x_of(const struct frame *frame, int32_t lon)
{
    return EDGE + ((double)lon - frame->low.lon) * frame->scale_x;
}

static double y_of(const struct frame *frame, int32_t lat)
{
    return EDGE + frame->height - ((double)lat - frame->low.lat) * frame->scale_y;
}

static int order_ms(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct sim_map_scale sim_map_scale_of(const struct report_areas *areas)
{
    struct sim_map_scale scale = {{0}};
    int64_t *times = calloc(areas->count + 1, sizeof *times);
    uint32_t count = 0;
    must(times != NULL);
    for (uint32_t i = 0; i < areas->count; i++) {
        if (areas->rows[i].arrivals > 0) {
            times[count++] = areas->rows[i].p90_ms;
        }
    }
    qsort(times, count, sizeof *times, order_ms);
    for (uint32_t i = 0; i + 1 < SIM_MAP_SHADES && count > 0; i++) {
        scale.edges_ms[i] = times[(uint64_t)(i + 1) * count / SIM_MAP_SHADES];
    }
    free(times);
    return scale;
}

static const char *shade_of(const struct report_area *area, const struct sim_map_scale *scale)
{
    uint32_t shade = 0;
    if (area == NULL || area->arrivals == 0) {
        return NOTHING;
    }
    while (shade + 1 < SIM_MAP_SHADES && area->p90_ms > scale->edges_ms[shade]) {
        shade++;
    }
    return SHADES[shade];
}

/* All of the city's cells; a degree of longitude is narrower than one of latitude. */
static struct frame fit(const struct place *points, uint64_t count)
{
    struct frame frame = {.low = {INT32_MAX, INT32_MAX}};
    struct place high = {INT32_MIN, INT32_MIN};
    for (uint64_t i = 0; i < count; i++) {
        frame.low.lon = points[i].lon < frame.low.lon ? points[i].lon : frame.low.lon;
        frame.low.lat = points[i].lat < frame.low.lat ? points[i].lat : frame.low.lat;
        high.lon = points[i].lon > high.lon ? points[i].lon : high.lon;
        high.lat = points[i].lat > high.lat ? points[i].lat : high.lat;
    }
    const double middle = ((double)frame.low.lat + high.lat) / 2e7 * acos(-1) / 180;
    const double narrow = fmax(0.05, cos(middle));
    const double lon_span = fmax(1, (double)high.lon - frame.low.lon) * narrow;
    const double lat_span = fmax(1, (double)high.lat - frame.low.lat);
    const double scale = fmin(WIDTH / lon_span, HEIGHT_MAX / lat_span);
    frame.scale_x = scale * narrow;
    frame.scale_y = scale;
    frame.height = lat_span * scale;
    return frame;
}

static void put_ring(const struct frame *frame, const struct place *points,
                     const struct shape_ring *ring, FILE *out)
{
    const uint32_t step = ring->points.count / POINTS_MAX + 1;
    for (uint32_t i = 0; i < ring->points.count; i += step) {
        const struct place at = points[ring->points.first + i];
        (void)fprintf(out, "%s%.1f %.1f", i == 0 ? "M" : "L", x_of(frame, at.lon),
                      y_of(frame, at.lat));
    }
    (void)fputs("Z", out);
}

/* The cell's rings as one path, so that its holes stay empty. */
static void put_cell(const struct frame *frame, const struct place *points,
                     const struct shape_ring *rings, uint32_t count, const char *shade,
                     const char *told, FILE *out)
{
    (void)fprintf(out, "<path fill=%s fill-rule=evenodd stroke=#fff stroke-width=.6 d=\"", shade);
    for (uint32_t i = 0; i < count; i++) {
        put_ring(frame, points, &rings[i], out);
    }
    (void)fputs("\"><title>", out);
    html_text(out, told);
    (void)fputs("</title></path>\n", out);
}

void sim_map_put(const struct report_areas *areas, const struct city *city,
                 const struct sim_map_scale *scale, FILE *out)
{
    const void *ring_rows = NULL, *point_rows = NULL;
    uint32_t ring_count = 0, point_count = 0;
    if (image_rows(&city->image, CITY_SHAPE_RINGS, sizeof(struct shape_ring), &ring_rows,
                   &ring_count) != ERR_OK ||
        image_rows(&city->image, CITY_SHAPE_POINTS, sizeof(struct place), &point_rows,
                   &point_count) != ERR_OK ||
        point_count == 0) {
        return; /* the table says it all */
    }
    const struct shape_ring *rings = ring_rows;
    const struct place *points = point_rows;
    const struct report_area **by_cell = calloc(city->cell_count + 1, sizeof *by_cell);
    must(by_cell != NULL);
    for (uint32_t i = 0; i < areas->count; i++) {
        by_cell[areas->rows[i].cell] = &areas->rows[i];
    }
    const struct frame frame = fit(points, point_count);
    (void)fprintf(out, "<svg class=map viewBox=\"0 0 %.0f %.0f\" role=img aria-label=map>\n",
                  WIDTH + 2 * EDGE, frame.height + 2 * EDGE);
    for (uint32_t i = 0; i < ring_count;) {
        const uint32_t first = i, cell = rings[i].owner;
        while (i < ring_count && rings[i].table == rings[first].table && rings[i].owner == cell) {
            i++;
        }
        if (rings[first].table != SHAPE_CELL || cell >= city->cell_count) {
            continue;
        }
        char told[160];
        const struct report_area *area = by_cell[cell];
        const struct image_string code = city->cells[cell].code;
        (void)snprintf(told, sizeof told, "%.*s: p90 %s, n %u", (int)code.size,
                       city_text(city, code),
                       area != NULL && area->arrivals > 0 ? report_span(area->p90_ms).text : "-",
                       area != NULL ? area->arrivals : 0);
        put_cell(&frame, points, &rings[first], i - first, shade_of(area, scale), told, out);
    }
    (void)fputs("</svg>\n", out);
    free(by_cell);
}

void sim_map_put_legend(const struct sim_map_scale *scale, FILE *out)
{
    (void)fputs("<p class=legend><span>p90</span> ", out);
    for (uint32_t i = 0; i < SIM_MAP_SHADES; i++) {
        (void)fprintf(out, "<span><i style=\"background:%s\"></i>%s %s</span> ", SHADES[i],
                      i + 1 < SIM_MAP_SHADES ? "≤" : ">",
                      report_span(scale->edges_ms[i + 1 < SIM_MAP_SHADES ? i : i - 1]).text);
    }
    (void)fprintf(out, "<span><i style=\"background:%s\"></i>", NOTHING);
    html_both(out, "无到场", "no arrivals");
    (void)fputs("</span></p>\n", out);
}
