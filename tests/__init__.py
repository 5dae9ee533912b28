"""Tests. A package, because a dependency (actions-toolkit 0.1.15) installs one of the same name."""
