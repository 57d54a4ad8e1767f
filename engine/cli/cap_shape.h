/* cap_shape.h: polygons and circles of CAP: "lat,lon lat,lon ..." closed, "lat,lon km"; and where an alert is for a city. */
#ifndef ENGINE_CLI_CAP_SHAPE_H
#define ENGINE_CLI_CAP_SHAPE_H

#include "engine/cli/cap_alert.h"

#define CAP_SHAPE_WHY_SIZE 160

/* Adds the shape to info; false after saying what is wrong with it. */
bool cap_shape_read(const char *text, bool is_circle, struct cap_info *info,
                    char why[CAP_SHAPE_WHY_SIZE]);

/* Does the place lie in the shape, or on its border? */
bool cap_shape_holds(const struct cap_shape *shape, struct cap_point place);

/* The middle of a shape: of a polygon its centre of gravity, of a circle its centre. */
struct cap_point cap_shape_centre(const struct cap_shape *shape);

/* From the place to the farthest point of the shape, metres; for the accuracy of a place that stands for an area. */
double cap_shape_reach_m(const struct cap_shape *shape, struct cap_point place);

#endif
