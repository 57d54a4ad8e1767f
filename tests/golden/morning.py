#!/usr/bin/env python3
"""morning.py CITY: a busy morning of a synthetic city as a trace (docs/traces.md), the same for the same city.

Cameras see full bins and cars in the way, gas and water sensors speak, citizens call about what a camera saw too.
"""
import csv
import json
import os
import random
import sys

EVENTS = 600
START_MS = 1772497200000  # 2026-03-03 08:20 at UTC+8


def table(city, name):
    with open(os.path.join(city, name), encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def main():
    city = sys.argv[1]
    rng = random.Random(20260303)
    devices = table(city, "devices.csv")
    assets = table(city, "assets.csv")
    bins = [d for d in devices if d["kind"] == "camera" and d["asset"]]
    zones = [d for d in devices if d["kind"] == "camera" and d["zone"]]
    gas = [d for d in devices if d["kind"] == "gas_sensor"]
    water = [d for d in devices if d["kind"] == "water_sensor"]
    at = START_MS
    for i in range(EVENTS):
        at += rng.randrange(0, 60000)
        event = {"at": at, "id": f"e-{i:06d}"}
        kind = rng.choices(["bin", "car", "gas", "water", "call", "noise"], [30, 30, 2, 6, 30, 2])[0]
        if kind == "bin":
            event.update(source="camera-gateway-1", type="camera.garbage_overflow", device=rng.choice(bins)["id"],
                         fields={"confidence": rng.randrange(70, 100) / 100, "fill": rng.randrange(80, 100) / 100})
        elif kind == "car":
            event.update(source="camera-gateway-1", type="camera.vehicle_stationary", device=rng.choice(zones)["id"],
                         fields={"confidence": rng.randrange(70, 100) / 100, "plate": f"Q{rng.randrange(2000):04d}",
                                 "vehicle_class": "car", "exempt": False, "dwell_s": rng.randrange(0, 1200)})
        elif kind == "gas":
            event.update(source="sensor-gateway-1", type="sensor.gas", device=rng.choice(gas)["id"],
                         fields={"lel_pct": rng.randrange(0, 40), "device.health": "ok"})
        elif kind == "water":
            event.update(source="sensor-gateway-1", type="sensor.water_level", device=rng.choice(water)["id"],
                         fields={"level_cm": rng.randrange(0, 60), "device.health": "ok"})
        elif kind == "noise":
            event.update(source="sensor-gateway-1", type="sensor.unheard_of")
        else:
            asset = rng.choice(assets)
            event.update(source="hotline-12345", type=rng.choice(["hotline.garbage", "hotline.parking", "hotline.manhole"]),
                         lon=float(asset["lon"]), lat=float(asset["lat"]))
        print(json.dumps(event, ensure_ascii=False))


main()
