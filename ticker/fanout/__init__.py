"""Fan-out: which client gets which bytes. No sockets and no clock here.

A *lane* serves the clients of one channel that share an encoding and a rate. Its clients with equal watchlists form a
*group*, whose frames are made once. A slow consumer is skipped: it leaves its group, and nothing is queued for it.
When it reads again, it gets frames of its own until it has caught up.

| module | what it has |
|---|---|
| `channels` | the table of channels: a new channel is a row here |
| `registry` | all lanes; finds the lane of a subscription |
| `lane` | what all lanes share: groups, skipping slow consumers, catching up |
| `ticker_lane`, `tape_lane`, `bar_lane` | what each channel adds: which changes, in which frames |
| `ring_lane` | what `tape_lane` and `bar_lane` share: numbered ticks and bars, and the count of lost ones |
| `subscription`, `watchlist` | what one client watches, and where it is |
| `conflation` | counts the changes that were sent and those that a later change replaced |
| `tick_cache` | encoded ticks, for slow consumers |
"""
