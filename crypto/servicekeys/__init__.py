"""Service keys: open at start without a person, files of the home only this user reads."""
