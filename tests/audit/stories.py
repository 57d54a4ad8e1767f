"""stories.py: each case told to the end, by its timeline alone: no machine, only what must be true of any story.

Accepted, arrived near the place, done, checked by somebody else; one holder at every instant; one lead; nobody above
capacity; numbers that follow each other; a ledger that adds up; time that never goes back.
"""
import geometry
from fivefixed import FiveFixed
from world import ACTIVE, ARRIVE_CM, ENDS, TERMINAL, holder_of, name_of, place_of

HELD = {"OPEN": "command", "REOPEN": "command", "START_CHECK": "supervision", "REASSIGN": "command",
        "NEXT_LEAD": "command"}


class Story:
    def __init__(self, no, effect):
        self.no, self.place = no, place_of(effect["place"])
        self.class_code = name_of(effect["class"])
        self.opened_at = effect["at_ms"]
        self.holder, self.state = None, None
        self.orders = {}          # number -> [worker, kind, state, arrived place]
        self.handlers, self.commanders = set(), set()
        self.has_accepted = self.has_arrived = self.is_done = self.is_cleared = False
        self.needs_verifying = False
        self.checkers = set()
        self.is_self_handled = False
        self.missed = set()


    def close_hearing(self):
        """An order to rule ends with the ruling, also where that was given on the case."""
        for order in self.orders.values():
            if order[1] == "ADJUDICATE" and order[2] in ACTIVE:
                order[2] = "DONE"


class Stories:
    """Fed with every entry of the dump in order."""

    def __init__(self, city, differ):
        self.city, self.differ = city, differ
        self.stories, self.load = {}, {}
        self.results, self.serials = {}, {}
        self.position = self.last_time = 0
        self.last_position = 0
        self.counts = {"events": 0, "opened": 0, "closed": 0, "open": 0, "reopened": 0, "by_plan": 0}
        self.codes, self.actions = {}, {}
        self.last_come, self.absent = {}, {}
        self.closed_cases = self.holders_checked = 0
        self.last_order, self.item_seq, self.touched = 0, {}, set()
        self.five_fixed = FiveFixed(city, differ)

    def adopt(self, city):
        """Who leaves is told nothing; his numbers go on."""
        for person in self.item_seq:
            self.item_seq[person] = self.item_seq[person] if person in city.persons else None
        self.city = self.five_fixed.city = city

    # ---- entries ----

    def take_entry(self, entry):
        self.position = entry["position"]
        if entry["position"] not in (self.last_position, self.last_position + 1):
            self.differ(self.position, None, f"position follows {self.last_position}")
        if entry["time_ms"] < self.last_time:
            self.differ(self.position, None, f"time goes back by {self.last_time - entry['time_ms']} ms")
        self.last_position, self.last_time = entry["position"], max(self.last_time, entry["time_ms"])
        for effect in entry.get("effects", []):
            if effect["at_ms"] != entry["time_ms"]:
                self.differ(self.position, effect.get("case"), f"effect of {effect['at_ms']} in an entry of {entry['time_ms']}")
            getattr(self, "take_" + effect["effect"].lower())(effect)
        self.judge_persons()
        self.five_fixed.take_entry(entry)
        self.take_results(entry)

    def take_results(self, entry):
        """One result per event or act; a resend is answered as before."""
        results = [effect for effect in entry.get("effects", []) if effect["effect"] == "RESULT"]
        wanted = len(entry["events"]) if entry["kind"] == "EVENTS" else 1 if entry["kind"] == "ACT" else 0
        for result in results:
            self.take_code(entry, result)
        if len(results) != wanted and not (len(results) == 1 and results[0]["code"] in (
                "FORGOTTEN", "SEQ_REUSED", "SEQ_GAP", "EPOCH_OLD", "UNKNOWN_IDENTITY", "NO_RIGHT", "TOO_LARGE",
                "RESOLVE_AGAIN", "NO_CITY")):
            self.differ(self.position, None, f"{len(results)} results of {wanted} {entry['kind'].lower()}")
        if not results or not entry.get("epoch"):
            return
        key = (entry["principal"]["hash"], entry["epoch"], entry["seq"])
        answer = [(result["index"], result["code"], result["case"], result["order"], result["is_late"])
                  for result in results]
        first = self.results.setdefault(key, (entry["content_digest"], answer))
        forgotten = len(answer) == 1 and answer[0][1] in ("FORGOTTEN", "SEQ_REUSED", "EPOCH_OLD", "SEQ_GAP", "RESOLVE_AGAIN")
        if first[0] == entry["content_digest"] and first[1] != answer and not forgotten:
            if first[1][0][1] not in ("SEQ_GAP", "RESOLVE_AGAIN"):
                self.differ(self.position, answer[0][2], f"a resend was answered {answer}, at first {first[1]}")
            self.results[key] = (entry["content_digest"], answer)

    def take_code(self, entry, result):
        if entry["kind"] == "ACT" and entry["action"] == "PLAN_START" and result["code"] == "DONE":
            self.counts["by_plan"] += 1
        if entry["kind"] == "EVENTS":
            self.counts["events"] += 1
            code = "HELD_BACK" if result["code"] == "SUPPRESSED" and result["case"] is None else result["code"]
            self.codes[code] = self.codes.get(code, 0) + 1

    def take_silence(self, effect):
        """Judged by holdback.py."""

    def take_activated(self, effect):
        """Nothing to judge."""

    take_firing = take_result = take_notice = take_plan = take_contact = take_activated

    def take_decision(self, effect):
        lines = effect["candidates"]
        if effect["order"] == 0 and any(line["code"] in ("ELIGIBLE", "FARTHER", "BUSIER") for line in lines):
            self.differ(self.position, effect["case"], "nobody was asked beside somebody eligible")

    def take_item(self, effect):
        person = name_of(effect["person"], "id")
        before = self.item_seq.get(person, 0)
        if before is not None and effect["item_seq"] != before + 1:
            self.differ(self.position, None, f"item {effect['item_seq']} of {person} follows {before}")
        self.item_seq[person] = effect["item_seq"]

    # ---- the timeline ----

    def take_timeline(self, effect):
        no, action = effect["case"], effect["action"]
        self.actions[action] = self.actions.get(action, 0) + 1
        if action == "OPEN":
            self.take_open(no, effect)
        if action in ("OPEN", "MERGE", "REOPEN"):
            self.last_come[no] = action
        if action == "ABSENT":  # no event's result tells of it
            came = self.last_come[no]
            self.absent[came] = self.absent.get(came, 0) + 1
        story = self.stories.get(no)
        if story is None:
            self.differ(self.position, no, f"{action} of a case that was never opened or has left")
            return
        self.judge_holder(story, effect)
        number = effect["order"]
        if number:
            self.take_order(story, effect, number, action)
        actor = name_of(effect["actor"], "id")
        if action in ("DONE", "SELF_HANDLED") and effect["order_kind"] in (None, "HANDLE", "ASSIST"):
            story.handlers.add(actor)
            story.is_done = True
            if not number:
                story.has_accepted = story.has_arrived = True  # a desk, or the reporter on the spot
        if action == "SELF_HANDLED":
            story.is_self_handled = True
        if action in ("REASSIGN", "DISPATCH", "SEND_TO_DESK") or (action == "RETURN" and effect["state_before"] == "DISPATCHING"):
            story.commanders.add(actor)
        if action == "CHECK_PASS":
            if actor in story.checkers:
                self.differ(self.position, no, f"{actor} checked it twice, the second time in the sample")
            story.checkers.add(actor)
        if action in ("CHECK_FAIL", "REOPEN"):
            story.checkers.clear()
        if action == "CHECK_FAIL" or action == "REOPEN":
            story.is_done = story.has_arrived = story.is_cleared = False
        if action == "CLEAR":
            story.is_cleared = True
        if action == "RULE":
            story.close_hearing()
        if action == "MISS":
            self.take_miss(story, effect, number)
        if effect["state"] in TERMINAL and story.state not in TERMINAL:
            self.take_close(story, effect, actor)
        elif story.state in TERMINAL and effect["state"] not in TERMINAL:
            self.counts["reopened"] += 1
            self.counts["open"] += 1
        story.state = effect["state"]
        if action == "RETIRE":
            del self.stories[no]

    def take_open(self, no, effect):
        self.counts["by_plan"] += "/" in (name_of(effect["rule"], "id") or "") and effect["other_case"] is None
        self.counts["opened"] += 1
        self.counts["open"] += 1
        if no in self.stories:
            self.differ(self.position, no, "opened twice")
        self.stories[no] = Story(no, effect)
        district, day, serial = (int(part) for part in no.split("-"))
        place = self.stories[no].place
        if district != self.city.district_of(name_of(effect["cell"])):
            self.differ(self.position, no, f"district {district} of a place {place} in {self.city.district_of(name_of(effect['cell']))}")
        if day != self.city.date_of(effect["at_ms"]):
            self.differ(self.position, no, f"opened on {self.city.date_of(effect['at_ms'])}")
        before = self.serials.get(district, (0, 0))
        wanted = before[1] + 1 if before[0] == day else 1
        if serial != wanted:
            self.differ(self.position, no, f"number follows {before[1]} of that district and day")
        self.serials[district] = (day, serial)

    def judge_holder(self, story, effect):
        """Exactly one holder while the case is open, none after; a person only while an order of his is active."""
        self.holders_checked += 1
        holder, action = holder_of(effect["holder"]), effect["action"]
        if (holder is None) != (effect["state"] in TERMINAL):
            self.differ(self.position, story.no, f"{action}: {effect['state']} and the holder is {holder}")
            return
        by_engine = action == "REASSIGN" and effect["actor"] is None  # somebody who assisted leads from now on
        if by_engine and holder != ("person", name_of(effect["subject"], "id")):
            self.differ(self.position, story.no, f"{name_of(effect['subject'], 'id')} took over and {holder} holds it")
        elif action == "NEXT_LEAD" and effect["state"] == "ASSIGNED" and holder[0] == "post":
            pass  # a desk has it and seeks on
        elif action in HELD and not by_engine and holder != ("post", getattr(self.city, HELD[action])):
            self.differ(self.position, story.no, f"{action}: held by {holder}, not by the {HELD[action]} post")
        if action == "TO_DESK" and holder != ("post", name_of(effect["post"])):
            self.differ(self.position, story.no, f"handed to {name_of(effect['post'])} and held by {holder}")
        if effect["deadline_ms"] is None and effect["state"] not in ("REPORTED", *TERMINAL) and action != "SELF_HANDLED":
            self.differ(self.position, story.no, f"{action}: open and no deadline")
        story.holder = holder
        self.touched.add(story.no)

    def judge_persons(self):
        """When all is said, a person holds a case only by an active order."""
        for no in self.touched:
            story = self.stories.get(no)
            if story is not None and story.holder is not None and story.holder[0] == "person" and not any(
                    order[0] == story.holder[1] and order[2] in ACTIVE for order in story.orders.values()):
                self.differ(self.position, no, f"held by {story.holder[1]}, who has no active order of it")
        self.touched.clear()

    def take_order(self, story, effect, number, action):
        by_engine = action in ("OFFER", "RECALL", "REROUTE", "PREEMPT", "EXPIRE", "LOST", "MISS", "REASSIGN", "NEXT_LEAD",
                               "ADJUDICATE", "JOINT_VISIT", "SHORT_NOTICE")
        person = name_of(effect["subject"] if by_engine else effect["actor"], "id")
        if action == "INFORM" or (action == "ADJUDICATE" and number not in story.orders):  # an order to a post
            if number != self.last_order + 1:
                self.differ(self.position, story.no, f"order {number} follows {self.last_order}")
            self.last_order = number
            story.orders[number] = [None, action, "OFFERED", None]
            return
        if action == "OFFER":
            if number != self.last_order + 1:
                self.differ(self.position, story.no, f"order {number} follows {self.last_order}")
            self.last_order = number
            story.orders[number] = [person, effect["order_kind"], "OFFERED", None]
            self.load[person] = self.load.get(person, 0) + 1
            row = self.city.persons.get(person)
            if row is not None and self.load[person] > row.capacity:
                self.differ(self.position, story.no, f"{person} has {self.load[person]} orders and room for {row.capacity}")
            self.judge_leads(story)
            return
        order = story.orders.get(number)
        if order is None:
            self.differ(self.position, story.no, f"{action} of order {number}, which was never offered")
            return
        if order[1] in ("INFORM", "ADJUDICATE"):
            if order[2] not in ACTIVE:
                self.differ(self.position, story.no, f"{action} of order {number}, which is {order[2]}")
            order[2] = "ACCEPTED" if action == "ACCEPT" else ENDS.get(action, order[2])
            return
        has_left = person is None and action == "LOST" and order[0] not in self.city.persons
        if order[0] != person and action != "COMMENT" and not has_left:
            self.differ(self.position, story.no, f"{action} of order {number} by {person}; it is {order[0]}'s")
        wanted = {"ACCEPT": ("OFFERED",), "ARRIVE": ("ACCEPTED",), "DECLINE": ("OFFERED",), "EXPIRE": ("OFFERED",),
                  "DONE": ("ARRIVED",), "LOST": ("ACCEPTED",)}.get(action, ACTIVE)
        if order[2] not in wanted and action != "COMMENT" and not (has_left and order[2] in ACTIVE):
            self.differ(self.position, story.no, f"{action} of order {number}, which is {order[2]}")
        handles = order[1] in ("HANDLE", "ASSIST")
        if effect["order_kind"] == "HANDLE" and order[1] == "ASSIST":
            order[1] = "HANDLE"
            self.judge_leads(story)
        if action == "ACCEPT":
            order[2], story.has_accepted = "ACCEPTED", story.has_accepted or handles
            if handles:
                story.handlers.add(person)
        elif action == "ARRIVE":
            order[2], story.has_arrived = "ARRIVED", story.has_arrived or handles
            place = place_of(effect["place"])
            if story.place is not None and (place is None or geometry.distance_cm(place, story.place) > ARRIVE_CM * 1.002):
                self.differ(self.position, story.no, f"arrived at {place}, the case is at {story.place}")
        elif action in ENDS and order[2] in ACTIVE:
            order[2] = ENDS[action]
            self.load[order[0]] -= 1

    def judge_leads(self, story):
        leads = [one for one in story.orders.values() if one[1] == "HANDLE" and one[2] in ACTIVE]
        if len(leads) > 1:
            self.differ(self.position, story.no, "two leads at once: " + ", ".join(one[0] for one in leads))

    def take_miss(self, story, effect, number):
        key = (number, effect["clock"], effect["deadline_ms"])
        if key in story.missed:
            self.differ(self.position, story.no, f"the {effect['clock']} clock was missed twice")
        story.missed.add(key)
        if effect["deadline_ms"] is None or effect["deadline_ms"] > effect["at_ms"]:
            self.differ(self.position, story.no, f"the {effect['clock']} clock was missed before it ran out")

    # ---- the end ----

    def take_close(self, story, effect, actor):
        self.counts["open"] -= 1
        self.counts["closed"] += 1
        self.closed_cases += 1
        active = [number for number, order in story.orders.items() if order[2] in ACTIVE and number != effect["order"]]
        if active:
            self.differ(self.position, story.no, f"closed with orders {active} still active")
        check = self.city.classes[story.class_code].check if story.class_code in self.city.classes else "person"
        action = effect["action"]
        if action in ("CHECK_PASS", "CLOSE") and actor is not None:
            if not (story.is_done or story.is_cleared):
                self.differ(self.position, story.no, "checked and never done")
            if story.is_done and not (story.has_accepted and story.has_arrived):
                self.differ(self.position, story.no, "done and never accepted or never arrived")
            if actor in story.handlers:
                self.differ(self.position, story.no, f"{actor} checked what {actor} had handled")
            if actor in story.commanders:
                self.differ(self.position, story.no, f"{actor} checked what {actor} had dispatched by hand")
        elif action == "CLOSE" and story.is_self_handled:
            pass  # outside the sample of those that are checked
        elif action == "CLOSE":
            if check == "person":
                self.differ(self.position, story.no, "closed by itself; its class is checked by a person")
            if check == "none" and not story.is_done:
                self.differ(self.position, story.no, "closed and never done")
            if check == "device" and not story.is_cleared:
                self.differ(self.position, story.no, "closed by a device that said nothing")
        elif action not in ("VOID", "FORCE_CLOSE", "VERIFY_NO", "MERGE_INTO", "REPLACE", "PLAN_CANCEL"):
            self.differ(self.position, story.no, f"closed by {action}")

    def finish(self):
        """The ledger."""
        told = self.codes
        by_engine = self.actions.get("SPLIT", 0) + self.counts["by_plan"] + self.absent.get("OPEN", 0)
        if told.get("OPENED", 0) + by_engine != self.counts["opened"]:
            self.differ(self.position, None, f"{told.get('OPENED', 0)} events opened {self.counts['opened']} cases")
        merged = told.get("MERGED", 0) + told.get("SUPPRESSED", 0) + self.absent.get("MERGE", 0)
        if merged != self.actions.get("MERGE", 0):
            self.differ(self.position, None, f"{merged} events merged, {self.actions.get('MERGE', 0)} timeline entries")
        counts = self.counts
        if counts["opened"] + counts["reopened"] != counts["closed"] + counts["open"]:
            self.differ(self.position, None, f"cases do not add up: {counts}")
        still = sum(1 for story in self.stories.values() if story.state not in TERMINAL)
        if still != counts["open"]:
            self.differ(self.position, None, f"{counts['open']} cases open, {still} have an open story")
