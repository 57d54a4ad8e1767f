"""borders.py: the synthetic city with a border that moves while an engine runs on it; where places lie, by the polygons alone."""
import json
import os
import signal
import time

from engine import check

# The shared edge of two cells of different streets, south and north end; where it goes and comes back.
EDGE = (("116.3176164, 40.0301534", "116.3145000, 40.0301534"), ("116.3180874, 40.0342595", "116.3150000, 40.0342595"))


def cells(engine):
    with open(os.path.join(engine.city, "cells.geojson"), encoding="utf-8") as file:
        return {row["properties"]["code"]: row["geometry"]["coordinates"][0] for row in json.load(file)["features"]}


def is_inside(ring, lon, lat):
    inside = False
    for (x, y), (u, v) in zip(ring, ring[1:]):
        if (y > lat) != (v > lat) and lon < x + (lat - y) * (u - x) / (v - y):
            inside = not inside
    return inside


def cell_of(shapes, place):
    return min((code for code, ring in shapes.items() if is_inside(ring, *place)), default=None)


def move(engine, turn):
    path = os.path.join(engine.city, "cells.geojson")
    text = open(path, encoding="utf-8").read()
    for here, there in EDGE:
        old, new = (here, there) if turn % 2 == 0 else (there, here)
        check(old in text, f"{old} is no corner of the city")
        text = text.replace(old, new)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def reload(engine):
    """SIGHUP, until the engine says that it uses the files."""
    engine.log.flush()
    begin = os.path.getsize(engine.log.name)
    engine.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 20
    said = ""
    while "event=reloaded" not in said and time.monotonic() < until:
        time.sleep(0.001)
        with open(engine.log.name, encoding="utf-8") as file:
            file.seek(begin)
            said = file.read()
    check("event=reloaded" in said, f"SIGHUP: {said}")
