"""yamlread.py: the part of YAML that city and rule files use, as dicts, lists and texts.

Block maps and lists, flow maps and lists over several lines, quoted and plain words, anchors, comments. Every scalar
is a Word: a str that knows whether it stood in quotes. Whatever else YAML has is refused with its line.
"""


class Word(str):
    """A scalar. is_plain: it stood without quotes."""
    is_plain = True


def _word(text, is_plain):
    word = Word(text)
    word.is_plain = is_plain
    return word


class YamlError(Exception):
    pass


class _Reader:
    def __init__(self, text, name):
        self.text, self.name, self.at = text, name, 0
        self.anchors = {}

    def fail(self, what):
        line = self.text.count("\n", 0, self.at) + 1
        raise YamlError(f"{self.name}:{line}: {what}")

    # ---- characters ----

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ""

    def column(self):
        return self.at - (self.text.rfind("\n", 0, self.at) + 1)

    def skip(self):
        """Blanks, line ends and comments."""
        while self.at < len(self.text):
            c = self.text[self.at]
            if c in " \t\r\n":
                self.at += 1
            elif c == "#" and (self.at == 0 or self.text[self.at - 1] in " \t\r\n"):
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def skip_blanks(self):
        while self.peek() in (" ", "\t") and self.peek():
            self.at += 1

    # ---- scalars ----

    def quoted(self):
        quote = self.peek()
        self.at += 1
        out = []
        while True:
            c = self.peek()
            if not c:
                self.fail("a quote is not closed")
            self.at += 1
            if quote == "'" and c == "'":
                if self.peek() != "'":
                    return _word("".join(out), False)
                self.at += 1
                out.append("'")
            elif quote == '"' and c == '"':
                return _word("".join(out), False)
            elif quote == '"' and c == "\\":
                escape = self.peek()
                self.at += 1
                known = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
                if escape == "u":
                    out.append(chr(int(self.text[self.at:self.at + 4], 16)))
                    self.at += 4
                elif escape in known:
                    out.append(known[escape])
                else:
                    self.fail(f"escape \\{escape} is not read here")
            else:
                out.append(c)

    def plain(self, in_flow):
        begin = self.at
        while self.at < len(self.text):
            c = self.text[self.at]
            after = self.text[self.at + 1:self.at + 2]
            if c in "\r\n" or (in_flow and c in ",]}"):
                break
            if c == ":" and (after in ("", " ", "\t", "\r", "\n") or (in_flow and after in ",]}")):
                break
            if c == "#" and self.text[self.at - 1] in " \t":
                break
            self.at += 1
        return _word(self.text[begin:self.at].strip(), True)

    # ---- nodes ----

    def anchor(self):
        begin = self.at
        while self.peek() and self.peek() not in " \t\r\n,]}":
            self.at += 1
        return self.text[begin:self.at]

    def node(self, indent, in_flow=False):
        """A value; block values must stand right of `indent`."""
        self.skip()
        name = None
        if self.peek() == "&":
            self.at += 1
            name = self.anchor()
            self.skip()
        c = self.peek()
        if c == "*":
            self.at += 1
            key = self.anchor()
            if key not in self.anchors:
                self.fail(f"no anchor {key}")
            return self.anchors[key]
        if c == "{":
            value = self.flow_map()
        elif c == "[":
            value = self.flow_list()
        elif in_flow:
            value = self.quoted() if c in "\"'" else self.plain(True)
        else:
            value = self.block(indent)
        if name is not None:
            self.anchors[name] = value
        return value

    def flow_list(self):
        self.at += 1
        items = []
        while True:
            self.skip()
            if self.peek() == "]":
                self.at += 1
                return items
            items.append(self.node(0, True))
            self.skip()
            if self.peek() == ",":
                self.at += 1
            elif self.peek() != "]":
                self.fail("a list in [ ] goes on with , or ends with ]")

    def flow_map(self):
        self.at += 1
        out = {}
        while True:
            self.skip()
            if self.peek() == "}":
                self.at += 1
                return out
            key = self.quoted() if self.peek() in "\"'" else self.plain(True)
            self.skip()
            if self.peek() != ":":
                self.fail(f"no value for {key}")
            self.at += 1
            out[key] = self.node(0, True)
            self.skip()
            if self.peek() == ",":
                self.at += 1
            elif self.peek() != "}":
                self.fail("a map in { } goes on with , or ends with }")

    def is_dash(self):
        return self.peek() == "-" and self.text[self.at + 1:self.at + 2] in (" ", "\n", "\r", "")

    def block(self, indent):
        column = self.column()
        if not self.peek():
            self.fail("a value is missing")
        if self.is_dash():
            return self.block_list(column)
        begin = self.at
        word = self.quoted() if self.peek() in "\"'" else self.plain(False)
        self.skip_blanks()
        if self.peek() != ":":
            return word
        self.at = begin
        if column <= indent:
            self.fail("a map must stand right of its key")
        return self.block_map(column)

    def block_list(self, column):
        items = []
        while True:
            self.skip()
            if not self.peek() or self.column() != column or not self.is_dash():
                return items
            self.at += 1
            items.append(self.node(column))

    def block_map(self, column):
        out = {}
        while True:
            self.skip()
            if not self.peek() or self.column() != column or self.is_dash():
                return out
            key = self.quoted() if self.peek() in "\"'" else self.plain(False)
            self.skip_blanks()
            if self.peek() != ":":
                self.fail(f"no colon behind {key}")
            self.at += 1
            out[key] = self.node(column)


def parse(text, name="yaml"):
    reader = _Reader(text, name)
    reader.skip()
    if not reader.peek():
        return {}
    value = reader.node(-1)
    reader.skip()
    if reader.peek():
        reader.fail("what follows is not understood")
    return value


def load(path):
    with open(path, encoding="utf-8-sig") as file:
        return parse(file.read(), path)


def as_list(value):
    """A rule file may give one or a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
