"""nginx-rtmp alone, without the module: what the instruments are proved on and the benchmarks compare with.

A small callback server in this process accepts every publisher and renames its stream, as the module does.
"""
import http.server
import itertools
import socket
import threading
import urllib.parse

from .server import Server

CONF = """{user}worker_processes {workers};
pid {prefix}/nginx.pid;
error_log {prefix}/logs/error.log warn;
load_module {rtmp_module};
events {{ worker_connections 4096; }}
rtmp {{
  access_log off;
  server {{
    listen 127.0.0.1:{rtmp_port};
    chunk_size 4096;
    application live {{ live on; {application} }}
  }}
}}
http {{
  access_log off;
  client_body_temp_path {prefix}/tmp/body; proxy_temp_path {prefix}/tmp/proxy; fastcgi_temp_path {prefix}/tmp/fastcgi;
  uwsgi_temp_path {prefix}/tmp/uwsgi; scgi_temp_path {prefix}/tmp/scgi;
  server {{ listen 127.0.0.1:{http_port}; root {ingest}; }}
}}
"""
RECORD = """record all; record_path {ingest}; record_unique off; record_suffix .flv; deny play all;
      notify_method post; notify_update_timeout 1s; notify_update_strict on;
      on_publish http://127.0.0.1:{port}/; on_publish_done http://127.0.0.1:{port}/; on_update http://127.0.0.1:{port}/;"""
HLS = "hls on; hls_path {ingest}; hls_fragment 2s; hls_playlist_length 60s;"


class Callbacks(http.server.ThreadingHTTPServer):
    """Answers on_publish with 302 and a fresh session name; keeps what it was told."""

    def __init__(self):
        self.told, names = [], itertools.count(1)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode("latin-1")
                told = dict(urllib.parse.parse_qsl(form))
                self.server.told.append(told)
                self.send_response(302 if told.get("call") == "publish" else 200)
                if told.get("call") == "publish":
                    self.send_header("Location", f"session{next(names)}")
                self.end_headers()

            def log_message(self, *_):
                pass
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class PlainServer(Server):
    def __init__(self, hls=False, **settings):
        self.callbacks = Callbacks()
        self.hls = hls
        super().__init__(conf=CONF, sanitized=False, **settings)
        self.ingest.chmod(0o777)

    def write_conf(self):
        how = HLS if self.hls else RECORD
        self.settings["application"] = how.format(ingest=self.ingest, port=self.callbacks.server_port)
        super().write_conf()

    def module(self):
        return None

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.rtmp_port), 1).close()
            return True
        except OSError:
            return False

    def close(self):
        try:
            super().close()
        finally:
            self.callbacks.shutdown()
            self.callbacks.server_close()
