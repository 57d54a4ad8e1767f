#!/usr/bin/env python3
"""audit.py CITY [CITY ...] DUMP: recomputes, from outside, every decision of a log. See README.md.

    gridloop log dump --data DATA --effects | tests/audit/audit.py CITY -

More cities: what the log activated after the first, other rules too, in that order; each as it was then.

Exit 0: no difference; 1: differences; 2: something that this audit cannot read or does not know how to recompute.
"""
import argparse
import itertools
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from activation import Activation
from caseacts import RATINGS, serial_of
from cityread import City, NotAudited
from intake import Intake
from plans import Plans
from ruleread import Rules
from stories import Stories
from world import Desync, name_of, place_of

REPORTERS = {"worker", "inspector", "intake", "department_desk", "shift_chief", "dispatcher"}
BATCHES_KEPT = 4
ACTS_KEPT = 4
SHOWN = 50


class Mark:
    def __init__(self):
        self.epoch = self.seq = 0
        self.kept = {}


def admit(mark, epoch, seq):
    """NOTHING: take it. DONE: it was taken before. Else the refusal."""
    if epoch == 0:
        return "NOTHING"
    if seq == 0:
        return "SEQ_GAP"
    if epoch < mark.epoch:
        return "EPOCH_OLD"
    if epoch > mark.epoch:
        return "NOTHING" if seq == 1 else "SEQ_GAP"
    if seq <= mark.seq:
        return "DONE"
    return "NOTHING" if seq == mark.seq + 1 else "SEQ_GAP"


class Audit(Activation, Intake):
    """pairs: City and Rules, in the order in which the log activates them."""

    def __init__(self, pairs):
        self.given, self.pairs, self.facts = list(pairs), {}, {}
        city, rules = self.given[0]
        super().__init__(city, rules)
        self.borders_at, self.rehome_at, self.turns = None, None, set()
        self.takers = [self.workers[person] for person in sorted(self.workers, key=city.order.get)
                       if self.workers[person].person.capacity > 0]
        self.shift_cache, self.place_cache, self.touched = {}, {}, set()
        self.windows, self.near_cache = {}, {}
        self.marks = {}
        self.pair = None
        self.stories = Stories(city, lambda position, case, text: self.differences.append((position, case, text)))
        self.checked["plans"] = 0
        self.plans = Plans(city, rules.directory, self.differ, self.is_of_post, self.checked)

    # ---- entries ----

    def take_entry(self, entry):
        self.position, self.now = entry["position"], max(self.now, entry["time_ms"])
        self.effects, self.at = entry.get("effects", []), 0
        self.freed_unseen.clear()
        self.order_before = self.stories.last_order
        if entry["kind"] == "ACTIVATE":
            self.stories.adopt(self.pair_of(entry)[0])
        self.stories.take_entry(entry)
        if entry["kind"] == "SEAL":
            return
        try:
            if self.pair is not None:
                self.fire_due(entry["kind"] == "TICK")
            getattr(self, "take_" + entry["kind"].lower())(entry)
            effect = self.peek()
            if effect is not None:
                raise Desync(self.case_of_effect(effect), f"not expected: {self.describe(effect)}")
        except Desync as desync:
            self.differ(desync.case, desync.text)
            for case in (desync.case, *desync.others):
                self.set_aside(case)
            self.recover()
        self.check_ladder()
        self.judge_progress()
        self.plans.take_entry(entry)

    def recover(self):
        """After a command that went astray: believe the log, and judge on where that can be."""
        told = {effect["order"] for effect in self.effects[:self.at] if effect.get("action") == "OFFER"}
        for number in [number for number in self.orders if number > self.order_before and number not in told]:
            order = self.orders.pop(number)
            order.worker.orders.discard(number)
            self.timers.cancel(("order", number))
            if order in order.case.orders:
                order.case.orders.remove(order)
        for case in [case for no, case in self.cases.items() if no not in self.stories.stories]:
            self.forget_case(case)
        for effect in self.effects[self.at:]:
            self.follow_strictly(effect)
        self.last_order, self.serials = self.stories.last_order, dict(self.stories.serials)
        for person, seq in self.stories.item_seq.items():
            self.workers[person].item_last = seq if seq is not None else self.workers[person].item_last

    def follow_strictly(self, effect):
        """The rest of a command after it went astray: every case it names is set aside."""
        self.set_aside(self.case_of_effect(effect))
        self.follow(effect)

    def take_start(self, entry):
        """The clock's mode says nothing about decisions."""

    take_tick = take_checkpoint = take_start

    def take_seen(self, entry):
        worker = self.workers.get(entry["principal"].get("person", {}).get("id"))
        if worker is None:
            return
        worker.seen_at = self.now
        if entry["status"] != "UNKNOWN":
            worker.status = entry["status"]
        place, at = place_of(entry["place"]), min(entry["fix_at_ms"] or self.now, self.now)
        if not self.is_on_shift(worker):  # where somebody is off duty is nobody's business
            worker.fix, worker.fix_at = None, 0
        elif place is not None and (worker.fix is None or at >= worker.fix_at):
            worker.fix, worker.fix_at = place, at

    def take_items_taken(self, entry):
        worker = self.workers.get(entry["principal"].get("person", {}).get("id"))
        if worker is not None and worker.item_taken < entry["item_seq"] <= worker.item_last:
            worker.item_taken = entry["item_seq"]

    # ---- once only ----

    def again(self, entry, mark, kept):
        """A resend: the results of before, in order."""
        self.checked["resends"] += 1
        known = mark.kept.get(entry["seq"], ())
        if known is None:  # went astray: whatever was answered
            self.judge_result(entry, None, None, None)
        elif known == () or entry["seq"] <= mark.seq - kept:
            self.judge_result(entry, "FORGOTTEN", None, False)
        elif known[0] != entry["content_digest"]:
            self.judge_result(entry, "SEQ_REUSED", None, False)
        else:
            for index, (code, case, is_late, report) in enumerate(known[1]):
                self.judge_result(entry, code, case, is_late, index, report)

    def report_of(self, code, no, _):
        """Which of the case's reports an event was; None: believed."""
        case = self.cases.get(no)
        if code is None or (case is not None and case.is_aside):
            return None
        return case.events if case is not None and code in ("OPENED", "MERGED", "REOPENED") else 0

    def judge_result(self, entry, code, case, is_late, index=0, report=0):
        effect = self.take("RESULT", None)
        told = (effect["code"], effect["case"], effect["is_late"], effect["index"], effect["seq"], effect["report"])
        if code is None:  # of a case set aside: whatever was answered
            code, case, is_late, _, _, report = told
        self.same(case, "result", told, (code, case, is_late, index, entry["seq"], told[5] if report is None else report))
        return effect

    def begin(self, mark, entry):
        if entry["epoch"] == 0:
            return
        if entry["epoch"] != mark.epoch:
            mark.kept = {}
        mark.epoch, mark.seq = entry["epoch"], entry["seq"]

    def take_events(self, entry):
        if self.is_stale(entry):
            self.judge_result(entry, "RESOLVE_AGAIN", None, False)
            for key in [event["contact_key"] for event in entry["events"] if event.get("contact_key") is not None]:
                self.tell_contact(key, None, "RESOLVE_AGAIN")
            return
        principal = entry["principal"]
        gateway = name_of(principal.get("gateway"), "id")
        person = None if gateway is not None else name_of(principal.get("person"), "id")
        mark = self.marks.setdefault(principal["hash"], Mark())
        if gateway is None and person is None:
            self.judge_result(entry, "UNKNOWN_IDENTITY", None, False)
            return
        if person is not None and (not self.city.persons[person].rights & REPORTERS or len(entry["events"]) != 1):
            self.judge_result(entry, "NO_RIGHT", None, False)
            return
        code = admit(mark, entry["epoch"], entry["seq"])
        if code == "DONE":
            self.again(entry, mark, BATCHES_KEPT if gateway else ACTS_KEPT)
            return
        if code != "NOTHING":
            self.judge_result(entry, code, None, False)
            return
        self.begin(mark, entry)
        mark.kept[entry["seq"]] = None
        if person is not None:
            self.workers[person].seen_at = self.now
        answers = []
        for index, event in enumerate(entry["events"]):
            answer = self.take_event(event, gateway, person)
            answers.append((*answer, self.report_of(*answer)))
            self.judge_result(entry, *answer, index, answers[-1][3])
        mark.kept[entry["seq"]] = (entry["content_digest"], answers)

    def take_act(self, *words):
        if len(words) > 1:
            return super().take_act(*words)
        entry = words[0]
        self.checked["acts"] += 1
        if self.is_stale(entry):
            self.judge_result(entry, "RESOLVE_AGAIN", None, False)
            return None
        person = name_of(entry["principal"].get("person"), "id")
        if person is None:
            self.judge_result(entry, "UNKNOWN_IDENTITY", None, False)
            return None
        mark = self.marks.setdefault(entry["principal"]["hash"], Mark())
        code = admit(mark, entry["epoch"], entry["seq"])
        if code == "DONE":
            self.again(entry, mark, ACTS_KEPT)
            return None
        if code != "NOTHING":
            self.judge_result(entry, code, None, False)
            return None
        self.workers[person].seen_at = self.now
        self.begin(mark, entry)
        mark.kept[entry["seq"]] = None
        code = super().take_act(entry, person)
        case = self.act_case.no if self.act_case is not None else None
        report = serial_of(entry["other_case"]) if code == "DONE" and entry["action"] in RATINGS else 0
        effect = self.judge_result(entry, code, case, False, 0, report)
        if self.act_state is not None and code is not None:
            self.same(case, "state in the result", effect["state"], self.act_state)
        mark.kept[entry["seq"]] = (entry["content_digest"], [(effect["code"], effect["case"], False, effect["report"])])
        return None

    def say(self, case, *words, **more):
        self.touched.add(case.no)
        self.checked["clocks"] += 0 if case.is_aside else 1
        return super().say(case, *words, **more)


def read_dump(file):
    for line in file:
        if line.strip():
            yield json.loads(line)


def by_instant(entries):
    """(entry, whether a TICK of the same instant is still to come)."""
    for _, group in itertools.groupby(entries, key=lambda entry: entry["time_ms"]):
        same = list(group)
        last_tick = max((i for i, entry in enumerate(same) if entry["kind"] == "TICK"), default=-1)
        yield from ((entry, i < last_tick) for i, entry in enumerate(same))


def run(city, rules, entries, later=()):
    """The audit after all entries; its differences are told by print_report. later: pairs that the log activates afterwards."""
    audit = Audit([(city, rules), *later])
    for entry, audit.ticks_follow in by_instant(entries):
        audit.take_entry(entry)
    audit.position = audit.stories.position
    audit.stories.finish()
    return audit


def print_report(audit, file, shown=SHOWN):
    for position, case, text in audit.differences[:shown]:
        print(f"position {position}, {case or 'no case'}: {text}", file=file)
    if len(audit.differences) > shown:
        print(f"... and {len(audit.differences) - shown} more", file=file)
    checked = audit.checked
    print(f"{checked['events']} events, {checked['acts']} acts, {checked['places']} places, {checked['merges']} merges, {checked['windows']} windows, "
          f"{checked['distances']} distances, {checked['roads']} ways by road, {checked['nobody']} times nobody, {checked['moves']} moves, {checked['resends']} resends, {checked['plans']} checks of plans, "
          f"{checked['located']} cases located again and {checked['rehomed']} re-homed, {checked['passed_over']} cases passed over, {audit.stories.holders_checked} holders; latest miss told {audit.miss_lag_ms} ms after it was due", file=file)
    print(audit.stories.five_fixed.summary(), file=file)
    print(f"{checked['choices']} choices, {audit.stories.closed_cases} cases, {checked['clocks']} clocks checked: "
          f"{len(audit.differences)} differences", file=file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("city", nargs="+", help="city directory the log was written under; then those that it activated later, in that order")
    parser.add_argument("dump", help="output of gridloop log dump --effects; - is standard input")
    parser.add_argument("--rules", help="the rules of the first, default CITY/rules")
    parser.add_argument("--shown", type=int, default=SHOWN, help="differences printed at most")
    options = parser.parse_args()
    try:
        pairs = [(City(city), Rules(os.path.join(city, "rules"))) for city in options.city[1:]]
        city, rules = City(options.city[0]), Rules(options.rules or os.path.join(options.city[0], "rules"))
        with sys.stdin if options.dump == "-" else open(options.dump, encoding="utf-8") as file:
            audit = run(city, rules, read_dump(file), pairs)
    except (NotAudited, NotImplementedError, OSError, ValueError, KeyError) as problem:
        print(f"cannot audit: {type(problem).__name__}: {problem}", file=sys.stderr)
        return 2
    print_report(audit, sys.stdout, options.shown)
    return 1 if audit.differences else 0


if __name__ == "__main__":
    sys.exit(main())
