"""wire.py: a client of the wire that shares no code with the engine: nanomsg through ctypes, protobuf by hand.

Field numbers are those of proto/gridloop.proto; numbers of codes and actions are read from the headers' lists.
"""
import ctypes
import ctypes.util
import re
import struct

AF_SP, NN_REQ = 1, 48
NN_SNDTIMEO, NN_RCVTIMEO, NN_RECONNECT_IVL, NN_RECONNECT_IVL_MAX, NN_RCVMAXSIZE = 4, 5, 6, 7, 16
NN_REQ_RESEND_IVL = 1
ETIMEDOUT, EAGAIN = 110, 11

_lib = ctypes.CDLL(ctypes.util.find_library("nanomsg") or "libnanomsg.so.5", use_errno=True)
_lib.nn_send.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
_lib.nn_recv.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def words(header, macro):
    """{name: number} of one X-macro list: words("engine/core/code.h", "CODE_LIST")."""
    text = open(header, encoding="utf-8").read()
    body = text[text.index(f"#define {macro}(X)"):]
    body = body[: re.search(r"[^\\]\n", body).end()]
    return {name: int(number) for name, number in re.findall(r"X\((\w+), (\d+),", body)}


CODE = words("engine/core/code.h", "CODE_LIST")
CODE_NAME = {number: name for name, number in CODE.items()}
ACTION = words("engine/core/life.h", "ACTION_LIST")
REASON = words("engine/core/life.h", "REASON_LIST")
ORDER_KIND = words("engine/core/life.h", "ORDER_KIND_LIST")
ITEM_OFFER, ITEM_RECALL, ITEM_CHANGE, ITEM_NOTICE = 1, 2, 3, 4


def varint(number):
    out = bytearray()
    number &= (1 << 64) - 1
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def encode(fields):
    """[(number, value)]: int = varint, bytes and str = length-delimited, list = message, ("z", int) = sint."""
    out = b""
    for number, value in fields:
        if value is None:
            continue
        if isinstance(value, tuple):
            value = value[1] << 1 ^ value[1] >> 63
        if isinstance(value, bool):
            value = int(value)
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
            continue
        if isinstance(value, list):
            value = encode(value)
        if isinstance(value, str):
            value = value.encode()
        out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def decode(data):
    """{number: [values]}; a value is an int or bytes. ValueError on anything that is not protobuf."""
    at, out = 0, {}

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = number()
        kind = tag & 7
        if kind == 0:
            value = number()
        elif kind == 1:
            value = struct.unpack_from("<Q", data, at)[0]
            at += 8
        elif kind == 2:
            size = number()
            value = bytes(data[at:at + size])
            if len(value) != size:
                raise ValueError("cut")
            at += size
        else:
            raise ValueError(f"wire type {kind}")
        out.setdefault(tag >> 3, []).append(value)
    return out


def one(message, number, default=0):
    return message.get(number, [default])[-1]


def signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


class Silence(Exception):
    """Nobody answered in time; the request may or may not have been taken."""


class Client:
    """One identity on one socket: a request, its answer, in turn."""

    def __init__(self, url, key_id, timeout_ms=2000):
        self.key_id = key_id
        self.request_id = 0
        self.now_ms = 0
        self.socket = _lib.nn_socket(AF_SP, NN_REQ)
        assert self.socket >= 0
        self._set(0, NN_RCVTIMEO, timeout_ms)
        self._set(0, NN_SNDTIMEO, timeout_ms)
        self._set(0, NN_RECONNECT_IVL, 20)
        self._set(0, NN_RECONNECT_IVL_MAX, 50)
        self._set(0, NN_RCVMAXSIZE, 8 << 20)
        self._set(NN_REQ, NN_REQ_RESEND_IVL, 3600 * 1000)
        assert _lib.nn_connect(self.socket, url.encode()) >= 0

    def _set(self, level, option, value):
        number = ctypes.c_int(value)
        assert _lib.nn_setsockopt(self.socket, level, option, ctypes.byref(number), 4) == 0

    def close(self):
        _lib.nn_close(self.socket)

    def raw(self, frame):
        """Sends bytes, returns the answer's bytes."""
        if _lib.nn_send(self.socket, frame, len(frame), 0) < 0:
            raise Silence("send")
        buffer = ctypes.create_string_buffer(8 << 20) if not hasattr(self, "buffer") else self.buffer
        self.buffer = buffer
        size = _lib.nn_recv(self.socket, buffer, len(buffer), 0)
        if size < 0:
            raise Silence("receive")
        return buffer.raw[:size]

    def ask(self, kind, body):
        """One request; the answer as {field: values} with its kind. Answers to older requests are passed over."""
        self.request_id += 1
        request = encode([(1, self.request_id), (kind, encode(body))])
        frame = encode([(1, 1), (2, self.key_id), (3, 0), (4, 0), (5, request)])
        answer = decode(one(decode(self.raw(frame)), 5, b""))
        if one(answer, 1) != self.request_id:
            raise Silence("another request's answer")
        self.now_ms = signed(one(answer, 2))
        for number in (4, 5, 6, 7, 8, 10, 11, 12):
            if number in answer:
                return number, decode(one(answer, number))
        raise ValueError("an answer of no known kind")

    def hello(self):
        kind, body = self.ask(2, [(1, "tests/e2e")])
        assert kind == 4, (kind, body)
        return {"epoch": one(body, 1), "seq": one(body, 2), "credit": one(body, 3), "item": one(body, 4)}

    def batch(self, epoch, seq, events):
        """events: [encoded Event fields]. Returns ("ack", [(code name, case number)]) or ("reject", code name)."""
        kind, body = self.ask(3, [(1, epoch), (2, seq)] + [(3, encode(event)) for event in events])
        if kind == 8:
            return "reject", CODE_NAME[one(body, 1)]
        assert kind == 5, (kind, body)
        assert one(body, 1) == epoch and one(body, 2) == seq
        results = [decode(r) for r in body.get(4, [])]
        return "ack", [(CODE_NAME[one(r, 1)], one(r, 2, b"").decode()) for r in results]

    def poll(self, ack_seq, status=1, wait_ms=0, at=None):
        fix = None if at is None else encode([(1, at), (2, self.now_ms or None)])
        kind, body = self.ask(4, [(1, ack_seq), (2, wait_ms), (3, status), (4, fix)])
        if kind == 8:
            return None
        assert kind == 6, (kind, body)
        items = []
        for data in body.get(2, []):
            item = decode(data)
            items.append({"seq": one(item, 1), "kind": one(item, 2), "order": one(item, 3),
                          "case": one(item, 5, b"").decode(), "order_kind": one(item, 6),
                          "title": one(item, 8, b"").decode(), "place": one(item, 11, None)})
        return items

    def act(self, epoch, seq, order, action, place=None, at_ms=None, reason=0, text=""):
        fix = None if place is None else encode([(1, place), (2, at_ms)])
        kind, body = self.ask(5, [(1, epoch), (2, seq), (3, order), (5, ACTION[action]), (6, reason),
                                  (7, text or None), (8, fix)])
        if kind == 8:
            return "REJECT " + CODE_NAME[one(body, 1)]
        assert kind == 7, (kind, body)
        return CODE_NAME[one(body, 1)]


def place(lon, lat):
    """Degrees, as text or numbers."""
    return encode([(1, ("z", round(float(lon) * 1e7))), (2, ("z", round(float(lat) * 1e7)))])


def event(event_id, event_type, device=None, at_ms=None, fields=(), text=None, at=None):
    """fields: [(name, number or text or bool)]; at: place()."""
    out = [(1, event_id), (2, event_type), (3, at_ms), (4, device), (5, at)]
    for name, value in fields:
        if isinstance(value, bool):
            body = [(1, name), (5, value)]
        elif isinstance(value, str):
            body = [(1, name), (4, value)]
        else:
            body = [(1, name), (2, ("z", round(value * 1000000)))]
        out.append((6, encode(body)))
    return out + [(7, text)]
