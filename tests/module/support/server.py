"""The real nginx with the module in a folder and on ports of its own.

Started in the foreground as `scripts/run` would; check() says what went wrong that no answer shows: a line of level alert or worse in
the error log, a sanitizer's report, a process that outlived the server. Never ends a process that it did not start.
"""
import contextlib
import glob
import http.client
import json as jsonlib
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass

from .processes import alive, children, end, free_ports, is_free, wait_for
from .push import Push

ROOT = pathlib.Path(__file__).resolve().parents[3]
RTMP_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
# nginx's pools, and the one HMAC that nginx-rtmp keeps for its handshake and never frees (we use EVP_MAC, never HMAC_*).
SUPPRESSIONS = "".join(f"leak:{name}\n" for name in ("^ngx_alloc$", "^ngx_memalign$", "^ngx_calloc$", "^ngx_create_pool$",
                                                     "^HMAC_CTX_new$", "^HMAC_Init_ex$", "^HMAC_Final$"))
ADMIN = object()
SANITIZED = os.environ.get("TRIBUTE_SANITIZED") == "1"

CONF = """{user}worker_processes {workers};
pid {prefix}/nginx.pid;
error_log {prefix}/logs/error.log warn;
load_module {rtmp_module};
load_module {module};
thread_pool tribute_store threads=1 max_queue=65536;
thread_pool tribute_media threads=2 max_queue=65536;
{main}
events {{ worker_connections 4096; }}
rtmp {{
  access_log off;
  server {{
    listen 127.0.0.1:{rtmp_port};
    chunk_size 4096;
    max_message 4M;
    ping 20s; ping_timeout 20s;
    application live {{
      live on;
      record all; record_path {ingest}; record_unique off; record_suffix .flv;
      deny play all;
      notify_method post; notify_update_timeout 1s; notify_update_strict on;
      on_publish http://127.0.0.1:{callback_port}/{secret}/callbacks;
      on_publish_done http://127.0.0.1:{callback_port}/{secret}/callbacks;
      on_update http://127.0.0.1:{callback_port}/{secret}/callbacks;
    }}
  }}
}}
http {{
  log_format place '$pid $remote_port $request_method $uri';
  access_log {access_log};
  client_body_temp_path {prefix}/tmp/body; proxy_temp_path {prefix}/tmp/proxy; fastcgi_temp_path {prefix}/tmp/fastcgi;
  uwsgi_temp_path {prefix}/tmp/uwsgi; scgi_temp_path {prefix}/tmp/scgi;
  keepalive_requests 100000;
  sendfile on; tcp_nopush on;
  tribute_data {data};
  tribute_ingest_path {ingest};
  tribute_reconnect_window {reconnect_window};
  {http}
  server {{ listen 127.0.0.1:{callback_port}; access_log {callback_log}; location /{secret}/callbacks {{ tribute_callbacks; }} }}
  server {{
    listen 127.0.0.1:{http_port};
    location / {{ tribute; }}
    {locations}
  }}
}}
"""


def module_path():
    given = os.environ.get("TRIBUTE_MODULE_SO")
    found = [given] if given else glob.glob(str(ROOT / "build*/**/ngx_http_tribute_module.so"), recursive=True)
    if not found or not os.path.exists(found[0]):
        raise RuntimeError("no ngx_http_tribute_module.so: build the module, or say where it is in TRIBUTE_MODULE_SO")
    return max(found, key=os.path.getmtime)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: object  # the parsed JSON of a JSON answer, else bytes

    @property
    def data(self):
        return self.body["data"]

    def __iter__(self):
        return iter((self.status, self.headers, self.body))


class Server:
    def __init__(self, workers=2, reconnect_window="60s", http="", main="", locations="", user="root", store_map_size="1g", places=False,
                 conf=CONF, sanitized=SANITIZED):
        self.prefix = pathlib.Path(tempfile.mkdtemp(prefix="tb-", dir="/tmp"))
        self.prefix.chmod(0o755)
        shm = pathlib.Path("/dev/shm")
        self.ingest = pathlib.Path(tempfile.mkdtemp(prefix="tb-", dir=shm if os.access(shm, os.W_OK) else None))
        self.data = self.prefix / "data"
        self.http_port, self.rtmp_port, self.callback_port = free_ports(3)
        self.workers, self.conf, self.sanitized, self.user = workers, conf, sanitized, user
        self.secret = secrets.token_hex(16)
        self.settings = {"reconnect_window": reconnect_window, "http": f"tribute_store_map_size {store_map_size}; {http}", "main": main,
                         "locations": locations, "access_log": f"{self.prefix}/logs/places place" if places else "off",
                         "callback_log": f"{self.prefix}/logs/callbacks place" if places else "off"}
        self.process, self.pushes, self.expected, self.descendants, self.token = None, [], [], set(), None
        for name in ("logs", "tmp", "sanitizer"):
            (self.prefix / name).mkdir()
        (self.prefix / "sanitizer").chmod(0o777)

    # starting and ending

    def write_conf(self):
        user = f"user {self.user};\n" if os.geteuid() == 0 else ""
        text = self.conf.format(user=user, workers=self.workers, prefix=self.prefix, rtmp_module=RTMP_MODULE, module=self.module(),
                                data=self.data, ingest=self.ingest, secret=self.secret, http_port=self.http_port,
                                rtmp_port=self.rtmp_port, callback_port=self.callback_port, **self.settings)
        path = self.prefix / "nginx.conf"
        path.write_text(text)
        path.chmod(0o600)

    def module(self):
        return module_path()

    def environment(self):
        if not self.sanitized:
            return dict(os.environ)
        library = {name: subprocess.check_output(["gcc", f"-print-file-name={name}"], text=True).strip()
                   for name in ("libasan.so", "libubsan.so")}
        suppressions = self.prefix / "lsan.supp"
        suppressions.write_text(SUPPRESSIONS)
        reports = self.prefix / "sanitizer"
        return {**os.environ, "LD_PRELOAD": " ".join(library.values()),
                "ASAN_OPTIONS": f"log_path={reports}/asan:detect_leaks=1:fast_unwind_on_malloc=0",
                "UBSAN_OPTIONS": f"log_path={reports}/ubsan:print_stacktrace=1",
                "LSAN_OPTIONS": f"suppressions={suppressions}:print_suppressions=0"}

    def command(self, *more):
        return ["nginx", "-p", str(self.prefix), "-c", str(self.prefix / "nginx.conf"), "-e", str(self.prefix / "logs/error.log"), *more]

    def start(self):
        self.write_conf()
        with open(self.prefix / "logs/output", "ab") as output:
            self.process = subprocess.Popen(self.command("-g", "daemon off;"), stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT, env=self.environment(), cwd=self.prefix)
        wait_for(lambda: self.process.poll() is not None or self.answers(), 20, self.logs)
        if self.process.poll() is not None:
            raise AssertionError(f"nginx ended with {self.process.returncode}: {self.logs()}")
        return self

    def answers(self):
        try:
            return self.get("/api/health", token=None, timeout=2).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self, how=signal.SIGTERM, patience=15):
        """Ends nginx and waits for it and for everything that it started."""
        if not self.process:
            return
        self.descendants |= self.family()
        self.process.send_signal(how)
        end(self.process, patience)
        self.process = None
        wait_for(lambda: not self.left_over(), 10, lambda: f"processes left over: {self.left_over()}")

    def kill_everything(self):
        """kill -9 of the master and all its children, as a power cut would do for the processes."""
        self.descendants |= self.family()
        victims = self.family() | {self.process.pid}
        for pid in [self.process.pid, *victims]:
            kill(pid)
        self.process.wait()
        self.process = None
        wait_for(lambda: not self.left_over(), 10, "killed processes still there")
        # A killed process is a zombie before its last thread has let go of the listeners.
        wait_for(lambda: all(map(is_free, (self.http_port, self.rtmp_port, self.callback_port))), 10, "ports are still taken")

    def close(self):
        try:
            for push in self.pushes:
                push.stop()
            self.stop()
            self.check()
        finally:
            for pid in self.left_over():
                kill(pid)
            if self.process:
                self.process.kill()
                self.process.wait()
            if not os.environ.get("TRIBUTE_KEEP"):
                shutil.rmtree(self.prefix, ignore_errors=True)
            shutil.rmtree(self.ingest, ignore_errors=True)

    def family(self):
        found, wave = set(), children(self.process.pid) if self.process else []
        while wave:
            found |= set(wave)
            wave = [child for pid in wave for child in children(pid)]
        return found

    def left_over(self):
        return [pid for pid in self.descendants if alive(pid)]

    def check(self):
        """Raises with everything that speaks against this server's run."""
        bad = [line for line in self.error_log().splitlines() if re.search(r"\[(alert|emerg|crit)\]", line)
               and not any(re.search(pattern, line) for pattern in self.expected)]
        for report in sorted((self.prefix / "sanitizer").iterdir()):
            bad.append(f"{report.name}:\n{report.read_text(errors='replace')[:6000]}")
        assert not bad, "\n".join(bad)

    def expect_log(self, pattern):
        """Names a line of level alert or worse that the test itself provokes."""
        self.expected.append(pattern)

    # looking at it

    def error_log(self):
        path = self.prefix / "logs/error.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def logs(self):
        output = self.prefix / "logs/output"
        return (output.read_text(errors="replace") if output.exists() else "") + self.error_log()

    def worker_pids(self):
        """The workers of the newest generation that are not shutting down."""
        return [pid for pid in children(self.process.pid) if title(pid) == "nginx: worker process"]

    def reload(self):
        """HUP, and waits until the new workers are there and the old ones no longer accept."""
        before = set(self.worker_pids())
        self.descendants |= self.family()
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: len(now := set(self.worker_pids())) == self.workers and not now & before, 15, self.logs)
        wait_for(self.answers, 15, self.logs)

    def kill_worker(self, pid):
        self.expect_log(rf"worker process {pid} exited on signal 9")
        self.descendants |= self.family()
        before = set(self.worker_pids())
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: pid not in self.worker_pids() and len(self.worker_pids()) >= len(before), 10, self.logs)

    def worker_of(self, port, peer=None):
        """The workers that hold an established connection to our `port` (from the peer's port `peer`)."""
        inodes = set()
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, state, *rest = line.split()
            if state == "01" and int(local.split(":")[1], 16) == port and peer in (None, int(remote.split(":")[1], 16)):
                inodes.add(rest[5])
        return {pid for pid in self.family() if inodes & sockets(pid)}

    @contextlib.contextmanager
    def only(self, worker):
        """While it lasts, only this worker runs: what is connected now lands there."""
        others = [pid for pid in self.worker_pids() if pid != worker]
        try:
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            with contextlib.ExitStack() as nudges:
                # A stopped worker still swallows one wake-up for each listener (EPOLLEXCLUSIVE wakes one waiter): spend them.
                for port in (self.http_port, self.rtmp_port) * len(others):
                    nudges.enter_context(socket.create_connection(("127.0.0.1", port), 5))
                yield
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

    # talking to it

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http_port}"

    def admin_token(self):
        if self.token is None:
            self.token = (self.data / "admin.token").read_text().strip()
        return self.token

    def request(self, method, path, body=None, headers=None, token=ADMIN, timeout=30, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.http_port, timeout=timeout)
        head = dict(headers or {})
        if token is not None:
            head["Authorization"] = f"Bearer {self.admin_token() if token is ADMIN else token}"
        try:
            connection.request(method, path.removeprefix(self.url), body, head)
            answer = connection.getresponse()
            data = answer.read()
            answer_headers = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()
        if "json" in answer_headers.get("content-type", ""):
            data = jsonlib.loads(data)
        return Answer(answer.status, answer_headers, data)

    def get(self, path, token=ADMIN, **more):
        return self.request("GET", path, token=token, **more)

    def api(self, method, path, json=None, token=ADMIN, **more):
        """An API call with a JSON body (or none)."""
        body = None if json is None else jsonlib.dumps(json)
        headers = {"Content-Type": "application/json"} if json is not None else {}
        return self.request(method, "/api" + path, body, {**headers, **more.pop("headers", {})}, token=token, **more)

    def ok(self, method, path, json=None, **more):
        """An API call that must succeed; returns its `data`."""
        answer = self.api(method, path, json, **more)
        assert 200 <= answer.status < 300, f"{method} {path}: {answer.status} {answer.body}"
        return answer.body["data"] if isinstance(answer.body, dict) and "data" in answer.body else answer.body

    def create(self, **fields):
        return self.ok("POST", "/streams", {"title": "A service", **fields})

    def key(self, stream):
        """The stream key, from what `start`-less managers see of the record."""
        return self.ok("GET", f"/streams/{stream['id']}")["streamKey"]

    def stream(self, stream):
        return self.ok("GET", f"/streams/{stream['id']}")

    def status(self, stream, token=ADMIN):
        return self.ok("GET", f"/streams/{stream['id']}/status", token=token)

    def wait_status(self, stream, *wanted, timeout=10):
        last = {}

        def reached():
            last.update(self.status(stream))
            return last["status"] in wanted
        wait_for(reached, timeout, lambda: f"status {wanted}, but {last}\n{self.error_log()[-2000:]}")
        return dict(last)

    def wait_media(self, stream, frames_or_parts=1, timeout=10):
        """Waits until a media playlist of the stream lists a segment."""
        from . import hls
        return wait_for(lambda: hls.listed(self, stream) >= frames_or_parts, timeout, lambda: f"no segment listed: {self.status(stream)}")

    def recordings(self, stream):
        return self.ok("GET", f"/streams/{stream['id']}/recordings")["items"]

    def push(self, key, clip, port=None, **how):
        """Starts ffmpeg with this key, through the relay at `port` if there is one."""
        push = Push(f"rtmp://127.0.0.1:{port or self.rtmp_port}/live/{key}", clip, **how)
        self.pushes.append(push)
        return push

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            with contextlib.suppress(AssertionError):  # what start() says is what matters
                self.close()
            raise

    def __exit__(self, *_):
        self.close()


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def sockets(pid):
    found = set()
    for entry in glob.glob(f"/proc/{pid}/fd/*"):
        with contextlib.suppress(OSError):
            target = os.readlink(entry)
            if target.startswith("socket:["):
                found.add(target[8:-1])
    return found


def title(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0 ").decode(errors="replace")
    except OSError:
        return ""
