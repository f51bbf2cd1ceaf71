"""The soak: a real server and clients of every kind, faults all along, and at each checkpoint nothing may differ.

python -m tests.soak --minutes 10 --seed 7
"""
