"""http_side.py: the HTTP side of an engine under test: sessions, tokens, requests."""
import http.client
import json
import re
import socket
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.bytes = response.read()
        self.json = json.loads(self.bytes) if "json" in self.headers.get("content-type", "") else None

    @property
    def code(self):
        return self.json.get("code") if isinstance(self.json, dict) else None


class Http:
    """One caller: a cookie or a token, and the requests it makes. `key` makes a request once-only."""

    def __init__(self, port, token=None):
        self.port = port
        self.token = token
        self.cookie = None
        self.csrf = None

    def ask(self, method, path, body=None, key=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        sent = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        if key:
            sent["Idempotency-Key"] = key
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if self.cookie:
            sent["Cookie"] = self.cookie
        if self.csrf:
            sent.setdefault("X-CSRF-Token", self.csrf)
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].split(";")[0]
        if answer.status == 200 and isinstance(answer.json, dict) and "csrf" in answer.json:
            self.csrf = answer.json["csrf"]
        return answer

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body, key=None, **more):
        return self.ask("POST", path, body, key, **more)

    def until(self, path, holds, wait_s=5):
        """Asks until it holds: what was answered is durable at once, what is listed follows within a moment."""
        end = time.monotonic() + wait_s
        while True:
            answer = self.get(path)
            if holds(answer) or time.monotonic() > end:
                return answer
            time.sleep(0.05)


def token_of(engine, person):
    """A token of that person, as an operator makes it."""
    return re.search(r"glt_\S+", engine.gridloop("account", "token", person, "--data", engine.data)).group(0)
