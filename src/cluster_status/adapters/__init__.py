"""The world, one vendor a room. An adapter takes values, never `Settings`."""
