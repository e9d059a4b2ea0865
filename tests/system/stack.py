# SPDX-License-Identifier: Apache-2.0
"""
A whole installation for a test: Roster, a web server in front by the shipped configurations, a store of its own.

Started as root, everything runs as www-data, as it would on a server; started by anybody else, as that user. The program,
the configurations and the data are copies in a directory of its own, so that the processes are told from all others
by their program file, and so that www-data can reach them wherever the source tree lies.
"""

import atexit
import contextlib
import glob
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from lib import Client, Skip

TOP = os.path.abspath(os.environ.get("top_srcdir") or os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.abspath(os.environ.get("ROSTER_BUILD") or os.environ.get("top_builddir") or
                        (os.path.join(TOP, "build") if os.path.exists(os.path.join(TOP, "build", "Makefile")) else TOP))
SCOPES = ("scim", "events:read")
FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


def tool(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")
    if path is None:
        raise Skip(f"{name} is not installed")
    return path


def program(name):
    for path in (os.path.join(BUILD, "src", name), os.path.join(BUILD, name)):
        if os.access(path, os.X_OK):
            return path
    raise RuntimeError(f"{name} is not built in {BUILD}")


def free_port():
    """Below those that the kernel gives to connections: until it is bound, no client of a test beside this one gets it."""
    for _ in range(100):
        with socket.socket() as s, contextlib.suppress(OSError):
            port = random.randint(10240, 32767)
            s.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


def processes():
    """{pid: (parent, program file or None)} of every process; zombies left out."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as f:
                    state, parent = f.read().rpartition(")")[2].split()[:2]
                if state in "ZX":
                    continue
                exe = None
                with contextlib.suppress(OSError):  # a worker lets nobody but root look
                    exe = os.readlink(f"/proc/{name}/exe").split(" (deleted)")[0]
                found[int(name)] = (int(parent), exe)
    return found


class Stack:
    def __init__(self, front, workers=3, conf=None, data=None):
        """conf: further settings {"store.cache_mb": 8}; data: a directory for the store instead of one of its own."""
        self.front, self.workers = front, workers
        self.user = "www-data" if os.geteuid() == 0 else None
        self.dir = tempfile.mkdtemp(prefix="roster-test.", dir="/tmp")
        shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else self.dir
        self.regions = tempfile.mkdtemp(prefix="roster-test.", dir=shm)
        atexit.register(self.remove)
        for name in ("www", "uploads", "fcgid", "data"):
            os.mkdir(self.path(name))
        self.data = data or self.path("data")
        self.fcgi, self.ctl_path, self.config = self.path("roster.fcgi"), self.path("rosterctl"), self.path("roster.conf")
        shutil.copy(program("roster.fcgi"), self.fcgi)
        shutil.copy(program("rosterctl"), self.ctl_path)
        for name in ("apache-conf", "console", "lighttpd-conf"):
            shutil.copytree(os.path.join(TOP, name), self.path(name))
        self.port = free_port()
        self.base = "/roster/scim/v2" if front == "apache-htaccess" else "/scim/v2"
        self.master = self.web = None
        self.ahead = 0  # seconds by which Roster's clock is ahead
        self.write_conf(conf or {})
        if front == "apache-htaccess":
            self.host_folder()
        self.own()
        self.ctl("init")

    # --- files ---

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def write_conf(self, more):
        settings = {
            "server.listen": self.path("roster.sock"), "server.workers": self.workers, "store.data": self.data,
            "store.regions": os.path.join(self.regions, "env"), "store.cache_mb": 8, "store.log_file_mb": 8,
            "store.reserve_mb": 64, "store.ballast_mb": 4, "log.file": self.path("roster.log"),
            "password.memory_kb": 8, "password.passes": 1,  # tests have no time for real ones
        }
        if self.front == "apache-htaccess":
            settings.update({"server.mount": "/roster", "server.max_body": 131072})
        settings.update(more)
        text, section = "", None
        for name, value in sorted(settings.items()):
            part, key = name.split(".")
            if part != section:
                text, section = text + f"[{part}]\n", part
            text += f"{key} = {value}\n"
        self.write("roster.conf", text)

    def host_folder(self):
        """What somebody on shared hosting puts into the web space."""
        folder = self.path("www/roster")
        shutil.copytree(self.path("lighttpd-conf/errors"), folder + "/errors")
        shutil.copytree(self.path("console"), folder + "/console")
        shutil.copy(self.path("apache-conf/htaccess"), folder + "/.htaccess")
        with open(self.path("apache-conf/roster.fcgi"), encoding="utf-8") as f:
            wrapper = f.read()
        wrapper = wrapper.replace("$HOME/roster/roster.conf", self.config)
        wrapper = wrapper.replace("$HOME/roster/lib/roster/roster.fcgi", self.fcgi)
        self.write("www/roster/roster.fcgi", wrapper, 0o755)

    def own(self):
        os.chmod(self.dir, 0o755)
        if self.user is None:
            return
        who = pwd.getpwnam(self.user)
        for top in {self.dir, self.regions, self.data}:
            for folder, names, files in os.walk(top):
                for name in [folder] + [os.path.join(folder, n) for n in names + files]:
                    os.chown(name, who.pw_uid, who.pw_gid, follow_symlinks=False)

    # --- processes ---

    def spawn(self, name, command, **more):
        with open(self.path(name + ".out"), "ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.dir,
                                    start_new_session=True, user=self.user, group=self.user,
                                    extra_groups=[] if self.user else None, **more)

    @property
    def has_master(self):
        """Roster is started by the test, not by the web server."""
        return self.front in ("lighttpd", "apache-proxy")

    @property
    def sanitized(self):
        with open(self.fcgi, "rb") as f:
            return b"libasan" in f.read()

    @property
    def has_clock(self):
        """Roster's clock can be moved."""
        return self.has_master and FAKETIME is not None and not self.sanitized

    def start_master(self):
        clock = {"LD_PRELOAD": FAKETIME, "FAKETIME": f"+{self.ahead}s", "DONT_FAKE_MONOTONIC": "1"} if self.ahead else {}
        self.master = self.spawn("roster", [self.fcgi, "--config", self.config], env=dict(os.environ, **clock))

    def move_clock(self, ahead):
        """Roster starts again with a clock that is so many seconds ahead; only where has_clock."""
        self.stop_roster()
        self.ahead = ahead
        self.start_master()
        self.wait_ready()

    def start_web(self, conf=None):
        """conf: instead of what tests/web-conf says."""
        # What runs is the copy by this program; the tree's own script only prints it.
        if conf is None:
            words = [os.path.join(TOP, "tests", "web-conf"), self.front, str(self.port), self.dir, self.fcgi, self.config, self.dir]
            conf = subprocess.run(words, check=True, capture_output=True, text=True, timeout=20).stdout
        self.write("front.conf", conf)
        if self.front.startswith("lighttpd"):
            self.web = self.spawn("front", [tool("lighttpd"), "-D", "-f", self.path("front.conf")])
        else:
            self.web = self.spawn("front", [tool("apache2"), "-D", "FOREGROUND", "-f", self.path("front.conf")])

    def start(self):
        tool("lighttpd" if self.front.startswith("lighttpd") else "apache2")
        if "fcgid" in self.front or "htaccess" in self.front:
            if not os.path.exists("/usr/lib/apache2/modules/mod_fcgid.so"):
                raise Skip("libapache2-mod-fcgid is not installed")
        if self.has_master:
            self.start_master()
        self.start_web()
        self.wait_ready()
        return self

    def ready(self):
        client = Client(self.port, timeout=2)
        with contextlib.suppress(OSError, Exception):
            return client.get("=" + self.base.replace("/scim/v2", "") + "/readyz").status == 200
        return False

    def wait_ready(self, seconds=20, since=None):
        """How long it took; raises if it takes too long."""
        begin = time.monotonic() if since is None else since
        while not self.ready():
            if time.monotonic() - begin > seconds:
                raise RuntimeError(f"not ready within {seconds} s\n{self.logs()}")
            if self.web.poll() is not None:
                raise RuntimeError(f"the web server ended with {self.web.returncode}\n{self.logs()}")
            time.sleep(0.02)
        return time.monotonic() - begin

    def processes(self):
        """(parents, workers): pids of roster.fcgi; workers are those whose parent is one too."""
        found = processes()
        ours = {pid for pid, (_, exe) in found.items() if exe == self.fcgi}
        ours |= {pid for pid, (parent, exe) in found.items() if exe is None and parent in ours}
        workers = {pid for pid in ours if found[pid][0] in ours}
        return sorted(ours - workers), sorted(workers)

    def logs(self):
        text = ""
        for name in ("roster.log", "roster.out", "front.log", "front.out"):
            with contextlib.suppress(OSError):
                with open(self.path(name), encoding="utf-8", errors="replace") as f:
                    text += f"--- {name}\n{f.read()[-1500:]}\n"
        return text

    def stop_process(self, process, name, seconds=15):
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            print(f"# {name} did not end within {seconds} s of SIGTERM", flush=True)
            process.kill()
            process.wait(5)

    def stop_roster(self):
        """Only where has_master."""
        self.stop_process(self.master, "roster.fcgi")

    def stop(self):
        """Web server first, then Roster; the number of processes that had to be killed afterwards."""
        self.stop_process(self.web, "the web server")
        self.stop_process(self.master, "roster.fcgi")
        end = time.monotonic() + 10
        while any(self.processes()) and time.monotonic() < end:
            time.sleep(0.05)
        left = sum(self.processes(), [])
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.web = self.master = None
        return len(left)

    def remove(self):
        with contextlib.suppress(Exception):
            self.stop()
        if not os.environ.get("ROSTER_KEEP"):
            for path in (self.dir, self.regions):
                shutil.rmtree(path, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        self.remove()

    # --- rosterctl ---

    def ctl_input(self, *words, text):
        return self.ctl(*words, check=False, text_input=text)

    def ctl(self, *words, check=True, timeout=60, text_input=None):
        done = subprocess.run([self.ctl_path, "--config", self.config, *words], capture_output=True, text=True, input=text_input,
                              timeout=timeout, user=self.user, group=self.user,
                              extra_groups=[] if self.user else None, cwd=self.dir)
        if check and done.returncode != 0:
            raise RuntimeError(f"rosterctl {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def account(self, slug, policy="workspace", **settings):
        self.ctl("account", "add", slug, "--policy", policy)
        if settings:
            self.ctl("account", "set", slug, *[f"{name}={value}" for name, value in settings.items()])
        return self.token(slug)

    def token(self, slug, name="test", scopes=SCOPES):
        words = ["token", "add", slug, "--name", name]
        for scope in scopes:
            words += ["--scope", scope]
        return self.ctl(*words).stdout.strip()

    def verify(self):
        return self.ctl("verify", check=False, timeout=120)

    def client(self, token=None, **more):
        return Client(self.port, token, base=self.base, **more)
