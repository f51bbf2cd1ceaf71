"""The client without I/O: frames in, prices, ticks, alerts and rooms out."""
