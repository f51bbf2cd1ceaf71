"""The feed ``random-walk``: a simulated market."""

from feeds.random_walk.feed import RandomWalk

__all__ = ["RandomWalk"]
