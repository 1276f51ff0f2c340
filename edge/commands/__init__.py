"""The commands behind ``mien``: the only places where the rooms are put together.

Each module has ``run(arguments) -> int`` (the exit status) and is imported when it is asked for.
"""
