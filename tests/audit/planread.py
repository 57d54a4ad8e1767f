"""planread.py: emergency plans, their targets and who answers for each, read from the city's files as docs/plans.md describes them."""
import csv
import glob
import os
import re

import geometry
import worktime
import yamlread
from conditions import compile_condition, constant
from yamlread import as_list


def typed(texts):
    """The cells of a column, by the strictest kind that every filled cell follows."""
    filled = [text for text in texts if text]
    is_plain = filled and (all(re.fullmatch(r"-?\d+(\.\d+)?", text) for text in filled) or
                           all(text in ("true", "false") for text in filled))
    return [None if not text else constant(yamlread.Word(text)) if is_plain else text for text in texts]


class Target:
    def __init__(self, row, city):
        self.code, self.cells = row["code"], row
        self.place = (geometry.e7(row["lon"]), geometry.e7(row["lat"]))
        self.district = city.unit_of(city.find_cell(self.place), city.district_level)


def read_registries(city):
    """Kind -> rows in the order in which things of a kind stand: by latitude, longitude and code."""
    found = {}
    for path in sorted(glob.glob(os.path.join(city.directory, "registries", "*.csv"))):
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        for column in rows[0] if rows else ():
            if column not in ("code", "name", "lon", "lat", "department"):
                for row, cell in zip(rows, typed([row[column] or "" for row in rows])):
                    row[column] = cell
        targets = [Target(row, city) for row in rows]
        targets.sort(key=lambda target: (target.place[1], target.place[0], target.code.encode()))
        found[os.path.basename(path)[:-len(".csv")]] = targets
    return found


class Task:
    """One step: due after due_ms, to is who acknowledges it (None: somebody is sent)."""

    def __init__(self, spec, index):
        self.index, self.id, self.group = index, str(spec["id"]), spec.get("for")
        self.to = str(spec["to"]) if "to" in spec else None
        self.due_ms = worktime.read_ms(spec["due"])
        self.needs = {str(name) for name in as_list(spec.get("needs"))}


class Plan:
    def __init__(self, spec, city, registries):
        self.id = str(spec["plan"])
        self.lead = city.departments[spec["owner"]].lead_post
        units = as_list(spec.get("units"))
        self.tasks = [Task(one, i) for i, one in enumerate(units + as_list(spec.get("tasks")))]
        self.by_rule = {f"{self.id}/{task.id}": task for task in self.tasks}
        self.rows = [(task, None, task.to) for task in self.tasks[:len(units)]]
        groups = as_list(spec.get("for_each"))
        for group in groups:
            alias = group["as"]
            steps = [task for task in self.tasks[len(units):] if task.group == alias or (task.group is None and len(groups) == 1)]
            test = compile_condition(group.get("where"), {})
            for target in registries[group["registry"]]:
                if test({f"{alias}.{name}": cell for name, cell in target.cells.items()}, None):
                    self.rows += [(task, target, task.to and target.cells[task.to[len(alias) + 2:-1]]) for task in steps]
        progress, silent, end = (spec.get(key) or {} for key in ("progress", "silent", "deactivate"))
        self.progress_ms = worktime.read_ms(progress["every"]) if progress else None
        self.progress_post = progress.get("to")
        self.silent_ms = worktime.read_ms(silent["after"]) if silent else None
        self.silent_post = silent.get("to", city.command)
        self.is_with_case = str(end.get("with_case", "true")) == "true"
        self.grace_ms = worktime.read_ms(end["grace"]) if "grace" in end else 0
        self.cancels = end.get("tasks", "cancel_unstarted") == "cancel_unstarted"


class Activation:
    def __init__(self, spec):
        self.plan = str(spec["plan"] if isinstance(spec, dict) else spec)
        spec = spec if isinstance(spec, dict) else {}
        self.post = spec.get("confirm_by")
        self.within_ms = worktime.read_ms(spec["confirm_within"]) if "confirm_within" in spec else 0
        self.begins_alone = spec.get("else") == "activate"


class Late:
    def __init__(self, rule, spec):
        self.rule, self.kind, self.type = str(rule), str(spec["registry"]), str(spec["event"])
        self.within_ms, self.field = worktime.read_ms(spec["within"]), spec.get("field")


class Book:
    """All plans, what activates them, and what must be reported, of one city and rule directory."""

    def __init__(self, city, directory):
        self.registries = read_registries(city)
        self.kind_of = {target.code: kind for kind, targets in self.registries.items() for target in targets}
        specs = [yamlread.load(path) for path in sorted(glob.glob(os.path.join(directory, "plans", "*.yaml")))]
        self.plans = {str(spec["plan"]): Plan(spec, city, self.registries) for spec in specs}
        self.by_rule = {name: (plan, task) for plan in self.plans.values() for name, task in plan.by_rule.items()}
        self.activations, self.lates = {}, {}
        for path in glob.glob(os.path.join(directory, "*.yaml")):
            for spec in [] if path.endswith(".test.yaml") else yamlread.load(path).get("rules") or []:
                if "activate" in spec:
                    self.activations[str(spec["id"])] = Activation(spec["activate"])
                if "late_report" in spec:
                    self.lates[str(spec["id"])] = Late(spec["id"], spec["late_report"])
