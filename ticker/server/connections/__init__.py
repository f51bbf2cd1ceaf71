"""Connected clients: admission, handshake, the connection itself, and the table of all of them."""
