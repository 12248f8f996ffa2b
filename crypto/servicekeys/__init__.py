"""Service keys: open at start without a person, files of the home only this user reads."""

from crypto.servicekeys.service import FileBox, create, load, load_or_create, names, open_box

__all__ = ["FileBox", "create", "load", "load_or_create", "names", "open_box"]
