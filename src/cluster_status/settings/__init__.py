"""Inputs and environment, read once into one frozen `Settings`.

`kinds` says what a text may be, `inputs` is the table of inputs, `reading` makes `Settings` of it.
"""
