"""The client's protocol without I/O: messages in; prices, ticks, alerts and rooms out."""
