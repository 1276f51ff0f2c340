"""Judging: pure rules over observations. No pixel, no clock, no I/O, nothing foreign.

``advance`` takes a state, an observation and the rules, and gives the next state and a step.
Read in this order: rules (the numbers), eyes (closures, PERCLOS), drowsiness, presence, mood,
alerts (episodes), advance (the composition).
"""
