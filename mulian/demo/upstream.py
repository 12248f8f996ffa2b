"""A small department system that the demo publishes: HTTP, one JSON list, kept alive."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kernel import lifeline
from kernel.files_atomic import write_atomic

ROWS = [
    {"case_no": f"XC-GK-{number:04d}", "title": f"政务公开事项{number}（样例）", "state": ("受理", "办理中", "已答复")[number % 3],
     "handler": f"经办人{number}", "internal_note": "内部备注，不在接口约定中"}
    for number in range(1, 26)
]


class Handler(BaseHTTPRequestHandler):
    """Answers every GET with the rows."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send the rows as JSON."""
        body = json.dumps({"total": len(ROWS), "items": ROWS}, ensure_ascii=False).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the gateway keeps the call log."""


def main(port_file: Path) -> None:
    """Serve on a free loopback port and write it to ``port_file``."""
    lifeline.arm()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    write_atomic(port_file, str(server.server_address[1]).encode())
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
