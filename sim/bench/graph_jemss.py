#!/usr/bin/env python3
"""graph_jemss.py ROADS.zip OUT: a JEMSS road graph as OUT/nodes.csv and OUT/arcs.csv, for `gridloop bench dispatch --graph OUT`.

JEMSS (uoa-ems-research/JEMSS.jl) keeps nodes.csv and arcs.csv in one archive, each table behind lines of its own sizes; the
travel time of a mode is in days. The first mode is taken.
"""
import csv
import io
import os
import sys
import zipfile

DAY_MS = 24 * 60 * 60 * 1000


def rows(archive, name, first):
    """The table whose first column is called `first`, as dictionaries."""
    member = next(m for m in archive.namelist() if os.path.basename(m) == name)
    lines = io.TextIOWrapper(archive.open(member), "utf-8").read().splitlines()
    start = next(i for i, line in enumerate(lines) if line.split(",")[0] == first)
    return (row for row in csv.DictReader(lines[start:]) if row["index"])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    os.makedirs(sys.argv[2], exist_ok=True)
    with zipfile.ZipFile(sys.argv[1]) as archive:
        with open(os.path.join(sys.argv[2], "nodes.csv"), "w", encoding="utf-8") as out:
            out.write("node,lon,lat\n")
            for row in rows(archive, "nodes.csv", "index"):
                out.write(f"{int(float(row['index']))},{float(row['x']):.7f},{float(row['y']):.7f}\n")
        with open(os.path.join(sys.argv[2], "arcs.csv"), "w", encoding="utf-8") as out:
            out.write("from,to,car_ms\n")
            for row in rows(archive, "arcs.csv", "index"):
                ends = int(float(row["fromNode"])), int(float(row["toNode"]))
                # the shortest arcs take less than a millisecond, which the graph does not know
                out.write(f"{ends[0]},{ends[1]},{max(1, round(float(row['mode_1']) * DAY_MS))}\n")


main()
