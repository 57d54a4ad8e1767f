/* overlaps.h: finds cells that share more than a border. */
#ifndef ENGINE_CITY_OVERLAPS_H
#define ENGINE_CITY_OVERLAPS_H

#include "engine/city/geojson.h"
#include "engine/city/names.h"

/* Warns (C026) of each pair of cells whose common area is a square metre or more. names: ranks of the features. */
void overlaps_report(struct features *cells, const struct names *names);

#endif
