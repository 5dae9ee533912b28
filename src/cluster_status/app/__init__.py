"""The use cases. They know ports, never adapters."""
