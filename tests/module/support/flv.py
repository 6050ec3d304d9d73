"""FLV tags read and made (Adobe FLV 10.1, annex E), for pushing a prepared clip tag by tag and for reading what an encoder sent."""
import hashlib
import struct
from dataclasses import dataclass

from .media import Packet
from .rtmp import AUDIO, VIDEO, Message

AVC, AAC = 7, 10


def tags(path):
    """The audio and video tags of a file as messages, in its order."""
    data = path.read_bytes()
    at = struct.unpack(">I", data[5:9])[0] + 4
    found = []
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1:at + 4], "big")
        time = int.from_bytes(data[at + 4:at + 7], "big") | data[at + 7] << 24
        if data[at] & 31 in (AUDIO, VIDEO):
            found.append(Message(data[at] & 31, time, data[at + 11:at + 11 + size]))
        at += 11 + size + 4
    return found


def write(path, messages):
    """An FLV file of these messages."""
    body = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"
    for m in messages:
        time = m.timestamp.to_bytes(4, "big")
        body += (bytes([m.kind]) + len(m.payload).to_bytes(3, "big") + time[1:] + time[:1] + b"\x00\x00\x00" + m.payload
                 + struct.pack(">I", 11 + len(m.payload)))
    path.write_bytes(body)
    return path


@dataclass(frozen=True)
class Sent:
    video: list
    audio: list


def sent(messages):
    """What a decoder gets of these messages: AVC and AAC packets without their headers, from the first key frame on."""
    video, audio = [], []
    for m in messages:
        if m.kind == VIDEO and len(m.payload) > 5 and m.payload[0] & 15 == AVC and m.payload[1] == 1:
            offset = int.from_bytes(m.payload[2:5], "big", signed=False)
            offset -= (offset & 0x800000) << 1
            video.append(packet(m.timestamp + offset, m.timestamp, m.payload[0] >> 4 == 1, m.payload[5:]))
        elif m.kind == AUDIO and len(m.payload) > 2 and m.payload[0] >> 4 == AAC and m.payload[1] == 1:
            audio.append(packet(m.timestamp, m.timestamp, True, m.payload[2:]))
    first = next((i for i, p in enumerate(video) if p.key), len(video))
    return Sent(video[first:], audio)


def packet(pts, dts, key, payload):
    return Packet(pts / 1000, dts / 1000, key, len(payload), hashlib.md5(payload).hexdigest())
