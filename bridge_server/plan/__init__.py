"""Where to look, what to paint, at which size: pure geometry, standard library only."""
