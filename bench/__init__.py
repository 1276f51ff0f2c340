"""Measurements: cost per frame, memory, accuracy. Each module prints a table.

Ratios within one run are what counts: absolute times belong to the machine that they were taken on.
"""
