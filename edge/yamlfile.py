"""YAML -> plain data, and what is wrong with it in words: what people write.

By libyaml where PyYAML has it. A start of the service reads none (``strict.compose``).
"""

from __future__ import annotations

from typing import Any

import yaml

from edge.strict import ConfigError

CURLY = ("“", "”", "„", "‘", "’", "‚")
NO_BREAK = "\u00a0"
PLAIN_ONES = "a no-break space, as web pages have them: write plain ones, or quotes around it"

QUOTES = "a value with signs in it goes in quotes"
TO_DO = {
    "'\\t'": "use spaces, not tabs",
    "expected ':'": "behind a key stands a colon and a space",
    "expected <block end>": "above it a quote has no end, or the spaces in front are not as many",
    "found unexpected end of stream": "a quote that begins has no end",
    "unknown escape": "put the value in 'single quotes'",
    "mapping values are not allowed": "a value with a colon in it goes in quotes, behind the colon "
    "of a key stands a space, and in front as many as in the line above",
}
"""By PyYAML's words, which say what is wrong and not what to do."""

MERGE = "tag:yaml.org,2002:merge"
"""The key ``<<``, which stands for no value."""


def parse(data: bytes, name: str) -> Any:
    """YAML to plain data. Raises ``ConfigError`` with the line, but not with what stands there."""
    try:
        loader, root = composed(data.decode("utf-8-sig"))  # Windows' editors begin with a mark
        _no_traps(loader, root, name)
        return None if root is None else loader.construct_document(root)
    except UnicodeDecodeError as error:
        msg = f"{name}: not YAML: byte {error.start} is no text; save it as UTF-8"
        raise ConfigError(msg) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        before = data.decode("utf-8-sig").split("\n")[: mark.line + 1] if mark else []
        words = PLAIN_ONES if NO_BREAK in "".join(before[-2:]) else _complaint(error)
        msg = f"{name}: not YAML{line}: {words}"
        raise ConfigError(msg) from error
    except yaml.YAMLError as error:
        msg = f"{name}: not YAML: {' '.join(str(error).split())}; save it as UTF-8"
        raise ConfigError(msg) from error
    except RecursionError as error:
        msg = f"{name}: not YAML: brackets in brackets, or a value in itself, without an end"
        raise ConfigError(msg) from error


def composed(text: str) -> tuple[Any, yaml.Node | None]:
    """The nodes, and what makes values of them. Raises ``yaml.YAMLError``.

    By libyaml, seven times as quick; what it refuses, by PyYAML and its better words.
    """
    for kind in (getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader):
        loader = kind(text)
        try:
            return loader, loader.get_single_node()
        except yaml.YAMLError:
            if kind is yaml.SafeLoader:
                raise
    raise AssertionError


def _no_traps(loader: Any, node: yaml.Node | None, name: str) -> None:
    """YAML would take the last of two like keys, and nobody would know."""
    if isinstance(node, yaml.ScalarNode):
        _readable(loader, node, name)
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            _no_traps(loader, each, name)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise ConfigError(f"{name}: line {line}: {key.value}: stands here twice")
                seen.add(key.value)
                if key.tag != MERGE:
                    _readable(loader, key, name)
            _no_traps(loader, value, name)


def _readable(loader: Any, node: yaml.ScalarNode, name: str) -> None:
    """PyYAML has a traceback and no words for what looks like a date or a number and is none.

    And what an editor has made of quotes and spaces would be a part of the password.
    """
    line = node.start_mark.line + 1
    if not node.style and node.value[:1] in CURLY:
        raise ConfigError(f"{name}: line {line}: curly quotes: write straight ones, \" or '")
    if not node.style and NO_BREAK in node.value:
        raise ConfigError(f"{name}: line {line}: {PLAIN_ONES}")
    try:
        loader.construct_object(node)  # which it keeps: nothing is done twice
        node.value.encode()
    except (ValueError, LookupError, AttributeError, ArithmeticError) as error:
        msg = f"{name}: line {line}: cannot be read as it stands: put it in 'single quotes'"
        raise ConfigError(msg) from error


def _complaint(error: yaml.MarkedYAMLError) -> str:
    """Its own words, where they do not quote the value, which may be a password; and what to do."""
    words = str(error.problem or error.context)
    if "single document" in str(error.context):
        return "a second --- line: there is one part in here"
    if isinstance(error, yaml.composer.ComposerError | yaml.constructor.ConstructorError):
        return "a value that begins with *, & or !, with = or {{ must stand in quotes"
    to_do = next((each for said, each in TO_DO.items() if said in words), QUOTES)
    return f"{words}; {to_do}"
