"""What was acknowledged is there: after a restart, and after kill -9 of everything in the middle of writes."""
import threading

from support import checks, flv
from support.push import Feeder


def everything(server, streams):
    found = {"streams": server.ok("GET", "/streams?limit=1000")}
    for stream in streams:
        for part in ("", "/status", "/recordings", "/events"):
            found[stream["id"] + part] = server.ok("GET", f"/streams/{stream['id']}{part}")
    return found


def test_restart_keeps_everything(make_server, clips, tmp_path):
    server = make_server()
    memorial = server.ok("POST", "/memorials", {"name": "John Doe"})
    streams = [server.create(title=f"Service {i}", memorialId=memorial["id"], visibility="public", reconnectWindow=i) for i in range(3)]
    server.ok("PUT", f"/streams/{streams[1]['id']}", {"isVisible": False})
    with Feeder(server.rtmp_port, server.key(streams[0]), clips(20), seconds=4, speed=6) as feeder:
        server.wait_status(streams[0], "live")
        feeder.wait()
    server.ok("POST", f"/streams/{streams[0]['id']}/stop")
    server.wait_status(streams[0], "completed")
    before = everything(server, streams)
    recorded = server.get(f"/recordings/{checks.entry_of(server, streams[0])['id']}.mp4").body
    token = server.admin_token()
    server.stop()
    server.token = None
    server.start()
    assert server.admin_token() == token
    assert everything(server, streams) == before
    assert server.get(f"/recordings/{checks.entry_of(server, streams[0])['id']}.mp4").body == recorded
    checks.whole(server, streams[0], flv.sent(feeder.sent), tmp_path)


def test_acknowledged_writes_survive_kill(make_server):
    server = make_server()
    target = server.create()
    acknowledged, lock, going = [], threading.Lock(), threading.Event()
    going.set()

    def write(writer):
        number = 0
        while going.is_set():
            number += 1
            title = f"{writer}-{number}"
            try:
                if server.api("POST", "/streams", {"title": title}, timeout=5).status == 201:
                    with lock:
                        acknowledged.append(title)
            except OSError:
                return
            except Exception:  # a connection cut in mid-answer: not acknowledged
                return
    for _ in range(3):
        going.set()
        goal = len(acknowledged) + 300
        writers = [threading.Thread(target=write, args=(f"{goal}-{i}",)) for i in range(8)]
        for writer in writers:
            writer.start()
        while len(acknowledged) < goal and any(w.is_alive() for w in writers):
            threading.Event().wait(0.01)
        server.kill_everything()
        going.clear()
        for writer in writers:
            writer.join(20)
        assert len(acknowledged) >= goal
        server.start()
    titles, cursor = set(), None
    while True:
        page = server.ok("GET", "/streams?limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        titles |= {stream["title"] for stream in page["items"]}
        cursor = page["next"]
        if cursor is None:
            break
    assert set(acknowledged) <= titles, f"{len(set(acknowledged) - titles)} of {len(acknowledged)} lost"
    assert server.stream(target)["title"] == target["title"]


def test_writes_survive_killed_workers(make_server):
    """A worker that dies while it holds the writer's lock does not stop the others."""
    server = make_server(workers=3)
    stream = server.create()
    for number in range(6):
        server.ok("PUT", f"/streams/{stream['id']}", {"description": f"number {number}"})
        server.kill_worker(server.worker_pids()[number % 3])
        assert server.stream(stream)["description"] == f"number {number}"
    server.ok("PUT", f"/streams/{stream['id']}", {"title": "still here"})
