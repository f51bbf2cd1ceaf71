"""What nobody well-meaning sends: messages and requests, each with a name that says what is wrong, and its answer."""
