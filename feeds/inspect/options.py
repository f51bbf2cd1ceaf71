"""The command's options as the reader's: held to the same rules as those of the replay. Knows no file."""

from __future__ import annotations

from collections.abc import Sequence

from feeds.files.options import ReadOptions
from feeds.replay.feed import Replay
from feeds.replay.options import ReplayOptions, check
from feeds.replay.options import read_options as reading
from ticker.feed.feed import feed_options


def read_options(paths: Sequence[str], given: dict[str, object]) -> ReadOptions:
    """Raises ``OptionError`` for what can't work, whatever the files are. None is as good as not given."""
    known = {name: value for name, value in given.items() if value is not None}
    options = feed_options(Replay, {"path": tuple(paths), **known})
    assert isinstance(options, ReplayOptions)
    check(options)
    return reading(options)
