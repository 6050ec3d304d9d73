"""kit_check.py MODULE.so [sanitized]: the border kit in a real nginx with two workers, over reloads.

Standard library only. Exits 0 when everything held, and prints what did not.
"""

import glob
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

MODULE = os.path.abspath(sys.argv[1])
SANITIZED = len(sys.argv) > 2


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment(home):
    env = dict(os.environ)
    if not SANITIZED:
        return env
    lib = lambda name: subprocess.check_output(["gcc", "-print-file-name=" + name], text=True).strip()
    with open(f"{home}/lsan.supp", "w") as f:
        f.writelines(f"leak:^{name}$\n" for name in ("ngx_alloc", "ngx_memalign", "ngx_calloc", "ngx_create_pool"))
    os.chmod(f"{home}/lsan.supp", 0o644)
    env["LD_PRELOAD"] = lib("libasan.so") + " " + lib("libubsan.so")
    env["ASAN_OPTIONS"] = f"log_path={home}/san/asan:detect_leaks=1:fast_unwind_on_malloc=0"
    env["UBSAN_OPTIONS"] = f"log_path={home}/san/ubsan:print_stacktrace=1"
    env["LSAN_OPTIONS"] = f"suppressions={home}/lsan.supp:print_suppressions=0"
    return env


class Server:
    def __init__(self, home):
        self.home, self.port = home, free_port()
        for name in ("logs", "tmp", "san", "seen"):
            os.mkdir(f"{home}/{name}")
            os.chmod(f"{home}/{name}", 0o777)
        with open(f"{home}/n.conf", "w") as f:
            f.write(f"""load_module {MODULE};
worker_processes 2; pid {home}/pid; error_log {home}/logs/error.log notice;
events {{ worker_connections 512; }}
http {{ access_log off; sendfile on; client_max_body_size 0; client_body_temp_path tmp/b; proxy_temp_path tmp/p;
  fastcgi_temp_path tmp/f; uwsgi_temp_path tmp/u; scgi_temp_path tmp/s;
  server {{ listen 127.0.0.1:{self.port}; location / {{ kit_test; }} }} }}
""")
        command = ["nginx", "-p", home + "/", "-c", home + "/n.conf", "-e", home + "/logs/error.log", "-g", "daemon off;"]
        self.process = subprocess.Popen(command, env=environment(home))
        wait_for(lambda: self.ask("/arg")[0] == 200, "an answer")

    def ask(self, path, method="GET", body=None, headers=None):
        try:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            c.request(method, path, body, headers or {}, encode_chunked="Transfer-Encoding" in (headers or {}))
            r = c.getresponse()
            return r.status, r.read(), dict(r.getheaders())
        except OSError as e:
            return 0, str(e).encode(), {}
        finally:
            c.close()

    def workers(self):
        out = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)], capture_output=True, text=True).stdout
        return [int(line.split()[0]) for line in out.splitlines() if "worker process" in line]

    def log(self):
        with open(f"{self.home}/logs/error.log") as f:
            return f.read()


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.02)


def same(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: got {repr(got)[:500]}, wanted {repr(wanted)[:500]}")


class Held:
    """Requests that wait, each on its own connection."""

    def __init__(self, server, path, count):
        self.answers, self.threads = [], []
        for _ in range(count):
            t = threading.Thread(target=lambda: self.answers.append(server.ask(path)[:2]))
            t.start()
            self.threads.append(t)

    def join(self):
        for t in self.threads:
            t.join()
        return self.answers


def check_files(s):
    data = bytes(range(48, 48 + 40))
    path = f"{s.home}/seen/track"
    with open(path, "wb") as f:
        f.write(data)
    whole = b"head" + data[:10] + data[5:10] + data[20:30]
    status, body, headers = s.ask("/files?f=" + path)
    same((status, body, headers["Accept-Ranges"]), (200, whole, "bytes"), "whole file")
    same(s.ask("/files?f=" + path, "HEAD")[2]["Content-Length"], str(len(whole)), "HEAD")
    for first in range(len(whole)):
        for last in (first, first + 3, len(whole) + 5):
            status, body, _ = s.ask("/files?f=" + path, headers={"Range": f"bytes={first}-{last}"})
            same((status, body), (206, whole[first : last + 1]), f"range {first}-{last}")
    same(s.ask("/files?f=" + path, headers={"Range": "bytes=100-"})[0], 416, "range behind the end")
    same(s.ask("/files?f=" + path, headers={"Range": "bytes=0-1,4-5"})[:2], (200, whole), "several ranges")
    same(s.ask("/files?f=" + path, headers={"If-None-Match": '"v1"'})[0], 304, "ETag")


def check_requests(s):
    same(s.ask("/arg?x=1&a+b=%41+%zz%&a%20b=2")[1], b"A %zz%", "decoded argument, the first one")
    same(s.ask("/arg?a+bc=1")[1], b"absent", "argument that is not there")
    same(s.ask("/echo", "POST", b"")[1], b"", "empty body")
    big = os.urandom(100_000)
    same(s.ask("/echo", "POST", big)[1], big, "body at the limit")
    same(s.ask("/echo", "POST", big + b"x")[1], b"too large", "body over the limit")
    chunked = lambda n: s.ask("/echo", "POST", (b"z" * 1000 for _ in range(n)), {"Transfer-Encoding": "chunked"})
    same(chunked(99)[1], b"z" * 99_000, "chunked body")
    same(chunked(101)[1], b"too large", "chunked body over the limit")
    for path in ("/throw", "/thread?fails", "/echo?fails"):
        same(s.ask(path, "POST" if "echo" in path else "GET")[0], 500, "exception in " + path)
    same(s.ask("/thread")[:2], (200, b"from a thread"), "work on a thread")
    same(s.ask("/timer")[1], b"in time", "timer")


def check_watch(s):
    path = f"{s.home}/seen/log"
    open(path, "w").close()
    same(s.ask("/watch?f=/no/such/file")[1], b"cannot", "watch of nothing")
    for target, wanted in ((path, b"2 "), (f"{s.home}/seen", b"256 new")):
        held = Held(s, "/watch?f=" + target, 1)
        while held.threads[0].is_alive():  # it may not watch yet: do it again
            if target == path:
                with open(path, "a") as f:
                    f.write("x")
            else:
                open(f"{s.home}/seen/new", "w").close()
                os.unlink(f"{s.home}/seen/new")
            time.sleep(0.02)
        same(held.join()[0][1], wanted, "watch of " + target)


def check_wake(s, count=64):
    held = Held(s, "/hold", count)
    while any(t.is_alive() for t in held.threads):
        s.ask("/wake")
        time.sleep(0.02)
    same(held.join(), [(200, b"woken")] * count, "held requests of both workers")


def check_reload(s):
    for _ in range(3):
        before = s.workers()
        held = Held(s, "/hold", 8)
        slow = Held(s, "/thread?ms=700", 8)
        time.sleep(0.2)  # they are on their way; whichever worker has them, none may be lost
        s.process.send_signal(signal.SIGHUP)
        wait_for(lambda: not set(before) & set(s.workers()), "the old workers to go")
        while any(t.is_alive() for t in held.threads):
            s.ask("/wake")
            time.sleep(0.02)
        if not all(a in ((200, b"leaving"), (200, b"woken")) for a in held.join()):
            raise AssertionError(f"held over a reload: {held.answers}")
        same(slow.join(), [(200, b"from a thread")] * 8, "work over a reload")
        check_wake(s, 16)


def check_kill(s):
    victim = s.workers()[0]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in s.workers() and len(s.workers()) == 2, "a new worker")
    check_wake(s)


def check_log(s):
    allowed = ("deliberate", "exited on signal 9")
    bad = [l for l in s.log().splitlines() if any(f"[{w}]" in l for w in ("alert", "emerg", "crit", "error")) and not any(a in l for a in allowed)]
    same(bad, [], "error log")
    if "kit: leaving" not in s.log():
        raise AssertionError("no worker was told that it leaves")
    reports = [open(f).read() for f in glob.glob(s.home + "/san/*")]
    same("\n".join(reports), "", "sanitizer reports")


def main():
    with tempfile.TemporaryDirectory(prefix="tribute-kit-") as home:
        os.chmod(home, 0o755)
        server = Server(home)
        try:
            for check in (check_files, check_requests, check_watch, check_wake, check_reload, check_kill):
                check(server)
                print(check.__name__, "ok", flush=True)
            Held(server, "/thread?ms=300", 4)  # a graceful end waits for them
            time.sleep(0.1)
            server.process.send_signal(signal.SIGQUIT)
            same(server.process.wait(20), 0, "exit")
        except BaseException:
            server.process.terminate()
            server.process.wait(20)
            print(server.log(), file=sys.stderr)
            raise
        check_log(server)
    print("ok")


main()
