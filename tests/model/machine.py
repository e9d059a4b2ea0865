# SPDX-License-Identifier: Apache-2.0
"""
The rules: what may be done next. Each makes a step from a Random and the session; RULES says how often each is tried.

The same rules are driven by hypothesis (machine_of()), which finds the smallest failing case by itself, and by a plain
Random (run), which is faster.
"""

import contextlib
import io
import sys
import traceback

import strategies as s
from schema import TYPES
from session import report

USERS_MAX, GROUPS_MAX = 30, 10


def request(method, kind, **more):
    return ("request", {"method": method, "kind": kind, **more})


def any_kind(r):
    return r.choice(["User", "User", "Group"])


def maybe_projection(r, kind):
    return {"query": s.projection(r, TYPES[kind])} if s.chance(r, 5) else {}


def create_user(r, session):
    if len(session.model.all("User")) >= USERS_MAX:
        return delete_user(r, session)
    return request("POST", "User", body=s.user(r, session.model), **maybe_projection(r, "User"))


def create_group(r, session):
    if len(session.model.all("Group")) >= GROUPS_MAX:
        return delete_group(r, session)
    return request("POST", "Group", body=s.group(r, session.model), **maybe_projection(r, "Group"))


def delete(r, session, kind):
    id = s.pick_id(r, session.model, TYPES[kind])
    return request("DELETE", kind, id=id, **s.preconditions(r, id))


def delete_user(r, session):
    return delete(r, session, "User")


def delete_group(r, session):
    return delete(r, session, "Group")


def read(r, session):
    kind = any_kind(r)
    id = s.pick_id(r, session.model, TYPES[kind])
    method = "HEAD" if s.chance(r, 10) else "GET"
    return request(method, kind, id=id, **s.preconditions(r, id), **maybe_projection(r, kind))


def replace(r, session):
    kind = any_kind(r)
    id = s.pick_id(r, session.model, TYPES[kind])
    resource = session.model.resources.get(id.lower())
    if resource and s.chance(r, 3):  # what was read is sent back, perhaps with one thing changed
        body = session.model.shown(resource)
        if s.chance(r, 2):
            body["displayName"] = r.choice(s.WORDS)
    else:
        body = s.user(r, session.model) if kind == "User" else s.group(r, session.model)
    return request("PUT", kind, id=id, body=body, **s.preconditions(r, id), **maybe_projection(r, kind))


def patch(r, session):
    kind = any_kind(r)
    id = s.pick_id(r, session.model, TYPES[kind])
    resource = session.model.resources.get(id.lower())
    body = s.patch_body(r, TYPES[kind], session.model.shown(resource) if resource else {}, session.model)
    return request("PATCH", kind, id=id, body=body, **s.preconditions(r, id), **maybe_projection(r, kind))


def query(r, session, kind):
    found = {}
    if not s.chance(r, 4):
        found["filter"] = s.filter_text(r, session.model, TYPES[kind], "filters_full" in session.switches)
    if "sort" in session.switches and s.chance(r, 2):
        found.update(s.sorting(r, session.model, TYPES[kind]))
    return found


def search(r, session):
    kind = any_kind(r)
    asked = query(r, session, kind)
    if s.chance(r, 4):
        asked["startIndex"] = r.choice([1, 2, 5, 0, -1, 100, "x"])
    if s.chance(r, 4):
        asked["count"] = r.choice([10, 2, 1, 0, -1, 5000, "1.5"])
    if s.chance(r, 5):
        asked.update(s.projection(r, TYPES[kind]))
    if "filters_full" not in session.switches:
        return request("GET", kind, query=asked)
    if s.chance(r, 6):
        kind = ""  # both types, at the root
    if s.chance(r, 5):
        return request("POST", kind, search=True, body=s.search_body(r, asked))
    return request("GET", kind, query=asked)


def pages(r, session):
    kind = any_kind(r)
    return ("pages", kind, query(r, session, kind), r.choice([3, 1, 2, 7]))


def walk(r, session):
    kind = any_kind(r)
    asked = query(r, session, kind)
    if s.chance(r, 5):
        asked.update(s.projection(r, TYPES[kind]))
    return ("walk", "" if s.chance(r, 6) else kind, asked, r.choice([3, 1, 2, 5]))


def turn(r, _session):
    move = r.choice(["next", "next", "next", "previous", "previous", "again"])
    if s.chance(r, 12):
        move = r.choice(["changed", "short", "count", "filter", "kind"])
    return ("turn", r.randrange(2), move)


def bulk(r, session):
    if len(session.model.all("User")) >= USERS_MAX:
        return delete_user(r, session)
    return ("bulk", s.bulk_body(r, session.model))


def check(_r, _session):
    return ("check",)


# How often each is tried, and the switch that it needs.
RULES = [
    (create_user, 6, None), (create_group, 3, None), (delete_user, 1, None), (delete_group, 1, None), (read, 3, None),
    (replace, 5, None), (patch, 14, None), (search, 12, None), (pages, 1, None), (check, 1, None),
    (walk, 3, "cursor"), (turn, 10, "cursor"), (bulk, 4, "bulk"),
]


def rules_of(switches):
    return [(rule, weight) for rule, weight, switch in RULES if switch is None or switch in switches]


def random_step(r, session, weighted):
    """One step of a plain Random."""
    return r.choices([rule for rule, _ in weighted], [weight for _, weight in weighted])[0](r, session)


def import_hypothesis():
    """hypothesis; Debian's package also where python3 is not Debian's."""
    try:
        import hypothesis
    except ImportError:
        sys.path.append("/usr/lib/python3/dist-packages")
        import hypothesis
    return hypothesis


def machine_of(session):
    """The rules as a RuleBasedStateMachine of hypothesis; the session serves all its episodes."""
    import_hypothesis()
    from hypothesis import strategies as given
    from hypothesis.stateful import RuleBasedStateMachine, rule

    class Machine(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            session.begin()
            self.broken = False

        def done(self, step):
            self.broken = True
            session.do(step)
            self.broken = False

        def teardown(self):
            if not self.broken:
                session.do(("check",))

    def as_rule(make):
        return rule(r=given.randoms(use_true_random=False))(lambda self, r: self.done(make(r, session)))

    for make, weight in rules_of(session.switches):
        for n in range((weight + 2) // 3):  # each rule is as likely as another, so the frequent ones are there often
            setattr(Machine, f"{make.__name__}_{n}", as_rule(make))
    return Machine


def run_hypothesis(make_session, steps, seed, length=50):
    """(steps done, text of the smallest difference or None)."""
    hypothesis = import_hypothesis()
    from hypothesis.stateful import run_state_machine_as_test

    session = make_session()
    Machine = machine_of(session)
    settings = hypothesis.settings(max_examples=max(steps // length, 1), stateful_step_count=length, deadline=None,
                                   database=None, print_blob=False,
                                   suppress_health_check=list(hypothesis.HealthCheck))
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run_state_machine_as_test(hypothesis.seed(seed)(Machine), settings=settings)
    except OSError:
        raise
    except Exception:  # a Difference, or a mistake of the model's: the session has just done the smallest case
        return session.steps_done, report(session, traceback.format_exc())
    return session.steps_done, None
