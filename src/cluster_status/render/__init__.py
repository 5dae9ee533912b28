"""Pure functions that turn messages and summaries into text, independent of any vendor."""
