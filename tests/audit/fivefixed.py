"""fivefixed.py: 五定 over a whole log: every instant of every open case is one accountable interval with person or post, place, post,
duty (clause) and time, by the timeline alone.

An interval begins with a line that says who holds the case and ends with the next one that says so, or with the end of the case. The
states of the lines are a chain: a line that is missing breaks it. A deadline that passes without a line is a gap: from then on nobody
was bound.
"""
import heapq

from world import TERMINAL, holder_of, name_of, place_of

# Where the engine goes at once, told with the line that follows in the same instant.
SILENT = ("DISPATCHING", "VERIFYING", "HANDLED")
BINDING = ("VERIFY", "CONFIRM", "DISPATCH", "HANDLE", "CLEARED", "CHECK", "SUSPENDED", "CONTROL")


class Account:
    """Who answers for one case, and since when."""

    def __init__(self):
        self.state = "NONE"
        self.key = self.since = self.begun = self.deadline = None
        self.accounted_ms = self.version = 0
        self.missed = set()
        self.clock = None


class FiveFixed:
    def __init__(self, city, differ):
        self.city, self.differ = city, differ
        self.accounts, self.due = {}, []
        self.intervals = self.cases = self.clauseless = self.outside_cells = 0
        self.now = 0

    # ---- entries ----

    def take_entry(self, entry):
        for effect in entry.get("effects", []):
            if effect["effect"] == "TIMELINE":
                self.take_line(entry["position"], effect)
        self.now = max(self.now, entry["time_ms"])
        while self.due and self.due[0][0] <= self.now:
            due, no, version = heapq.heappop(self.due)
            account = self.accounts.get(no)
            if account is not None and account.version == version and account.state not in TERMINAL:
                self.differ(entry["position"], no, f"nobody is bound since {due}: the {account.clock} clock ran out and nothing was said")

    def take_line(self, position, effect):
        no, at = effect["case"], effect["at_ms"]
        if effect["action"] == "OPEN":
            self.accounts[no] = Account()
            self.accounts[no].since = self.accounts[no].begun = at
            self.cases += 1
        account = self.accounts.get(no)
        if account is None:
            return
        is_instant = at == account.since and effect["state_before"] in SILENT and account.state not in TERMINAL
        if effect["action"] != "OPEN" and effect["state_before"] != account.state and not is_instant:
            self.differ(position, no, f"{effect['action']} begins in {effect['state_before']}; the line before ended in {account.state}")
        if at < account.since:
            self.differ(position, no, f"{effect['action']} {account.since - at} ms before the interval it ends: two at once")
        was_terminal = account.state in TERMINAL
        if at > account.since and not was_terminal and account.clock is None:
            self.differ(position, no, f"no clock bound anybody for {at - account.since} ms before {effect['action']}")
        account.version += 1
        if was_terminal and effect["state"] not in TERMINAL:  # opened again: accountable anew
            account.begun, account.accounted_ms, account.key = at, 0, None
            account.missed.clear()
        elif not was_terminal:
            account.accounted_ms += at - account.since
        account.since, account.state = at, effect["state"]
        if effect["state"] in TERMINAL:
            if not was_terminal and account.accounted_ms != at - account.begun:
                self.differ(position, no, f"accountable for {account.accounted_ms} of {at - account.begun} ms")
            account.key = None
        else:
            self.judge(position, effect, account)
        if effect["action"] == "RETIRE":
            del self.accounts[no]

    # ---- one interval ----

    def judge(self, position, effect, account):
        no, action, city = effect["case"], effect["action"], self.city
        who = holder_of(effect["holder"])
        post = self.post_of(who)
        has_left = who == ("person", None) and action == "LOST"  # the next line, of the same instant, says who has it now
        if (post is None or post not in city.posts) and not has_left:
            self.differ(position, no, f"{action}: no person or post answers for it: {who}, post {post}")
        self.judge_place(position, effect)
        clause = name_of(effect["class"])
        if clause not in city.classes:
            self.differ(position, no, f"{action}: no duty: class {clause} is not in the catalogue")
        elif not getattr(city.classes[clause], "basis", ""):
            self.clauseless += 1
        if effect["state"] == "DISPATCHING" and who != ("post", city.command):
            self.differ(position, no, f"{action}: being dispatched, and {who} has it, not the command post")
        self.judge_time(position, effect, account)
        key = (who, name_of(effect["cell"]), post, clause, account.clock, account.deadline)
        if key != account.key:
            self.intervals += 1
            account.key = key

    def post_of(self, who):
        """The post a holder answers at: itself, a person's department's, the city's desk where he has none."""
        if who is None or (who[0] == "person" and who[1] not in self.city.persons):
            return None
        if who[0] == "post":
            return who[1]
        department = self.city.departments.get(self.city.persons[who[1]].department)
        return department.duty_post if department is not None and department.duty_post else self.city.desk

    def judge_place(self, position, effect):
        cell = name_of(effect["cell"])
        if cell is not None and cell not in self.city.cell_shape:
            self.differ(position, effect["case"], f"{effect['action']}: cell {cell} is not in the city")
        if cell is None and effect["action"] == "OPEN":
            self.outside_cells += 1
            place = place_of(effect["place"])
            if place is not None and self.city.find_cell(place) is not None:
                self.differ(position, effect["case"], f"no cell; the place {place} lies in {self.city.find_cell(place)}")

    def judge_time(self, position, effect, account):
        """The clock that binds. A missed one has a reminder, which says nothing when it comes."""
        clock, due = effect["clock"], effect["deadline_ms"]
        is_offer = clock == "ACCEPT" and effect["state"] in ("DISPATCHING", "VERIFYING")
        if clock in BINDING or is_offer:
            if clock != account.clock:
                account.missed &= {"HANDLE"}
            account.clock, account.deadline = clock, due
            if due is None and effect["state"] != "REPORTED" and effect["action"] not in ("OPEN", "SELF_HANDLED"):
                self.differ(position, effect["case"], f"{effect['action']}: the {clock} clock has no deadline")
            if effect["action"] == "MISS":
                account.missed.add(clock)
                account.deadline = None
            elif effect["action"] in ("EXTEND_YES", "RECALENDAR"):
                account.missed.discard(clock)
        if account.deadline is not None and account.clock not in account.missed and account.deadline > effect["at_ms"]:
            heapq.heappush(self.due, (account.deadline, effect["case"], account.version))

    def summary(self):
        return (f"{self.intervals} accountable intervals of {self.cases} cases, {self.clauseless} lines without a clause, "
                f"{self.outside_cells} cases outside all cells")
