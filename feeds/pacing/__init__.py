"""Publishes recorded or simulated events at the pace of their timestamps."""

from feeds.pacing.pacer import Pacer

__all__ = ["Pacer"]
