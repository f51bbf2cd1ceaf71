"""The soak test: a server, clients of every kind and random faults. At each checkpoint all clients must agree with it.

python -m tests.soak --minutes 10 --seed 7
"""
