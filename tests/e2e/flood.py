#!/usr/bin/env python3
"""flood.py URL SECONDS obey|ignore BATCH_EVENTS FRAMES_PER_S ID:TYPE:DEVICE[,DEVICE...] ...: gateways that send as much as they can.

With `obey` each keeps within its credit, waits as it is told and resends until everything is answered (up to 30 s more). With
`ignore` it sends on whatever it is told, FRAMES_PER_S frames together. Prints one JSON object: what was sent, answered and refused,
and when each batch was first sent and answered (monotonic seconds).
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import raw
import wire


class Gateway:
    def __init__(self, key_id, event_type, devices, batch_events):
        self.key_id = key_id
        self.epoch = time.time_ns() // 1000000
        events = []
        for i in range(batch_events):
            event = [(2, event_type)]
            if devices[0].startswith("@"):
                lon, lat = devices[0][1:].split("/")
                event.append((5, wire.place(lon, lat)))
            else:
                event.append((4, devices[i % len(devices)]))
            events.append((3, wire.encode(event)))
        self.events = wire.encode(events)
        self.next = 1
        self.lowest = 1  # not yet answered
        self.credit = 1
        self.wait_until = 0.0
        self.in_flight = {}  # request id: seq
        self.first_sent = {}
        self.sent_at = {}
        self.acked = {}

    def body(self, seq):
        return wire.encode([(1, self.epoch), (2, seq)]) + self.events


def take(gateway, seq, kind, body, counts):
    now = time.monotonic()
    if kind == 5:
        if seq not in gateway.acked:
            gateway.acked[seq] = now
            for result in body.get(4, []):
                code = wire.CODE_NAME[wire.one(wire.decode(result), 1)]
                counts["results"][code] = counts["results"].get(code, 0) + 1
        gateway.credit = wire.one(body, 5, 1)
        counts["credit_min"] = min(counts["credit_min"], gateway.credit)
        while gateway.lowest in gateway.acked:
            gateway.lowest += 1
    elif kind == 8:
        code = wire.CODE_NAME[wire.one(body, 1)]
        counts["rejects"][code] = counts["rejects"].get(code, 0) + 1
        counts["without_retry"] += code in ("OVERLOADED", "RATE") and wire.one(body, 2) == 0
        gateway.wait_until = max(gateway.wait_until, now + wire.one(body, 2) / 1000)
        gateway.next = min(gateway.next, seq)


def main():
    url, seconds, mode, batch_events, pace = sys.argv[1], float(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5])
    obeys = mode == "obey"
    gateways = []
    for word in sys.argv[6:]:
        key_id, event_type, devices = word.split(":", 2)
        gateways.append(Gateway(key_id, event_type, devices.split(","), batch_events))
    socket = raw.Raw(url)
    time.sleep(0.2)
    counts = {"frames": 0, "results": {}, "rejects": {}, "without_retry": 0, "credit_min": 8}
    asked = {}
    begin = time.monotonic()
    end = begin + seconds
    while True:
        now = time.monotonic()
        is_over = now >= end
        if is_over and (not obeys or now > end + 30 or all(g.lowest == g.next for g in gateways)):
            break
        is_idle = True
        for gateway in gateways:
            if obeys:
                waiting = len(gateway.in_flight)
                if waiting >= gateway.credit or now < gateway.wait_until or (is_over and gateway.next not in gateway.first_sent):
                    continue
            elif is_over or counts["frames"] > (now - begin) * pace:
                continue
            seq = gateway.next
            if obeys and seq in gateway.acked:
                gateway.next += 1
                continue
            request_id = socket.send(gateway.key_id, 3, gateway.body(seq))
            if request_id == 0:
                continue
            is_idle = False
            counts["frames"] += 1
            asked[request_id] = (gateway, seq)
            gateway.in_flight[request_id] = seq
            gateway.sent_at[request_id] = now
            gateway.first_sent.setdefault(seq, now)
            gateway.next += 1
        while (answer := socket.receive()) is not None:
            is_idle = False
            if answer[0] in asked:
                gateway, seq = asked.pop(answer[0])
                gateway.in_flight.pop(answer[0], None)
                gateway.sent_at.pop(answer[0], None)
                take(gateway, seq, answer[1], answer[2], counts)
        # nanomsg loses silently: what stays without an answer is sent again.
        for gateway in gateways:
            lost = [r for r, at in gateway.sent_at.items() if now - at > (3 if obeys else 1)]
            for request_id in lost:
                seq = gateway.in_flight.pop(request_id)
                gateway.sent_at.pop(request_id)
                asked.pop(request_id, None)
                gateway.next = min(gateway.next, seq)
        if is_idle:
            time.sleep(0.0005)
    counts["seconds"] = time.monotonic() - begin
    counts["offered_events"] = counts["frames"] * batch_events
    counts["batches"] = [[g.first_sent[s], at] for g in gateways for s, at in g.acked.items()]
    counts["unanswered"] = sum(len(g.first_sent) - len(g.acked) for g in gateways)
    counts["first_sent"] = sum(len(g.first_sent) for g in gateways)
    print(json.dumps(counts))


main()
