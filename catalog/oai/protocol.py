"""The protocol, pure: arguments of the six verbs, errors, dates, resumption tokens.

Source: The Open Archives Initiative Protocol for Metadata Harvesting, version 2.0.
"""

import base64
import re
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PREFIX = "oai_dc"
_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SET = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*")
_NAME = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]+")
_SPACE = "urn:uuid:"

VERBS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset({"resumptionToken"})),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
    "ListIdentifiers": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set", "resumptionToken"})),
    "ListRecords": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set", "resumptionToken"})),
}
"""Verb → (required, optional) arguments; a resumptionToken stands alone."""


class OaiError(Exception):
    """One of the protocol's errors; it goes out with status 200."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Span:
    """What is listed: changed from ``low`` on and before ``high``, of one set; None leaves a side open."""

    low: datetime | None = None
    high: datetime | None = None
    spec: str | None = None


@dataclass(frozen=True)
class Token:
    """Where a list goes on: after ``seq``, whose stamp was ``at``; ``done`` of ``total`` were sent. Nothing is kept on
    our side; by the stamp a token of a feed that was restored to an earlier state is told from ours.
    """

    span: Span
    seq: int
    done: int
    total: int
    at: int = 0

    def text(self) -> str:
        """The token as it travels; a check sum tells a damaged one."""
        low, high = (_micros(one) for one in (self.span.low, self.span.high))
        numbers = (str(one) for one in (self.seq, self.at, self.done, self.total))
        body = "|".join(("2", low, high, self.span.spec or "", *numbers))
        return base64.urlsafe_b64encode(f"{body}|{zlib.crc32(body.encode()):08x}".encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Token":
        """The token of a text; ``badResumptionToken`` when it was not ours."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
            body, _, check = raw.rpartition("|")
            version, low, high, spec, seq, at, done, total = body.split("|")
            if version != "2" or int(check, 16) != zlib.crc32(body.encode()) or len(text) > 500:
                raise ValueError
            span = Span(_instant(low), _instant(high), spec or None)
            token = cls(span, int(seq), int(done), int(total), int(at))
        except (ValueError, OverflowError) as error:
            raise OaiError("badResumptionToken", "resumptionToken 无效 / the resumptionToken is not valid") from error
        if min(token.seq, token.done, token.total) < 0 or token.seq > 2**62:
            raise OaiError("badResumptionToken", "resumptionToken 无效 / the resumptionToken is not valid")
        return token


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(moment: datetime | None) -> str:
    return "" if moment is None else str((moment - _EPOCH) // timedelta(microseconds=1))


def _instant(text: str) -> datetime | None:
    return _EPOCH + timedelta(microseconds=int(text)) if text else None


def arguments(given: Sequence[tuple[str, str]]) -> tuple[str, dict[str, str]]:
    """The verb and its arguments; ``badVerb`` or ``badArgument``."""
    verbs = [value for name, value in given if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise OaiError("badVerb", "verb 缺失、重复或不存在 / the verb is missing, repeated or not of OAI-PMH")
    found: dict[str, str] = {}
    for name, value in given:
        if name == "verb":
            continue
        if name in found:
            raise OaiError("badArgument", f"参数 {name} 重复 / {name} is repeated")
        found[name] = value
    required, optional = VERBS[verbs[0]]
    if unknown := set(found) - required - optional:
        raise OaiError("badArgument", f"不认识的参数 {min(unknown)[:40]} / unknown argument")
    if "resumptionToken" in found:
        if len(found) > 1:
            raise OaiError("badArgument", "resumptionToken 须单独使用 / resumptionToken stands alone")
    elif missing := required - set(found):
        raise OaiError("badArgument", f"缺少参数 {min(missing)} / missing argument")
    # what cannot stand in the answer's <request> is an illegal argument, not an unknown value
    if not _NAME.fullmatch(found.get("metadataPrefix", PREFIX)) or not _ADDRESS.fullmatch(found.get("identifier", "-")):
        raise OaiError("badArgument", "metadataPrefix 或 identifier 含不允许的字符 / illegal characters")
    return verbs[0], found


def span_of(found: dict[str, str]) -> Span:
    """What a list request names; days and seconds may not be mixed, ``until`` is inclusive."""
    low, high, spec = found.get("from"), found.get("until"), found.get("set")
    if low is not None and high is not None and len(low) != len(high):
        raise OaiError("badArgument", "from 与 until 精度须相同 / from and until differ in granularity")
    first = _date(low, "from") if low is not None else None
    last = _date(high, "until") if high is not None else None
    if first and last and first > last:
        raise OaiError("badArgument", "from 晚于 until / from is later than until")
    if spec is not None and not _SET.fullmatch(spec):
        raise OaiError("badArgument", "set 无效 / the set is not valid")
    step = timedelta(seconds=1) if high is not None and "T" in high else timedelta(days=1)
    try:
        return Span(first, last + step if last else None, spec)
    except OverflowError:
        return Span(first, None, spec)


def _date(text: str, name: str) -> datetime:
    if _SECONDS.fullmatch(text) or _DAY.fullmatch(text):
        try:
            return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
        except ValueError:
            pass
    raise OaiError("badArgument", f"{name} 须为 YYYY-MM-DD 或 YYYY-MM-DDThh:mm:ssZ / {name} is no UTC date")


def check_prefix(prefix: str) -> None:
    """``cannotDisseminateFormat`` for any format but oai_dc."""
    if prefix != PREFIX:
        raise OaiError("cannotDisseminateFormat", f"只提供 {PREFIX} / only {PREFIX} is disseminated")


def identifier(entry_id: uuid.UUID) -> str:
    """The identifier of an item: the entry's own, whatever the address of the server."""
    return f"{_SPACE}{entry_id}"


def entry_id_of(text: str) -> uuid.UUID:
    """The entry of an identifier, or ``idDoesNotExist``."""
    try:
        if text.startswith(_SPACE):
            return uuid.UUID(text.removeprefix(_SPACE))
    except ValueError:
        pass
    raise OaiError("idDoesNotExist", "没有该标识 / no such identifier")


def date(moment: datetime) -> str:
    """A datestamp: UTC with seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
