"""CPU and memory of 1, 10 and 50 ingested streams of 1.5 Mbit/s, packaged and recorded, beside nginx-rtmp with its own HLS on the same push at
the same time; how long a broadcast takes to be live and to be completed."""
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lib.loopback import QUICK, Fleet, bench_server, bounded, cpu_seconds, figure, film, memory_mb, note  # noqa: E402
from support.plain import PlainServer  # noqa: E402
from support.processes import wait_for  # noqa: E402
from support.push import Feeder  # noqa: E402

WATCH = 5 if QUICK else 20  # seconds of steady state
COUNTS = (1,) if QUICK else (1, 10, 50)


def pids(server):
    return {server.process.pid, *server.family()}


def used(servers, seconds):
    """CPU seconds per second of each server, over the same time."""
    groups = [pids(server) for server in servers]
    before, begin = [cpu_seconds(group) for group in groups], time.monotonic()
    time.sleep(seconds)  # the measured time itself, nothing is waited for
    passed = time.monotonic() - begin
    return [(cpu_seconds(group) - start) / passed for group, start in zip(groups, before)]


def broadcast(ours, theirs, clip, count):
    """`count` streams into both at once; returns figures per stream."""
    streams = [ours.create() for _ in range(count)]
    keys = [ours.key(stream) for stream in streams]
    memory, processes = [memory_mb(pids(server)) for server in (ours, theirs)], len(pids(ours))
    fleet = Fleet(clip, [(ours.rtmp_port, key) for key in keys] + [(theirs.rtmp_port, f"bench{count}x{i}") for i in range(count)])
    for stream in streams:
        ours.wait_status(stream, "live", timeout=60)
    wait_for(lambda: len(list(theirs.ingest.glob(f"bench{count}x*.m3u8"))) == count, 60)
    cpu = used((ours, theirs), WATCH)
    grown = [memory_mb(pids(server)) - before for server, before in zip((ours, theirs), memory)]
    more = len(pids(ours)) - processes
    log = sum(path.stat().st_blocks * 512 for path in ours.ingest.rglob("*") if path.is_file()) / 1e6
    assert fleet.running(), "an encoder has ended"
    fleet.stop()
    for stream in streams:
        ours.ok("POST", f"/streams/{stream['id']}/stop")
    for stream in streams:
        ours.wait_status(stream, "completed", timeout=60)
    name = f"ingest_{count}"
    figure(f"{name}_cpu", 100 * cpu[0] / count, "% of a core")
    figure(f"{name}_cpu_nginx_rtmp_hls", 100 * cpu[1] / count, "% of a core")
    figure(f"{name}_memory", grown[0] / count, "MB")
    figure(f"{name}_memory_nginx_rtmp_hls", grown[1] / count, "MB")
    figure(f"{name}_log", log / count, "MB")
    return cpu[0] / cpu[1], grown[0] / count, more


def load(folder):
    clip = film(folder)
    with bench_server(workers=2) as ours, PlainServer(hls=True, workers=2) as theirs:
        warm = Feeder(ours.rtmp_port, ours.key(stream := ours.create()), clip, seconds=4, speed=8)
        ours.wait_status(stream, "live")
        warm.wait().stop()
        ours.ok("POST", f"/streams/{stream['id']}/stop")
        ours.wait_status(stream, "completed")
        idle = used((ours, theirs), WATCH)
        figure("idle_cpu", 100 * idle[0], "% of a core")
        figure("idle_cpu_nginx_rtmp_hls", 100 * idle[1], "% of a core")
        for count in COUNTS:
            cpu, memory, processes = broadcast(ours, theirs, clip, count)
            if count == 1:
                bounded("ingest_cpu_ratio", cpu, "x", "<=", 1.5)
                bounded("ingest_memory", memory, "MB", "<=", 4)
                bounded("ingest_processes", processes, "", "<=", 0)
            else:
                figure(f"ingest_{count}_cpu_to_nginx_rtmp_hls", cpu, "x")


def waits(folder):
    """Seconds from the encoder's connection to `live`, and from the answer to `stop` to `completed`: the worst of a few."""
    live, completed, clip = [], [], film(folder)
    with bench_server(workers=2) as server:
        for _ in range(2 if QUICK else 5):
            stream = server.create()
            key = server.key(stream)
            with Feeder(server.rtmp_port, key, clip):
                begin = time.monotonic()
                wait_for(lambda: server.status(stream)["status"] == "live", 15, every=0.01)
                live.append(time.monotonic() - begin)
                wait_for(lambda: server.status(stream)["ingest"] == "connected", 5)
                begin = time.monotonic()
                server.ok("POST", f"/streams/{stream['id']}/stop")
                wait_for(lambda: server.status(stream)["status"] == "completed", 15, every=0.01)
                completed.append(time.monotonic() - begin)
    note(f"live {live}, completed {completed}")
    figure("live_seconds_median", statistics.median(live), "s")
    figure("completed_seconds_median", statistics.median(completed), "s")
    bounded("live_seconds", max(live), "s", "<=", 3)
    bounded("completed_seconds", max(completed), "s", "<=", 1)


def main():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        waits(folder)
        load(folder)


if __name__ == "__main__":
    main()
