"""holdback.py: silences, maintenance and inhibits, recomputed: who may say so, what is held back, with which reasons."""
import geometry
from world import name_of, place_of

MINUTE_MS, SILENCE_MAX_MS = 60_000, 31 * 86_400_000
MATCHERS, REASONS, WALK = 4, 4, 64


class HoldBack:
    # ---- acts ----

    def silence_act(self):
        act, worker = self.act, self.workers[self.actor].person if self.actor in self.workers else None
        rights = worker.rights if worker is not None else set()
        desk = None if rights & {"shift_chief", "overseer"} else getattr(worker, "department", None)
        may = bool(rights & {"shift_chief", "overseer"}) or ("department_desk" in rights and bool(desk))
        if act["action"] == "UNSILENCE":
            return self.unsilence(may, desk)
        if not may:
            return "NO_RIGHT"
        words, _, why = (act["text"] or "").partition(";")
        matchers = [tuple(word.partition("=")[::2]) for word in words.split()]
        why = why.lstrip(" ")
        if not matchers or len(matchers) > MATCHERS or not all(self.is_known(*matcher) for matcher in matchers):
            return "BAD_MATCHER"
        if not why:
            return "TEXT_NEEDED"
        is_maintenance = act["reason"] == "MAINTENANCE"
        if is_maintenance and not any(kind in ("device", "area") for kind, _ in matchers):
            return "BAD_MATCHER"
        begin = self.now + act["amount"] * MINUTE_MS
        if not begin < act["until_ms"] <= self.now + SILENCE_MAX_MS:
            return "BAD_UNTIL"
        self.last_silence += 1
        row = {"number": self.last_silence, "from": begin, "until": act["until_ms"], "matchers": matchers,
               "desk": desk, "held": 0}
        slot = next((i for i, old in enumerate(self.silences) if old is None or old["until"] <= self.now), len(self.silences))
        self.silences[slot:slot + 1] = [row]
        self.judge_quiet(row, "SILENCE")
        return "DONE"

    def unsilence(self, may, desk):
        for slot, row in enumerate(self.silences):
            if row is not None and row["until"] > self.now and row["number"] == self.act["amount"]:
                if not may or (desk is not None and desk != row["desk"]):
                    return "NO_RIGHT"
                row["until"] = self.now
                self.judge_quiet(row, "UNSILENCE")
                self.silences[slot] = None
                return "DONE"
        return "UNKNOWN_SILENCE" if may else "NO_RIGHT"

    def judge_quiet(self, row, what):
        effect = self.take("SILENCE", None)
        told = (effect["number"], effect["what"], effect["from_ms"], effect["until_ms"], effect["held"], effect["desk"],
                sorted(effect["matchers"].items()))
        self.same(None, "silence", told, (row["number"], what, row["from"], row["until"], row["held"], row["desk"],
                                          sorted(row["matchers"])))

    def is_known(self, kind, name):
        city = self.city
        known = {"rule": self.rules.by_id, "tag": {tag for rule in self.rules.rules for tag in rule.tags},
                 "class": city.classes, "department": city.departments, "device": city.devices, "source": city.gateways}
        return name in known[kind] if kind in known else kind == "area" and bool(name)

    # ---- firings ----

    def is_silenced(self, row, rule, event, gateway):
        if row is None or not row["from"] <= self.now < row["until"]:
            return False
        matchers = row["matchers"] + ([("department", row["desk"])] if row["desk"] else [])
        has = {"rule": {rule.id}, "tag": set(rule.tags), "class": {rule.class_code}, "department": {rule.owner},
               "area": {area["name"] for area in event["areas"]}, "device": {name_of(event["device"], "id")}, "source": {gateway}}
        return all(name in has[kind] for kind, name in matchers)

    def hold_back(self, rule, event, fields, source):
        """Every reason that holds the firing back: (silence, rule, case); tells the big cases and counts."""
        may = not rule.is_never_silenced and not (rule.breaks is not None and rule.breaks(fields, None))
        rows = [row for row in self.silences if may and self.is_silenced(row, rule, event, source[0])]
        found = [link for by in self.rules.hidden_by.get(rule.id, ()) for link in self.hiding(by, event, fields)]
        for row in rows[:REASONS] if not rule.is_shadow else ():
            row["held"] += 1
        for link in found[:REASONS] if not rule.is_shadow else ():
            link["held"] += 1
            if link["case"] is not None:
                self.say(link["case"], "RELATED", gateway=source[0], actor=source[1], amount=link["held"])
        if rows and not found and not rule.is_shadow:
            self.file_hiding(rule, event, fields, None, max(row["until"] for row in rows[:REASONS]))
        return ([(row["number"], None, None) for row in rows] +
                [(None, link["rule"].id, link["case"].no if link["case"] else None) for link in found])[:REASONS]

    def hiding_key(self, rule, fields):
        if rule.hides is None or any(name not in fields for name in rule.hides_equal):
            return None
        return rule.id, tuple((name, type(fields[name]).__name__, fields[name]) for name in rule.hides_equal), "\0drill" in fields

    def file_hiding(self, rule, event, fields, case, until=None):
        key, place = self.hiding_key(rule, fields), place_of(event["place"])
        if key is None or (rule.hides_radius_cm and place is None):
            return
        links = self.hidings.setdefault(key, [])
        old = next((link for link in links[:WALK] if case is None and link["case"] is None and link["place"] == place), None)
        if old is not None:
            old["until"] = max(old["until"], until)
        else:
            links.insert(0, {"rule": rule, "case": case, "place": place, "until": until, "held": 0})

    def hiding(self, by, event, fields):
        key, place = self.hiding_key(by, fields), place_of(event["place"])
        for link in self.hidings.get(key, ())[:WALK] if key is not None else ():
            case = link["case"]
            is_on = self.now < link["until"] if case is None else not case.is_terminal
            if not is_on or (by.severity if case is None else case.severity) > by.hides_severity:
                continue
            if not by.hides_radius_cm or (place is not None and geometry.distance_cm(link["place"], place) <= by.hides_radius_cm):
                yield link
