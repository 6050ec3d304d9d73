"""A plain HLS client: reads playlists, fetches what they list, and puts a track together again (RFC 8216)."""
import re
import urllib.parse
from dataclasses import dataclass, field


@dataclass
class Segment:
    uri: str
    duration: float
    init: str = ""
    discontinuity: bool = False
    gap: bool = False
    wall: str = ""


@dataclass
class Playlist:
    text: str
    url: str
    segments: list = field(default_factory=list)
    sequence: int = 0
    target: int = 0
    ended: bool = False

    @property
    def duration(self):
        return sum(s.duration for s in self.segments)


@dataclass
class Track:
    url: str
    kind: str  # "video" or "audio"
    attributes: dict


def attributes(line):
    return {name: value.strip('"') for name, value in re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)', line.split(":", 1)[1])}


def multivariant(text, url):
    """The tracks of a multivariant playlist: variants first, then audio renditions that have a URI."""
    tracks, lines = [], text.splitlines()
    for line, after in zip(lines, lines[1:] + [""]):
        if line.startswith("#EXT-X-STREAM-INF:"):
            found = attributes(line)
            kind = "video" if "RESOLUTION" in found or "avc1" in found.get("CODECS", "") else "audio"
            tracks.append(Track(urllib.parse.urljoin(url, after), kind, found))
        elif line.startswith("#EXT-X-MEDIA:") and "URI" in attributes(line):
            tracks.append(Track(urllib.parse.urljoin(url, attributes(line)["URI"]), "audio", attributes(line)))
    return tracks


def media(text, url):
    playlist, init, upcoming = Playlist(text, url), "", {}
    assert text.startswith("#EXTM3U"), text[:200]
    for line in text.splitlines():
        if line.startswith("#EXT-X-MEDIA-SEQUENCE:"):
            playlist.sequence = int(line.split(":")[1])
        elif line.startswith("#EXT-X-TARGETDURATION:"):
            playlist.target = int(line.split(":")[1])
        elif line.startswith("#EXT-X-MAP:"):
            init = urllib.parse.urljoin(url, attributes(line)["URI"])
        elif line.startswith("#EXT-X-DISCONTINUITY") and "SEQUENCE" not in line:
            upcoming["discontinuity"] = True
        elif line == "#EXT-X-GAP":
            upcoming["gap"] = True
        elif line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            upcoming["wall"] = line.split(":", 1)[1]
        elif line.startswith("#EXTINF:"):
            upcoming["duration"] = float(line[8:].split(",")[0])
        elif line.startswith("#EXT-X-ENDLIST"):
            playlist.ended = True
        elif line and not line.startswith("#"):
            playlist.segments.append(Segment(urllib.parse.urljoin(url, line), init=init, **upcoming))
            upcoming = {}
    return playlist


class Client:
    """Plays from a server as somebody: token=None is a stranger."""

    def __init__(self, server, token=None):
        self.server, self.token = server, token

    def fetch(self, url):
        answer = self.server.get(url, token=self.token)
        assert answer.status == 200, f"{url}: {answer.status} {answer.body!r:.300}"
        return answer.body

    def tracks(self, url):
        url = urllib.parse.urljoin(self.server.url, url)
        return multivariant(self.fetch(url).decode(), url)

    def playlists(self, url):
        """{kind: media playlist} of a multivariant playlist."""
        return {t.kind: media(self.fetch(t.url).decode(), t.url) for t in self.tracks(url)}

    def download(self, url, folder):
        """Fetches every segment of every track. {kind: [path, …]}: one file per run of segments without a discontinuity or a
        new init section, each of which plays by itself."""
        folder.mkdir(parents=True, exist_ok=True)
        return {kind: self.track(playlist, folder, kind) for kind, playlist in self.playlists(url).items()}

    def track(self, playlist, folder, kind):
        paths, last, inits = [], None, {}
        for segment in playlist.segments:
            if segment.gap:
                continue
            if segment.init not in inits:
                inits[segment.init] = self.fetch(segment.init)
            if segment.discontinuity or segment.init != last or not paths:
                paths.append(folder / f"{kind}-{len(paths)}.mp4")
                paths[-1].write_bytes(inits[segment.init])
                last = segment.init
            with paths[-1].open("ab") as out:
                out.write(self.fetch(segment.uri))
        return paths


def listed(server, stream):
    """How many segments the longest media playlist of a live stream lists; 0 while there is none."""
    found = server.get(f"/hls/{stream['id']}/index.m3u8")
    if found.status != 200:
        return 0
    url = urllib.parse.urljoin(server.url, f"/hls/{stream['id']}/index.m3u8")
    count = 0
    for track in multivariant(found.body.decode(), url):
        answer = server.get(track.url)
        if answer.status == 200:
            count = max(count, len(media(answer.body.decode(), track.url).segments))
    return count
