#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The server against the model of tests/model: random steps, and every answer, the whole state and the event feed
compared. Some are chosen by hypothesis, which makes what fails smaller by itself, the others by a plain Random, which
is faster. ROSTER_MODEL_STEPS says how many steps (a few thousand unless set), ROSTER_MODEL_SEED where they begin,
ROSTER_MODEL_WITHOUT what is left out (words of SWITCHES in tests/model/session.py, parted by spaces).
"""

import importlib.machinery
import importlib.util
import os
import sys

from lib import main, tap
from stack import TOP, Stack

MODEL = os.path.join(TOP, "tests", "model")
sys.path.insert(0, MODEL)

import machine  # noqa: E402
import session  # noqa: E402

STEPS = int(os.environ.get("ROSTER_MODEL_STEPS", "5000"))
SEED = os.environ.get("ROSTER_MODEL_SEED", "1")
WITHOUT = os.environ.get("ROSTER_MODEL_WITHOUT", "").split()
SWITCHES = [x for x in session.SWITCHES if x not in WITHOUT]
HYPOTHESIS_STEPS = min(2000, STEPS // 2)  # of them
WORKSPACE_STEPS = (STEPS - HYPOTHESIS_STEPS) // 4
PROCESSES = 2


def the_run():
    loader = importlib.machinery.SourceFileLoader("model_run", os.path.join(MODEL, "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("model_run", loader))
    loader.exec_module(module)
    return module


def by_hypothesis(url, token):
    try:
        done, text = machine.run_hypothesis(lambda: session.Session(url, token, SWITCHES), HYPOTHESIS_STEPS, SEED)
    except ImportError as e:
        tap.skip("steps that hypothesis chooses", f"{e}: Debian's python3-hypothesis is not installed")
        return
    tap.ok(text is None, f"{done} steps that hypothesis chose: server and model agree", text)


def by_random(stack, url, preset, steps):
    tokens = [stack.account(f"{preset}{i}", preset) for i in range(PROCESSES)]
    for i in range(PROCESSES):  # an account whose last admin stays could not be emptied
        stack.ctl("account", "set", f"{preset}{i}", "last_admin=free")
    done, text = the_run().run(url, tokens, steps, SEED, SWITCHES, preset, tap.note)
    tap.ok(text is None, f"{done} steps of the seed {SEED}, policy {preset}: server and model agree", text)


def test(front):
    with Stack(front) as stack:
        url = f"http://127.0.0.1:{stack.port}"
        tap.note(f"without: {' '.join(WITHOUT) or 'nothing is left out'}")
        by_hypothesis(url, stack.account("hypothesis", "rfc"))
        by_random(stack, url, "rfc", STEPS - HYPOTHESIS_STEPS - WORKSPACE_STEPS)
        by_random(stack, url, "workspace", WORKSPACE_STEPS)
        tap.equal(stack.verify().returncode, 0, "rosterctl verify finds no fault afterwards")


main(test, fronts=("lighttpd",), seconds=600 + STEPS // 20)
