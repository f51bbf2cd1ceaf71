"""What client and server say to each other: the messages, their encodings and the limits of both."""
