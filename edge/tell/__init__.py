"""Telling: steps become messages, messages reach a broker. No pixel gets as far as this room.

``messages`` are the types of the contract, ``report`` decides what is said and when, ``outbox``
keeps what must not be lost, ``mqtt`` is the only module that knows paho.
"""
