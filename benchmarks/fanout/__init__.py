"""The server's cost of sending prices to many clients, compared with a bare loop of sends and with other servers.

    python -m benchmarks.fanout --help

Each contender is a server process on one core; the clients are a process on another core.
"""
