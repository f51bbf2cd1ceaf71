"""Feeds: the protocols that they implement, their options, loading one by name, and running one."""

from ticker.feed.feed import (
    AttentiveFeed,
    Feed,
    FeedInfo,
    FeedOptions,
    LoadingFeed,
    LoadProgress,
    PausableFeed,
    ReplayFeed,
    ReplayStatus,
    feed_class,
    installed_feeds,
)

__all__ = [
    "AttentiveFeed",
    "Feed",
    "FeedInfo",
    "FeedOptions",
    "LoadProgress",
    "LoadingFeed",
    "PausableFeed",
    "ReplayFeed",
    "ReplayStatus",
    "feed_class",
    "installed_feeds",
]
