"""The text of ``mien.yaml`` with something else in one place; comments and order stay."""

from __future__ import annotations

import yaml

from edge.strict import LOGIN
from edge.yamlfile import composed

NOTE = (
    "# kept in the device, no longer here; write a new one to change it, delete the line to forget"
)

SECRETS = {("mqtt", "password"): "mqtt/password", ("wifi", "password"): "wifi"}
"""Keys whose values are moved, and the file below ``secret`` that they are moved to."""

SOURCE = ("camera", "source")
"""Of this address its login is moved, and this is left in its place."""
KEPT = "kept"


def without_secrets(text: str) -> str:
    """With a note where a password stood, and a word where a login did."""
    _, root = composed(text)
    if not isinstance(root, yaml.MappingNode):
        return text
    found = [(path, _node(root, path)) for path in (*SECRETS, SOURCE)]
    values = [(path, n) for path, n in found if isinstance(n, yaml.ScalarNode) and n.value]
    for path, node in sorted(values, key=lambda each: -each[1].start_mark.index):
        start, end = node.start_mark.index, node.end_mark.index
        if path == SOURCE:
            text = text[:start] + LOGIN.sub(KEPT, text[start:end]) + text[end:]
            continue
        block = node.style in {"|", ">"}  # ends where the next line begins
        holder = _node(root, path[:1])
        inline = isinstance(holder, yaml.MappingNode) and bool(holder.flow_style)
        commented = not block and "#" in text[end:].split("\n", 1)[0]
        note = "null" if inline or commented else NOTE
        text = text[:start].rstrip(" ") + f" {note}" + ("\n" if block else "") + text[end:]
    return text


def cut_short(text: str) -> list[str]:
    """Passwords without quotes of which a ``#`` or ``&`` may have made less than was meant."""
    _, root = composed(text)
    found = []
    for path in SECRETS:
        holder = None if root is None else _node(root, path[:1])
        node = None if root is None else _node(root, path)
        block = isinstance(holder, yaml.MappingNode) and not holder.flow_style
        if not block or not isinstance(node, yaml.ScalarNode) or node.style:
            continue
        start, end = node.start_mark.index, node.end_mark.index
        behind = text[end:].partition("\n")[0].strip()
        comment = behind[:1] == "#" and behind != NOTE and node.value not in {"null", "~"}
        if comment or text[start:end].startswith("&"):
            found.append(".".join(path))
    return found


def counted(text: str) -> str:
    """With one start less in ``aim``."""
    _, root = composed(text)
    node = None if root is None else _node(root, ("aim",))
    if not isinstance(node, yaml.ScalarNode):
        return text
    left = max(0, int(yaml.safe_load(node.value)) - 1)
    return text[: node.start_mark.index] + str(left) + text[node.end_mark.index :]


def _node(root: yaml.Node, path: tuple[str, ...]) -> yaml.Node | None:
    for step in path:
        if not isinstance(root, yaml.MappingNode):
            return None
        found = [value for key, value in root.value if getattr(key, "value", None) == step]
        if not found:
            return None
        root = found[-1]
    return root
