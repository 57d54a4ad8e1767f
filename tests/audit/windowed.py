"""windowed.py: windows whose level moves a case, and those whose case lies in the middle of what was counted: recomputed from the events.

What becomes of such a case afterwards is believed (world.py); whether the rule fires, on how much, at which severity and where is not.
"""
import re
from fractions import Fraction

import geometry
import worktime
from conditions import MICRO, compile_condition
from yamlread import as_list

SAMPLES = 1024


class Window:
    """`window`, `levels` and `hold` of a rule."""

    def __init__(self, spec, params, lateness_ms):
        window = spec["window"]
        self.by = list(dict.fromkeys(str(name) for name in as_list(spec.get("by") or [])))
        self.within, self.hold = worktime.read_ms(window["within"]), worktime.read_ms((spec.get("hold") or {}).get("down", "0s"))
        self.at_least, self.min_samples = int(window.get("at_least", 0)), int(window.get("min_samples", 0))
        self.at_most = int(window["at_most"]) if "at_most" in window else None
        self.of = int(window.get("of", 0))
        self.distinct = str(window["distinct"]) if "distinct" in window and not self.of else None
        self.registry, self.radius_cm = str(window.get("registry", "")), int(window.get("radius_m", 0)) * 100
        self.lateness = min(lateness_ms, self.within) if self.of else lateness_ms
        self.results = [(str(name), *self._read(str(text))) for name, text in (window.get("agg") or {}).items()]
        self.having = compile_condition(window.get("having"), params)
        self.levels = [(int(level["severity"]), compile_condition(level["when"], params)) for level in as_list(spec.get("levels") or [])]
        self.is_centroid = (spec.get("open") or {}).get("geo") == "centroid"

    @staticmethod
    def _read(text):
        match = re.fullmatch(r"(\w+(?:\.\d+)?)(?:\(([\w.]+)(?:, *(\w+))?\))?", text)
        return match[1], match[2], worktime.read_ms(match[3]) if match[3] else None

    def compute(self, row, counted):
        """Results of the samples that are kept, as fields."""
        out = {"window.count": counted * MICRO}
        for name, what, field, span in self.results:
            rows = [(at, values[field]) for at, values, _ in row.samples if field in values and (span is None or at > row.newest - span)]
            values = [value for _, value in rows]
            if what == "count":
                out[name] = len(row.samples) * MICRO
            elif what == "slope":
                out[name] = slope(rows)
            elif values:
                out[name] = {"sum": sum, "min": min, "max": max, "last": lambda all_: all_[-1],
                             "avg": lambda all_: int(Fraction(sum(all_), len(all_)))}.get(what, lambda all_: rank(all_, what))(values)
        return {name: value for name, value in out.items() if value is not None}


def rank(values, what):
    permille = round(float(what[1:]) * 10)
    return sorted(values)[(permille * len(values) + 999) // 1000 - 1]


def slope(rows):
    """Of the least squares, per minute, toward zero."""
    if not rows:
        return None
    xs, ys = [(at - rows[0][0]) // 1000 for at, _ in rows], [value - rows[0][1] for _, value in rows]
    n, below = len(rows), len(rows) * sum(x * x for x in xs) - sum(xs) ** 2
    return int(Fraction(60 * (n * sum(x * y for x, y in zip(xs, ys)) - sum(xs) * sum(ys)), below)) if below else None


class Row:
    """What is kept of a key. level: index + 1, 0 is none; a lower one is worse."""

    def __init__(self):
        self.newest, self.samples, self.is_true = None, [], False
        self.level = self.held = 0
        self.since = None

    def keep(self, at, values, distinct):
        self.samples.append((at, values, distinct))
        self.samples.sort(key=lambda sample: sample[0])
        del self.samples[:-SAMPLES]

    def forget_level(self, window, at):
        empty = self.newest + window.within
        if self.level and at > empty and at - empty >= window.hold:
            self.level, self.since = 0, None

    def move_level(self, window, level):
        """True: it is another one now, and is one."""
        def is_worse(one, than):
            return one != 0 and (than == 0 or one < than)
        if level == self.level or is_worse(level, self.level):
            is_new, self.level, self.since = level != self.level, level, None
            return is_new
        if self.since is None:
            self.since, self.held = self.newest, level
        elif is_worse(level, self.held):
            self.held = level
        if self.newest - self.since < window.hold:
            return False
        self.level = self.held
        self.since = None if self.level == level else self.newest
        self.held = level
        return self.level != 0


class Windowed:
    """A part of Intake. self.windows: Row by rule and key."""

    def window_key(self, rule, event, fields, key_of):
        """None: the event lacks a part."""
        if rule.window.of:
            device = (event["device"] or {}).get("id")
            known = self.city.devices.get(device)
            ok = known is not None and known.kind == rule.window.registry
            return (rule.id, key_of(["device"], {**fields, "device": device}, None)) if ok else None
        return (rule.id, key_of(rule.window.by, fields, None)) if all(name in fields for name in rule.window.by) else None

    def judge_window(self, rule, event, fields, told, key_of):
        """told: the firing of that rule, or None. Compares, and keeps what the event adds."""
        said = told["would"] if rule.is_shadow else told["code"]
        key = self.window_key(rule, event, fields, key_of)
        if key is None or said in ("BY_MISSING", "WINDOW_FULL"):
            self.same(None, f"{rule.id} of event {event['id_hash']}", said, "BY_MISSING" if key is None else said)
            return
        self.checked["windows"] += 1
        row = self.windows.setdefault(key, Row())
        take = self.take_near if rule.window.of else self.take_count
        own, have, need, severity, centre = take(rule, row, key, event, fields)
        self.same(None, f"{rule.id} of event {event['id_hash']}: have, need", (told.get("have"), told.get("need")),
                  (have, need) if need else (None, None))
        is_same = said == own if own != "FIRES" else said not in ("WAITING", "NO_RULE")
        self.same(None, f"{rule.id} of event {event['id_hash']} fires", is_same, True)
        if own != "FIRES":
            return
        if said in ("TABLE_FULL", "LOST_LANE") or (said == "SUPPRESSED" and told["case"] is None):
            row.is_true, row.level = False, 0
        self.judge_fired(event, said, severity, centre)

    def judge_fired(self, event, said, severity, centre):
        """What the story of the case says of its severity and place."""
        for effect in self.effects[self.at:]:
            if effect["effect"] == "RESULT":
                return
            if effect["effect"] != "TIMELINE" or effect["action"] not in ("OPEN", "MERGE"):
                continue
            if severity is not None and said in ("OPENED", "MERGED"):
                self.same(None, f"severity of {effect['case']} by event {event['id_hash']}", effect["severity"], severity)
            if centre is not None and effect["action"] == "OPEN":
                place = effect["place"] and (effect["place"]["lon_e7"], effect["place"]["lat_e7"])
                self.same(None, f"place of {effect['case']}", place, centre)

    # ---- samples of a key ----

    def take_count(self, rule, row, _key, event, fields):
        window, at = rule.window, event["event_at_ms"]
        if row.newest is None or at >= row.newest - window.lateness:
            clock = at if row.newest is None else max(at, row.newest)
            if row.newest is not None:
                row.forget_level(window, at)
            row.samples = [sample for sample in row.samples if sample[0] > clock - window.within]
            if row.is_true and not window.levels and not self.stand(window, row, fields)[2]:
                row.is_true = False
            row.newest = clock
            if at > clock - window.within:
                values = {name: value for name, value in fields.items() if isinstance(value, int) and not isinstance(value, bool)}
                row.keep(at, values, fields.get(window.distinct))
        was_true = row.is_true
        have, need, is_true, level = self.stand(window, row, fields)
        centre = middle([sample[1].get("\0place") for sample in row.samples]) if window.is_centroid else None
        if not window.levels:
            row.is_true = is_true
            return "WAITING" if not is_true else "DEDUPED" if was_true else "FIRES", have, need, None, centre
        is_new = row.move_level(window, level)
        if row.level == 0:
            return "WAITING", have, need, None, centre
        return "FIRES" if is_new else "DEDUPED", have, need, window.levels[row.level - 1][0], centre

    @staticmethod
    def stand(window, row, fields):
        have = len(row.samples) if window.distinct is None else len({sample[2] for sample in row.samples})
        if len(row.samples) < window.min_samples:
            return len(row.samples), window.min_samples, False, 0
        seen = {**fields, **window.compute(row, have)}
        is_true = have >= window.at_least and (window.at_most is None or have <= window.at_most) and bool(row.samples) and \
            window.having(seen, None)
        level = next((index + 1 for index, (_, when) in enumerate(window.levels) if is_true and when(seen, None)), 0)
        return have, window.at_least, is_true and (not window.levels or level != 0), level

    # ---- devices around ----

    def take_near(self, rule, row, key, event, _fields):
        window, at, device = rule.window, event["event_at_ms"], event["device"]["id"]
        group = self.neighbours(window, device)

        def counted(clock):
            def has(one, to):
                at_ = max((sample[0] for sample in self.near_row(rule, key, device, one).samples if sample[0] <= to), default=None)
                return at_ is not None and at_ > to - window.within
            ends = [clock]
            for one in group[1:]:
                later = min((sample[0] for sample in self.near_row(rule, key, device, one).samples if sample[0] > clock), default=None)
                if later is not None and later <= clock + window.lateness and has(device, later):
                    ends.append(later)
            best = []
            for end in ends:
                found = [one for one in group if has(one, end)]
                best = found if len(found) > len(best) else best
            return best

        if row.newest is None or at >= row.newest - window.lateness:
            clock = at if row.newest is None else max(at, row.newest)
            if row.is_true and len(counted(clock)) < window.at_least:
                row.is_true = False
            row.newest = clock
            row.samples = [sample for sample in row.samples if sample[0] > clock - window.lateness - window.within]
            row.keep(at, {}, None)
        found, was_true = counted(row.newest), row.is_true
        row.is_true = len(found) >= window.at_least
        places = [self.city.devices[one].place for one in found]
        code = "WAITING" if not row.is_true else "DEDUPED" if was_true else "FIRES"
        return code, len(found), window.at_least, None, middle(places) if window.is_centroid else None

    def near_row(self, rule, key, device, other):
        """The row of a neighbour: the same key but for the device."""
        parts = tuple(("device", "str", other) if part == ("device", "str", device) else part for part in key[1])
        return self.windows.get((rule.id, parts)) or Row()

    def neighbours(self, window, device):
        if (window.registry, device) not in self.near_cache:
            own = self.city.devices[device]
            around = sorted((geometry.distance_cm(own.place, other.place), other.id) for other in self.city.devices.values()
                            if other.kind == window.registry and other.id != device and other.place is not None)
            near = [name for away, name in around if away <= window.radius_cm]
            self.near_cache[window.registry, device] = [device, *near[:window.of - 1]]
        return self.near_cache[window.registry, device]


def middle(places):
    known = [place for place in places if place is not None]
    return (sum(place[0] for place in known) // len(known), sum(place[1] for place in known) // len(known)) if known else None
