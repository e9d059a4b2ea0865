# SPDX-License-Identifier: Apache-2.0
"""How results are told: TAP for people and make, a JSON object on each line for programs."""

import json


class Report:
    def __init__(self):
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}

    def add(self, check, outcome, reason="", exchanges=()):
        self.counts[outcome] += 1
        self.line(check, outcome, reason, exchanges)

    @property
    def total(self):
        return sum(self.counts.values())


class Tap(Report):
    def line(self, check, outcome, reason, exchanges):
        what = f"{check.name.replace('#', ' ')} [{', '.join(check.sections)}]"
        tail = f" # SKIP {reason}" if outcome == "skipped" else ""
        print(f"{'not ok' if outcome == 'failed' else 'ok'} {self.total} - {what}{tail}")
        for text in ([reason, *exchanges] if outcome == "failed" else []):
            for each in text.split("\n"):
                print("# " + each)
        print(end="", flush=True)

    def note(self, text):
        print("# " + text, flush=True)

    def end(self):
        print(f"1..{self.total}")
        print("# {passed} passed, {failed} failed, {skipped} skipped".format(**self.counts), flush=True)


class JsonLines(Report):
    def line(self, check, outcome, reason, exchanges):
        self.say({"section": check.sections, "theme": check.theme, "name": check.name, "traps": check.traps, "outcome": outcome,
                  "reason": reason, **({"exchanges": list(exchanges)} if outcome == "failed" else {})})

    def note(self, text):
        self.say({"note": text})

    def end(self):
        self.say({"checks": self.total, **self.counts})

    def say(self, value):
        print(json.dumps(value, ensure_ascii=False), flush=True)
