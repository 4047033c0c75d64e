"""A store that fails on demand: it stands before another one, and answers some of the requests itself."""

import contextlib
import http.client
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}
PIECE = 1000


@contextlib.contextmanager
def failing(address, fault):
    """The address of a store before that of `address`, and how often it has failed in each way.

    `fault` gets method, path and how often the same was asked before, and says what to answer: a status, "cut" for half
    of the content, "slow" for all of it in small pieces, or None for what the store behind it says.
    """
    told, asked = Counter(), Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            key = (self.command, self.path)
            kind = fault(*key, asked[key])
            asked[key] += 1
            told[kind] += 1
            if isinstance(kind, int):
                self.send_response(kind)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            behind = http.client.HTTPConnection(address, timeout=60)
            behind.request(self.command, self.path, body, dict(self.headers))
            answered = behind.getresponse()
            content = answered.read()
            self.send_response(answered.status)
            for name, value in answered.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            size = answered.getheader("Content-Length", "0") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", size)
            self.end_headers()
            if kind == "slow":
                for start in range(0, len(content), PIECE):
                    self.wfile.write(content[start : start + PIECE])
                    time.sleep(0.05)
            else:
                self.wfile.write(content[: len(content) // 2] if kind == "cut" else content)
            self.close_connection = self.close_connection or kind == "cut"
            behind.close()

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", told
    finally:
        server.shutdown()
        server.server_close()
