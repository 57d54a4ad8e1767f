"""ruleread.py: a rule directory as docs/rules.md describes it."""
import glob
import os
import re

import geometry
import worktime
import yamlread
from conditions import compile_condition, constant
from windowed import Window
from yamlread import as_list

LANES = ("dispatch", "escalate", "notify")
WHENS = ("opened", "unaccepted", "not_arrived", "unhandled", "not_safe", "no_arrival")


class Assign:
    def __init__(self, spec, rights, params):
        self.rights = rights
        self.roles = set(as_list(spec.get("role")))
        self.skills = set(as_list(spec.get("skills")))
        self.rings = [int(ring) * 100 if ring.isdigit() else str(ring)
                      for ring in as_list(spec.get("search", ["grid", "city"]))]
        self.pick = str(spec.get("pick", "nearest"))
        self.count = int(spec.get("count", 1))
        self.max_load = int(spec.get("max_load", 0))
        self.any_shift = spec.get("on_shift") == "any"
        self.fallback = spec.get("fallback")
        self.reroute = str(spec.get("reroute", "false")).lower()
        self.guard = int(spec.get("area_guard", 0))
        self.preempts = str(spec.get("preempt", "false")).lower() == "true"
        offer = str(spec.get("offer", "one")).split()
        self.parallel = int(offer[1]) if offer[0] == "parallel" else 1
        self.condition = compile_condition(spec.get("if"), params)


class Step:
    def __init__(self, spec, params):
        when = str(spec["when"])
        self.when = when if when in WHENS else "severity"
        self.condition = compile_condition(when if self.when == "severity" else None, params)
        after = str(spec.get("after", "0s"))
        self.percent = int(after[:-1]) if after.endswith("%") else None
        self.after_ms = 0 if self.percent is not None else worktime.read_ms(after) if after != "0s" else 0
        self.posts = [str(post) for post in as_list(spec.get("to"))]
        self.reassigns = spec.get("do") == "reassign"
        self.severity = int(spec.get("severity", 0))


class Confirm:
    """How much each kind of source weighs, in thousandths, and who looks meanwhile."""

    def __init__(self, spec, params):
        self.weights = {str(kind): round(float(value) * 1000) for kind, value in spec["weights"].items()}
        self.at_least = round(float(spec["at_least"]) * 1000)
        self.within_ms = worktime.read_ms(spec["within"])
        otherwise = spec.get("else")
        self.assigns = [] if otherwise is None else [Assign(otherwise, {"worker", "inspector"}, params)]
        self.arrive = worktime.read_limit(otherwise["sla"]["arrive"]) if otherwise and "sla" in otherwise else None


def _places(value):
    """Names of areas and circles of one side of an area clause."""
    names = {str(item) for item in as_list(value) if not isinstance(item, dict)}
    circles = [((geometry.e7(item["at"][0]), geometry.e7(item["at"][1])), int(item["radius_m"]) * 100)
               for item in as_list(value) if isinstance(item, dict)]
    return names, circles


class Rule:
    def __init__(self, spec, defaults):
        params = {name: constant(value) for name, value in (spec.get("params") or {}).items()}
        self.id = str(spec["id"])
        self.owner = str(spec["owner"])
        status = spec.get("status", defaults.get("status", "active"))
        self.is_active, self.is_shadow = status == "active", status == "shadow"
        self.lane = str(spec.get("lane", defaults.get("lane", "dispatch")))
        self.rank = 3 if self.is_shadow else LANES.index(self.lane)
        self.priority = int(spec.get("priority", defaults.get("priority", 100)))
        steps = [step["event"] for step in as_list(spec.get("sequence") or [])]
        self.events = [str(name) for name in dict.fromkeys(steps or as_list(spec["event"]))]
        self.has_levels = "levels" in spec or (spec.get("open") or {}).get("geo") == "centroid"
        self.window = Window(spec, params, worktime.read_ms(defaults.get("lateness", "30s"))) if self.has_levels else None
        self.has_state = any(key in spec for key in ("by", "for", "window", "sequence")) or self._waits(spec)
        self.where = compile_condition(spec.get("where"), params)
        area = spec.get("area") or {}
        self.area_in = _places(area["in"]) if "in" in area else None
        self.area_out = _places(area.get("not_in"))
        time = spec.get("time") or {}
        self.time_in, self.time_out = as_list(time.get("in")), as_list(time.get("not_in"))
        opens = spec.get("open") or {}
        self.severity = int(opens.get("severity", 4))
        self.case_owner = opens.get("owner")
        self.owner_of_asset = opens.get("owner_from") == "asset.owner"
        self.class_code = str(opens["class"]) if "class" in opens else None
        self.assigns = [Assign(item, {"worker"}, params) for item in as_list(spec.get("assign") or [])]
        sla = spec.get("sla") or {}
        self.sla = {name: worktime.read_limit(value) for name, value in sla.items()}
        self.steps = [Step(item, params) for item in as_list(spec.get("escalate"))]
        self._read_dedupe(spec.get("dedupe"))
        self._read_group(spec.get("group"))
        self._read_held_back(spec, params)
        self._read_merge(spec.get("merge"))
        close = spec.get("close")
        self.close_event = str(close["event"]) if close else None
        self.close_match = [str(field) for field in as_list(close["match"])] if close else []
        self.close_within_ms = worktime.read_ms(close["within"]) if close and "within" in close else 0

        self._read_absent(spec.get("absent"), params)
        self.confirm = Confirm(spec["confirm"], params) if "confirm" in spec else None
        late = spec.get("late_report")
        self.inner = [(self.id + "/late", 0, len(as_list(late.get("escalate") or [])))] if late else []

    @staticmethod
    def _waits(spec):
        return "absent" in spec and str(spec["absent"].get("after")) != "assigned"

    def _read_absent(self, spec, params):
        """After an assignment nobody arrives: one more step of the ladder. After an event: what is expected, of which key, how soon."""
        self.expects = None
        if spec is not None and str(spec.get("after")) != "assigned":
            self.expects = str(spec["expect"])
            self.expect_match = list(dict.fromkeys(str(name) for name in as_list(spec["match"])))
            self.expect_within_ms = worktime.read_ms(spec["within"])
        elif spec is not None:
            self.steps.append(Step({"when": "no_arrival", "after": spec["within"], "to": spec["to"]}, params))

    def _read_held_back(self, spec, params):
        self.tags = [str(tag) for tag in as_list(spec.get("tags") or [])]
        suppress, hides = spec.get("suppress") or {}, spec.get("inhibits")
        self.is_never_silenced = str(suppress.get("never", "false")) in ("true", "True")
        self.breaks = compile_condition(suppress["break_through"], params) if "break_through" in suppress else None
        self.hides = hides
        hides = hides or {}
        self.hides_equal = list(dict.fromkeys(str(name) for name in as_list(hides.get("equal") or [])))
        self.hides_radius_cm = int(hides.get("radius_m", 0)) * 100
        self.hides_severity = int(hides.get("max_severity", 4))
        self.hides_rules = {str(name) for name in as_list(hides.get("rules") or [])}
        self.hides_tags = {str(name) for name in as_list(hides.get("tags") or [])}

    def _read_dedupe(self, spec):
        self.dedupe_key = None if spec is None else list(dict.fromkeys(str(key) for key in as_list(spec["key"])))
        self.dedupe_slides = spec is not None and str(spec.get("sliding", False)).lower() == "true"
        self.dedupe_ms = 0 if spec is None else worktime.read_ms(spec["window"])

    def _read_group(self, spec):
        """What lane notify tells together."""
        self.groups = spec is not None
        spec = spec or {}
        self.group_by = list(dict.fromkeys(str(key) for key in as_list(spec.get("by") or [])))
        self.group_wait, self.group_interval, self.group_repeat = (
            worktime.read_ms(spec.get(key, default)) for key, default in (("wait", "30s"), ("interval", "5m"), ("repeat", "4h")))

    def _read_merge(self, spec):
        self.merges = spec is not None
        spec = spec or {}
        self.merge_key = list(dict.fromkeys(str(key) for key in as_list(spec.get("key"))))
        match = re.fullmatch(r"nearest\((.+)\)", str(spec.get("asset", "")))
        self.merge_kind = match[1] if match else None
        self.merge_radius_cm = int(spec.get("radius_m", 0)) * 100
        self.reopen_ms = worktime.read_ms(spec["reopen"]) if "reopen" in spec else 0
        self.merge_window_ms = worktime.read_ms(spec["window"]) if "window" in spec else 0
        self.takes_place = (spec.get("take") or {}).get("location") == "best_accuracy"
        self.takes_severity = (spec.get("take") or {}).get("severity") == "min"


def read_plan_rules(plan):
    """(id, assigns, escalation steps) of the rules under which the tasks of an emergency plan open cases."""
    for task in as_list(plan.get("tasks") or []):
        if "assign" in task:
            name = f"{plan['plan']}/{task['id']}"
            yield name, len(as_list(task["assign"])), len(as_list(task.get("escalate") or []))
            if "on_fail" in task:
                yield name + "/fail", 0, 0


class Rules:
    def __init__(self, directory):
        self.directory = directory
        files = sorted(glob.glob(os.path.join(directory, "*.yaml")), key=lambda path: os.path.basename(path).encode())
        sets = [yamlread.load(path) for path in files if not path.endswith(".test.yaml")]
        defaults = next((rules["defaults"] for rules in sets if "defaults" in rules), {})
        self.types = {str(name) for rules in sets for name in (rules.get("events") or {})}
        self.rules = sorted((Rule(spec, defaults) for rules in sets for spec in rules.get("rules") or []),
                            key=lambda rule: rule.id.encode())
        self.by_id = {rule.id: rule for rule in self.rules}
        self.lateness_ms = worktime.read_ms(defaults.get("lateness", "30s"))
        self.future_ms = worktime.read_ms(defaults.get("future", "5m"))
        self.seek_every_ms = worktime.read_ms(defaults.get("seek_every", "1m"))
        self.stale_fix_ms = worktime.read_ms(defaults.get("stale_fix", "30m"))
        self.worker_lost_ms = worktime.read_ms(defaults.get("worker_lost", "10m"))
        self.switch_limit = int((defaults.get("reassign") or {}).get("switch_limit", 3))
        self.moves_orders = any(assign.reroute != "false" for rule in self.rules for assign in rule.assigns)
        doubt = defaults.get("verify_first") or {}
        self.verify_below, self.verify_samples = int(doubt.get("below", 0)), int(doubt.get("samples", 1))
        sla = {"accept": "15m", "dispatch": "15m", "check": "30m", **(defaults.get("sla") or {})}
        self.sla = {name: worktime.read_limit(value) for name, value in sla.items()}
        inspectors = [{}]
        self.check = [Assign(spec, {"inspector"}, {}) for spec in as_list(defaults.get("check", inspectors))]
        verify = {"worker", "inspector"} if "verify" in defaults else {"inspector"}
        self.verify = [Assign(spec, verify, {}) for spec in as_list(defaults.get("verify", inspectors))]
        hits = {lane: "priority" if lane == "dispatch" else "all" for lane in LANES}
        for rules in sets:
            hits.update({name: lane["hit"] for name, lane in (rules.get("lanes") or {}).items()})
        self.lanes_of_one = {lane for lane in LANES if hits[lane] == "priority"}
        self.hidden_by = {}
        for by in self.rules:
            for rule in self.rules if by.hides is not None else ():
                if rule is not by and (rule.id in by.hides_rules or set(rule.tags) & by.hides_tags):
                    self.hidden_by.setdefault(rule.id, []).append(by)
        self.by_type, self.closers, self.expecting = {}, {}, {}
        for rule in sorted(self.rules, key=lambda rule: (rule.rank, -rule.priority)):
            for name in self.types_of(rule) if rule.is_active or rule.is_shadow else []:
                self.by_type.setdefault(name, []).append(rule)
        for rule in self.rules:
            if rule.expects is not None and (rule.is_active or rule.is_shadow):
                self.expecting.setdefault(rule.expects, []).append(rule)
            if rule.close_event is not None:
                self.closers.setdefault(rule.close_event, []).append(rule)
        # Rows of the lowered tables follow the order of ids: how dumps name an assign and a step.
        self.assign_row, self.step_row = {}, {}
        counts = [(rule.id, len(rule.assigns), len(rule.steps)) for rule in self.rules]
        counts += [inner for rule in self.rules for inner in rule.inner]
        for path in glob.glob(os.path.join(directory, "plans", "*.yaml")):
            counts += read_plan_rules(yamlread.load(path))
        for name, assigns, steps in sorted(counts, key=lambda row: row[0].encode()):
            for index in range(assigns):
                self.assign_row[name, index] = len(self.assign_row)
            for index in range(steps):
                self.step_row[name, index] = len(self.step_row)
        for name, assigns in (("check", self.check), ("verify", self.verify)):
            for index, _ in enumerate(assigns):
                self.assign_row[name, index] = len(self.assign_row)
        self.confirms = {rule.id: rule.confirm.assigns for rule in self.rules if rule.confirm is not None}
        for name, assigns in self.confirms.items():
            for index, _ in enumerate(assigns):
                self.assign_row[("confirm", name), index] = len(self.assign_row)

    def types_of(self, rule):
        for name in rule.events:
            if name.endswith(".*"):
                yield from sorted(known for known in self.types if known.startswith(name[:-1]))
            else:
                yield name

    def match(self, city, type_name, fields, place, areas, at_ms, ground=()):
        """Rules, active or in shadow, that take the event, best first."""
        return [rule for rule in self.by_type.get(type_name, [])
                if self._takes(rule, city, fields, place, [*areas, *ground], at_ms)]

    def _takes(self, rule, city, fields, place, areas, at_ms):
        if not rule.where(fields, None):
            return False

        def is_in(side):
            names, circles = side
            return any(area in names for area in areas) or (
                place is not None and any(geometry.distance_cm(place, at) <= radius for at, radius in circles))
        if rule.area_in is not None and not is_in(rule.area_in):
            return False
        if is_in(rule.area_out):
            return False
        if rule.time_in and not any(city.calendars[name].contains(at_ms) for name in rule.time_in):
            return False
        return not any(city.calendars[name].contains(at_ms) for name in rule.time_out)
