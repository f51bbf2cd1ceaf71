"""``python -m ticker`` is the command ``ticker``."""

from __future__ import annotations

from ticker.cli import main

if __name__ == "__main__":
    main(prog_name="python -m ticker")
