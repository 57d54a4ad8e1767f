"""world.py: what this audit believes: workers, orders, cases, timers; and the reader of what the engine says happened.

The audit runs its own machine over the commands of the dump. Wherever that machine would tell the world something, it takes
the next effect of the dump and compares. When the two no longer speak of the same thing, the case is set aside: the
difference is told once, and the case is followed but no longer judged.
"""
import heapq

import geometry

HANDLING = ("HANDLE", "ASSIST")
SERVICE = {"CHECK_RESULT": "check", "VERIFY_REPORT": "verify"}
ACTIVE = ("OFFERED", "ACCEPTED", "ARRIVED")
TERMINAL = ("CLOSED", "VOID", "MERGED", "FORCED_CLOSED")
ENDS = {"DECLINE": "DECLINED", "RETURN": "RETURNED", "DONE": "DONE", "CHECK_PASS": "DONE", "CHECK_FAIL": "DONE",
        "VERIFY_YES": "DONE", "VERIFY_NO": "DONE", "EXPIRE": "EXPIRED", "LOST": "EXPIRED", "RECALL": "RECALLED",
        "RULE": "DONE", "REROUTE": "RECALLED", "PREEMPT": "RECALLED"}

# What the engine's tables allow for one case (docs/rules.md, "Who gets the order").
CASE_PERSONS = 16
CASE_OFFERED = 12
CASE_OFFERS = 12
CASE_ORDERS = 24
CASE_EVENTS = 1000
WORKER_ITEMS = 64
CASE_CONTACTS = 8
PLAN_ORDERS = 10 ** 12  # tasks of emergency plans are numbered from here
PLAN_CLOCKS = ("PLAN_CONFIRM", "PLAN_ACK", "LATE_REPORT")
PLAN_CALLS = ("PLAN_ASK", "PLAN_SILENT", "PLAN_TASK_LATE", "MISS", "ESCALATE")  # of a plan: a post is told next
ARRIVE_CM = 100000
EVENT_AGE_MS = 7 * 86400000
WEEK_MS = 7 * 86400000
HOUR_MS = 3600000
DAY_MS = 24 * HOUR_MS


class Desync(Exception):
    """The dump tells something else than this audit would."""

    def __init__(self, case, text, others=()):
        super().__init__(text)
        self.case, self.text, self.others = case, text, others


class Worker:
    def __init__(self, person):
        self.person, self.id = person, person.id
        self.fix = None
        self.fix_at = self.seen_at = self.freed_at = 0
        self.status = "UNKNOWN"
        self.orders = set()
        self.item_last = self.item_taken = 0
        self.epoch = self.seq = 0
        self.kept = {}

    @property
    def load(self):
        return len(self.orders)

    def item_count(self):
        return min(self.item_last - self.item_taken, WORKER_ITEMS)


class Cases(dict):
    """By number; each in the slot that the engine's table has for it: the one left last, else the next."""

    def __init__(self):
        super().__init__()
        self.left, self.high = [], 0

    def __setitem__(self, no, case):
        if no not in self and self.left:
            case.slot = self.left.pop()
        elif no not in self:
            case.slot, self.high = self.high, self.high + 1
        super().__setitem__(no, case)

    def pop(self, no, *default):
        case = super().pop(no, *default)
        if isinstance(case, Case):
            self.left.append(case.slot)
        return case

    def in_slots(self):
        return sorted(self.values(), key=lambda case: case.slot)


class Order:
    def __init__(self, number, case, worker, kind, now):
        self.number, self.case, self.worker, self.kind = number, case, worker, kind
        self.state, self.is_lead = "OFFERED", kind == "HANDLE"
        self.post = None   # an order to a post, which everyone there may answer; worker is None then
        self.index = None  # of the rule's assigns; None: check, verify
        self.assign, self.service = None, None  # whom it was sought by; (whose assigns, index) of a check or verify order
        self.round = case.round
        self.offered_at, self.accepted_at = now, 0
        self.deadline = None
        self.has_arrive_clock = False
        self.moves, self.is_parallel = 0, False  # how often rounds moved it; offered to several at once
        self.way_ms = None  # when it was offered

    @property
    def is_active(self):
        return self.state in ACTIVE


class Case:
    def __init__(self, no):
        self.no = no
        self.is_aside = False
        self.state, self.severity = "REPORTED", 4
        self.holder = None  # ("post", code) or ("person", id)
        self.rule = self.class_code = self.cell = self.asset = self.device = self.gateway = None
        self.place = self.first_place = self.owner = self.assigned_at = None  # assigned_at: since it was filed
        self.accuracy_cm = 0
        self.sources, self.is_safe, self.safe_missed, self.was_reached = set(), False, False, False
        self.opened_at = self.filed_at = self.first_offer_at = 0
        self.handled_at = self.closed_at = 0
        self.clock, self.clock_limit_ms, self.is_missed = "NONE", 0, False
        self.handle_limit, self.handle_used, self.handle_from = None, 0, 0
        self.handle_runs = self.handle_missed = False
        self.department = None
        self.events = 1
        self.offers = 0
        self.steps_fired = set()
        self.mask = set()
        self.round = 0
        self.people = {}  # id -> flags: declined, handled, commanded
        self.orders = []  # newest first
        self.is_seeking = self.nobody_told = self.is_cleared = False
        self.merge_key = self.close_key = None
        self.is_weighed = False
        self.office = self.first_office = self.ruled_office = self.dispute = None
        self.handovers, self.office_permille, self.has_acted, self.is_sent_back = [], 0, False, False
        self.handle_base, self.extensions, self.extend_stage, self.extend_by = 0, 0, 0, set()
        self.ever_missed = self.was_suspended = self.was_at_desk = False
        self.is_supervised = self.supervise_missed = self.auto_supervised = self.was_reopened = False
        self.supervise_limit_ms, self.appeal = 0, None
        self.is_joint, self.help_wanted, self.is_recheck = False, 0, False
        self.is_drill, self.is_inspection, self.ratings = False, False, set()
        self.contacts = []  # keys, as they came; None: erased
        self.survivor = self.parent = None
        self.children = []  # newest first

    def flags(self, person):
        return self.people.get(person, ())

    def add_person(self, person, *flags):
        if person not in self.people:
            if len(self.people) == CASE_PERSONS:
                return False
            self.people[person] = set()
        self.people[person].update(flags)
        return True

    def fits(self, *persons):
        """Could these be remembered, if everyone who neither handled nor commanded were forgotten?"""
        kept = [person for person, flags in self.people.items()
                if {"handled", "commanded", "filed"} & flags and person not in persons]
        return len(kept) + len(set(persons)) <= CASE_PERSONS

    def forget_declined(self):
        self.people = {person: flags - {"declined", "checked"} for person, flags in self.people.items()
                       if {"handled", "commanded", "filed"} & flags}

    def has_room(self, person):
        return person in self.people or len(self.people) < CASE_PERSONS

    def has_open_child(self):
        return any(not child.is_terminal for child in self.children)

    def remember(self, person, flag, other=None):
        """Who commands or finishes by hand must find room."""
        if len(self.people) + (1 if other is None else 2) > CASE_PERSONS:
            self.forget_declined()
        self.add_person(person, flag)

    @property
    def is_terminal(self):
        return self.state in TERMINAL

    def active(self, kinds=None):
        return [order for order in self.orders if order.is_active and (kinds is None or order.kind in kinds)]

    def lead(self):
        return next((order for order in self.orders if order.is_lead and order.is_active), None)

    def has_worker(self, person):
        return any(order.is_active and order.worker is not None and order.worker.id == person for order in self.orders)

    def has_finished(self, person):
        """Has he done an order of the case since it was last dispatched?"""
        return any(order.worker is not None and order.worker.id == person and order.state == "DONE" and order.round == self.round
                   for order in self.orders)


class Timers:
    """Soonest first; equal ones in the order in which they were armed."""

    def __init__(self):
        self.heap, self.armed, self.count = [], {}, 0

    def arm(self, key, due):
        self.armed.pop(key, None)
        if due is not None:
            self.count += 1
            self.armed[key] = (due, self.count)
            heapq.heappush(self.heap, (due, self.count, key))

    def cancel(self, key):
        self.armed.pop(key, None)

    def due(self, key):
        return self.armed[key][0] if key in self.armed else None

    def first_due(self, now):
        """(key, due) of the first timer whose time has come, or None."""
        while self.heap and self.armed.get(self.heap[0][2], (None, None))[1] != self.heap[0][1]:
            heapq.heappop(self.heap)
        return (self.heap[0][2], self.heap[0][0]) if self.heap and self.heap[0][0] <= now else None


def name_of(row, key="code"):
    return None if row is None else row.get(key, f"row {row.get('row')}")


def place_of(place):
    return None if place is None else (place["lon_e7"], place["lat_e7"])


def holder_of(holder):
    if holder is None:
        return None
    return ("person", name_of(holder["person"], "id")) if "person" in holder else ("post", name_of(holder["post"]))


def show(value):
    return "nothing" if value is None else "/".join(map(str, value)) if isinstance(value, tuple) else str(value)


class World:
    """State, the cursor over effects, and the list of differences. The parts of the machine derive from it."""

    def __init__(self, city, rules):
        self.city, self.rules = city, rules
        self.workers = {person: Worker(city.persons[person]) for person in sorted(city.persons, key=city.order.get)}
        self.cases, self.orders, self.timers = Cases(), {}, Timers()
        self.serials, self.last_order = {}, 0
        self.merges, self.closes = {}, {}
        self.sources = {}  # (rule, gateway) -> [confirmed, false alarms]
        self.event_ids, self.dedupes, self.lane_steps, self.waits, self.groups = {}, {}, set(), {}, {}
        self.keys = {}  # public key -> (identity, is revoked)
        self.silences, self.last_silence, self.hidings, self.reasons = [], 0, {}, []
        self.gateway_marks, self.now, self.position = {}, 0, 0
        self.effects, self.at, self.operations, self.spent, self.fired_at = [], 0, 0, 0, 0
        self.ticks_follow = False
        self.freed_unseen = set()  # in this entry, by orders of cases set aside: when within it, nobody can say
        self.moved, self.round_at = {}, None  # taken away by a round and not given yet, by case; when that was
        self.differences = []
        self.checked = {"choices": 0, "clocks": 0, "events": 0, "places": 0, "acts": 0, "nobody": 0, "distances": 0, "roads": 0,
                        "merges": 0, "moves": 0, "promises": 0, "absences": 0, "windows": 0, "resends": 0, "located": 0, "rehomed": 0, "passed_over": 0}
        self.miss_lag_ms = 0

    def differ(self, case, text):
        self.differences.append((self.position, case if case is None or isinstance(case, str) else case.no, text))

    def same(self, case, what, told, own):
        if told != own:
            self.differ(case, f"{what}: the log says {show(told)}, recomputed {show(own)}")

    # ---- effects ----

    def case_of_effect(self, effect):
        if effect["effect"] == "ITEM":
            order = self.orders.get(effect["order"])
            return None if order is None else order.case
        return self.cases.get(effect.get("case"))

    def peek(self):
        """The next effect that is judged; those of cases set aside are followed on the way."""
        while self.at < len(self.effects):
            effect = self.effects[self.at]
            case = self.case_of_effect(effect)
            if self.is_of_plan(effect, case):
                if effect["effect"] == "ITEM" or case is None or case.is_aside:
                    self.follow(effect)
                self.at += 1
                continue
            if effect["effect"] in ("RESULT", "FIRING") or case is None or not case.is_aside:
                return effect
            self.follow(effect)
            self.at += 1
        return None

    def is_told_out(self):
        """Is nothing left of this entry's effects but what is passed over or followed?"""
        at, offered = self.at, set()
        while self.at < len(self.effects):
            effect = self.effects[self.at]
            case = self.case_of_effect(effect)
            is_followed = effect["effect"] not in ("RESULT", "FIRING") and case is not None and case.is_aside
            if is_followed and effect["effect"] == "TIMELINE":
                offered.add(effect["order"])
            is_followed = is_followed or (effect["effect"] == "ITEM" and effect["order"] in offered)
            if not is_followed and not self.is_of_plan(effect, case):
                break
            self.at += 1
        is_out = self.at == len(self.effects)
        self.at = at
        return is_out

    def is_of_plan(self, effect, case):
        """Does it tell of an emergency plan, its tasks or a late report? These are passed over, and so are the cases that they open."""
        kind, before = effect["effect"], self.effects[self.at - 1] if self.at else {}
        if kind == "NOTICE":
            is_call = before.get("case") == effect["case"] and before.get("action", before.get("what")) in PLAN_CALLS and (
                before["effect"] == "PLAN" or before.get("code") == "TABLE_FULL" or before["clock"] in PLAN_CLOCKS)
            return effect["code"] in ("PLAN_WAITS", "PLAN_TOLD") or is_call
        if kind == "TIMELINE":
            is_task = case is None and effect["action"] == "OPEN" and "/" in (name_of(effect["rule"], "id") or "")
            return is_task or effect["action"].startswith("PLAN_") or effect["clock"] in PLAN_CLOCKS
        is_left = kind == "CONTACT" and effect["case"] is not None and case is None
        return kind == "PLAN" or is_left or (kind == "ITEM" and effect["order"] >= PLAN_ORDERS)

    def pass_over(self):
        """Believes everything up to the next result."""
        while self.at < len(self.effects) and self.effects[self.at]["effect"] != "RESULT":
            self.set_aside(self.case_of_effect(self.effects[self.at]))
            self.follow(self.effects[self.at])
            self.at += 1

    def take(self, kind, case, **wanted):
        """The next effect, which must be this one; a Desync otherwise."""
        effect = self.peek()
        told = None if effect is None else (effect["effect"], effect.get("case", case.no if case else None))
        fits = told == (kind, case.no if case else told and told[1]) and all(
            effect.get(key) == value for key, value in wanted.items())
        if not fits:
            what = " ".join([kind, *(str(value) for value in wanted.values())])
            other = None if effect is None else self.case_of_effect(effect)
            raise Desync(case, f"expected {what}, the log has {self.describe(effect)}", [other] if other else [])
        self.at += 1
        return effect

    @staticmethod
    def describe(effect):
        if effect is None:
            return "nothing more"
        words = [effect["effect"]] + [str(effect[key]) for key in ("action", "item", "order_kind", "code", "case")
                                      if effect.get(key) not in (None, "NOTHING")]
        if effect.get("order"):
            words.append(f"order {effect['order']}")
        return " ".join(words)

    def set_aside(self, case):
        if case is None or case.is_aside:
            return
        case.is_aside = True
        for name in ("clock", "step", "seek", "supervise", "dispute"):
            self.timers.cancel((name, case.no))
        for order in case.orders:
            self.timers.cancel(("order", order.number))

    def follow(self, effect):
        """Believes an effect without judging it, so that loads and numbers stay right."""
        if effect["effect"] == "ITEM":
            worker = self.workers.get(name_of(effect["person"], "id"))
            if worker is not None:
                worker.item_last = max(worker.item_last, effect["item_seq"])
            return
        if effect["effect"] != "TIMELINE":
            return
        case = self.cases.get(effect["case"])
        if case is None:
            case = self.cases[effect["case"]] = Case(effect["case"])
            case.is_aside, case.place, case.asset = True, place_of(effect["place"]), name_of(effect["asset"])
            rule = name_of(effect["rule"], "id") or ""
            case.is_drill = effect.get("is_drill", False)
            is_part = effect["other_case"] is not None  # split off: no task of the plan
            case.is_inspection = "/" in rule and not is_part and not rule.endswith(("/fail", "/late"))
            self.note_object(case)
            self.checked["passed_over"] += 1
            district, day, serial = (int(part) for part in effect["case"].split("-"))
            self.serials[district] = (day, serial)
        action, number = effect["action"], effect["order"]
        if action == "RETIRE":
            self.forget_case(case)
            return
        if action in ("MERGE_INTO", "REPLACE"):
            case.survivor = self.cases.get(effect["other_case"])
        self.follow_state(case, effect["state"])
        case.holder, case.severity, case.events = holder_of(effect["holder"]), effect["severity"], effect["event_count"]
        order = self.orders.get(number)
        if action in ("OFFER", "INFORM", "ADJUDICATE") and number and order is None:
            worker = self.workers[name_of(effect["subject"], "id")] if action == "OFFER" else None
            order = Order(number, case, worker, effect["order_kind"], self.now)
            order.post = name_of(effect["post"]) if worker is None else None
            self.orders[number] = order
            case.orders.insert(0, order)
            if worker is not None:
                worker.orders.add(number)
            self.last_order = max(self.last_order, number)
        elif order is not None and action in ("REASSIGN", "NEXT_LEAD") and effect["order_kind"]:
            order.kind = effect["order_kind"]  # a helper leads on
        elif order is not None and action in ENDS and (action != "PREEMPT" or effect["code"] == "PREEMPTED"):
            self.end_order(order, ENDS[action])
            self.freed_unseen.add(order.worker)
        elif order is not None and action in ("ACCEPT", "ARRIVE"):
            order.state = "ACCEPTED" if action == "ACCEPT" else "ARRIVED"

    def follow_state(self, case, state):
        """A case set aside ends and comes back: reports that join it later, and all-clears, ask when."""
        closes = self.closes.setdefault(case.close_key, []) if case.close_key is not None else []
        if state in TERMINAL and not case.is_terminal:
            case.closed_at = self.now
            if case in closes:
                closes.remove(case)
        elif case.is_terminal and state not in TERMINAL:
            self.ask_where(case, case.closed_at)
            case.closed_at, case.is_cleared = 0, False
            if case.close_key is not None and case not in closes:
                closes.append(case)
        case.state = state

    # ---- orders and cases ----

    def end_order(self, order, state):
        order.state = state
        if order.worker is not None:
            order.worker.orders.discard(order.number)
            order.worker.freed_at = self.now
        self.timers.cancel(("order", order.number))

    @staticmethod
    def detach(case):
        case.parent.children.remove(case)
        case.parent = None

    def detach_all(self, case):
        for child in list(case.children):
            self.detach(child)
        if case.parent is not None:
            self.detach(case)

    def forget_case(self, case):
        self.detach_all(case)
        for order in case.orders:
            if order.worker is not None:
                order.worker.orders.discard(order.number)
            self.orders.pop(order.number, None)
            self.timers.cancel(("order", order.number))
        for name in ("clock", "step", "seek", "supervise", "dispute"):
            self.timers.cancel((name, case.no))
        for index, key in ((self.merges, case.merge_key), (self.closes, case.close_key)):
            if key is not None and case in index.get(key, []):
                index[key].remove(case)
        self.cases.pop(case.no, None)

    # ---- telling ----

    def person_named(self, person):
        """The log has no name for who left the city."""
        return person if person is None or person in self.city.persons else None

    def holder_named(self, case):
        is_person = case.holder is not None and case.holder[0] == "person"
        return ("person", self.person_named(case.holder[1])) if is_person else case.holder

    def say(self, case, action, order=None, actor=None, subject=None, gateway=None, post=None, code="NOTHING",
            reason="NONE", before=None, clock=None, deadline=None, place=None, distance=None, other=None,
            until=0, amount=0, report=0):
        """Takes the timeline entry and compares every field with what this audit would have written."""
        if case.is_aside:
            return None
        effect = self.take("TIMELINE", case, action=action)
        own_deadline = deadline if clock is not None else self.timers.due(("clock", case.no))
        own_clock = clock if clock is not None else case.clock
        subject = self.person_named(subject)
        own = {"order": 0 if order is None else order.number, "order_kind": None if order is None else order.kind,
               "code": code, "reason": reason, "state": case.state, "state_before": before or case.state,
               "severity": case.severity, "event_count": case.events, "other_case": other, "until_ms": until, "amount": amount, "report": report,
               "is_drill": case.is_drill}
        for key, value in own.items():
            self.same(case, f"{action} {key}", effect.get(key, False), value)
        for key, inner, value in (("actor", "id", actor), ("subject", "id", subject), ("gateway", "id", gateway),
                                  ("post", "code", post), ("rule", "id", case.rule.id if case.rule else None),
                                  ("class", "code", case.class_code), ("cell", "code", case.cell),
                                  ("asset", "code", case.asset), ("device", "id", case.device)):
            self.same(case, f"{action} {key}", name_of(effect[key], inner), value)
        self.same(case, f"{action} holder", holder_of(effect["holder"]), self.holder_named(case))
        self.same(case, f"{action} place", place_of(effect["place"]), place if place is not None else case.place)
        self.same(case, f"{action} clock", effect["clock"], own_clock)
        self.same(case, f"{action} {own_clock} deadline", effect["deadline_ms"], own_deadline)
        if action == "OFFER" and distance is not None and not geometry.is_near(effect["distance_cm"], distance):
            self.same(case, "OFFER distance_cm", effect["distance_cm"], round(distance))
        return effect

    def tell(self, worker, item, order, code, case):
        if not case.is_aside:
            self.peek()  # items passed over come before
        worker.item_last += 1
        if case.is_aside or worker.id not in self.city.persons:  # kept for the day he comes back
            return
        effect = self.take("ITEM", None)
        own = (worker.id, worker.item_last, item, order, code)
        told = (name_of(effect["person"], "id"), effect["item_seq"], effect["item"], effect["order"], effect["code"])
        self.same(case, "item", told, own)

    # ---- reporters' contacts ----

    def tell_contact(self, key, case, code):
        if case is None or not case.is_aside:
            effect = self.take("CONTACT", case)
            self.same(case, "contact", (effect["key"], effect["case"], effect["code"]), (key, case.no if case else None, code))

    def drop_contacts(self, case, code):
        for key in case.contacts or ():
            self.tell_contact(key, case, code)
        case.contacts = []

    def notice(self, case, post, step, code):
        if post is None or case.is_aside:
            return
        effect = self.take("NOTICE", case)
        self.same(case, "notice", (name_of(effect["post"]), effect["step"], effect["code"], effect["severity"]),
                  (post, step, code, case.severity))
