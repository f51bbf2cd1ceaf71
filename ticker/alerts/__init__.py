"""Alerts: conditions on prices that the server watches tick by tick, whether their owners are there or not."""
