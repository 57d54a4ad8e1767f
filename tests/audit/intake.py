"""intake.py: from an event to a case, recomputed: facts, time, repeats, all-clears, rules, dedupe, merge, opening."""
import geometry
from caseacts import CaseActs
from casetime import ladder_runs
from holdback import HoldBack
from keyring import KeyRing
from windowed import Windowed
from world import CASE_CONTACTS, CASE_EVENTS, EVENT_AGE_MS, Case, name_of, place_of


DRILL = "\0drill"  # no field's name: a drill never meets the real


def fields_of(event):
    """Field name -> text, millionths or truth."""
    out = {}
    for field in event["fields"]:
        if "bool" in field:
            out[field["name"]] = field["bool"]
        elif "number_micro" in field:
            out[field["name"]] = field["number_micro"]
        else:
            text = field["text"]
            out[field["name"]] = text if isinstance(text, str) else str(text)
    if event.get("is_drill"):
        out[DRILL] = True
    return out


def key_of(names, fields, class_code):
    """Parts of a key: the class, or a field with its name; a missing field is a value of its own."""
    return (fields.get(DRILL, False), *(("class", class_code) if name == "class" else
                                        (name, type(fields.get(name)).__name__, fields.get(name)) for name in names))


FOLLOWED = 8
NOT_YET = ("WAITING", "BY_MISSING", "WINDOW_FULL")  # answers of rules that remember
GROUPS = 1024
LISTED = 16  # rules of one event that are looked at


def accuracy_of(fields):
    """How well the place is known, in centimetres; 0: nobody said."""
    metres = fields.get("accuracy_m", 0)
    return max(1, min(metres // 10000, 0xffffffff)) if metres > 0 else 0


class Intake(HoldBack, KeyRing, Windowed, CaseActs):
    # ---- facts ----

    def judge_facts(self, event, fields, principal):
        """Cell, areas, asset and zone as the city's files have them."""
        place, city = place_of(event["place"]), self.city
        device = None if event["device"] is None else city.devices.get(event["device"].get("id"))
        if place is not None:
            self.judge_place(event, place)
        if device is not None:
            self.same(None, f"asset of device {device.id}", name_of(event["asset"]), device.asset)
            self.same(None, "field device", fields.get("device", device.id), device.id)
        zone = None if event["zone"] is None else event["zone"]["zone"]
        first_area = event["areas"][0]["zone"] if event["areas"] else None
        named = fields.get("zone")
        allowed = {device.zone if device is not None and device.zone else first_area}
        if named is not None:
            allowed.add(named if named in city.zones else None)
        if zone not in allowed:
            self.differ(None, f"zone {zone} of event {event['id_hash']}; the registry has {sorted(map(str, allowed))}")
        own = {"source": principal, "type": name_of(event["type"], "name"), "cell": name_of(event["cell"])}
        if zone in city.zones:
            own["zone.name"], own["zone.kind"] = city.zones[zone][2], city.zones[zone][3] or None
        for name, value in own.items():
            if name in fields and (value is None or str(value).encode()[:60] != str(fields[name]).encode()[:60]):
                self.same(None, f"field {name} of event {event['id_hash']}", fields[name], value)

    def judge_place(self, event, place):
        self.checked["places"] += 1
        cell, areas = self.find_place(place)
        told = [(area["name"], area["zone"]) for area in event["areas"]]
        if (name_of(event["cell"]) != cell or told != areas) and not self.city.near_some_border(place):
            self.same(None, f"cell of {place}", name_of(event["cell"]), cell)
            self.same(None, f"areas of {place}", show_areas(told), show_areas(areas))

    def find_place(self, place):
        if place not in self.place_cache:
            self.place_cache[place] = (self.city.find_cell(place), self.city.find_areas(place))
        return self.place_cache[place]

    # ---- the pipeline ----

    def take_event(self, event, gateway, person):
        """(code, case, is_late) the result must have; code None: believed."""
        code, no, is_late = self.decide(event, gateway, person)
        if event.get("contact_key") is not None and code is not None:
            self.settle_contact(event["contact_key"], code, no)
        return code, no, is_late

    def settle_contact(self, key, code, no):
        case = self.cases.get(no) if code in ("OPENED", "MERGED", "REOPENED") else None
        if case is not None and case.is_aside:
            return
        if case is not None:
            kept = case.contacts or []
            code = "TOO_MANY_EVENTS" if len(kept) >= CASE_CONTACTS else "DONE"
            if code == "DONE":
                case.contacts = [*kept, key]
        self.tell_contact(key, case, code)

    def decide(self, event, gateway, person):
        self.checked["events"] += 1
        if event["verdict"] != "NOTHING":
            return event["verdict"], None, False
        fields = fields_of(event)
        self.judge_facts(event, fields, gateway or person)
        type_name = name_of(event["type"], "name")
        if gateway is not None and type_name is not None:
            prefixes = getattr(self.city.gateways[gateway], "types", "").split()
            if prefixes and not any(type_name.startswith(prefix) for prefix in prefixes):
                return "NO_RIGHT", None, False
        if event["id_hash"] is not None and event["id_hash"] in self.event_ids:
            return "DEDUPED", self.follow_no(self.event_ids[event["id_hash"]]), False
        at = event["event_at_ms"]
        if at > self.now + self.rules.future_ms:
            return "IN_FUTURE", None, False
        if at < self.now - EVENT_AGE_MS:
            return "TOO_OLD", None, False
        is_late = at < self.now - self.rules.lateness_ms
        if type_name is None:
            return "NO_RULE", None, is_late
        if isinstance(fields.get("refers"), str):  # to an alert of a plan: not recomputed
            return self.believe_event(event)
        self.plans.note_report(type_name, fields, event)
        self.end_waits(type_name, fields, at)
        cleared = self.clear_cases(type_name, fields, gateway)
        code, case = ("CLEARED", cleared) if cleared else ("NO_RULE", None)
        areas = [area["name"] for area in event["areas"]]
        matched = self.rules.match(self.city, type_name, fields, place_of(event["place"]), areas, at,
                                   self.city.ground_of(name_of(event["cell"])))
        many = any(rule.rank > 0 or rule.has_state for rule in self.rules.by_type.get(type_name, []))
        listed = matched[:LISTED if many else 1]
        if any(rule.has_levels for rule in listed):
            for rule in listed:
                told = self.told_firing(rule) if rule.window is not None else None
                if told is not None:
                    self.judge_window(rule, event, fields, told, key_of)
            return self.believe_state(event)
        if listed:
            code, case = self.fire_all(listed, len(matched), event, fields, (gateway, person), (code, case))
        else:
            self.judge_firing(event, (None, code, "NOTHING", None, case), 0)
        if event["id_hash"] is not None:
            self.event_ids[event["id_hash"]] = case
        return code, case, is_late

    def believe_state(self, event):
        """A rule whose levels move its case takes it: what becomes of the case is believed, but that a count which is not enough opens nothing."""
        ahead = next((at for at in range(self.at, len(self.effects)) if self.effects[at]["effect"] == "RESULT"), None)
        told = self.effects[self.at:ahead]
        if ahead is not None and self.effects[ahead]["code"] in NOT_YET:
            for effect in told:
                if effect["effect"] == "TIMELINE" and effect.get("action") in ("OPEN", "MERGE", "REOPEN"):
                    self.differ(None, f"event {event['id_hash']} is {self.effects[ahead]['code']}, and yet {effect['action']}")
            if not any(effect["effect"] == "FIRING" and effect["code"] in NOT_YET for effect in told):
                self.differ(None, f"event {event['id_hash']} is {self.effects[ahead]['code']} of no rule")
        return self.believe_event(event)

    def believe_event(self, event):
        self.pass_over()
        result = self.effects[self.at] if self.at < len(self.effects) else {"code": "TABLE_FULL", "case": None}
        if event["id_hash"] is not None and result["code"] not in ("UNKNOWN_ALERT", "ALERT_OVER", "TABLE_FULL", "WINDOW_FULL"):
            self.event_ids[event["id_hash"]] = result["case"]
        return None, None, None

    def clear_cases(self, type_name, fields, gateway):
        """Number of the last case cleared, or None."""
        cleared = None
        for rule in self.rules.closers.get(type_name, []):
            if any(name not in fields for name in rule.close_match):
                continue
            key = (rule.id, key_of(rule.close_match, fields, rule.class_code))
            for case in reversed(list(self.closes.get(key, []))):  # newest first
                if not case.is_terminal and not case.is_cleared:
                    cleared = case.no
                    self.cleared(case, gateway)
        return cleared

    def judge_firing(self, event, own, matched):
        """own: rule, code, would, winner, case."""
        firing = self.take("FIRING", None)
        told = (name_of(firing["rule"], "id"), firing["code"], firing["would"], name_of(firing["winner"], "id"),
                firing["case"], firing["candidates"], firing["event_id_hash"],
                [(row["silence"], name_of(row["rule"], "id"), row["case"]) for row in firing["reasons"]])
        self.same(own[4], "firing", told, (*own, matched, event["id_hash"], self.reasons))
        self.reasons = []

    # ---- absences ----

    def end_waits(self, type_name, fields, at):
        """What was expected ends the waiting of its key, unless it happened before that began."""
        for rule in self.rules.expecting.get(type_name, []):
            key = (rule.id, key_of(rule.expect_match, fields, None))
            if all(name in fields for name in rule.expect_match) and key in self.waits and \
                    self.waits[key][1]["event_at_ms"] <= at:
                self.timers.cancel(("wait", key))
                del self.waits[key]

    def wait(self, rule, event, fields, source, told):
        """The rule takes the event: its key waits, from the first one on."""
        said = told["would"] if rule.is_shadow else told["code"]
        own = "WAITING" if all(name in fields for name in rule.expect_match) else "BY_MISSING"
        if said == "WINDOW_FULL":
            return
        self.same(None, f"{rule.id} of event {event['id_hash']}", said, own)
        key = (rule.id, key_of(rule.expect_match, fields, None))
        if own == "WAITING" and key not in self.waits:
            self.waits[key] = (rule, event, fields, source)
            self.timers.arm(("wait", key), self.now + rule.expect_within_ms)

    def wait_due(self, key, due):
        """It did not come: the rule fires on what it kept."""
        rule, event, fields, self.source = self.waits.pop(key)
        self.checked["absences"] += 1
        if rule.is_shadow:
            would, no = self.would_be(rule, None, event, fields, None)
            self.judge_firing(event, (rule.id, "SHADOW", would, None, no), 1)
            return
        code, no = self.fire(rule, event, fields, *self.source)
        self.judge_firing(event, (rule.id, code, "NOTHING", None, no), 1)
        if code in ("OPENED", "MERGED", "REOPENED", "SUPPRESSED") and no is not None:
            self.ask_where(self.cases[no], due - rule.expect_within_ms)
            self.say(self.cases[no], "ABSENT", deadline=due)

    def told_firing(self, rule):
        """What the log says of a rule that remembers, about this event: its count is believed."""
        for effect in self.effects[self.at:]:
            if effect["effect"] == "RESULT":
                return None
            if effect["effect"] == "FIRING" and name_of(effect["rule"], "id") == rule.id:
                return effect
        return None

    def fire_all(self, listed, matched, event, fields, source, outcome):
        """Every rule that took the event, in its lane; what the event came to."""
        winners, (code, case) = {}, outcome
        self.source = source
        for rule in listed:
            winner = winners.get(rule.lane) if rule.lane in self.rules.lanes_of_one else None
            told = self.told_firing(rule) if rule.has_state else None
            if rule.has_state and told is None:
                continue  # no step of its sequence is about it
            if told is not None and rule.expects is not None:
                self.wait(rule, event, fields, source, told)
            if told is not None and (told["code"] in NOT_YET or told["code"] == "DEDUPED" or rule.is_shadow):
                self.judge_firing(event, (rule.id, told["code"], told["would"], None, told["case"]), matched)
                if told["code"] == "DEDUPED":
                    winners.setdefault(rule.lane, rule)
                    code, case = ("DEDUPED", told["case"]) if rule.lane == "dispatch" else (code, case)
                elif not rule.is_shadow:
                    code = told["code"] if code == "NO_RULE" else code
                continue
            if rule.is_shadow:
                would, no = self.would_be(rule, winner, event, fields, case)
                self.judge_firing(event, (rule.id, "SHADOW", would, None, no), matched)
                continue
            if winner is not None:
                self.judge_firing(event, (rule.id, "LOST_LANE", "NOTHING", winner.id, None), matched)
                continue
            winners.setdefault(rule.lane, rule)
            if rule.lane == "dispatch":
                did, case = code, case = self.fire(rule, event, fields, *source)
            else:
                did = self.act_beside(rule, event, fields, case)
                code = "TOLD" if code == "NO_RULE" and did == "TOLD" else code
            self.judge_firing(event, (rule.id, did, "NOTHING", None, case), matched)
        return code, case

    def repeat_of(self, rule, fields):
        """(key, is a repeat, its case) of the rule's dedupe window."""
        if rule.dedupe_key is None:
            return None, False, None
        key = (rule.id, key_of(rule.dedupe_key, fields, rule.class_code))
        until, no = self.dedupes.get(key, (0, None))
        if self.now >= until:
            return key, False, None
        if rule.dedupe_slides:
            self.dedupes[key] = (self.now + rule.dedupe_ms, self.follow_no(no))
        return key, True, self.follow_no(no)

    def remember(self, rule, key, no):
        if key is not None:
            self.dedupes[key] = (self.now + rule.dedupe_ms, no)

    def fire(self, rule, event, fields, gateway, person):
        key, is_repeat, no = self.repeat_of(rule, fields)
        if is_repeat:
            return "DEDUPED", no
        self.reasons = self.hold_back(rule, event, fields, (gateway, person))
        if self.reasons:
            return "SUPPRESSED", None
        asset = self.asset_of(rule, event)
        into = self.find_merge(rule, event, fields, asset) if rule.merges else None
        if into is not None:
            self.checked["merges"] += 1
            code, no = self.merge(into, rule, event, fields, gateway, person), into.no
        else:
            code, no = self.open(rule, event, fields, gateway, person, asset)
        if code in ("OPENED", "MERGED", "REOPENED", "SUPPRESSED"):
            self.remember(rule, key, no)
        return code, no

    def act_beside(self, rule, event, fields, no):
        """Lanes escalate and notify."""
        key, is_repeat, _ = self.repeat_of(rule, fields)
        if is_repeat:
            return "DEDUPED"
        self.reasons = self.hold_back(rule, event, fields, self.source)
        if self.reasons:
            return "SUPPRESSED"
        case = self.cases.get(no)
        code = self.escalate(rule, case) if rule.lane == "escalate" else self.notify(rule, fields, no)
        if code != "CASELESS":
            self.remember(rule, key, no)
        return code

    def escalate(self, rule, case):
        code = "DEDUPED"
        for index, step in enumerate(rule.steps):
            if case is None or not ladder_runs(case):
                return "CASELESS"
            holds = step.when != "severity" or step.condition({}, case.severity)
            if holds and (rule.id, index, case.no) not in self.lane_steps:
                self.lane_steps.add((rule.id, index, case.no))
                self.fire_step(case, rule, index, step)
                self.arm_step(case)
                code = "TOLD"
        return code

    def notify(self, rule, fields, no):
        """Lane notify: at once, or with others of its group."""
        key = (rule.id, key_of(rule.group_by, fields, None))
        if rule.groups and key not in self.groups and len(self.groups) < GROUPS:
            self.groups[key] = {"rule": rule, "waiting": 0, "total": 0, "told": None}
            self.timers.arm(("group", key), self.now + rule.group_wait)
        group = self.groups.get(key)
        if group is None:
            self.tell_posts(rule, no, 0, False)
        else:
            group.update(no=no, waiting=group["waiting"] + 1, total=group["total"] + 1)
        return "TOLD"

    def tell_posts(self, rule, no, count, is_again):
        case = self.cases.get(no)
        severity = rule.severity if case is None else case.severity
        for index, step in enumerate(rule.steps):
            for post in step.posts if step.when != "severity" or step.condition({}, severity) else []:
                if case is not None and case.is_aside:
                    continue
                effect = self.take("NOTICE", None)
                told = [effect["case"], name_of(effect["post"]), effect["step"], effect["code"], effect["severity"],
                        effect["count"], effect["is_again"], name_of(effect["rule"], "id")]
                self.same(case, "notice", told, [no, post, self.rules.step_row[rule.id, index], "TOLD", severity,
                                                 count, is_again, rule.id])

    def group_due(self, key):
        """Its wait or interval is over: what came is told together, what stands is told again, the rest is forgotten."""
        group = self.groups[key]
        rule, no = group["rule"], self.follow_no(group["no"])
        case, is_again = self.cases.get(no), group["waiting"] == 0
        if is_again and (case is None or case.is_terminal):
            del self.groups[key]
            return
        if not is_again or self.now >= group["told"] + rule.group_repeat:
            self.tell_posts(rule, no, group["total"] if is_again else group["waiting"], is_again)
            group.update(told=self.now, waiting=0)
        self.timers.arm(("group", key), self.now + rule.group_interval)

    def would_be(self, rule, winner, event, fields, no):
        """What a rule in shadow would come to; nothing of it happens but that its dedupe window runs."""
        key, is_repeat, before = self.repeat_of(rule, fields)
        if is_repeat:
            return "DEDUPED", before
        if winner is not None and rule.priority <= winner.priority:
            return "LOST_LANE", None
        self.reasons = self.hold_back(rule, event, fields, self.source)
        if self.reasons:
            return "SUPPRESSED", None
        if rule.lane != "dispatch":
            self.remember(rule, key, no)
            return "CASELESS" if rule.lane == "escalate" and no is None else "TOLD", no
        asset = self.asset_of(rule, event) if rule.merges else None
        into = self.find_merge(rule, event, fields, asset) if rule.merges else None
        code = "OPENED" if into is None else "REOPENED" if into.is_terminal else "MERGED"
        self.remember(rule, key, None if into is None else into.no)
        return code, None if into is None else into.no

    # ---- merging ----

    def asset_of(self, rule, event):
        """The asset the case is about: where a rule keys on one, the watched one or the nearest of its kind."""
        own = name_of(event["asset"])
        if not rule.merges or rule.merge_kind is None:
            return own if not rule.merges else None
        if own is not None and self.city.assets[own].kind == rule.merge_kind:
            return own
        place = place_of(event["place"])
        if place is None:
            return None
        codes = self.city.nearest_asset(rule.merge_kind, place, rule.merge_radius_cm)
        if len(codes) > 1:  # too close to call: the case tells which
            effect = self.peek()
            told = name_of(effect.get("asset")) if effect is not None and effect["effect"] == "TIMELINE" else None
            return told if told in codes else codes[0]
        return codes[0]

    def merge_key(self, rule, event, fields, asset):
        base = (rule.class_code, key_of(rule.merge_key, fields, rule.class_code))
        if asset is not None:
            return (*base, "asset", asset)
        return (*base, "place" if rule.merge_radius_cm and event["place"] is not None else "fields", None)

    def find_merge(self, rule, event, fields, asset):
        """The case to join: nearest, then open before closed, then oldest."""
        key, place = self.merge_key(rule, event, fields, asset), place_of(event["place"])
        found = []
        for link in self.merges.get(key, []):
            case = self.follow_case(link)
            if rule.merge_window_ms and self.now - case.opened_at > rule.merge_window_ms:
                continue
            if case.is_terminal and not (case.state == "CLOSED" and rule.reopen_ms and case.events < CASE_EVENTS and
                                         self.now - case.closed_at <= rule.reopen_ms):
                continue
            away = geometry.distance_cm(link.first_place, place) if key[2] == "place" else 0.0
            if away <= rule.merge_radius_cm or key[2] != "place" or geometry.is_near(away, rule.merge_radius_cm):
                day, serial = (int(part) for part in case.no.split("-")[1:])
                found.append((away, case.is_terminal, case.opened_at, day, serial, case))
        found.sort(key=lambda row: row[:5])
        if not found:
            return None
        told = self.told_case()
        close = [row for row in found if geometry.is_near(row[0], found[0][0])]
        if key[2] == "place" and told is not None:
            for row in close:
                if row[5].no == told and (row[0] != found[0][0] or row is found[0]):
                    return row[5]
        if geometry.is_near(found[0][0], rule.merge_radius_cm) and key[2] == "place" and found[0][0] > 0:
            return found[0][5] if told == found[0][5].no else None
        return found[0][5]

    def told_case(self):
        """The case the coming timeline entry speaks of."""
        effect = self.peek()
        return effect.get("case") if effect is not None and effect["effect"] == "TIMELINE" else None

    def takes_place(self, case, rule, event, fields):
        """A place that is known better takes the case there."""
        place, accuracy = place_of(event["place"]), accuracy_of(fields)
        if not rule.takes_place or place is None:
            return False
        if case.place is not None and not (accuracy and (not case.accuracy_cm or accuracy < case.accuracy_cm)):
            return False
        case.place, case.accuracy_cm, case.cell = place, accuracy, name_of(event["cell"])
        return True

    def merge(self, case, rule, event, fields, gateway, person):
        if case.is_aside:
            self.peek()
            effect = self.effects[self.at]
            return effect.get("code", "MERGED")
        if case.events >= CASE_EVENTS:
            return "TOO_MANY_EVENTS"
        case.events += 1
        is_worse = rule.takes_severity and rule.severity < case.severity
        if is_worse:
            case.severity = rule.severity
        is_moved = self.takes_place(case, rule, event, fields)
        if case.is_terminal:
            self.reopen(case, reason="CAME_BACK", gateway=gateway, actor=person)
            return "REOPENED"
        self.say(case, "MERGE", gateway=gateway, actor=person)
        for order in case.active() if is_moved else []:
            if order.worker is not None:
                self.tell(order.worker, "CHANGE", order.number, "NOTHING", case)
        if case.clock == "CONTROL":
            return "SUPPRESSED"
        if is_worse:
            self.worsen(case, rule, self.wanted(rule, fields))
        self.confirm_report(case, gateway, person)
        return "MERGED"

    @staticmethod
    def wanted(rule, fields):
        return {index for index, assign in enumerate(rule.assigns) if assign.condition(fields, rule.severity)}

    # ---- opening ----

    case_events = CASE_EVENTS

    def follow_case(self, case):
        """The case that a merged one went into, as far as they are still held."""
        for _ in range(FOLLOWED):
            if case.state != "MERGED" or case.survivor is None or self.cases.get(case.survivor.no) is not case.survivor:
                break
            case = case.survivor
        return case

    def follow_no(self, no):
        return self.follow_case(self.cases[no]).no if no in self.cases else no

    def next_number(self, cell):
        return self.number_in(self.city.district_of(cell))

    def number_in(self, district):
        today = self.city.date_of(self.now)
        day, serial = self.serials.get(district, (0, 0))
        day, serial = (today, 1) if today > day else (day, serial + 1)
        self.serials[district] = (day, serial)
        return f"{district:06d}-{day:08d}-{serial:04d}"

    def open(self, rule, event, fields, gateway, person, asset):
        case = Case(self.next_number(name_of(event["cell"])))
        case.rule, case.class_code, case.severity = rule, rule.class_code, rule.severity
        case.cell, case.device, case.gateway = name_of(event["cell"]), name_of(event["device"], "id"), gateway
        case.asset = asset if asset is not None else name_of(event["asset"])
        case.place, case.opened_at = place_of(event["place"]), self.now
        case.first_place, case.accuracy_cm = case.place, accuracy_of(fields)
        about = self.city.assets.get(case.asset)
        case.owner = (getattr(about, "department", None) if rule.owner_of_asset else None) or rule.case_owner
        case.is_drill = DRILL in fields
        case.mask = self.wanted(rule, fields)
        case.holder = ("post", self.city.command)
        self.cases[case.no] = case
        self.note_object(case)
        if rule.merges:
            case.merge_key = self.merge_key(rule, event, fields, asset)
            self.merges.setdefault(case.merge_key, []).append(case)
        if rule.close_event is not None and all(name in fields for name in rule.close_match):
            case.close_key = (rule.id, key_of(rule.close_match, fields, rule.class_code))
            self.closes.setdefault(case.close_key, []).append(case)
        self.file_hiding(rule, event, fields, case)
        note = {"gateway": gateway, "actor": person}
        if event["is_self_handled"] and person is not None:
            case.filed_at = self.now
            case.add_person(person, "handled")
            self.say(case, "OPEN", **note)
            self.say(case, "SELF_HANDLED", **note)
            self.self_handled(case)
            return "OPENED", case.no
        self.say(case, "OPEN", **note)
        is_trusted = person is None and self.city.gateways[gateway].trusted == "true"
        if rule.confirm is not None:
            self.await_confirm(case, gateway, person)
        elif person is not None or (is_trusted and not self.is_doubtful(case.rule, gateway)):
            self.file(case)
        else:
            self.verify(case)
        return "OPENED", case.no


def show_areas(areas):
    return ", ".join(f"{name} {zone}" for name, zone in areas) or "none"
