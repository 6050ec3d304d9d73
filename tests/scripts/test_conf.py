"""Every file in conf/ starts in the real nginx, with only its ports and folders changed, answers on its public side, and
its log keeps no secret."""
import http.client
import os
import pathlib
import re
import resource
import shutil
import subprocess

import pytest

from host import ROOT, free_ports, get, module_path, wait_for

EXAMPLES = sorted((ROOT / "conf").glob("*.conf"))
GRANT, TOKEN = "5ecretgrant", "eyJ5ecret.token"


def moved(text, folder, ports):
    """The example with its own ports and folders below `folder`, nothing else changed."""
    for port, other in ports.items():
        text = re.sub(rf"(listen (?:[\d.]+:)?|127\.0\.0\.1:){port}\b", rf"\g<1>{other}", text)
    for path, other in (("/var/log/nginx", "logs"), ("/var/lib/tribute", "data"), ("/run/nginx.pid", "nginx.pid")):
        text = text.replace(path, str(folder / other))
    text = text.replace("/dev/shm/tribute", str(folder / "ingest"))
    text = re.sub(r"/usr/lib/nginx/modules/ngx_http_tribute_module\.so", module_path(), text)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # of a confined machine may be less than a server's
    text = text.replace("worker_rlimit_nofile 65536", f"worker_rlimit_nofile {min(files, 65536)}")
    if os.geteuid() != 0:
        text = re.sub(r"^user .*$", "", text, flags=re.MULTILINE)
    temporary = "".join(f"{name}_temp_path {folder}/tmp/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return text.replace("http {\n", f"http {{\n{temporary}\n", 1)


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.name)
def example(request, folder):
    text = request.param.read_text()
    used = sorted(set(re.findall(r"(?:listen |127\.0\.0\.1:)(?:[\d.]+:)?(\d+)\b", text)))
    ports = dict(zip(used, free_ports(len(used))))
    for name in ("logs", "tmp"):
        (folder / name).mkdir()
    (folder / "nginx.conf").write_text(moved(text, folder, ports))
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "logs/error.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen([*command, "-g", "daemon off;"]) as nginx:
        try:
            wait_for(lambda: nginx.poll() is not None or (folder / "data/admin.token").exists())
            assert nginx.poll() is None, (folder / "logs/error.log").read_text()
            yield {int(was): now for was, now in ports.items()}, folder
        finally:
            nginx.terminate()
    log = (folder / "logs/error.log").read_text()
    assert not re.search(r"\[(alert|emerg|crit)\]", log), log


def ask(port, path):
    return get(f"http://127.0.0.1:{port}{path}", headers={"Host": "live.example.org"})


def test_example_answers_and_keeps_secrets_out_of_its_logs(example):
    ports, folder = example
    wait_for(lambda: ask(ports[80], "/api/health")[0] == 200)
    assert ask(ports[80], f"/hls/abc/{GRANT}/video.m3u8?token={TOKEN}&_HLS_msn=4")[0] in (403, 404)
    assert ask(ports[80], f"/hls/abc/index.m3u8?_HLS_msn=4&token={TOKEN}")[0] in (403, 404)
    status, _ = ask(ports[80], "/callbacks")
    assert status == 404
    logs = lambda: "".join(path.read_text() for path in (folder / "logs").iterdir())  # noqa: E731
    wait_for(lambda: "/hls/abc/***/video.m3u8?***" in logs())
    assert GRANT not in logs() and TOKEN not in logs()


def test_the_other_site_goes_on(example):
    ports, folder = example
    if "www.example.org" not in (folder / "nginx.conf").read_text():
        return
    connection = http.client.HTTPConnection("127.0.0.1", ports[80], timeout=5)
    connection.request("GET", "/", headers={"Host": "www.example.org"})
    assert connection.getresponse().getheader("Content-Type", "").startswith("text/html")


def test_every_configuration_is_tried():
    tried = {path.name for path in EXAMPLES} | {"tribute.conf.in"}  # the last one by test_run.py
    assert {path.name for path in (ROOT / "conf").iterdir()} == tried


def test_examples_and_template_log_alike():
    """The log format that masks is written three times; it must be the same."""
    def mask(path):
        text = path.read_text()
        return re.sub(r"\s+", " ", text[text.index("map $uri $tribute_logged_path"):text.index("$http_user_agent")])
    assert len({mask(path) for path in (ROOT / "conf").iterdir()}) == 1


def test_nginx_is_debians():
    assert shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"), "the package nginx is not installed"
    assert pathlib.Path("/usr/lib/nginx/modules/ngx_rtmp_module.so").exists(), "the package libnginx-mod-rtmp is not installed"
