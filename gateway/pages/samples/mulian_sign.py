"""目链接口调用签名示例（mulian-sm3-v1），只用 Python 标准库。

用法：
    python mulian_sign.py --url http://网关地址:8080 --key AppKey --secret 密钥 GET "/xc/persons?size=10"

Signing sample for mulian-sm3-v1; standard library only. Needs a Python whose hashlib has SM3 (OpenSSL 1.1.1+).
"""

import argparse
import hashlib
import hmac
import http.client
import secrets
import sys
import time
from urllib.parse import urlsplit


def sm3_hex(data: bytes) -> str:
    """SM3 摘要，小写十六进制。"""
    return hashlib.new("sm3", data).hexdigest()


def string_to_sign(
    method: str, path: str, query: str, body: bytes, timestamp: str, nonce: str, key: str, version: str
) -> bytes:
    """拼接待签字符串：九行，以换行符连接，末尾没有换行。查询参数按发送时的原样逐段排序，不解码。"""
    pieces = "&".join(sorted(query.split("&"), key=lambda piece: piece.encode()))
    lines = ["mulian-sm3-v1", method, path, pieces, sm3_hex(body), timestamp, nonce, key, version]
    return "\n".join(lines).encode()


def signed_headers(key: str, version: str, secret: str, method: str, target: str, body: bytes = b"") -> dict[str, str]:
    """返回一次调用的全部签名请求头。每次调用（包括重试）都要重新生成。"""
    path, _, query = target.partition("?")
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)  # 单独运行，不用平台的 clock
    text = string_to_sign(method, path, query, body, timestamp, nonce, key, version)
    return {
        "X-Mulian-Key": key,
        "X-Mulian-Key-Version": version,
        "X-Mulian-Timestamp": timestamp,
        "X-Mulian-Nonce": nonce,
        "X-Mulian-Signature": hmac.digest(secret.encode(), text, "sm3").hex(),
    }


def call(
    url: str, key: str, version: str, secret: str, method: str, target: str, body: bytes = b""
) -> tuple[int, bytes]:
    """发送一次签名调用，返回状态码与应答内容。"""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=30)
    headers = signed_headers(key, version, secret, method, target, body)
    connection.request(method, target, body=body or None, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def main() -> int:
    """命令行入口。"""
    parser = argparse.ArgumentParser(description="目链接口签名调用示例")
    parser.add_argument("--url", required=True, help="网关地址，如 http://127.0.0.1:8080")
    parser.add_argument("--key", required=True, help="AppKey")
    parser.add_argument("--key-version", default="1", help="密钥版本")
    parser.add_argument("--secret", required=True, help="密钥")
    parser.add_argument("--body", default="", help="请求体（UTF-8）")
    parser.add_argument("method", help="GET 或 POST")
    parser.add_argument("target", help="路径与查询参数，须已按 RFC 3986 编码")
    given = parser.parse_args()
    status, content = call(
        given.url, given.key, given.key_version, given.secret, given.method, given.target, given.body.encode()
    )
    sys.stdout.write(f"{status}\n{content.decode('utf-8', 'replace')}\n")
    return 0 if status < 400 else 1


if __name__ == "__main__":
    sys.exit(main())
