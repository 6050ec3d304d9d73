"""scripts/run does what the README says: starts, answers, is found when asked twice, stops without a trace, continues."""
import json
import os
import pathlib
import pwd
import re
import signal
import socket
import ssl
import subprocess
import urllib.request

import pytest

from host import ROOT, free_ports, get, wait_for

RUN = str(ROOT / "scripts/run")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="about the worker user, so it needs root")


class Place:
    """Settings for one server of scripts/run, and what can be asked of it."""

    def __init__(self, folder):
        self.data = folder / "tribute data"  # a space, as people have
        self.http, self.https, self.rtmp = free_ports(3)
        self.environment = {**os.environ, "TRIBUTE_DATA": str(self.data), "TRIBUTE_HTTP_PORT": str(self.http),
                            "TRIBUTE_HTTPS_PORT": str(self.https), "TRIBUTE_RTMP_PORT": str(self.rtmp), "TRIBUTE_WORKERS": "2"}

    def run(self, *arguments, **settings):
        return subprocess.run([RUN, *arguments], env={**self.environment, **settings}, capture_output=True, text=True, timeout=600,
                              check=False, stdin=subprocess.DEVNULL)

    def foreground(self):
        started = subprocess.Popen([RUN], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
        said = ""
        for line in started.stdout:
            said += line
            if "Ctrl-C" in line:
                return started
        raise AssertionError(f"scripts/run ended: {said}")

    def url(self, path):
        return f"http://127.0.0.1:{self.http}{path}"

    def api(self, method, path, body=None):
        token = (self.data / "admin.token").read_text().strip()
        request = urllib.request.Request(self.url("/api" + path), method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["data"]

    def processes(self):
        """Every process with our data folder in its command line or its nginx log open."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                links = [os.readlink(one) for one in (entry / "fd").iterdir()]
                if state != "Z" and (str(self.data / "logs") in " ".join(links) or str(self.data) in (entry / "cmdline").read_text()):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


@pytest.fixture
def place(folder):
    one = Place(folder)
    yield one
    one.run("--stop")
    assert one.processes() == []
    log = one.data / "logs/error.log"
    if log.exists():
        assert not re.search(r"\[(alert|emerg|crit)\]", log.read_text()), log.read_text()


def test_detached(place):
    begun = place.run("--detach")
    assert begun.returncode == 0, begun.stderr
    assert f"rtmp://127.0.0.1:{place.rtmp}/live" in begun.stdout and str(place.data / "admin.token") in begun.stdout
    assert get(place.url("/api/health"))[0] == 200
    for secret in ("admin.token", "nginx.conf", "tls/key.pem"):
        assert (place.data / secret).stat().st_mode & 0o077 == 0, secret
    stream = place.api("POST", "/streams", {"title": "Stays"})

    again = place.run("--detach")
    assert again.returncode == 0 and "already" in again.stdout
    foreground = place.run()
    assert foreground.returncode == 1 and "already" in foreground.stderr

    stopped = place.run("--stop")
    assert stopped.returncode == 0, stopped.stderr
    assert place.processes() == []
    assert get(place.url("/api/health"))[0] == 0
    assert place.run("--stop").returncode == 0

    token = (place.data / "admin.token").read_text()
    assert place.run("--detach").returncode == 0
    assert (place.data / "admin.token").read_text() == token
    assert place.api("GET", f"/streams/{stream['id']}")["title"] == "Stays"


def test_https_speaks_http2(place):
    assert place.run("--detach").returncode == 0
    trusting = ssl.create_default_context(cafile=place.data / "tls/certificate.pem")
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", place.https), timeout=10) as plain:
        with trusting.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            assert secure.selected_alpn_protocol() == "h2"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_foreground_ends_cleanly(place, number):
    started = place.foreground()
    assert get(place.url("/api/health"))[0] == 200
    os.killpg(started.pid, number)  # as a terminal does
    said, _ = started.communicate(timeout=30)
    assert started.returncode == 0, said
    assert place.processes() == []


def test_stopped_from_elsewhere(place):
    started = place.foreground()
    assert place.run("--stop").returncode == 0
    said, _ = started.communicate(timeout=30)
    assert started.returncode == 0, said


def test_workers_of_a_killed_master_are_replaced(place):
    assert place.run("--detach").returncode == 0
    os.kill(int((place.data / "nginx.pid").read_text()), signal.SIGKILL)
    again = place.run("--detach")
    assert again.returncode == 0, again.stderr
    assert "killed" in again.stdout
    assert get(place.url("/api/health"))[0] == 200


@pytest.mark.parametrize("name", ["TRIBUTE_HTTP_PORT", "TRIBUTE_HTTPS_PORT", "TRIBUTE_RTMP_PORT"])
def test_port_in_use(place, name):
    with socket.create_server(("127.0.0.1", 0)) as other:
        refused = place.run("--detach", **{name: str(other.getsockname()[1])})
    assert refused.returncode == 1
    assert "already in use" in refused.stderr and name in refused.stderr


@pytest.mark.parametrize("settings", [
    {"TRIBUTE_HTTP_PORT": "web"}, {"TRIBUTE_RTMP_PORT": "70000"}, {"TRIBUTE_WORKERS": "0"}, {"TRIBUTE_RECONNECT_WINDOW": "3601"},
    {"TRIBUTE_LISTEN": "192.0.2.1"}, {"TRIBUTE_LISTEN": "0.0.0.0; evil"}, {"TRIBUTE_DATA": "/tmp/a\"b"}, {"TRIBUTE_HTTP_PORT": "1935", "TRIBUTE_RTMP_PORT": "1935"},
])
def test_nonsense_is_refused_in_a_sentence(place, settings):
    refused = place.run("--detach", **settings)
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: ") and len(refused.stderr.split()) > 5
    assert place.processes() == []


@as_root
def test_closed_folder(place, folder):
    (folder / "closed").mkdir(mode=0o700)
    refused = place.run("--detach", TRIBUTE_DATA=str(folder / "closed/data"))
    assert refused.returncode == 1
    assert f"{folder}/closed is closed" in refused.stderr and "chmod o+x" in refused.stderr


@as_root
def test_workers_are_not_root(place):
    assert place.run("--detach").returncode == 0
    master = int((place.data / "nginx.pid").read_text())
    workers = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
    assert len(workers) >= 2
    assert {pathlib.Path("/proc", worker).stat().st_uid for worker in workers} == {pwd.getpwnam("www-data").pw_uid}


def test_demo(place):
    begun = place.run("--detach", "--demo")
    assert begun.returncode == 0, begun.stderr
    path = re.search(rf"http://127\.0\.0\.1:{place.http}(/hls/\S+/index\.m3u8)", begun.stdout)[1]
    status, playlist = get(place.url(path))
    assert status == 200 and playlist.startswith(b"#EXTM3U")
    picture = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width", "-of", "csv=p=0", place.url(path)],
                             capture_output=True, text=True, timeout=60, check=False)
    assert "h264,1280" in picture.stdout and "aac" in picture.stdout, picture
    stream = path.split("/")[2]
    key = place.api("GET", f"/streams/{stream}")["streamKey"]
    assert place.run("--stop").returncode == 0
    assert place.processes() == []
    for file in place.data.rglob("*"):
        assert not file.is_file() or key.encode() not in file.read_bytes(), f"the key stands in {file}"

    # The same stream again, whether its broadcast was still open or had ended.
    again = place.run("--detach", "--demo")
    assert again.returncode == 0 and path in again.stdout, again.stderr
    place.api("POST", f"/streams/{stream}/stop")
    wait_for(lambda: place.api("GET", f"/streams/{stream}/status")["status"] == "completed")
    assert place.run("--stop").returncode == 0
    once_more = place.run("--detach", "--demo")
    assert once_more.returncode == 0 and path in once_more.stdout, once_more.stderr
    wait_for(lambda: place.api("GET", f"/streams/{stream}/status")["status"] == "live")
