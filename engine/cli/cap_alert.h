/* cap_alert.h: one CAP 1.2 alert (OASIS Common Alerting Protocol) read from XML, checked against the standard's own rules.
 *
 * Nothing outside the text is ever read: a DOCTYPE, and with it every entity of its own, is refused, as is what is
 * compressed, too large or too deep. Encodings: UTF-8, UTF-16, ASCII, and GB18030 with its parts GBK and GB2312. Elements of
 * other namespaces (signatures) are stepped over.
 *
 * Cost    one pass; memory as large as the text, at most CAP_SIZE_MAX
 * Owner   new/free
 * Errors  every finding goes to problems with line, column and element: see docs/cap.md for the codes */
#ifndef ENGINE_CLI_CAP_ALERT_H
#define ENGINE_CLI_CAP_ALERT_H

#include "engine/city/problems.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAP_SIZE_MAX (1u << 20)
#define CAP_VALUES_MAX 512u /* of one block */
#define CAP_INFOS_MAX 32u
#define CAP_SHAPES_MAX 64u   /* polygons and circles of one info */
#define CAP_POINTS_MAX 2000u /* of one polygon */

/* One element with text. A parameter, code or geocode is named with its valueName: "parameter.ColorCode". */
struct cap_value {
    char *name;
    char *text;
    int line, column;
};

struct cap_values {
    struct cap_value *rows; /* CAP_VALUES_MAX */
    uint32_t count;
};

struct cap_point {
    double lat, lon; /* degrees, WGS-84 */
};

struct cap_shape {
    struct cap_point *points; /* a ring without its closing point; of a circle its centre */
    uint32_t count;
    bool is_circle;
    double radius_km;
};

struct cap_info {
    struct cap_values values;
    struct cap_shape shapes[CAP_SHAPES_MAX];
    uint32_t shape_count;
    int line, column;
};

struct cap_alert {
    struct cap_values values; /* of <alert> itself */
    struct cap_info infos[CAP_INFOS_MAX];
    uint32_t info_count;
};

/* NULL after at least one problem was listed under `file`. */
struct cap_alert *cap_alert_read(struct problems *problems, const char *file, const char *bytes,
                                 size_t size);
void cap_alert_free(struct cap_alert *alert);

/* The i-th value of that name, from 0; NULL when there are fewer. */
const struct cap_value *cap_values_find(const struct cap_values *values, const char *name,
                                        uint32_t i);

/* Its text, or "". */
const char *cap_values_text(const struct cap_values *values, const char *name);

#endif
