"""Alerts: conditions on prices that the server watches tick by tick, whether or not their owner is connected."""
