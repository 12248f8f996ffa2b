"""A time stamp authority on loopback: ``openssl ts`` behind HTTP, with a certificate of its own making."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

_CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Authority of tests
[usage]
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = this
[this]
dir = {folder}
serial = $dir/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
ess_cert_id_alg = sha256
"""
KINDS = {"rsa": ["rsa:2048"], "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]}


@dataclass
class Authority:
    """Keys, certificate and what was answered; ``change`` lets a test spoil an answer."""

    folder: Path
    url: str = ""
    asked: int = 0
    change: Callable[[bytes], bytes] = bytes

    @classmethod
    def make(cls, folder: Path, kind: str = "rsa") -> "Authority":
        folder.mkdir()
        (folder / "openssl.cnf").write_text(_CONFIGURATION.format(folder=folder))
        (folder / "serial").write_text("01\n")
        made = cls(folder)
        made.openssl(
            "req", "-x509", "-newkey", *KINDS[kind], "-noenc", "-keyout", "key.pem", "-out", "tsa.pem", "-days", "2",
            "-config", "openssl.cnf", "-extensions", "usage",
        )
        return made

    @property
    def certificate(self) -> Path:
        return self.folder / "tsa.pem"

    def openssl(self, *arguments: str) -> str:
        """Run openssl in the folder; it must succeed."""
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def answer(self, query: bytes) -> bytes:
        """Return the response to a request."""
        self.asked += 1
        (self.folder / "query").write_bytes(query)
        self.openssl(
            "ts", "-reply", "-queryfile", "query", "-out", "reply", "-signer", "tsa.pem", "-inkey", "key.pem",
            "-config", "openssl.cnf", "-section", "this",
        )
        return self.change((self.folder / "reply").read_bytes())

    @contextmanager
    def serve(self) -> Iterator["Authority"]:
        """Answer over HTTP on a free port."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = authority.answer(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", "application/timestamp-reply")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield self
        server.shutdown()
        server.server_close()


def available() -> bool:
    """Tell whether this machine has openssl."""
    return shutil.which("openssl") is not None
