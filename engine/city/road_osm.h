/* road_osm.h: highways of an OpenStreetMap extract (.osm.pbf) to a road graph, through libreadosm.
 *
 * A mode is taken for what its name says: walk (also foot), bike (also bicycle, ebike), else a motor vehicle.
 *   who may go   highway class, then access, vehicle, motor_vehicle, bicycle, foot: the more special wins; oneway, junction=roundabout
 *                for all but walkers, oneway:bicycle for bikes
 *   how fast     motor vehicles maxspeed (km/h, or with "mph"), else the usual speed of the class, never above it; others at the
 *                mode's own speed
 * Tags: wiki.openstreetmap.org/wiki/Key:highway, Key:access, Key:oneway, Key:maxspeed. */
#ifndef ENGINE_CITY_ROAD_OSM_H
#define ENGINE_CITY_ROAD_OSM_H

#include "engine/city/gather.h"
#include "engine/city/road_graph.h"

/* Problems C039: the file is no extract, or ends early. */
void gather_osm(struct gather *gather, const char *name, struct road_graph *graph);

#endif
