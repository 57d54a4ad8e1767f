"""offices.py: which office has a case, its hand-overs, and whether they are buck-passing; adjudication and rulings."""
from casetime import CaseTime
from world import Order

HANDOVERS = 8
PARTIES = 4
WORK_DAY_MS = 8 * 3600000
KEEPS_INSPECTION = 2
TO_POST = ("DISPATCHING", "ASSIGNED", "ON_SITE")  # a ruling moves a case only here


class Step:
    def __init__(self, office, to, direction, reason, flags, used, held):
        self.office, self.to, self.direction, self.reason = office, to, direction, reason
        self.flags, self.used, self.held = flags, used, held

    @property
    def is_passing(self):
        return not self.flags & {"acted", "taken"}

    @property
    def is_lateral(self):
        return self.direction == "lateral" and self.is_passing


def verdict(steps):
    """What the newest hand-over shows, or None."""
    *before, last = steps
    if not last.is_passing:
        return None
    if last.direction == "up":
        return "PUSHED_UP"
    if last.direction == "down":
        return "PUSHED_DOWN" if {"inspection", "duty"} <= last.flags else None
    chain = [last]
    for step in reversed(before):  # unbroken, back to where it is going now
        if last.to is None or not step.is_lateral or step.to != chain[0].office:
            break
        chain.insert(0, step)
        if step.office == last.to:
            if len(chain) >= 3:
                return "CIRCLED"
            break
    for index, step in enumerate(before):
        if step.office == last.office and step.is_lateral and any(
                back.office == step.to and back.to == last.office and back.is_lateral for back in before[index + 1:]):
            return "BACK_AND_FORTH"
    for step in reversed(before):
        if "acted" in step.flags:
            break
        if step.office == last.office and step.is_lateral:
            if step.reason == last.reason:
                return "SAME_REASON"
            break
    return "NEAR_DEADLINE" if last.used >= 800 and last.held >= 500 else None


class Dispute:
    def __init__(self, reason, post):
        self.reason, self.post, self.is_heard, self.due = reason, post, False, None
        self.parties = []  # [post, state]
        self.order = None  # to the adjudicating post; it ends with the dispute

    def ask(self, post):
        if post is not None and len(self.parties) < PARTIES and all(party[0] != post for party in self.parties):
            self.parties.append([post, "asked"])

    @property
    def clock(self):
        return "RULING" if self.is_heard else "POSITION"


class Offices(CaseTime):
    def __init__(self, city, rules):
        super().__init__(city, rules)
        self.rulings = {}  # ("object", asset, class) or ("cell", cell, class) -> post
        self.objects = {}  # asset -> numbers of the newest cases

    # ---- who answers ----

    def ruling(self, case):
        """The post that an earlier ruling names for the case's object or cell."""
        for kind, at in (("object", case.asset), ("cell", case.cell)):
            post = self.rulings.get((kind, at, case.class_code)) if at is not None else None
            if post is not None:
                return post
        return None

    def ruled_department(self, case):
        post = case.ruled_office or self.ruling(case)
        return None if post is None else self.city.posts[post].department

    def owner_of(self, case):
        ruled = self.ruled_department(case)
        if ruled is not None:
            return ruled
        if case.owner is not None:
            return case.owner
        return case.rule.owner if case.rule else self.city.classes[case.class_code].department

    def desk_of(self, case):
        if case.dispute is not None and case.first_office is not None:
            return case.first_office
        if case.ruled_office is not None:
            return case.ruled_office
        is_others = case.rule is not None and case.owner not in (None, case.rule.owner)
        if self.ruling(case) is None and not is_others and case.rule and case.rule.assigns and case.rule.assigns[0].fallback:
            return str(case.rule.assigns[0].fallback)
        owner = self.owner_of(case)
        return (self.city.departments[owner].duty_post if owner else None) or self.city.desk

    def is_empty(self, post):
        persons = self.city.posts[post].persons
        return bool(persons) and not any(self.is_on_shift(self.workers[person]) for person in persons)

    def staffed(self, post):
        department = self.city.departments.get(self.city.posts[post].department)
        lead = department.lead_post if department is not None else None
        for other in (post, lead, self.city.desk, self.city.command):
            if other is not None and not self.is_empty(other):
                return other
        return post

    def is_of_post(self, person, code):
        post, row = self.city.posts[code], self.city.persons[person]
        return person in post.persons or (post.department is not None and row.department == post.department and
                                          "department_desk" in row.rights)

    # ---- hand-overs ----

    def used_permille(self, case):
        limit = case.handle_limit
        if not limit:
            return 0
        used = case.handle_used
        if case.handle_runs:
            used += self.used_of(case)
        whole = limit.value * WORK_DAY_MS if limit.unit == "work_days" else limit.plain_ms
        return min(used * 1000 // whole, 65535)

    def direction(self, office, to):
        if to is None or office == to:
            return "lateral"
        posts, departments = self.city.posts, self.city.departments
        own, other = posts[office].department, posts[to].department
        if own is not None and own == other:
            lead = departments[own].lead_post
            return "up" if lead == to else "down" if lead == office else "lateral"
        above = departments[own].level if own is not None else 0
        below = departments[other].level if other is not None else 0
        if 0 in (above, below) or above == below:
            return "lateral"
        return "down" if below > above else "up"

    def put_step(self, case, to, reason, flags):
        used = self.used_permille(case)
        flags = set(flags) | ({"acted"} if case.has_acted else set())
        case.handovers.append(Step(case.office, to, self.direction(case.office, to), reason, flags, used,
                                   max(0, used - case.office_permille)))
        del case.handovers[:-HANDOVERS]

    def receive(self, case, post):
        if case.office == post:
            return
        if case.is_sent_back:
            case.handovers[-1].to = post if post != case.handovers[-1].office else None
            case.is_sent_back = False
        elif case.office is not None:
            self.put_step(case, post, "NONE", {"taken"})
        case.office = post
        case.first_office = case.first_office or post
        case.has_acted = False
        case.office_permille = self.used_permille(case)

    def leave(self, case, reason, to, flags=()):
        if case.is_aside or case.office is None or case.office == to:
            return
        department = self.city.posts[case.office].department
        is_duty = department is not None and department == self.owner_of(case)
        self.put_step(case, to, reason, {*flags, *({"duty"} if is_duty else ())})
        case.office, case.has_acted = None, False
        case.is_sent_back = case.is_sent_back or to is None

    # ---- disputes ----

    def judge(self, case):
        if case.is_aside or not case.handovers or case.dispute is not None:
            return
        found = verdict(case.handovers)
        if found is not None:
            parties = [post for step in reversed(case.handovers) for post in (step.office, step.to)]
            self.open_dispute(case, found, parties)

    def open_dispute(self, case, reason, parties):
        case.dispute = Dispute(reason, self.city.adjudication)
        for post in (case.first_office, *parties):
            case.dispute.ask(post)
        self.recall_all(case, False)
        self.to_desk(case, None, "IN_DISPUTE", False)
        self.arm_dispute(case, self.city.position_ms)
        self.give_ruling_order(case)
        self.say_dispute(case, "ADJUDICATE", case.dispute.post)
        self.notice(case, case.dispute.post, None, "IN_DISPUTE")
        for post, _ in case.dispute.parties:
            self.notice(case, post, None, "IN_DISPUTE")

    def give_ruling_order(self, case):
        if case.is_aside:
            return
        self.drop_oldest(case)
        self.last_order += 1
        order = Order(self.last_order, case, None, "ADJUDICATE", self.now)
        order.post = case.dispute.post
        self.orders[order.number] = order
        case.orders.insert(0, order)
        case.dispute.order = order

    def end_ruling_order(self, case, state):
        order = case.dispute.order
        if order is not None and order.is_active:
            self.end_order(order, state)

    def arm_dispute(self, case, after_ms):
        if not case.is_aside:
            case.dispute.due = self.now + after_ms
            self.timers.arm(("dispute", case.no), case.dispute.due)

    def say_dispute(self, case, action, post):
        if case.dispute is not None:
            self.say(case, action, reason=case.dispute.reason, post=post, clock=case.dispute.clock,
                     deadline=case.dispute.due, order=case.dispute.order)

    def dispute_due(self, case, due):
        dispute = case.dispute
        if dispute.is_heard:
            self.arm_dispute(case, self.city.ruling_ms)
            self.say(case, "MISS", clock="RULING", deadline=due, post=dispute.post)
            self.notice(case, dispute.post, None, "EXPIRED")
            self.notice(case, self.city.command, None, "EXPIRED")
            return
        dispute.is_heard = True
        self.arm_dispute(case, self.city.ruling_ms)
        for party in dispute.parties:
            if party[1] == "asked":
                party[1] = "silent"
                self.say_dispute(case, "SILENT", party[0])
        self.notice(case, dispute.post, None, "IN_DISPUTE")

    def drop_dispute(self, case):
        """The case ended before it was ruled on."""
        if case.dispute is not None:
            self.end_ruling_order(case, "RECALLED")
            self.say_dispute(case, "RECALL", case.dispute.post)
        self.give_dispute(case)

    def give_dispute(self, case):
        case.dispute = None
        self.timers.cancel(("dispute", case.no))

    def blocks(self, case):
        return case.dispute is not None and case.dispute.reason == "PERMIT_CONFLICT"

    def take_position(self, case, **note):
        dispute, actor = case.dispute, self.actor
        if dispute is None:
            return "NO_DISPUTE"
        party = next((party for party in dispute.parties if self.is_of_post(actor, party[0])), None)
        if party is None:
            return "NOT_YOURS"
        if dispute.is_heard:
            return "WRONG_STATE"
        party[1] = "filed"
        if all(state != "asked" for _, state in dispute.parties):
            dispute.is_heard = True
            self.arm_dispute(case, self.city.ruling_ms)
        self.say(case, "POSITION", post=party[0], clock=dispute.clock, deadline=dispute.due, **note)
        return "DONE"

    def rule_dispute(self, case, **note):
        dispute, act, actor = case.dispute, self.act, self.actor
        lead = (act["subject"] or {}).get("post", {}).get("code")
        if dispute is None:
            return "NO_DISPUTE"
        if not self.is_of_post(actor, dispute.post):
            return "NOT_YOURS"
        if any(post != dispute.post and self.is_of_post(actor, post) for post, _ in dispute.parties):
            return "CONFLICT_OF_INTEREST"
        if not dispute.is_heard:
            return "WRONG_STATE"
        filed = sum(1 << index for index, party in enumerate(dispute.parties) if party[1] == "filed")
        if act["amount"] & ~filed or (filed and not act["amount"]):
            return "UNCITED"
        if lead is None or self.city.posts[lead].department is None:
            return "UNKNOWN_WORKER"
        kind, at = ("object", case.asset) if dispute.reason == "PERMIT_CONFLICT" else ("cell", case.cell)
        if at is not None:
            self.rulings[kind, at, case.class_code] = lead
        case.ruled_office = lead
        self.end_ruling_order(case, "DONE")
        self.say(case, "RULE", post=lead, code="NOTHING" if at is not None else "FORGOTTEN", **note)
        self.give_dispute(case)
        if case.state in TO_POST:
            self.recall_all(case, False)
            self.to_desk(case, lead, "RULED", False)
        case.add_person(actor, "commanded")
        return "DONE"

    # ---- objects ----

    def note_object(self, case):
        numbers = self.objects.setdefault(case.asset, [])
        if case.asset is not None and case.no not in numbers:
            numbers.append(case.no)
            del numbers[:-8]

    def visitors(self, case):
        """worker id -> order by which he goes to the same object anyway."""
        found = {}
        for no in self.objects.get(case.asset, ()) if case.asset is not None else ():
            other = self.cases.get(no)
            lead = None if other is None or other is case else other.lead()
            if lead is not None:
                found.setdefault(lead.worker.id, set()).add(lead.number)
        return found

    def find_conflict(self, case):
        if case.asset is None or ("object", case.asset, case.class_code) in self.rulings:
            return None
        today = self.city.day_of(self.now)
        return next((permit for permit in self.city.permits.get((case.asset, case.class_code), ())
                     if permit.department != self.owner_of(case) and permit.first <= today <= permit.last), None)
