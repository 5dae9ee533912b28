"""Makes releases: what may be one, its image, the commit that names it. Not part of the action."""
