"""Makes releases: checks the version, builds the image, tags the commit. Not part of the action."""
