"""Waiting for conditions, free ports, and ending processes that we started."""
import socket
import subprocess
import time


class TimedOut(AssertionError):
    pass


def wait_for(condition, timeout=10, what=None, every=0.02):
    """Returns the first true value of condition(); fails with `what` when there is none in `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            said = what() if callable(what) else what
            raise TimedOut(f"not within {timeout} s: {said or condition}; last value {value!r}")
        time.sleep(every)


def happens(condition, timeout):
    """Like wait_for, but says False instead of failing."""
    try:
        return bool(wait_for(condition, timeout))
    except TimedOut:
        return False


def free_ports(count):
    """Ports that were free a moment ago, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def is_free(port):
    try:
        socket.create_server(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def end(process, patience):
    """Waits for a process that has been asked to end; kills it when it does not. Returns its exit code."""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as found:
            return [int(child) for child in found.read().split()]
    except OSError:
        return []


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
