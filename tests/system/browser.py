# SPDX-License-Identifier: Apache-2.0
"""
Debian's Chromium for a test, driven by its own chromedriver (WebDriver, a JSON protocol over HTTP). Headless, with a profile of
its own, and no way to any other host. Every wait ends.
"""

import atexit
import base64
import contextlib
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

from lib import Skip
from stack import BUILD, free_port

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
WAIT = 30  # seconds that a page may take to come to what is waited for
ARTEFACTS = os.environ.get("ROSTER_ARTEFACTS") or os.path.join(BUILD, "artefacts")

# Runs before each page's own scripts. What hostile text would do if it were run; what the page's policy refuses.
WATCH = """
window.seen = [];
const run = (what) => function () { window.seen.push('ran: ' + what); };
for (const name of ['alert', 'confirm', 'prompt', 'print'])
    window[name] = run(name);
Object.defineProperty(window, 'pwned', {get: () => undefined, set: run('pwned')});
document.addEventListener('securitypolicyviolation', (e) =>
    window.seen.push('refused: ' + e.effectiveDirective + ' ' + e.blockedURI + ' ' + e.sample));
window.addEventListener('error', (e) => window.seen.push('error: ' + e.message));
window.addEventListener('unhandledrejection', (e) => window.seen.push('rejected: ' + e.reason));
"""

# Controls by the names that a screen reader says. Of several the first that is seen, in an open dialog if there is one.
FIND = """
const [kind, wanted, exact] = arguments;
const kinds = {
    press: 'button, a[href], summary, input[type=submit], [role=button], [role=tab]',
    field: 'input:not([type=hidden]), select, textarea',
    heading: 'h1, h2, h3',
};
const words = (e) => e.getAttribute('aria-labelledby')?.split(' ').map((id) => document.getElementById(id)?.textContent).join(' ')
    || e.getAttribute('aria-label') || (e.labels?.length ? e.labels[0].textContent : '') || e.textContent || e.value || '';
const name = (e) => words(e).replace(/\\s+/g, ' ').trim();
const dialogs = document.querySelectorAll('dialog[open]');
const root = dialogs.length ? dialogs[dialogs.length - 1] : document;
const all = [...root.querySelectorAll(kinds[kind])].filter((e) => e.checkVisibility({checkVisibilityCSS: true}));
const matches = (e) => exact ? name(e) === wanted : name(e).startsWith(wanted);
return all.find(matches) || (exact ? null : all.find((e) => name(e).includes(wanted))) || null;
"""


class Trouble(Exception):
    """The driver, or the page, says no."""


def program(*names):
    for name in names:
        path = shutil.which(name)
        if path is not None:
            return path
    raise Skip(f"{names[0]} is not installed")


class Browser:
    def __init__(self):
        self.chromium, self.driver_path = program("chromium"), program("chromedriver")
        self.dir = tempfile.mkdtemp(prefix="roster-browser.", dir="/tmp")
        self.port = free_port()
        self.process = self.session = None
        atexit.register(self.close)

    # --- the driver ---

    def call(self, method, path, body=None, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            text = None if method == "GET" or method == "DELETE" else json.dumps(body or {})
            connection.request(method, path, text, {"Content-Type": "application/json"} if text else {})
            answer = connection.getresponse()
            value = json.loads(answer.read())["value"]
        finally:
            connection.close()
        if answer.status != 200:
            raise Trouble(f"{value.get('error')}: {value.get('message', '')[:500]}")
        return value

    def do(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def start(self):
        with open(os.path.join(self.dir, "driver.log"), "wb") as log:
            self.process = subprocess.Popen([self.driver_path, f"--port={self.port}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True, env=dict(os.environ, HOME=self.dir, TMPDIR=self.dir, TZ="Europe/Paris", LANGUAGE="en"))
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
                if self.call("GET", "/status", timeout=2)["ready"]:
                    break
            if time.monotonic() > end or self.process.poll() is not None:
                raise Trouble("chromedriver does not start")
            time.sleep(0.05)
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
            "--metrics-recording-only", "--hide-scrollbars", "--lang=en-GB", "--force-color-profile=srgb",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--window-size=1280,900",
            "--user-data-dir=" + os.path.join(self.dir, "profile")]
        wanted = {"browserName": "chrome", "unhandledPromptBehavior": "ignore", "pageLoadStrategy": "normal",
                  "timeouts": {"implicit": 0, "pageLoad": 30000, "script": 30000}, "goog:loggingPrefs": {"browser": "ALL"},
                  "goog:chromeOptions": {"binary": self.chromium, "args": arguments,
                                         "prefs": {"download.default_directory": self.dir, "credentials_enable_service": False}}}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        self.cdp("Page.enable")
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        return self

    def close(self):
        if self.process is not None:
            if self.session is not None:
                with contextlib.suppress(OSError, ValueError, Trouble, http.client.HTTPException):
                    self.call("DELETE", f"/session/{self.session}", timeout=10)
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(5)
            self.process = self.session = None
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_error):
        self.close()

    def cdp(self, command, **parameters):
        """The browser's own protocol, for what WebDriver has no word for."""
        return self.do("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    # --- the page ---

    def open(self, url):
        self.do("POST", "/url", {"url": url})
        self.settle()

    @property
    def url(self):
        return self.do("GET", "/url")

    @property
    def title(self):
        return self.do("GET", "/title")

    def run(self, script, *arguments):
        """The value that the body of a function returns."""
        return self.do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, what, script, *arguments, seconds=WAIT):
        """Until the script's value is true; that value. what: said if it is not in time."""
        end = time.monotonic() + seconds
        while True:
            problem = None
            try:
                value = self.run(script, *arguments)
            except Trouble as e:  # the page is just being replaced
                value, problem = None, e
            if value:
                return value
            if time.monotonic() > end:
                raise Trouble(f"{what}: not within {seconds} s {problem or ''}\n{self.text()}")
            time.sleep(0.04)

    def settle(self):
        """Until nothing is being loaded: neither by the browser nor by the page."""
        self.wait("the page is there", "return document.readyState === 'complete' && document.querySelector('h1') !== null"
                  " && document.querySelector('[aria-busy=true]') === null && !document.body.innerText.includes('Loading…')")

    def text(self):
        """What there is to read, dialogs included."""
        with contextlib.suppress(Trouble):
            return self.run("return document.body.innerText")
        return "(no page)"

    def says(self, words, seconds=WAIT):
        """Whether the page comes to say it; white space counts for nothing."""
        try:
            return self.wait(words, "return document.body.innerText.replace(/\\s+/g, ' ').includes(arguments[0])", words, seconds=seconds)
        except Trouble:
            return False

    # --- controls ---

    def find(self, kind, name, exact=False, seconds=WAIT):
        """kind: press, field or heading."""
        return self.wait(f"{kind} '{name}'", FIND, kind, name, exact, seconds=seconds)[ELEMENT]

    def has(self, kind, name, exact=False):
        return self.run(FIND, kind, name, exact) is not None

    def press(self, name, exact=False):
        element = self.find("press", name, exact)
        self.do("POST", f"/element/{element}/click")

    def fill(self, name, value):
        """A text field, a choice by its text, or a box that is ticked (True) or not (False)."""
        element = self.find("field", name)
        handle = {ELEMENT: element}
        if isinstance(value, bool):
            if self.run("return arguments[0].checked", handle) != value:
                self.do("POST", f"/element/{element}/click")
        elif self.run("return arguments[0].localName === 'select'", handle):
            if not self.run("""const [field, wanted] = arguments;
                    const option = [...field.options].find((o) => o.textContent.trim().startsWith(wanted) || o.value === wanted);
                    if (!option) return false;
                    field.value = option.value;
                    for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, {bubbles: true}));
                    return true""", handle, value):
                raise Trouble(f"'{name}' has no '{value}'")
        else:
            self.do("POST", f"/element/{element}/clear")
            self.do("POST", f"/element/{element}/value", {"text": value})

    def keys(self, text):
        """Types into whatever has the focus."""
        actions = [{"type": way, "value": c} for c in text for way in ("keyDown", "keyUp")]
        self.do("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    # --- what is looked at ---

    def shape(self, width, height=900, dark=False, motion=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "no-preference" if motion else "reduce"}])

    def picture(self, name):
        """The whole page, kept as a file of that name."""
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 6000), "scale": 1}
        data = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        os.makedirs(ARTEFACTS, exist_ok=True)
        path = os.path.join(ARTEFACTS, name + ".png")
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))
        return path

    def trouble(self):
        """What has gone wrong since the last call: scripts that ran, what the policy refused, errors; a list of words."""
        found = []
        with contextlib.suppress(Trouble):
            found += self.run("return window.seen.splice(0)")
        for entry in self.do("POST", "/se/log", {"type": "browser"}):
            # Answers of the server that are no success are the page's business.
            if entry["source"] != "network" and entry["level"] in ("SEVERE", "WARNING"):
                found.append(f"{entry['source']}: {entry['message'][:300]}")
        return found

    def cookies(self):
        return self.cdp("Network.getAllCookies")["cookies"]

    def forget(self):
        """Nobody is signed in any more."""
        self.cdp("Network.clearBrowserCookies")

    def offline(self, away):
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", offline=away, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    # --- accessibility ---

    def faults(self, axe):
        """What axe-core finds: a list of words. It runs in a world of its own, where the page's policy does not bind it."""
        frame = self.cdp("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = self.cdp("Page.createIsolatedWorld", frameId=frame, worldName="axe")["executionContextId"]
        self.evaluate(axe + "\n;0", world)
        found = self.evaluate("""axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}).then((r) => JSON.stringify(r.violations.map((v) =>
            `${v.id} (${v.impact}): ${v.help}\\n` + v.nodes.slice(0, 5).map((n) => '  ' + n.target + ': ' + n.failureSummary).join('\\n'))))""", world)
        return json.loads(found)

    def evaluate(self, expression, world):
        answer = self.cdp("Runtime.evaluate", expression=expression, contextId=world, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise Trouble(f"{answer['exceptionDetails'].get('exception', {}).get('description')}")
        return answer["result"].get("value")


# --- axe-core ---

AXE = "pytest-playwright-axe==4.14.0"  # a Python package that has axe-core, unchanged, as a file; nothing else of it is used
AXE_PATH = "pytest_playwright_axe/resources/axe.min.js"
AXE_SHA256 = "20c09fe157a8a34a30e241aaa1fcdade657734f08ab379ecfbeb7d45cc46e878"
AXE_FILE = "axe.min.js"


def fetch(folder):
    """Without what it would need to be installed."""
    why = "there is no pip"
    for python in (sys.executable, "/usr/bin/python3"):
        words = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:",
                 "--python-version", "3.13", "--dest", folder, AXE]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False, stdin=subprocess.DEVNULL)
            if done.returncode == 0:
                return
            why = (done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"])[-1]
    raise Skip(f"axe-core cannot be fetched: {why}")


def axe_core():
    """The text of axe-core: of $ROSTER_AXE, of Debian's package, or taken once from a Python package with pip. Skip where it is not to be had."""
    kept = os.path.join(BUILD, AXE_FILE)
    for path in (os.environ.get("ROSTER_AXE"), "/usr/share/nodejs/axe-core/axe.min.js", kept):
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                return f.read()
    with tempfile.TemporaryDirectory() as folder:
        fetch(folder)
        with zipfile.ZipFile(os.path.join(folder, os.listdir(folder)[0])) as wheel:
            data = wheel.read(AXE_PATH)
    if hashlib.sha256(data).hexdigest() != AXE_SHA256:
        raise Trouble(f"{AXE} has another {AXE_FILE} than the one that is known")
    with open(kept + ".new", "wb") as f:
        f.write(data)
    os.replace(kept + ".new", kept)
    return data.decode()
