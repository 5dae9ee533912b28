"""Adapters to the outside, one package per vendor. An adapter takes values, not `Settings`."""
