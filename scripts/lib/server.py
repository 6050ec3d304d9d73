"""What scripts/run needs to know about processes, ports and files. Standard library only.

Usage: server.py COMMAND ARGUMENT...
  check-port NAME HOST PORT          fails with a sentence when nobody may listen there
  free-port                          prints a loopback port that is free now
  render TEMPLATE OUTPUT NAME=VALUE...   fills @NAME@ in; the file gets mode 0600
  reachable USER FOLDER              fails with a sentence when USER cannot enter FOLDER
  running DATA                       prints the pid of the server of this data folder, or nothing
  leftovers DATA                     prints the pids of its other processes (workers, children)
  wait-ready DATA URL SECONDS        returns when the server answers; fails when it died or is silent
  stop DATA                          ends the server, the demo's pusher and all their children
"""
import contextlib
import errno
import os
import pathlib
import pwd
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request


class Refusal(Exception):
    """A sentence for the person at the keyboard."""


# ---- processes -------------------------------------------------------------------------------------------

def processes():
    """pid -> (parent's pid, command name) of every process."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError):
            text = pathlib.Path("/proc", entry, "stat").read_text(errors="replace")
            name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
            if rest[0] != "Z":
                found[int(entry)] = (int(rest[1]), name)
    return found


def holds_log(pid, log):
    """A worker of this server, or its master, has its error log open; the log's path names the data folder."""
    with contextlib.suppress(OSError):
        for descriptor in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(descriptor.path) == log:
                    return True
    return False


def with_descendants(pids, table):
    children = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    found, todo = set(), list(pids)
    while todo:
        pid = todo.pop()
        if pid not in found:
            found.add(pid)
            todo += children.get(pid, [])
    return found


def server_processes(data):
    """(master or None, every process of this server: master, workers, their children, the demo's pusher)."""
    log = os.path.join(os.path.realpath(data), "logs/error.log")
    table = processes()
    nginx = {pid for pid, (_, name) in table.items() if name == "nginx" and holds_log(pid, log)}
    masters = [pid for pid in nginx if table[pid][0] not in nginx]
    recorded = read_pid(os.path.join(data, "nginx.pid"))
    master = recorded if recorded in nginx else None
    if master is None and len(masters) == 1 and any(parent == masters[0] for parent, _ in table.values()):
        master = masters[0]
    pusher = read_pid(os.path.join(data, "demo.pid"))
    if pusher in table and is_pusher(pusher):
        nginx.add(pusher)
    return master, with_descendants(nginx, table) - {os.getpid()}


def is_pusher(pid):
    with contextlib.suppress(OSError):
        return b"demo.py" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def read_pid(path):
    with contextlib.suppress(OSError, ValueError):
        return int(pathlib.Path(path).read_text())
    return None


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def send(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def running(data):
    master, _ = server_processes(data)
    if master:
        print(master)


def leftovers(data):
    master, everything = server_processes(data)
    print(*sorted(everything - {master}))


def stop(data):
    master, everything = server_processes(data)
    if not everything:
        print(f"No tribute runs on {data}.")
        return
    pusher = read_pid(os.path.join(data, "demo.pid"))
    first = {pid for pid in (master, pusher) if pid in everything} or everything
    send(first, signal.SIGTERM)

    def alive():
        # A child that was born or adopted meanwhile counts too.
        return {pid for pid in everything | server_processes(data)[1] if pid in processes()}
    if not wait_until(lambda: not alive(), 15):
        left = alive()
        print(f"{len(left)} processes did not end within 15 s and are killed.", file=sys.stderr)
        send(left, signal.SIGKILL)
        if not wait_until(lambda: not alive(), 5):
            raise Refusal(f"these processes cannot be ended: {sorted(alive())}. Are they yours?")
    for name in ("nginx.pid", "demo.pid"):
        with contextlib.suppress(OSError):
            os.remove(os.path.join(data, name))
    print(f"tribute on {data} is down.")


# ---- ports and answers -----------------------------------------------------------------------------------

def check_port(name, host, port):
    family, _, _, _, address = resolve(host, int(port))
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Refusal(f"port {port} on {host} is already in use by another program. \"ss -ltnp\" shows which: "
                              f"stop it, or choose another port with {name}=...") from error
            if error.errno == errno.EACCES:
                raise Refusal(f"only root may listen on port {port}: choose one above 1023 with {name}=...") from error
            if error.errno == errno.EADDRNOTAVAIL:
                raise Refusal(f"{host} is no address of this machine: TRIBUTE_LISTEN takes one of its own, "
                              "127.0.0.1 (this machine only) or 0.0.0.0 (everybody).") from error
            raise Refusal(f"cannot listen on {host} port {port} ({name}): {error.strerror}.") from error


def resolve(host, port):
    try:
        return socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise Refusal(f"TRIBUTE_LISTEN is \"{host}\", which is neither an address nor a known name.") from error


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        print(probe.getsockname()[1])


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True  # a refusal is an answer
    except OSError:
        return False


def wait_ready(data, url, seconds):
    deadline = time.monotonic() + float(seconds)
    while not answers(url):
        if server_processes(data)[0] is None:
            # Once more: between fork and opening the log there is nobody to be seen.
            time.sleep(0.5)
            if server_processes(data)[0] is None:
                raise Refusal("nginx ended while starting.")
        if time.monotonic() > deadline:
            raise Refusal(f"the server runs but has not answered {url} within {seconds} s.")
        time.sleep(0.1)


# ---- files -----------------------------------------------------------------------------------------------

def render(template, output, *values):
    text = pathlib.Path(template).read_text()
    for pair in values:
        name, value = pair.split("=", 1)
        text = text.replace(f"@{name}@", value)
    unfilled = sorted(set(re.findall("@[A-Z_]+@", text)))
    if unfilled:
        raise Refusal(f"{template} asks for {unfilled}, which nobody filled in.")
    descriptor = os.open(output + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(output + ".new", output)


def reachable(user, folder):
    account = pwd.getpwnam(user)
    groups = os.getgrouplist(user, account.pw_gid)

    def may_enter(path):
        return subprocess.run(["test", "-x", str(path)], user=account.pw_uid, group=account.pw_gid, extra_groups=groups,
                              cwd="/", check=False).returncode == 0
    path = pathlib.Path(folder).resolve()
    for step in [*reversed(path.parents), path]:
        if not may_enter(step):
            raise Refusal(f"the worker processes run as {user} and cannot reach {path}, because {step} is closed to that user. "
                          f"Choose another folder with TRIBUTE_DATA (for example /var/lib/tribute), or open the way: chmod o+x '{step}'")


COMMANDS = {"check-port": check_port, "free-port": free_port, "render": render, "reachable": reachable,
            "running": running, "leftovers": leftovers, "wait-ready": wait_ready, "stop": stop}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    try:
        COMMANDS[sys.argv[1]](*sys.argv[2:])
    except Refusal as refusal:
        sys.exit(f"Error: {refusal}")
    except KeyboardInterrupt:
        sys.exit(130)
