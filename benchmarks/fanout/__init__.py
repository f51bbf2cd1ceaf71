"""What sending many clients their few symbols costs the server, beside a bare loop of sends and beside others.

    python -m benchmarks.fanout --help

Each contender is a server process of its own on one core; the clients are another process on another core.
"""
