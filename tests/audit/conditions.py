"""conditions.py: conditions of rules, evaluated as docs/rules.md says: millionths, and a missing value is never true."""
import re

MICRO = 1000000
TOKEN = re.compile(r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>"[^"]*"|'[^']*')|(?P<name>[A-Za-z_][\w.]*)|"""
                   r"""(?P<sign>==|!=|<=|>=|[<>()\[\],+\-*/]))""")
COMPARE = {"==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
           "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}


def micro(text):
    """"0.75" -> 750000, exactly."""
    whole, _, part = text.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return int(whole) * MICRO + sign * int((part + "000000")[:6])


def truncate(a, b):
    """a / b toward zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def constant(word):
    """A parameter: number, truth or text."""
    if word.is_plain and re.fullmatch(r"-?\d+(\.\d+)?", word):
        return micro(word)
    if word.is_plain and word in ("true", "false"):
        return word == "true"
    return str(word)


def _tokens(text):
    at, out = 0, []
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"condition {text!r}: {text[at:]!r} is not understood")
        at = match.end()
        out.append((match.lastgroup, match[match.lastgroup]))
    return out


class _Parser:
    """Makes functions of (fields, severity). A value that is missing is None."""

    def __init__(self, text, params):
        self.text, self.params = text, params
        self.tokens, self.at = _tokens(text), 0

    def peek(self):
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def take(self, wanted=None):
        kind, value = self.tokens[self.at] if self.at < len(self.tokens) else (None, None)
        if value is None or (wanted is not None and value != wanted):
            raise ValueError(f"condition {self.text!r}: {wanted or 'more'} expected")
        self.at += 1
        return kind, value

    def either(self):
        left = self.both()
        while self.peek() == "or":
            self.take()
            left = (lambda a, b: lambda f, s: bool(a(f, s)) or bool(b(f, s)))(left, self.both())
        return left

    def both(self):
        left = self.negation()
        while self.peek() == "and":
            self.take()
            left = (lambda a, b: lambda f, s: bool(a(f, s)) and bool(b(f, s)))(left, self.negation())
        return left

    def negation(self):
        if self.peek() == "not":
            self.take()
            inner = self.negation()
            return lambda f, s: not inner(f, s)
        return self.comparison()

    def comparison(self):
        left = self.sum()
        sign = self.peek()
        if sign in COMPARE:
            self.take()
            right, test = self.sum(), COMPARE[sign]

            def compare(f, s):
                a, b = left(f, s), right(f, s)
                return a is not None and b is not None and test(a, b)
            return compare
        if sign == "in":
            self.take()
            self.take("[")
            items = [self.sum()]
            while self.peek() == ",":
                self.take()
                items.append(self.sum())
            self.take("]")

            def is_in(f, s):
                value = left(f, s)
                return value is not None and any(value == item(f, s) for item in items)
            return is_in
        return left

    def sum(self):
        left = self.product()
        while self.peek() in ("+", "-"):
            sign = 1 if self.take()[1] == "+" else -1

            def add(f, s, a=left, b=self.product(), sign=sign):
                x, y = a(f, s), b(f, s)
                return None if x is None or y is None else x + sign * y
            left = add
        return left

    def product(self):
        left = self.unary()
        while self.peek() in ("*", "/"):
            times = self.take()[1] == "*"

            def combine(f, s, a=left, b=self.unary(), times=times):
                x, y = a(f, s), b(f, s)
                if x is None or y is None or (not times and y == 0):
                    return None
                return truncate(x * y, MICRO) if times else truncate(x * MICRO, y)
            left = combine
        return left

    def unary(self):
        if self.peek() == "-":
            self.take()
            inner = self.unary()
            return lambda f, s: None if inner(f, s) is None else -inner(f, s)
        return self.atom()

    def arguments(self):
        self.take("(")
        items = [self.either()] if self.peek() != ")" else []
        while self.peek() == ",":
            self.take()
            items.append(self.either())
        self.take(")")
        return items

    def call(self, name, subject):
        if name == "has":
            self.take("(")
            field = self.take()[1]
            self.take(")")
            return lambda f, s: field in f
        items = ([subject] if subject is not None else []) + self.arguments()
        whole, part = items

        def search(f, s):
            a, b = whole(f, s), part(f, s)
            return a is not None and b is not None and (a.startswith(b) if name == "startsWith" else b in a)
        return search

    def atom(self):
        kind, value = self.take()
        if kind == "number":
            number = micro(value)
            return lambda f, s: number
        if kind == "text":
            text = value[1:-1]
            return lambda f, s: text
        if value == "(":
            inner = self.either()
            self.take(")")
            return inner
        if value in ("true", "false"):
            return lambda f, s: value == "true"
        if value == "severity":
            return lambda f, s: None if s is None else s * MICRO
        if value.startswith("params."):
            fixed = self.params[value[len("params."):]]
            return lambda f, s: fixed
        if self.peek() == "(":
            field, _, method = value.rpartition(".")
            return self.call(method, (lambda f, s: f.get(field)) if field else None)
        return lambda f, s: f.get(value)


def compile_condition(text, params):
    if text is None:
        return lambda fields, severity: True
    parser = _Parser(str(text), params)
    test = parser.either()
    if parser.peek() is not None:
        raise ValueError(f"condition {text!r}: {parser.peek()!r} is left over")
    return lambda fields, severity: bool(test(fields, severity))
