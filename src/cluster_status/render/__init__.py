"""Pure text for people: what a message and a report look like where no vendor dictates it."""
