"""Many encoders in one cheap process: fleet.py CLIP PORT/KEY ... sends the clip's tags in real time, over and over, to each, evenly out of step.
Prints "sending" when all are accepted; ends at the end of standard input, or with an error when a server hangs up."""
import heapq
import pathlib
import select
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/module"))

from support import flv  # noqa: E402
from support.rtmp import VIDEO, Publisher  # noqa: E402


def main(clip, targets):
    tags = flv.tags(pathlib.Path(clip))
    length = tags[-1].timestamp + 33
    headers = [tag for tag in tags[:8] if tag.payload[1] == 0]
    fleet = []
    for target in targets:
        port, key = target.split("/")
        fleet.append(Publisher(int(port), chunk_size=4096).publish(key))
        for tag in headers:
            fleet[-1].send(tag.kind, 0, tag.payload, channel=4 if tag.kind == VIDEO else 6)
    media = [tag for tag in tags if tag.payload[1] != 0]
    print("sending", flush=True)
    begin = time.monotonic()
    queue = [(begin + 2.0 * i / len(fleet), i, 0) for i in range(len(fleet))]
    starts, looked, late = [due for due, _, _ in queue], begin, False
    while True:
        due, i, at = queue[0]
        rest = max(0.0, due - time.monotonic())
        if rest > 0.001 and select.select([sys.stdin], [], [], rest)[0]:
            return
        tag = media[at % len(media)]
        stamp = tag.timestamp + at // len(media) * length
        fleet[i].send(tag.kind, stamp, tag.payload, channel=4 if tag.kind == VIDEO else 6)
        after = media[(at + 1) % len(media)].timestamp + (at + 1) // len(media) * length
        heapq.heapreplace(queue, (starts[i] + after / 1000, i, at + 1))
        if time.monotonic() > looked + 1:
            looked = time.monotonic()
            if select.select([sys.stdin], [], [], 0)[0]:
                return
            if looked > due + 1 and not late:
                late = True
                print("the encoders cannot keep up on this machine: less than the real rate is sent", file=sys.stderr, flush=True)
            if not all([publisher.alive() for publisher in fleet]):
                sys.exit("a server has hung up")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
