"""Judging: pure rules over observations. No pixel, no clock, no I/O, nothing foreign.

``advance`` takes a state, an observation and the rules, and gives the next state and a step.
Read in this order: rules (the numbers), driver (who), signals/ (what the face shows: eyes, blinks,
perclos, gestures, direction, calibration), states/ (what it means: closed_eyes, fatigue,
distraction, sight, effort), people/ (everybody's mood and attention), alerts (episodes), and the
composition: sense, conclude, say, advance.
"""
