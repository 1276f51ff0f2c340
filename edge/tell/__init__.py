"""Telling: steps become messages, messages reach a broker. No pixel gets as far as this room.

``report`` decides what is said and when, ``wording`` how it reads, ``messages`` are the types of
the contract and their bytes. ``outbox`` keeps what must not be lost, ``mqtt`` says when what goes
out, ``link`` is the only module that knows paho; ``requests`` is what may come in.
"""
