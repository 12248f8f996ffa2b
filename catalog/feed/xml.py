"""Text in XML 1.0: what cannot stand there is replaced, never sent as it is."""

import re

# XML 1.0, 2.2: everything but tab, newline, return and the characters from U+0020 on without surrogates, FFFE, FFFF
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"})


def legal(text: str) -> str:
    """The text with U+FFFD for every character that XML 1.0 cannot hold."""
    return _ILLEGAL.sub("\ufffd", text)


def escape(text: str) -> str:
    """The text for element content and attribute values."""
    return legal(text).translate(_MARKS)


def element(name: str, text: str, **attributes: str) -> str:
    """An element with text; attribute names with a colon are given with a double underscore."""
    marks = "".join(f' {key.replace("__", ":")}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{marks}>{escape(text)}</{name}>"
