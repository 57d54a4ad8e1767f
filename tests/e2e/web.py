"""web.py: a small HTTP and WebSocket client for tests: nothing is hidden, nothing is retried."""
import base64
import http.client
import json
import os
import socket
import struct


class Web:
    """One browser: keeps its cookie and its CSRF token."""

    def __init__(self, port):
        self.port = port
        self.cookie = self.csrf = None

    def ask(self, method, path, body=None, headers=None, raw=None):
        """(status, headers, JSON or text). body: JSON; raw: bytes as they are."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = dict(headers or {})
        if self.cookie and "Cookie" not in headers:
            headers["Cookie"] = self.cookie
        if self.csrf and method != "GET":
            headers.setdefault("X-CSRF-Token", self.csrf)
        if body is not None:
            raw = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        link.request(method, path, raw, headers)
        answer = link.getresponse()
        text = answer.read()
        link.close()
        kind = answer.getheader("Content-Type", "")
        return answer.status, answer.headers, json.loads(text) if "json" in kind and text else text.decode()

    def get(self, path, expect=200):
        status, _, value = self.ask("GET", path)
        assert status == expect, (path, status, value)
        return value

    def login(self, person, password):
        status, headers, value = self.ask("POST", "/api/v1/session", {"person": person, "password": password})
        if status == 200:
            self.cookie = headers["Set-Cookie"].split(";")[0]
            self.csrf = value["csrf"]
        return status, value


class Live:
    """The WebSocket. Frames from the server are never masked and never compressed."""

    def __init__(self, web, headers=None, query=""):
        self.socket = socket.create_connection(("127.0.0.1", web.port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET /api/v1/live{query} HTTP/1.1", f"Host: 127.0.0.1:{web.port}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *(headers or [])]
        if web.cookie:
            lines.append("Cookie: " + web.cookie)
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            more = self.socket.recv(1)
            if not more:
                break
            head += more
        self.status = int(head.split()[1]) if head else 0

    def read_exactly(self, size):
        out = b""
        while len(out) < size:
            more = self.socket.recv(size - len(out))
            if not more:
                raise ConnectionError("closed")
            out += more
        return out

    def receive(self):
        """The next whole message as JSON; pings are passed over."""
        text = b""
        while True:
            first, second = self.read_exactly(2)
            size = second & 127
            if size == 126:
                size = struct.unpack(">H", self.read_exactly(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.read_exactly(8))[0]
            body = self.read_exactly(size)
            if first & 15 == 8:
                raise ConnectionError("closed")
            if first & 15 in (9, 10):
                continue
            text += body
            if first & 128:
                return json.loads(text)

    def send(self, text):
        body = text.encode()
        size = bytes([128 | len(body)]) if len(body) < 126 else bytes([254]) + struct.pack(">H", len(body))
        mask = os.urandom(4)
        self.socket.sendall(b"\x81" + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(body)))

    def close(self):
        self.socket.close()
