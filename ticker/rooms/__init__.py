"""Chat rooms: members and messages. No socket and no clock."""
