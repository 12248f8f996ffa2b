"""Column types that take nothing but envelopes, and the wrapper by which clear text is handed to a session."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from crypto.envelope import rules as envelope
from crypto.errors import CLEAR_TEXT_REFUSED
from crypto.scopes import forms
from crypto.scopes.forms import Form


def text_key() -> Text:
    """Return the type of a text row key: in the order of its bytes on each database, by which rotations walk."""
    return Text().with_variant(Text(collation="C"), "postgresql")


@dataclass(frozen=True)
class ClearText:
    """Clear text waiting for the next flush, which encrypts it: ``person.name_env = ClearText("张三")``."""

    value: str = field(repr=False)


class EncryptedBytes(TypeDecorator[bytes]):
    """Envelope v1 as bytes. Binding anything else raises ``crypto.column.clear_text``: it cannot be stored."""

    impl = LargeBinary
    cache_ok = True
    form: Form = forms.BINARY

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else _checked(value)


class EncryptedText(TypeDecorator[bytes]):
    """Envelope v1 in its text form ``mlc1.…`` (COLLATE "C"); the Python value is the envelope's bytes.

    A stored text that is no envelope is read as ``forms.UNREADABLE``: its field does not open, its page is read.
    """

    impl = Text
    cache_ok = True
    form: Form = forms.TEXT

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Keep PostgreSQL's byte order, so that an older key sorts first whatever the database's locale.

        Not the dialect's own descriptor of it: that would make a VARCHAR of a column of texts.
        """
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else envelope.to_text(_checked(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else self.form.envelopes([value])[0]


def _checked(value: Any) -> bytes:
    if not isinstance(value, bytes) or envelope.defect(value) is not None:
        raise CLEAR_TEXT_REFUSED()
    return value
