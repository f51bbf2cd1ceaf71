"""The feed that replays market-data files."""

from feeds.replay.feed import Replay

__all__ = ["Replay"]
