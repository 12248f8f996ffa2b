"""Which addresses this platform may open a connection to. Pure: text and numbers in, a verdict out.

Addresses come from forms, imports and redirects, so each is hostile until it is normalised to 4 or 16 bytes.
Sources: WHATWG URL "IPv4 parser" (decimal, octal, hex and short forms), IANA special-purpose registries
(RFC 6890), RFC 4291 (mapped, compatible), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP).
"""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Verdict(StrEnum):
    """Why an address may or may not be used."""

    PUBLIC = "public"
    DECLARED = "declared"
    NEVER = "never"
    UNDECLARED = "undeclared"


def _nets(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# No declaration opens these: cloud metadata services, link-local, unspecified, multicast, broadcast, reserved.
NEVER: tuple[Network, ...] = _nets(
    "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32", "168.63.129.16/32",
    "192.0.0.192/32", "::/128", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::254/128", "fd20:ce::254/128",
    "100::/64",
)
# Open only where the target declares a range that holds them.
LOCAL: tuple[Network, ...] = _nets(
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "::1/128",
    "64:ff9b:1::/48", "2001:2::/48", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7",
)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_TEREDO = ipaddress.IPv6Network("2001::/32")


@dataclass(frozen=True)
class Allowed:
    """What one target may reach: declared private ranges, and public addresses where `public` is true."""

    declared: tuple[Network, ...] = ()
    public: bool = True
    schemes: frozenset[str] = frozenset({"http", "https"})

    @classmethod
    def of(cls, *ranges: str, public: bool = True) -> "Allowed":
        """Build from texts such as "10.1.0.0/16" or "127.0.0.1"; a malformed range raises ValueError."""
        return cls(tuple(ipaddress.ip_network(text, strict=False) for text in ranges), public)


def parse_literal(host: str) -> Address | None:
    """The address that `host` writes in any notation, or None where it is a name.

    Raises ValueError for a host that only looks like an address (a browser or libc might still accept it).
    """
    text = _normalise(host)
    if ":" in text or text.startswith("["):
        return _parse_six(text)
    labels = text.split(".")
    last = labels[-1]
    if not (last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last)):
        return None
    return _parse_four(labels)


def _normalise(host: str) -> str:
    """Percent-decode, fold width and the ideographic full stops that IDNA treats as dots, drop one root dot."""
    text = unicodedata.normalize("NFKC", unquote(host)).replace("。", ".").replace("｡", ".").lower().strip()
    if not text or any(ch.isspace() or ch in "/\\@?#\x00" for ch in text):
        raise ValueError(f"not a host: {host!r}")
    return text[:-1] if text.endswith(".") and len(text) > 1 else text


def _parse_six(text: str) -> Address:
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if "%" in inner:  # a zone id makes sense for link-local only, which is never allowed
        raise ValueError("an address with a zone is not allowed")
    return ipaddress.IPv6Address(inner)


def _parse_four(labels: list[str]) -> Address:
    if len(labels) > 4 or not all(labels):
        raise ValueError("not an IPv4 address")
    numbers = [_number(label) for label in labels]
    if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):
        raise ValueError("an IPv4 part is too large")
    value = numbers[-1] + sum(number << (8 * (3 - i)) for i, number in enumerate(numbers[:-1]))
    return ipaddress.IPv4Address(value)


def _number(label: str) -> int:
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    if not (label.isascii() and label.isdigit()):
        raise ValueError("not a number")
    return int(label, 8) if len(label) > 1 and label.startswith("0") else int(label, 10)


def embedded(address: Address) -> tuple[ipaddress.IPv4Address, ...]:
    """IPv4 addresses that an IPv6 address carries for a translator or tunnel; each is judged as well."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    value = int(address)
    low = ipaddress.IPv4Address(value & 0xFFFFFFFF)
    if any(address in net for net in (_MAPPED, _TRANSLATED, _NAT64, _NAT64_LOCAL)):
        return (low,)
    if address in _COMPATIBLE and value > 1:
        return (low,)
    if address in _SIX_TO_FOUR:
        return (ipaddress.IPv4Address((value >> 80) & 0xFFFFFFFF),)
    if address in _TEREDO:
        server = ipaddress.IPv4Address((value >> 64) & 0xFFFFFFFF)
        return (server, ipaddress.IPv4Address(int(low) ^ 0xFFFFFFFF))
    if (value >> 32) & 0xFCFFFFFF == 0x00005EFE:
        return (low,)
    return ()


def judge(address: Address, allowed: Allowed) -> Verdict:
    """Verdict on one resolved address. A mapped address is judged as the IPv4 address it carries.

    Loopback and private ranges need a declaration; metadata and link-local cannot be declared.
    """
    if isinstance(address, ipaddress.IPv6Address) and address in _MAPPED:
        return judge(embedded(address)[0], allowed)
    for inner in embedded(address):
        if judge(inner, Allowed()) is not Verdict.PUBLIC:
            return Verdict.NEVER
    if _within(address, NEVER):
        return Verdict.NEVER
    if _within(address, allowed.declared):
        return Verdict.DECLARED
    if _within(address, LOCAL) or not allowed.public:
        return Verdict.UNDECLARED
    return Verdict.PUBLIC


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == net.version and address in net for net in networks)


@dataclass(frozen=True)
class Origin:
    """Scheme, host as written (for Host and SNI) and port of a URL."""

    scheme: str
    host: str
    port: int


def origin_of(url: str, allowed: Allowed) -> Origin:
    """Split a URL; raises ValueError for another scheme, credentials, a missing host or a bad port."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in allowed.schemes:
        raise ValueError(f"scheme {scheme or '(none)'} is not allowed")
    if parts.username is not None or parts.password is not None:
        raise ValueError("credentials in a URL are not allowed")
    if not parts.hostname:
        raise ValueError("the URL names no host")
    port = parts.port if parts.port is not None else {"https": 443}.get(scheme, 80)
    if port == 0:
        raise ValueError("port 0 is not allowed")
    return Origin(scheme, parts.hostname, port)


def redirect_allowed(before: Origin, after: Origin) -> bool:
    """A redirect may not fall from https to http: what was protected stays protected."""
    return not (before.scheme == "https" and after.scheme != "https")
