"""Publishing recorded or simulated events at the pace of their time stamps."""

from feeds.pacing.pacer import Pacer

__all__ = ["Pacer"]
