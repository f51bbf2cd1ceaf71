"""Which client gets which bytes: watchlists, groups of equal watchlists, and the lanes and tapes that serve them."""
