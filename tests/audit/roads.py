"""roads.py: travel times by road: the tables of a city's roads, the part of them a mode can use, the quickest way.

A place is joined to the nearest crossing of that part, by a straight line at the mode's speed; from there to the target's
crossing the quickest way by the arcs' own times counts. Everything is searched plainly: no grid, no early stop.
"""
import csv
import heapq
import os

import geometry

SNAP_CM = 500000


def read(directory, modes):
    path = os.path.join(directory, "roads")
    if os.path.exists(path + ".osm.pbf"):
        raise NotImplementedError("roads from OpenStreetMap are not recomputed")
    return Roads(path, modes) if os.path.isdir(path) else None


def _rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class Roads:
    def __init__(self, path, modes):
        self.places = {row["node"]: (geometry.e7(row["lon"]), geometry.e7(row["lat"]))
                       for row in _rows(os.path.join(path, "nodes.csv"))}
        arcs = _rows(os.path.join(path, "arcs.csv"))
        self.into = {name: {} for name in modes}  # mode -> node -> [(from, ms)]
        for name, mode in modes.items():
            for row in arcs:
                ms = self._time(row, name, mode)
                if ms is not None and row["from"] != row["to"]:
                    self._add(name, row["from"], row["to"], ms)
                    if row.get("both_ways") == "true":
                        self._add(name, row["to"], row["from"], ms)
        self.parts = {name: self._largest_part(name) for name in modes}
        self.nearest_cache, self.walk_cache = {}, {}

    def _time(self, row, name, mode):
        cell = row.get(name + "_ms") or ""
        if cell == "-":
            return None
        if cell:
            return int(cell)
        metres = row.get("metres") or ""
        cm = float(metres) * 100 if metres else geometry.distance_cm(self.places[row["from"]], self.places[row["to"]])
        return cm / 100.0 / (mode.speed_kmh / 3.6) * 1000.0

    def _add(self, name, start, end, ms):
        self.into[name].setdefault(end, []).append((start, ms))

    def _largest_part(self, name):
        into = {node: [start for start, _ in arcs] for node, arcs in self.into[name].items()}
        out = {}
        for node, starts in into.items():
            for start in starts:
                out.setdefault(start, []).append(node)
        left, best = set(self.places), set()
        while left:
            root = next(iter(left))
            part = _reach(root, into) & _reach(root, out) & left
            left -= part
            best = part if len(part) > len(best) else best
        return sorted(best) if len(best) > 1 else []

    def nearest(self, place, name):
        """(crossing, cm) of the nearest of the mode's part, or None."""
        key = (place, name)
        if key not in self.nearest_cache:
            if len(self.nearest_cache) > 20000:
                self.nearest_cache.clear()
            found = min(((geometry.distance_cm(place, self.places[node]), node) for node in self._near(place, name)),
                        default=None)
            self.nearest_cache[key] = (found[1], found[0]) if found is not None and found[0] <= SNAP_CM else None
        return self.nearest_cache[key]

    def _near(self, place, name):
        """Crossings of a box around the place, wider until it has some; all of them once it is 5 km wide."""
        for reach in (20000, 80000, 320000):
            near = [node for node in self.parts[name] if abs(self.places[node][0] - place[0]) <= reach
                    and abs(self.places[node][1] - place[1]) <= reach]
            if near:
                wide = 2 * reach  # a corner of the box is farther than its side
                return [node for node in self.parts[name] if abs(self.places[node][0] - place[0]) <= wide
                        and abs(self.places[node][1] - place[1]) <= wide]
        return self.parts[name]

    def _walk(self, target, name):
        """Time of every node to the target."""
        key = (target, name)
        if key not in self.walk_cache:
            if len(self.walk_cache) > 500:
                self.walk_cache.clear()
            times, heap = {}, [(0, target)]
            while heap:
                ms, node = heapq.heappop(heap)
                if node in times:
                    continue
                times[node] = ms
                for start, more in self.into[name].get(node, ()):
                    if start not in times:
                        heapq.heappush(heap, (ms + more, start))
            self.walk_cache[key] = times
        return self.walk_cache[key]

    def travel_ms(self, start, end, mode_name, mode):
        """By road from place to place, or None: no way."""
        first, last = self.nearest(start, mode_name), self.nearest(end, mode_name)
        if first is None or last is None:
            return None
        ms = self._walk(last[0], mode_name).get(first[0])
        return None if ms is None else ms + mode.travel_ms(first[1]) + mode.travel_ms(last[1])


def _reach(root, arcs):
    seen, stack = {root}, [root]
    while stack:
        for node in arcs.get(stack.pop(), ()):
            if node not in seen:
                seen.add(node)
                stack.append(node)
    return seen
