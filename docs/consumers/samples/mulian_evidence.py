"""目链存证服务示例：存入摘要、等待上链、取存证证明。只用 Python 标准库，与 mulian_sign.py 放在同一文件夹。

连接参数取自环境变量：MULIAN_URL、MULIAN_KEY、MULIAN_SECRET、MULIAN_KEY_VERSION（缺省 1）。

    python3 mulian_evidence.py status
    python3 mulian_evidence.py digest 合同.pdf
    python3 mulian_evidence.py store 清单.txt --receipts 回执.csv
    python3 mulian_evidence.py wait
    python3 mulian_evidence.py proof HT-2026-0001 --out HT-2026-0001.proof.json

清单每行：本方编号、制表符、摘要（sm3: 或 sha256: 加 64 位十六进制）。

Sample client of the evidence service; standard library only.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from mulian_sign import signed_headers, sm3_hex

BASE = "/api/v1/chain/evidence"
BATCH = 1000  # 每次至多一千条
TRIES = 6  # 网络中断或服务繁忙时的尝试次数


class Refused(Exception):
    """平台拒绝了请求；code 为稳定的错误代码。"""

    def __init__(self, status: int, body: bytes) -> None:
        problem = json.loads(body) if body[:1] == b"{" else {}
        self.status, self.code = status, problem.get("code", "")
        super().__init__(f"{status} {self.code} {problem.get('title', '')} {problem.get('fix', '')}")


class Client:
    """一个应用在一个环境（测试或正式，由凭证决定）中的连接。"""

    def __init__(self, url: str, key: str, secret: str, version: str = "1") -> None:
        self._parts, self._key, self._secret, self._version = urlsplit(url), key, secret, version

    def call(self, method: str, target: str, body: bytes = b"", idempotency_key: str = "") -> bytes:
        """发送一次请求。网络中断、503 时重试：同一请求体、同一 Idempotency-Key，不会重复存入。"""
        for attempt in range(TRIES):
            try:
                status, content = self._once(method, target, body, idempotency_key)
            except OSError:
                if attempt == TRIES - 1:
                    raise
            else:
                if status < 400:
                    return content
                if status != 503 or attempt == TRIES - 1:
                    raise Refused(status, content)
            time.sleep(2**attempt * 0.5)
        raise AssertionError("unreachable")

    def _once(self, method: str, target: str, body: bytes, idempotency_key: str) -> tuple[int, bytes]:
        # 每次（包括重试）都要用新的时间戳和随机数重新签名
        headers = signed_headers(self._key, self._version, self._secret, method, target, body)
        if body:
            headers["Content-Type"] = "application/json"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=60)
        try:
            connection.request(method, target, body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def status(self) -> dict[str, Any]:
        """本凭证的环境、存证流、今日额度与上链进度。"""
        found: dict[str, Any] = json.loads(self.call("GET", BASE + "/status"))
        return found

    def store(self, stream: str, items: list[dict[str, Any]]) -> dict[str, Any]:
        """存入至多一千条；整批成功或整批不写入。以请求体的摘要作 Idempotency-Key，重新运行也不会重复。"""
        body = json.dumps({"stream": stream, "items": items}, ensure_ascii=False).encode()
        answer: dict[str, Any] = json.loads(self.call("POST", BASE + "/batch", body, sm3_hex(body)))
        return answer

    def find(self, client_id: str) -> dict[str, Any] | None:
        """按本方编号查一条。"""
        rows = json.loads(self.call("GET", BASE + "?client_id=" + quote(client_id, safe="")))["items"]
        return rows[0] if rows else None

    def proof(self, evidence_id: str) -> bytes:
        """取存证证明文件；须原样保存，改动一个字节即无效。"""
        return self.call("GET", f"{BASE}/{evidence_id}/proof")


def digest_of(path: str) -> str:
    """文件的 SM3 摘要。"""
    with open(path, "rb") as file:
        return "sm3:" + sm3_hex(file.read())


def batches(path: str) -> Iterator[list[dict[str, Any]]]:
    """读清单，每一千行一批。"""
    batch: list[dict[str, Any]] = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.strip():
                continue
            client_id, _, digest = line.rstrip("\r\n").partition("\t")
            batch.append({"client_id": client_id, "digest": digest.strip()})
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def store(client: Client, path: str, receipts: str) -> dict[str, int]:
    """存入清单中的全部摘要，回执写入 CSV。"""
    stream, done = client.status()["stream"], {"accepted": 0, "repeated": 0}
    with open(receipts, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["本方编号", "摘要", "存证编号"])
        for batch in batches(path):
            answer = client.store(stream, batch)
            for name in done:
                done[name] += answer[name]
            for one in answer["receipts"]:
                writer.writerow([one["client_id"], one["digest"], one["id"]])
    return done


def wait(client: Client, seconds: float) -> dict[str, Any]:
    """等到全部上链；超过时限则报错。"""
    end = time.monotonic() + seconds
    while True:
        found = client.status()
        if found["waiting"] == 0:
            return found
        if time.monotonic() > end:
            raise SystemExit(f"尚有 {found['waiting']} 条未上链")
        time.sleep(1)


def main() -> int:
    """命令行入口。"""
    parser = argparse.ArgumentParser(description="目链存证服务示例")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="环境、存证流、额度与进度")
    commands.add_parser("digest", help="计算文件的摘要").add_argument("file")
    storing = commands.add_parser("store", help="存入清单")
    storing.add_argument("file")
    storing.add_argument("--receipts", required=True, help="回执文件")
    commands.add_parser("wait", help="等待上链").add_argument("--seconds", type=float, default=300)
    proving = commands.add_parser("proof", help="取存证证明")
    proving.add_argument("client_id", help="本方编号")
    proving.add_argument("--out", required=True)
    given = parser.parse_args()
    if given.command == "digest":
        print(digest_of(given.file))
        return 0
    names = ("MULIAN_URL", "MULIAN_KEY", "MULIAN_SECRET")
    client = Client(*(os.environ[name] for name in names), version=os.environ.get("MULIAN_KEY_VERSION", "1"))
    try:
        return run(client, given)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1


def run(client: Client, given: argparse.Namespace) -> int:
    """执行一个命令。"""
    if given.command == "proof":
        found = client.find(given.client_id)
        if found is None:
            print(f"没有编号 {given.client_id} 的存证", file=sys.stderr)
            return 1
        with open(given.out, "wb") as file:
            file.write(client.proof(found["id"]))
        print(given.out)
        return 0
    if given.command == "store":
        result: dict[str, Any] = dict(store(client, given.file, given.receipts))
    else:
        result = client.status() if given.command == "status" else wait(client, given.seconds)
    print(json.dumps(result, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
