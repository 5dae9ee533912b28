"""The use cases. They import ports, not adapters."""
