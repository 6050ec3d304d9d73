"""A real OBS Studio under Xvfb that streams the numbered clip to a custom RTMP server.

Everything is OBS's default (simple output, x264, its own key frame interval of 250 frames, B-frames) but for the picture size, the
frame rate and the bit rate. It has a HOME of its own; stop() ends it as a window manager's close does, then harder.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess

from . import clip
from .processes import end, happens

NAME = "tribute"
# OBS has no command that ends a stream from outside; its Lua scripts may.
STOP_SCRIPT = """
local obs = obslua
function look()
  local asked = io.open("%s")
  if asked then
    asked:close()
    obs.timer_remove(look)
    obs.obs_frontend_streaming_stop()
  end
end
function script_load(settings) obs.timer_add(look, 100) end
"""


def available():
    return all(shutil.which(program) for program in ("obs", "Xvfb"))


class Obs:
    def __init__(self, home, server, key, media, bitrate=600):
        self.home, self.log = pathlib.Path(home), pathlib.Path(home) / "obs.log"
        self.write_settings(server, key, media, bitrate)
        self.screen, self.process = None, None

    def write_settings(self, server, key, media, bitrate):
        base = self.home / ".config/obs-studio"
        profile, scenes = base / "basic/profiles" / NAME, base / "basic/scenes"
        for folder in (profile, scenes, self.home / "run"):
            folder.mkdir(parents=True, mode=0o700)
        (base / "global.ini").write_text(
            "[General]\nFirstRun=true\nLastVersion=486539266\nInfoIncrement=-1\n"
            f"[Basic]\nProfile={NAME}\nProfileDir={NAME}\nSceneCollection={NAME}\nSceneCollectionFile={NAME}\n"
            "[BasicWindow]\nWarnBeforeStartingStream=false\nWarnBeforeStoppingStream=false\n")
        (profile / "basic.ini").write_text(
            f"[General]\nName={NAME}\n[Output]\nMode=Simple\nReconnect=true\nRetryDelay=2\n"
            f"[SimpleOutput]\nVBitrate={bitrate}\nABitrate=96\nStreamEncoder=x264\nPreset=superfast\n"
            f"[Video]\nBaseCX={clip.WIDTH}\nBaseCY={clip.HEIGHT}\nOutputCX={clip.WIDTH}\nOutputCY={clip.HEIGHT}\n"
            f"FPSType=1\nFPSInt={clip.RATE}\nFPSCommon={clip.RATE}\n[Audio]\nSampleRate={clip.SAMPLE_RATE}\nChannelSetup=Stereo\n")
        (profile / "service.json").write_text(json.dumps(
            {"type": "rtmp_custom", "settings": {"server": server, "key": key, "use_auth": False, "bwtest": False}}))
        source = {"id": "ffmpeg_source", "versioned_id": "ffmpeg_source", "name": "clip", "enabled": True, "volume": 1.0, "mixers": 255,
                  "settings": {"local_file": str(media), "is_local_file": True, "looping": True, "restart_on_activate": True,
                               "hw_decode": False, "clear_on_media_end": False}}
        item = {"name": "clip", "id": 1, "visible": True, "locked": False, "pos": {"x": 0.0, "y": 0.0}, "scale": {"x": 1.0, "y": 1.0},
                "align": 5, "bounds_type": 0}
        scene = {"id": "scene", "versioned_id": "scene", "name": "Scene", "enabled": True,
                 "settings": {"id_counter": 1, "items": [item], "custom_size": False}}
        script, self.stop_file = self.home / "stop.lua", self.home / "stop"
        script.write_text(STOP_SCRIPT % self.stop_file)
        (scenes / f"{NAME}.json").write_text(json.dumps(
            {"name": NAME, "current_scene": "Scene", "current_program_scene": "Scene", "scene_order": [{"name": "Scene"}],
             "sources": [source, scene], "modules": {"scripts-tool": [{"path": str(script), "settings": {}}]}}))

    def start(self):
        number, told = os.pipe()
        self.screen = subprocess.Popen(["Xvfb", "-displayfd", str(told), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
                                       pass_fds=[told], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(told)
        with os.fdopen(number) as answer:
            display = answer.readline().strip()
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "DISPLAY": f":{display}", "LANG": "C.UTF-8",
                       "XDG_CONFIG_HOME": str(self.home / ".config"), "XDG_RUNTIME_DIR": str(self.home / "run"),
                       "LIBGL_ALWAYS_SOFTWARE": "1", "QT_QPA_PLATFORM": "xcb"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["obs", "--startstreaming", "--profile", NAME, "--collection", NAME, "--multi", "--disable-updater",
                 "--disable-missing-files-check", "--minimize-to-tray"],
                env=environment, cwd=self.home, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        return self

    def stop(self):
        """Ends the stream as its button does, then OBS. Returns whether OBS said that the stream had stopped."""
        stopped = False
        if self.process and self.process.poll() is None:
            self.stop_file.touch()
            stopped = happens(lambda: b"==== Streaming Stop ====" in self.log.read_bytes() or self.process.poll() is not None, 15)
            self.process.send_signal(signal.SIGINT)
            end(self.process, 5)
        if self.screen:
            self.screen.terminate()
            end(self.screen, 5)
        return stopped

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

