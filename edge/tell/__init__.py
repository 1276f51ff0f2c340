"""Telling: steps become messages, messages reach a broker. No pixel gets as far as this room.

``report`` decides what is said and when, ``wording`` how it reads, ``messages`` are the types of
the contract and their bytes. ``mqtt`` says when what goes out: ``outbox`` keeps the events until
the broker has them (``store``: on the card), ``latest`` the last word on everything else, ``line``
is the attempts to reach it, ``link`` one connection and the only module that knows paho.
``requests`` is what may come in.
"""
