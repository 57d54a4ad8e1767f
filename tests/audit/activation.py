"""activation.py: another city or other rules while cases are open, recomputed: what goes on under its name, what follows where something
is gone, in which cell each open case lies now.

The log names a city and its rules by digests. Whoever calls the audit gives them in the order in which the log takes them up; a pair that comes
back need not be given again. Everything is matched by what people call it: codes and ids.
"""
from cityread import NotAudited
from world import HANDLING, SERVICE, Desync, Worker, name_of

TURNS = 4  # some of the cases are located with every turn of the engine
LEVELS = ("street", "district")


class Nobody:
    """Who is no longer in the city: he passes no filter."""

    capacity, department, team, shift, base, home_cell = 0, None, "", None, None, None

    def __init__(self, person):
        self.id, self.roles, self.skills, self.rights, self.cells = person, set(), set(), set(), []


def shape_of(rule):
    """What a rule that remembers keeps; under another shape it begins anew."""
    window = rule.window
    counts = (window.by, window.within, window.distinct, [field for _, _, field, _ in window.results], window.registry) if window else None
    waits = (rule.expects, rule.expect_match, rule.expect_within_ms) if rule.expects is not None else None
    return rule.events, counts, waits


class Activation:
    """A part of Audit. self.pairs: city and rules by digests; self.given: those that the log has not named yet."""

    # ---- which city, which rules ----

    def pair_of(self, entry):
        key = (entry["city"], entry["policy"])
        if key not in self.pairs:
            if not self.given:
                raise NotAudited(f"position {entry['position']} activates another city or other rules, whose directory was not given")
            self.pairs[key] = self.given.pop(0)
        return self.pairs[key]

    def take_activate(self, entry):
        before, self.pair = self.pair, (entry["city"], entry["policy"])
        if before is not None:
            old = self.rules
            self.city, self.rules = self.pairs[self.pair]
            self.place_cache, self.near_cache, self.shift_cache = {}, {}, {}
            self.adopt_people()
            self.adopt_memory(old)
            lost = self.adopt_cases()
            self.adopt_offices()
            self.plans.adopt(self.city, self.rules.directory)
            self.adopt_groups()
            self.follow_losses(lost)
            self.adopt_clocks()
            if before[0] != self.pair[0]:
                self.borders_at, self.turns = self.now, set()
                self.rehome_at = 0 if self.cases.high else None
            self.adopt_rounds()
        self.take("ACTIVATED", None)

    def each(self, case, follow, *words):
        """What follows for one case; where that goes astray the others are still judged."""
        if case.is_aside:
            return
        try:
            follow(case, *words)
        except Desync as desync:
            self.differ(desync.case or case, desync.text)
            for other in (desync.case, *desync.others, case):
                self.set_aside(other)

    # ---- what goes on under its name ----

    def adopt_people(self):
        for worker in self.workers.values():
            worker.person = self.city.persons.get(worker.id) or Nobody(worker.id)
        for person in sorted(self.city.persons, key=self.city.order.get):
            if person not in self.workers:
                self.workers[person] = Worker(self.city.persons[person])
        self.takers = [self.workers[person] for person in sorted(self.city.persons, key=self.city.order.get)
                       if self.city.persons[person].capacity > 0]

    def adopt_memory(self, old):
        """Counts and waits of rules that keep their shape."""
        kept = {rule.id for rule in old.rules if rule.id in self.rules.by_id and shape_of(rule) == shape_of(self.rules.by_id[rule.id])}
        for key in [key for key in self.waits if key[0] not in kept]:
            del self.waits[key]
            self.timers.cancel(("wait", key))
        for key, (rule, *row) in self.waits.items():
            self.waits[key] = (self.rules.by_id[rule.id], *row)
        self.windows = {key: row for key, row in self.windows.items() if key[0] in kept}

    def adopt_orders(self, case):
        rule = self.rules.by_id.get(case.rule.id) if case.rule else None
        for order in case.orders:
            assigns, index = rule.assigns if rule else [], order.index
            if order.service is not None:
                name, index = order.service
                assigns = self.rules.confirms.get(name[1], []) if isinstance(name, tuple) else getattr(self.rules, name)
            is_kept = order.assign is not None and index is not None and index < len(assigns)
            order.assign = assigns[index] if is_kept else None

    def adopt_cases(self):
        """Those that lost the ground they stood on: the cell, the department. A case whose rule or class is gone is believed from here on."""
        city, lost = self.city, []
        for case in self.cases.in_slots():
            before = case.cell, case.department
            case.cell = case.cell if case.cell in city.cell_unit else None
            case.department = case.department if case.department in city.departments else None
            if before != (case.cell, case.department):
                lost.append(case)
            case.asset = case.asset if case.asset in city.assets else None
            case.device = case.device if case.device in city.devices else None
            case.gateway = case.gateway if case.gateway in city.gateways else None
            case.owner = case.owner if case.owner in city.departments else None
            self.adopt_orders(case)
            if case.rule is not None:
                case.rule = self.rules.by_id.get(case.rule.id)
                if case.rule is None or case.class_code not in city.classes:
                    self.set_aside(case)
                    self.checked["passed_over"] += 1
        return lost

    def adopt_offices(self):
        """A post that is gone leaves no trace in hand-overs: a forgotten step accuses nobody."""
        posts = self.city.posts

        def kept(post):
            return post if post in posts else None
        for case in self.cases.values():
            case.office, case.first_office, case.ruled_office = kept(case.office), kept(case.first_office), kept(case.ruled_office)
            steps, case.handovers = case.handovers, []
            for step in steps:
                had_receiver, is_last = step.to is not None, step is steps[-1]
                step.office, step.to = kept(step.office), kept(step.to)
                if step.office is not None and had_receiver == (step.to is not None):
                    case.handovers.append(step)
                elif is_last:
                    case.is_sent_back = False
            if case.dispute is not None:
                case.dispute.parties = [party for party in case.dispute.parties if party[0] in posts]
                case.dispute.post = kept(case.dispute.post) or self.city.adjudication
        known = {"object": self.city.assets, "cell": self.city.cell_unit}
        self.rulings = {key: post for key, post in self.rulings.items()
                        if key[1] in known[key[0]] and key[2] in self.city.classes and post in posts}
        self.objects = {asset: numbers for asset, numbers in self.objects.items() if asset in self.city.assets}

    def adopt_groups(self):
        """What lane notify still tells together; what no rule tells together any more is told now."""
        for key, group in list(self.groups.items()):
            rule = self.rules.by_id.get(group["rule"].id)
            tells = rule is not None and rule.lane == "notify" and rule.is_active
            if tells and rule.groups:
                group["rule"] = rule
                continue
            if tells and group["waiting"]:
                self.tell_posts(rule, self.follow_no(group["no"]), group["waiting"], False)
            self.timers.cancel(("group", key))
            del self.groups[key]

    def adopt_clocks(self):
        """A calendar, or whose it is, may be another: the deadline is set anew, and told where it differs."""
        for case in self.cases.in_slots():
            if case.is_terminal or case.is_aside:
                continue
            if case.handle_runs:
                self.each(case, self.adopt_clock)
            self.arm_step(case)

    def adopt_clock(self, case):
        was_missed, before = case.is_missed, self.timers.due(("clock", case.no))
        self.bind_handle(case, case.department)
        case.is_missed = case.is_missed or was_missed
        if not was_missed and self.timers.due(("clock", case.no)) != before:
            self.say(case, "RECALENDAR")

    def adopt_rounds(self):
        """A round that was under way is over; what it took away is sought for."""
        for order in self.moved.values() if self.round_at is not None else ():
            if order.case.state in ("DISPATCHING", "ASSIGNED") and not order.case.is_aside:
                self.timers.arm(("seek", order.case.no), self.now)
        self.moved, self.round_at = {}, None

    # ---- what follows where something is gone ----

    def follow_losses(self, lost):
        posts = self.city.posts
        for case in self.cases.in_slots():
            if case.holder is not None and case.holder[0] == "post" and case.holder[1] not in posts:
                self.each(case, self.post_gone)
        self.lose_orders_of_posts()
        for worker in list(self.workers.values()):
            while isinstance(worker.person, Nobody) and any(not self.orders[number].case.is_aside for number in worker.orders):
                order = self.orders[max(number for number in worker.orders if not self.orders[number].case.is_aside)]
                self.each(order.case, lambda _, gone: self.lose_order(gone, "LOST", "NOT_ELIGIBLE"), order)
        for case in lost:
            if not case.is_terminal:
                self.each(case, self.ground_gone)
        for case in self.cases.in_slots():
            if case.state == "ASSIGNED" and case.holder[0] == "post" and not case.is_aside and self.staffed(case.holder[1]) != case.holder[1]:
                self.each(case, self.to_desk, case.holder[1], "OFF_SHIFT", case.is_seeking)

    def post_gone(self, case):
        if case.state == "ASSIGNED":
            self.to_desk(case, None, "NOTHING", case.is_seeking)
            return
        post = self.city.command if case.state in ("DISPATCHING", "SUSPENDED") else self.city.supervision
        case.was_at_desk, case.holder = False, ("post", post)
        self.say(case, "TO_DESK", post=post)
        self.notice(case, post, None, "NOTHING")

    def lose_orders_of_posts(self):
        """Nobody is left there who could answer; in the order of the log."""
        gone = {order.number: order for order in self.orders.values()
                if order.worker is None and order.is_active and order.post not in self.city.posts}
        for order in gone.values():
            order.post = None
        while gone:
            told = self.peek()
            order = gone.pop(told.get("order") if told is not None and told.get("order") in gone else min(gone))
            self.end_order(order, "EXPIRED")
            self.each(order.case, lambda case, ended: self.say(case, "LOST", order=ended), order)

    def ground_gone(self, case):
        self.say(case, "STUCK", code="GONE")
        if case.state == "ASSIGNED" and case.holder[0] == "post":
            self.to_desk(case, None, "GONE", case.is_seeking)
        elif case.handle_runs and case.department is None:
            self.bind_handle(case, self.owner_of(case))

    # ---- in which cell each open case lies now ----

    def ask_where(self, case, known_at=None):
        """Located before the borders moved last: it is looked at again. known_at None: whenever."""
        if known_at is None or (self.borders_at is not None and known_at <= self.borders_at):
            self.turns = set() if self.rehome_at is None else self.turns
            self.rehome_at = case.slot if self.rehome_at is None else min(self.rehome_at, case.slot)

    def judge_progress(self):
        """It comes between everything else, and soon."""
        if self.rehome_at is None:
            return
        self.turns.add(self.now)
        if len(self.turns) <= TURNS:
            return
        waiting = [case for case in self.cases.in_slots() if case.slot >= self.rehome_at and self.is_elsewhere(case)]
        if waiting:
            self.differ(waiting[0], f"the borders moved at {self.borders_at}; {len(waiting)} open cases are still in the cell of before")
            self.rehome_at = None  # said once

    def is_elsewhere(self, case):
        return not case.is_terminal and not case.is_aside and case.place is not None and \
            self.find_place(case.place)[0] != case.cell and not self.city.near_some_border(case.place)

    def take_rehome(self, entry):
        self.turns = set()
        if self.rehome_at is None:
            return
        rows = {row["case"]: name_of(row["cell"]) for row in entry["cases"]}
        first, until = entry["from_slot"], entry["until_slot"]
        self.judge_slice(rows, first, self.cases.high if until is None else until)
        for no, cell in rows.items():
            case = self.cases.get(no)
            if case is not None and not case.is_terminal and cell != case.cell and (cell is None or cell in self.city.cell_unit):
                if case.is_aside:
                    case.cell = cell
                self.each(case, self.move_case, cell)
        if first <= self.rehome_at:
            self.rehome_at = until if until is not None and until < self.cases.high else None

    def judge_slice(self, rows, first, until):
        """Every open case of these slots is in the cell where it lies, by the polygons alone."""
        for case in self.cases.in_slots():
            if case.is_terminal or case.is_aside or case.place is None:
                continue
            if not first <= case.slot < until:
                if case.no in rows:
                    self.differ(case, f"located among the slots {first} to {until}; it has slot {case.slot}")
                continue
            self.checked["located"] += 1
            own, told = self.find_place(case.place)[0], rows.get(case.no, case.cell)
            if told != own and not self.city.near_some_border(case.place):
                verb = "was taken to" if case.no in rows else "stays in"
                self.differ(case, f"lies in cell {own} since the borders moved, by its place {case.place}; the log says that it {verb} {told}")

    def answers_of(self, case):
        return self.owner_of(case), self.staffed(self.desk_of(case))

    def move_case(self, case, cell):
        self.checked["rehomed"] += 1
        before, old = case.cell, self.answers_of(case)
        case.cell = cell
        new = self.answers_of(case)
        is_at_desk = case.state == "ASSIGNED" and case.holder[0] == "post"
        if not is_at_desk and case.handle_runs and case.department == old[0] != new[0]:
            self.bind_handle(case, new[0])
        effect = self.say(case, "REHOME")
        self.same(case, "REHOME from", effect.get("text"), before)
        if is_at_desk and case.holder[1] == old[1] != new[1]:
            self.to_desk(case, None, "NOTHING", case.is_seeking)
        self.take_back_offers(case, before)
        self.arm_step(case)

    def take_back_offers(self, case, before):
        """What nobody has accepted, where others come first in the new cell."""
        for order in list(case.orders):
            if order.state == "OFFERED" and order.worker is not None and order.kind in (*HANDLING, *SERVICE) and \
                    order.assign is not None and self.rests_on_cell(order, before, case.cell):
                self.withdraw(order, "RECALL", "RECALLED")
                self.timers.arm(("seek", case.no), self.now)
                self.arm_step(case)
        if self.timers.due(("seek", case.no)) is not None:
            self.timers.arm(("seek", case.no), self.now)

    def rests_on_cell(self, order, before, after):
        """Do the rings that lead to this worker look elsewhere now?"""
        persons, person = self.city.cell_persons, order.worker.id
        for ring in order.assign.rings:
            if ring == "grid":
                if person in persons.get(after, ()):
                    return False
                if persons.get(after) or person in persons.get(before, ()):
                    return True
            elif ring in LEVELS:
                level = 1 if ring == "street" else self.city.district_level
                if self.city.unit_of(before, level) != self.city.unit_of(after, level):
                    return True
        return False

    # ---- facts of the pair of before ----

    def is_stale(self, entry):
        """Were its facts resolved under another city or other rules? Of a pair the log tells their digest with the first that it takes."""
        if self.pair is None:
            return False
        result = next((effect for effect in self.effects if effect["effect"] == "RESULT"), None)
        was_refused = result is not None and result["code"] == "RESOLVE_AGAIN"
        if not was_refused:
            self.facts.setdefault(self.pair, entry["facts_digest"])
        return entry["facts_digest"] != self.facts.get(self.pair) or \
            entry["facts_digest"] in [digest for pair, digest in self.facts.items() if pair != self.pair]
