"""``python -m mulian`` is the command ``mulian``."""

from mulian.cli import main

main()
