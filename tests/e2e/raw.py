"""raw.py: a raw REQ socket through ctypes: many requests in flight, of many identities, on one connection."""
import ctypes

import wire

AF_SP_RAW = 2
NN_DONTWAIT = 1
NN_SNDBUF, NN_RCVBUF = 2, 3
PROTO_SP, SP_HDR = 1, 1


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


class Header(ctypes.Structure):
    _fields_ = [("iov", ctypes.POINTER(Iovec)), ("iov_count", ctypes.c_int), ("control", ctypes.c_void_p),
                ("control_size", ctypes.c_size_t)]


class Control(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("level", ctypes.c_int), ("type", ctypes.c_int),
                ("hop_size", ctypes.c_size_t), ("hop", ctypes.c_uint8 * 8)]


_lib = wire._lib
_lib.nn_sendmsg.argtypes = [ctypes.c_int, ctypes.POINTER(Header), ctypes.c_int]


class Raw:
    """send() and receive() never wait."""

    def __init__(self, url):
        self.request_id = 0
        self.socket = _lib.nn_socket(AF_SP_RAW, wire.NN_REQ)
        assert self.socket >= 0
        for option, value in ((NN_SNDBUF, 4 << 20), (NN_RCVBUF, 4 << 20), (wire.NN_RCVMAXSIZE, 8 << 20),
                              (wire.NN_RECONNECT_IVL, 20)):
            number = ctypes.c_int(value)
            assert _lib.nn_setsockopt(self.socket, 0, option, ctypes.byref(number), 4) == 0
        assert _lib.nn_connect(self.socket, url.encode()) >= 0
        self.buffer = ctypes.create_string_buffer(4 << 20)

    def close(self):
        _lib.nn_close(self.socket)

    def send(self, key_id, kind, body):
        """body: bytes of the inner message. The request's id, or 0 when the socket takes no more now."""
        self.request_id += 1
        request = wire.varint(1 << 3) + wire.varint(self.request_id) + wire.varint(kind << 3 | 2) + \
            wire.varint(len(body)) + body
        frame = wire.encode([(1, 1), (2, key_id), (5, request)])
        control = Control(28, PROTO_SP, SP_HDR, 4)
        control.hop[0] = 0x80
        iovec = Iovec(ctypes.cast(ctypes.c_char_p(frame), ctypes.c_void_p), len(frame))
        header = Header(ctypes.pointer(iovec), 1, ctypes.cast(ctypes.pointer(control), ctypes.c_void_p), ctypes.sizeof(control))
        return self.request_id if _lib.nn_sendmsg(self.socket, ctypes.byref(header), NN_DONTWAIT) >= 0 else 0

    def receive(self):
        """(request id, kind, body as {field: values}) or None."""
        size = _lib.nn_recv(self.socket, self.buffer, len(self.buffer), NN_DONTWAIT)
        if size < 0:
            return None
        answer = wire.decode(wire.one(wire.decode(ctypes.string_at(self.buffer, size)), 5, b""))
        for kind in (4, 5, 6, 7, 8, 9):
            if kind in answer:
                return wire.one(answer, 1), kind, wire.decode(wire.one(answer, kind))
        return None
