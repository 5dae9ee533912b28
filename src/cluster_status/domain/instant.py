"""The type of every instant in the history."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True)]
"""An aware UTC datetime in whole seconds. A naive one in a stored history is an error."""
