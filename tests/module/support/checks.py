"""What the tests say about answers and recordings, in one place."""
import base64
import hashlib
import hmac
import json
import time

from . import hls, media

AUDIO_FRAME = 1024 / 48000


def problem(answer, *statuses):
    """The answer is a refusal as RFC 9457 and the contract say; returns its body."""
    assert answer.status in statuses, f"{answer.status}: {answer.body!r:.500}"
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.headers
    body = answer.body
    assert body["success"] is False and body["status"] == answer.status, body
    assert all(isinstance(body[name], str) and body[name] for name in ("type", "title", "detail")), body
    return body


def part64(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def jwt(secret, algorithm="HS256", **claims):
    """A signed token; `exp` is in an hour unless given."""
    head = part64(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    body = part64(json.dumps({"exp": int(time.time()) + 3600, **claims}).encode())
    sign = hmac.new(secret, head + b"." + body, hashlib.sha256).digest()
    return (head + b"." + body + b"." + part64(sign)).decode()


def same_video(recorded, sent):
    """Every frame once, in order, from the first key frame on, with the distances that the encoder gave them."""
    assert [p.md5 for p in recorded] == [p.md5 for p in sent], difference(recorded, sent)
    shift = recorded[0].dts - sent[0].dts
    for ours, theirs in zip(recorded, sent):
        assert abs(ours.dts - theirs.dts - shift) < 0.0006 and abs(ours.pts - theirs.pts - shift) < 0.0006, (ours, theirs, shift)
    assert recorded[0].key


def same_audio(recorded, sent, first_video):
    """Every frame once, in order, from the first that belongs to the first picture on. `first_video`: its dts at the encoder."""
    skipped = len(sent) - len(recorded)
    assert [p.md5 for p in recorded] == [p.md5 for p in sent[max(0, skipped):]], difference(recorded, sent)
    early = [p.dts for p in sent[:skipped]]
    assert all(dts < first_video for dts in early), f"sound from {early[-1]} s on is missing, the picture began at {first_video} s"
    for before, after in zip(recorded, recorded[1:]):
        assert after.dts > before.dts


def difference(recorded, sent):
    ours, theirs = [p.md5 for p in recorded], [p.md5 for p in sent]
    first = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    missing, doubled = len(set(theirs) - set(ours)), len(ours) - len(set(ours))
    return f"{len(ours)} packets recorded, {len(theirs)} sent, first difference at {first}, {missing} missing, {doubled} doubled"


def entry_of(server, stream):
    """The one archive entry of a stream."""
    entries = server.recordings(stream)
    assert len(entries) == 1, entries
    return entries[0]


def download(server, url, path, token=None):
    answer = server.get(url, token=token, timeout=60)
    assert answer.status == 200, (url, answer.status, answer.body[:300])
    path.write_bytes(answer.body)
    return path


def recording(server, stream, folder, token=None):
    """Downloads the recording both ways: (MP4 path, {kind: [paths of its HLS tracks]})."""
    entry = entry_of(server, stream)
    folder.mkdir(parents=True, exist_ok=True)
    mp4 = download(server, f"/recordings/{entry['id']}.mp4", folder / "download.mp4", token)
    return mp4, hls.Client(server, token).download(f"/recordings/{entry['id']}/index.m3u8", folder / "hls")


def track_packets(paths, kind):
    return [packet for path in paths for packet in media.packets(path, kind)]


def whole(server, stream, sent, folder, token=None):
    """The recording holds exactly what was sent, in the HLS tracks and in the MP4. Returns both, as recording() does."""
    mp4, tracks = recording(server, stream, folder, token)
    for video in (media.packets(mp4, "v"), track_packets(tracks["video"], "v")):
        same_video(video, sent.video)
    for audio in (media.packets(mp4, "a"), track_packets(tracks["audio"], "a")):
        same_audio(audio, sent.audio, sent.video[0].dts)
    return mp4, tracks
