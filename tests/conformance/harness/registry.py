# SPDX-License-Identifier: Apache-2.0
"""
What there is to check. A theme is a module of themes/; in it

    @check("RFC7644 3.5.2.3", needs="patch")
    def replace_without_match(w):
        \"\"\"replace whose filter matches nothing is refused with noTarget (trap 35)\"\"\"

makes one check, whose title is the first line of its docs, and

    @cases("RFC7644 3.4.2.2", [("eq ignores case (trap 2)", 'userName eq "…"', "ann"), …])
    def answers(w, text, want):

makes one of each row, whose title is its first column. `needs` names what the server must advertise (World.missing). A theme's
own NEEDS go for all of its checks. A fixture is made once for a theme, when it is first asked for, and removed after the theme.
"""

import importlib
import os
import re

THEMES = []


class Check:
    def __init__(self, theme, group, title, sections, needs, body):
        self.theme, self.sections, self.needs, self.body = theme, sections.split(", "), needs.split(), body
        self.traps = [int(n) for group in re.findall(r"\(traps? ([\d, ]+)\)", title) for n in group.split(",")]
        self.title = re.sub(r" *\(traps? [\d, ]+\)", "", title)
        self.name = f"{theme}.{group}: {self.title}"


class Theme:
    def __init__(self, name, module):
        self.name, self.checks = name, []
        general = getattr(module, "NEEDS", "")
        for group, item in vars(module).items():
            for title, sections, needs, body in getattr(item, "checks", ()):
                self.checks.append(Check(name, group, title, sections, f"{general} {needs}", body))


def check(sections, needs=""):
    def register(function):
        title = function.__doc__.strip().split("\n")[0]
        function.checks = [(title, sections, needs, function)]
        return function
    return register


def cases(sections, rows, needs=""):
    def register(function):
        function.checks = [(row[0], sections, needs, lambda w, row=row: function(w, *row[1:])) for row in rows]
        return function
    return register


def load(folder):
    """All themes, in the order of their names; refuses two checks of one name."""
    seen = set()
    for file in sorted(os.listdir(folder)):
        name, extension = os.path.splitext(file)
        if extension == ".py" and not name.startswith("_"):
            THEMES.append(Theme(name, importlib.import_module("themes." + name)))
            for each in THEMES[-1].checks:
                if each.name in seen:
                    raise ValueError(f"two checks are named {each.name!r}")
                seen.add(each.name)
    return THEMES
