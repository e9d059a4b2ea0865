# SPDX-License-Identifier: Apache-2.0
"""
The filter language of RFC 7644 3.4.2.2: text to a tree, a tree to text, and whether a resource matches.

A tree is a tuple: ("and", left, right), ("or", left, right), ("not", tree), ("path", NAME, tree), ("pr", NAME) or
(OPERATOR, NAME, value); names and operators as they were written, so that their case is tried, too. ("group", tree)
stands for parentheses that change nothing.
"""

import datetime
import json
import re

from schema import comparable, resolve

TEXT = ("co", "sw", "ew")
ORDER = ("gt", "ge", "lt", "le")
OPERATORS = ("eq", "ne") + TEXT + ORDER


class BadFilter(Exception):
    """invalidFilter: what is wrong."""


# --- text to tree ---

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[()\[\]]|[^\s()\[\]"]+)')
NAME = re.compile(r"[A-Za-z$][A-Za-z0-9$_.:-]*$")


def tokens(text):
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise BadFilter(f"at {at}")
        found.append(m.group(1))
        at = m.end()
    return found + [None]


class Word(str):
    """A value without quotes, which some clients send: good where a string is meant."""


class Parser:
    def __init__(self, text):
        self.tokens = tokens(text)

    def take(self, *wanted):
        """The next token; one of those wanted, if any are."""
        token = self.tokens.pop(0)
        if token is None or (wanted and token.lower() not in wanted):
            raise BadFilter(f"{token!r} where {wanted} was expected")
        return token

    def at(self, word):
        return self.tokens[0] is not None and self.tokens[0].lower() == word

    def either(self):
        tree = self.both()
        while self.at("or"):
            self.take()
            tree = ("or", tree, self.both())
        return tree

    def both(self):
        tree = self.one()
        while self.at("and"):
            self.take()
            tree = ("and", tree, self.one())
        return tree

    def one(self):
        if self.at("("):
            return ("group", self.within("(", ")"))
        if self.at("not"):
            self.take()
            return ("not", self.within("(", ")"))
        name = self.take()
        if not NAME.match(name):
            raise BadFilter(f"{name!r} is no name")
        if self.at("["):
            return ("path", name, self.within("[", "]"))
        operator = self.take("pr", *OPERATORS)
        return (operator, name) if operator.lower() == "pr" else (operator, name, self.value())

    def within(self, opening, closing):
        self.take(opening)
        tree = self.either()
        self.take(closing)
        return tree

    def value(self):
        token = self.take()
        try:
            return json.loads(token, parse_constant=Word)
        except ValueError:
            if token[0] in "\"()[]'":
                raise BadFilter("the value is not JSON")
            return Word(token)


def parse(text):
    parser = Parser(text)
    tree = parser.either()
    if parser.tokens != [None]:
        raise BadFilter(f"{parser.tokens[0]!r} behind the end")
    return tree


# --- tree to text ---

def text_of(tree, outer=None):
    op = tree[0]
    if op == "not":
        return f"not ({text_of(tree[1])})"
    if op == "group":
        return f"({text_of(tree[1])})"
    if op == "path":
        return f"{tree[1]}[{text_of(tree[2])}]"
    if op in ("and", "or"):
        text = f"{text_of(tree[1], op)} {op} {text_of(tree[2], op)}"
        return f"({text})" if outer == "and" and op == "or" else text
    return " ".join([tree[1], op] + [json.dumps(v, ensure_ascii=False) for v in tree[2:]])


# --- what the schema says about a tree ---

def time_of(text):
    """An xsd:dateTime in milliseconds since 1970, or None; without an offset it counts as UTC."""
    m = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)?(Z|[+-]\d\d:\d\d)?", text)
    if not m:
        return None
    offset = "+00:00" if m.group(3) in (None, "Z") else m.group(3)
    try:
        seconds = datetime.datetime.fromisoformat(m.group(1) + offset).timestamp()
    except ValueError:
        return None
    return round(seconds) * 1000 + int((m.group(2) or "0").ljust(3, "0"))


class Filter:
    """
    A tree whose names are resolved, of a resource type; within: of the values of one attribute (value paths). several:
    the query is over several types; what a type does not have has no value (RFC 7644 3.4.2.1).
    """

    def __init__(self, kind, text, within=None, several=False):
        self.kind, self.text, self.several = kind, text, several
        self.tree = self.checked(parse(text), within)

    def checked(self, tree, within):
        op = tree[0].lower()
        if op in ("and", "or"):
            return (op, self.checked(tree[1], within), self.checked(tree[2], within))
        if op == "not":
            return (op, self.checked(tree[1], within))
        if op == "group":
            return self.checked(tree[1], within)
        path = self.path(tree[1], within)
        if path is None:
            if op == "path":
                return ("absent", False)
            value = tree[2] if len(tree) > 2 else None
            return ("absent", op == "ne" and value is not None or op == "eq" and value is None)
        if op == "path":
            if within or path.sub or not path.attribute or not (path.attribute.multi or path.attribute.subs):
                raise BadFilter(f"{tree[1]} has no []")
            return (op, path, self.checked(tree[2], path))
        if op == "pr":
            return (op, path)
        self.check_value(op, path, tree[2])
        return (op, path, tree[2])

    def path(self, name, within):
        """The path; inside [] a name is that of a sub-attribute, or `value`, the simple value itself."""
        if within is None:
            path = resolve(self.kind, name)
        else:
            path = type(within)(within.extension, within.attribute, within.attribute.sub(name))
            if not path.sub and (within.attribute.subs or name.lower() != "value"):
                path = None
        if not path and self.several:
            return None
        if not path or (path.attribute and path.attribute.returned == "never"):
            raise BadFilter(f"{name} cannot be asked")
        return path

    def check_value(self, op, path, value):
        if not path.attribute:
            raise BadFilter("an extension can only be present")
        if path.leaf.subs:
            path.sub = path.attribute.sub("value")
            if not path.sub:
                raise BadFilter(f"{path.attribute.name} is complex")
        kind = path.leaf.type
        if value is None:
            good = op in ("eq", "ne")
        elif kind == "boolean":
            good = op in ("eq", "ne") and isinstance(value, bool)
        else:
            good = isinstance(value, str) and not (kind == "binary" and (op in ORDER or isinstance(value, Word)))
            if kind == "dateTime" and op not in TEXT:
                good = good and time_of(value) is not None
        if not good:
            raise BadFilter(f"{path.text()} {op} {value!r}")

    def matches(self, resource):
        """Of a whole resource as it is answered, with all that is derived; or of one value of `within`."""
        return matches(self.tree, resource)


# --- matching ---

def present(value):
    if isinstance(value, dict):
        return any(map(present, value.values()))
    if isinstance(value, list):
        return any(map(present, value))
    return value is not None and value != ""


def matches(tree, resource, element=False):
    op = tree[0]
    if op == "absent":
        return tree[1]
    if op == "and":
        return matches(tree[1], resource, element) and matches(tree[2], resource, element)
    if op == "or":
        return matches(tree[1], resource, element) or matches(tree[2], resource, element)
    if op == "not":
        return not matches(tree[1], resource, element)
    if op == "path":
        return any(matches(tree[2], value, True) for value in elements(tree[1], resource))
    return term_holds(tree, resource, element)


def elements(path, resource):
    """The values of the attribute: all of a multi-valued one; of a single-valued one that, if it is assigned."""
    holder = resource.get(path.extension, {}) if path.extension else resource
    value = holder.get(path.attribute.name) if path.attribute else resource.get(path.extension)
    if value is None:
        return []
    return value if path.attribute and path.attribute.multi else [value]


def term_holds(tree, resource, element):
    """
    A term on a multi-valued attribute holds if it does for one of the values (RFC 7644 3.4.2.2); so `ne` is "there is a
    value that differs", and of no values none does. A single value that is unassigned differs from every value.
    """
    op, path, value = tree[0], tree[1], tree[2] if len(tree) > 2 else None
    values = [resource] if element else elements(path, resource)
    if path.sub:
        values = [v.get(path.sub.name) for v in values]
        if not values and not path.attribute.multi:
            values = [None]
    elif not values and not (path.attribute and path.attribute.multi):
        values = [None]
    if op == "pr" or value is None:  # RFC 7643 2.5: null is "unassigned"
        return present(values) == (op in ("pr", "ne"))
    return any(compares(op, path.leaf, v, value) for v in values)


def compares(op, attribute, have, want):
    if not present(have):
        return op == "ne"
    if attribute.type == "dateTime" and op not in TEXT:
        have, want = time_of(have), time_of(want)
    elif attribute.type != "dateTime":
        have, want = comparable(attribute, have), comparable(attribute, want)
    return {
        "eq": lambda: have == want, "ne": lambda: have != want, "co": lambda: want in have,
        "sw": lambda: have.startswith(want), "ew": lambda: have.endswith(want), "gt": lambda: have > want,
        "ge": lambda: have >= want, "lt": lambda: have < want, "le": lambda: have <= want,
    }[op]()
