"""Inputs and environment variables, read once into one frozen `Settings`.

`types` validates texts, `inputs` is the table of inputs, `load` returns the `Settings`.
"""
