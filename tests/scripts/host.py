"""Small helpers for tests that start the shipped scripts and configurations."""
import os
import pathlib
import socket
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def module_path():
    given = os.environ.get("TRIBUTE_MODULE_SO") or str(ROOT / "build/release/nginx-module/ngx_http_tribute_module.so")
    assert os.path.exists(given), f"{given} is not there: scripts/test builds it"
    return given


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return value


def get(url, headers=None):
    """(status, body); (0, reason) when nobody answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()
    except OSError as error:
        return 0, str(error).encode()
