"""cityread.py: a city directory as docs/city-directory.md describes it, as much of it as decisions rest on."""
import csv
import datetime
import glob
import json
import os

import geometry
import roads
import worktime
import yamlread


class NotAudited(Exception):
    """Something this audit does not know how to recompute."""


class Row:
    """One row of a table: its columns as attributes, empty ones as ""."""

    def __init__(self, columns):
        self.__dict__.update(columns)


def _table(directory, name):
    path = os.path.join(directory, name)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [Row({key: value or "" for key, value in row.items()}) for row in csv.DictReader(file)]


def _get(row, column, default=""):
    return getattr(row, column, "") or default


def _place(row):
    return (geometry.e7(row.lon), geometry.e7(row.lat)) if _get(row, "lon") else None


class Person:
    def __init__(self, row, city):
        self.id = row.id
        self.roles = set(_get(row, "roles").split())
        self.skills = set(_get(row, "skills").split())
        self.rights = set(_get(row, "rights", "worker").split())
        self.department = _get(row, "department") or None
        self.team = _get(row, "team")
        shift = _get(row, "shift")
        self.shift = city.calendars[shift] if shift else None
        default = "1" if self.rights & {"worker", "inspector"} else "0"
        self.capacity = int(_get(row, "capacity", default))
        self.home_cell = _get(row, "home_cell") or None
        self.cells = _get(row, "cells").split()
        self.base = _place(row) if _get(row, "has_base") == "true" else None
        self.mode_name = _get(row, "mode", city.mode_default)
        self.mode = city.modes[self.mode_name]


class Mode:
    def __init__(self, spec):
        self.speed_kmh = float(spec["speed_kmh"])
        self.detour = float(spec.get("detour", "1"))

    def travel_ms(self, distance_cm):
        return distance_cm / 100.0 * self.detour / (self.speed_kmh / 3.6) * 1000.0


class City:
    def __init__(self, directory):
        root = yamlread.load(os.path.join(directory, "city.yaml"))
        city = root["city"]
        if city.get("crs", "wgs84") != "wgs84":
            raise NotAudited("a city whose crs is not wgs84")
        self.directory = directory
        self.code = int(city["code"])
        self.zone = worktime.zone_of(city["time_zone"])
        self.levels = [str(level) for level in city.get("levels", [])]
        self.district_level = int(city.get("district_level", len(self.levels)))
        posts = root["posts"]
        self.command, self.supervision, self.desk = posts["command"], posts["supervision"], posts["desk"]
        self.adjudication = posts.get("adjudication", self.command)
        hearing = root.get("adjudication", {})
        self.position_ms = worktime.read_ms(hearing.get("position", "4h"))
        self.ruling_ms = worktime.read_ms(hearing.get("ruling", "24h"))
        self.modes = {name: Mode(spec) for name, spec in root["modes"].items()}
        self.mode_default = root["mode_default"]
        specs = yamlread.load(os.path.join(directory, "calendars.yaml"))["calendars"]
        self.calendars = {name: worktime.Calendar(spec, self.zone) for name, spec in specs.items()}
        self.roads = roads.read(directory, self.modes)
        self._read_units(directory)
        self._read_shapes(directory)
        self._read_people(directory)
        self._read_things(directory)

    def _read_units(self, directory):
        self.units = {}
        for row in _table(directory, "units.csv"):
            row.level = int(row.level) if row.level.isdigit() else self.levels.index(row.level) + 1
            row.parent = _get(row, "parent") or None
            self.units[row.code] = row
        self.classes = {}
        for row in _table(directory, "catalogue.csv"):
            handle = _get(row, "handle")
            row.handle = worktime.read_limit(handle, natural_days=True) if handle else worktime.NO_LIMIT
            row.check = _get(row, "check", "person")
            row.reopen_ms = worktime.read_ms(_get(row, "reopen", "72h"))
            row.department = _get(row, "department") or None
            row.notice_ms = worktime.read_ms(_get(row, "notice_min", "0s"))
            self.classes[getattr(row, "class")] = row
        self.departments = {}
        for row in _table(directory, "departments.csv"):
            row.duty_post = _get(row, "duty_post") or None
            row.lead_post = _get(row, "lead_post") or None
            row.level = int(_get(row, "level", "0"))
            calendar = _get(row, "calendar")
            row.calendar = self.calendars[calendar] if calendar else None
            self.departments[row.code] = row

    def _read_shapes(self, directory):
        self.cells, self.cell_unit = [], {}
        with open(os.path.join(directory, "cells.geojson"), encoding="utf-8-sig") as file:
            for feature in json.load(file)["features"]:
                code = str(feature["properties"]["code"])
                unit = feature["properties"].get("unit")
                self.cells.append((code, geometry.Shape(feature["geometry"])))
                self.cell_unit[code] = None if unit is None else str(unit)
        self.cells.sort(key=lambda cell: cell[0].encode())
        self.cell_shape = dict(self.cells)
        self.areas = []  # (area, zone, title, kind, shape)
        for path in sorted(glob.glob(os.path.join(directory, "areas", "*.geojson"))):
            with open(path, encoding="utf-8-sig") as file:
                for feature in json.load(file)["features"]:
                    properties = feature["properties"]
                    zone = str(properties["zone"])
                    self.areas.append((str(properties["area"]), zone, str(properties.get("title", zone)),
                                       str(properties.get("kind", "")), geometry.Shape(feature["geometry"])))
        self.areas.sort(key=lambda area: (area[0].encode(), area[1].encode()))
        self.zones = {area[1]: area for area in self.areas}

    def _read_people(self, directory):
        self.persons = {row.id: Person(row, self) for row in _table(directory, "workers.csv")}
        self.order = {person: rank for rank, person in
                      enumerate(sorted(self.persons, key=lambda person: person.encode()))}
        self.cell_persons = {code: [] for code, _ in self.cells}
        for person in sorted(self.persons, key=self.order.get):
            for cell in dict.fromkeys(self.persons[person].cells):
                self.cell_persons[cell].append(person)
        self.posts = {}
        for row in _table(directory, "posts.csv"):
            row.department = _get(row, "department") or None
            row.persons = _get(row, "persons").split()
            self.posts[row.code] = row

    def _read_things(self, directory):
        self.gateways = {row.id: row for row in _table(directory, "gateways.csv")}
        self.assets = {row.code: row for row in _table(directory, "assets.csv")}
        self.assets_of_kind = {}
        for row in self.assets.values():
            row.place = _place(row)
            row.name = _get(row, "name", row.code)
            self.assets_of_kind.setdefault(row.kind, []).append(row)
        for rows in self.assets_of_kind.values():
            rows.sort(key=lambda row: (row.place[1], row.place[0], row.code.encode()))
        self.devices = {row.id: row for row in _table(directory, "devices.csv")}
        for row in self.devices.values():
            row.place = _place(row)
            row.asset, row.zone = _get(row, "asset") or None, _get(row, "zone") or None
            row.health = _get(row, "health", "ok")
        self.permits = {}  # (object, class) -> permits by code
        for row in sorted(_table(directory, "permits.csv"), key=lambda row: row.permit.encode()):
            row.first = datetime.date.fromisoformat(getattr(row, "from"))
            row.last = datetime.date.fromisoformat(row.until)
            self.permits.setdefault((row.object, getattr(row, "class")), []).append(row)

    # ---- questions ----

    def unit_of(self, cell, level):
        """The unit of that level above a cell, or None."""
        unit = self.cell_unit.get(cell)
        while unit is not None and self.units[unit].level < level:
            unit = self.units[unit].parent
        return unit if unit is not None and self.units[unit].level == level else None

    def ground_of(self, cell):
        """The cell and the units above it."""
        found, unit = ([cell] if cell is not None else []), self.cell_unit.get(cell)
        while unit is not None:
            found.append(unit)
            unit = self.units[unit].parent
        return found

    def district_of(self, cell):
        unit = self.unit_of(cell, self.district_level) if cell is not None else None
        if unit is not None and unit.isdigit() and 0 < int(unit) < 2**32 - 1:
            return int(unit)
        return self.code

    def date_of(self, at_ms):
        return int(datetime.datetime.fromtimestamp(at_ms / 1000, self.zone).strftime("%Y%m%d"))

    def day_of(self, at_ms):
        return datetime.datetime.fromtimestamp(at_ms / 1000, self.zone).date()

    def find_cell(self, place):
        """The first cell by code that has the place inside or on its border."""
        for code, shape in self.cells:
            if shape.find(place) != "out":
                return code
        return None

    def find_areas(self, place):
        """(area, zone) of all areas around the place, the first eight."""
        return [(area[0], area[1]) for area in self.areas if area[4].find(place) != "out"][:8]

    def near_some_border(self, place):
        """Within the rounding of polygons nobody can say on which side the place lies."""
        shapes = [shape for _, shape in self.cells] + [area[4] for area in self.areas]
        return any(shape.box[0] - 100 <= place[0] <= shape.box[2] + 100 and
                   shape.box[1] - 100 <= place[1] <= shape.box[3] + 100 and
                   shape.is_close_to_border(place) for shape in shapes)

    def nearest_asset(self, kind, place, radius_cm):
        """Codes that may be the nearest of the kind within the radius (several where rounding decides), or [None]."""
        found = [(geometry.distance_cm(row.place, place), row.code) for row in self.assets_of_kind.get(kind, [])]
        best = min((cm for cm, _ in found), default=None)
        if best is None or best > radius_cm * 1.002 + 2:
            return [None]
        codes = [code for cm, code in found if geometry.is_near(cm, best)]
        return codes if best < radius_cm * 0.998 - 2 else [*codes, None]
