"""API reads and writes per second beside the same nginx answering a fixed string, and durable updates beside bare fsync."""
import json
import os
import sys
import pathlib
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lib.loopback import bench_server, bounded, figure, in_turns, median_rate, note, ratio, wrk, SECONDS  # noqa: E402

UPDATE = """
local ids = {%s}
local count = 0
function request()
  count = count + 1
  local body = '{"description":"number ' .. count .. '"}'
  return wrk.format("PUT", "/api/streams/" .. ids[count %% #ids + 1], {["Authorization"] = "Bearer %s", ["Content-Type"] = "application/json"}, body)
end
"""


def bare_sync(folder, seconds):
    """Durable 4 KiB writes per second, one after the other, on the disk of the store."""
    path, block, count = pathlib.Path(folder) / "sync", os.urandom(4096), 0
    with open(path, "wb", buffering=0) as out:
        out.write(block * 256)
        os.fsync(out.fileno())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            out.seek(count % 256 * 4096)
            out.write(block)
            os.fdatasync(out.fileno())
            count += 1
    path.unlink()
    return count / seconds


def main():
    text = json.dumps({"success": True, "data": {"id": "x" * 22, "text": "t" * 700}})
    locations = f"location = /fixed {{ default_type application/json; return 200 '{text}'; }}"
    with bench_server(workers=1, locations=locations) as server:
        streams = [server.create(title=f"Stream {i}", visibility="public") for i in range(64)]
        one, bearer = streams[0]["id"], [("Authorization", f"Bearer {server.admin_token()}")]
        size = len(json.dumps(server.stream(streams[0])))
        note(f"one record is about {size} bytes, the fixed answer {len(text)}")
        fixed, record, status = in_turns(lambda: wrk(server.url + "/fixed", headers=bearer),
                                         lambda: wrk(f"{server.url}/api/streams/{one}", headers=bearer),
                                         lambda: wrk(f"{server.url}/api/streams/{one}/status"))
        figure("fixed_answers_per_second", median_rate(fixed), "1/s")
        figure("api_reads_per_second", median_rate(record), "1/s")
        bounded("api_reads_ratio", ratio(record, fixed), "x", ">=", 0.6)
        figure("api_status_reads_per_second", median_rate(status), "1/s")
        figure("api_status_reads_to_fixed", ratio(status, fixed), "x")
        update = UPDATE % (",".join(f'"{stream["id"]}"' for stream in streams), server.admin_token())
        syncs = []
        single, many, _ = in_turns(lambda: wrk(server.url, clients=1, script=update), lambda: wrk(server.url, clients=64, script=update),
                                   lambda: syncs.append(bare_sync(server.data, SECONDS / 2)))
        figure("bare_fdatasync_per_second", sorted(syncs)[len(syncs) // 2], "1/s")
        figure("durable_updates_1_per_second", median_rate(single), "1/s")
        figure("durable_updates_64_per_second", median_rate(many), "1/s")
        bounded("durable_updates_64_ratio", ratio(many, single), "x", ">=", 5)
        figure("durable_updates_64_to_fsync", median_rate(many) / sorted(syncs)[len(syncs) // 2], "x")
        figure("api_writes_to_fixed", median_rate(many) / median_rate(fixed), "x")


if __name__ == "__main__":
    main()
