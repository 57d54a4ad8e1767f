"""sixrules.py: an invented day for the city of tests/data/six_rules, of the six example rules and the other clauses.

Few places and devices, many reports: windows, merges, confirmations and clocks meet often. The same seed gives the same day.
"""
import datetime
import json
import os
import random

CITY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "six_rules")
BEGIN = datetime.datetime.fromisoformat("2026-03-03T06:00:00+08:00")
PLACES = [(116.3020 + 0.0011 * column, 39.9015 + 0.0009 * row) for column in range(16) for row in range(9)]


def number(chance, digits=2):
    return round(chance.random(), digits)


def free_place(chance):
    lon, lat = chance.choice(PLACES)
    return {"lon": round(lon + chance.choice((0, 0.00005, 0.0001)), 7), "lat": round(lat + chance.choice((0, 0.00005)), 7)}


def accuracy(chance):
    return chance.choice(({}, {"accuracy_m": chance.choice((3, 8, 25.5, 120))}))


def covers(chance):
    lon, lat = chance.choice(((116.3070, 39.9040), (116.3030, 39.9080)))
    return {"lon": round(lon + chance.choice((0, 0.00003)), 7), "lat": lat}


# type -> (how often, source, what one event of it brings)
KINDS = {
    "sensor.slide": (6, "sensor-1", lambda c: {"device": c.choice(("W-001", "W-002")), "fields": {"value": number(c)}}),
    "camera.near": (5, "cam-1", lambda c: {**free_place(c), "fields": {"value": number(c), **accuracy(c)}}),
    "hotline.far": (4, "hotline-1", lambda c: {**free_place(c), "fields": {"value": number(c), **accuracy(c)}}),
    "camera.manhole_missing": (2, "cam-1", lambda c: {"device": "C-007", "fields": {"confidence": number(c)}}),
    "sensor.manhole_tilt": (2, "sensor-1", lambda c: {"device": c.choice(("T-001", "T-002")), "fields": {"tilt_deg": 40}}),
    "hotline.manhole": (3, "hotline-1", lambda c: {**covers(c), "fields": {"words": "盖", **accuracy(c)}}),
    "patrol.manhole": (1, "patrol-1", lambda c: {**covers(c), "fields": {**accuracy(c)}}),
    "sensor.surge": (1, "sensor-1", lambda c: {"device": "W-002", "fields": {"value": number(c)}}),
    "camera.garbage_overflow": (9, "cam-1", lambda c: {"device": "C-001", "fields": {"confidence": 0.9, "fill": 0.95}}),
    "camera.garbage_cleared": (1, "cam-1", lambda c: {"device": "C-001", "fields": {"confidence": 0.9}}),
    "sensor.gas": (6, "sensor-1", lambda c: {"device": f"g{c.randint(1, 5)}", "fields": {"lel_pct": c.choice((5, 12, 30))}}),
    "camera.crowd_density": (3, "cam-1", lambda c: {"device": "C-005", "fields": {"density": c.choice((0.5, 1.5, 2.5, 4, 6)), "count": c.randint(0, 200)}}),
    "warning.air": (1, "ecology-1", lambda c: {"fields": {"city": "京", "level": c.choice(("orange", "red"))}}),
    "forecast.air": (1, "ecology-1", lambda c: {"fields": {"city": "京", "aqi_mean": c.choice((150, 250)), "days_over": 2}}),
    "warning.air.lifted": (1, "ecology-1", lambda c: {"fields": {"city": "京"}}),
    "sensor.cover_open": (4, "sensor-1", lambda c: {"device": c.choice(("W-001", "W-002")), "fields": {"job": c.choice("abcd")}}),
    "patrol.cover_shut": (3, "patrol-1", lambda c: {"device": c.choice(("W-001", "W-002")), "fields": {"job": c.choice("abcd")}}),
    "patrol.east": (1, "patrol-1", lambda c: {**free_place(c), "fields": {"value": number(c)}}),
    "patrol.west": (1, "patrol-1", lambda c: {**free_place(c), "fields": {"value": number(c)}}),
    "patrol.owned": (2, "patrol-1", lambda c: {**free_place(c), "fields": {"value": number(c)}}),
}


# type -> (how many come together, how far apart in seconds)
BURSTS = {"camera.crowd_density": (14, 40), "sensor.gas": (4, 12)}


def write_day(path, seed, hours, rate):
    """A trace of so many hours with so many events an hour."""
    chance = random.Random(seed)
    names = sorted(KINDS)
    weights = [KINDS[name][0] for name in names]
    at, rows = BEGIN, []
    for _ in range(hours * rate):
        at += datetime.timedelta(milliseconds=int(chance.expovariate(1) * 3600000 / rate))
        name = chance.choices(names, weights)[0]
        _, source, bring = KINDS[name]
        times, apart = BURSTS.get(name, (1, 0))
        for turn in range(times):
            rows.append((at + datetime.timedelta(seconds=turn * apart), source, name, bring(chance)))
    rows.sort(key=lambda row: row[0])
    with open(path, "w", encoding="utf-8") as out:
        for index, (at, source, name, brought) in enumerate(rows):
            row = {"at": at.isoformat(timespec="milliseconds"), "source": source, "id": f"e-{index:06d}", "type": name, **brought}
            out.write(json.dumps(row) + "\n")
