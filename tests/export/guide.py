"""The table in the guide of ``eventschema.export``: what each target cannot say. ``python -m tests.export.guide``."""

import re
import textwrap
from pathlib import Path

import eventschema.export
from eventschema import EventSchema, PropertyType, Rules
from eventschema.export.targets import SQL_DIALECTS, TARGETS, remarks

SCHEMA = EventSchema("e", {type_.value: type_ for type_ in PropertyType})
EVERY_RULE = Rules(types="exact", invalid="drop", hints=(("*_at", PropertyType.DATETIME),))
_HEAD = "| what | of | in |\n| --- | --- | --- |\n"
_TABLE = re.compile(re.escape(_HEAD) + r".*?(?=\n\n)", re.DOTALL)
_WIDTH = 118


def table() -> str:
    """Every sentence of the remarks, with the types that it is about and the targets."""
    rows: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for target in TARGETS:
        found = [
            *remarks([SCHEMA, EventSchema("empty")], target),
            *remarks(SCHEMA, target, typed=True),
            *remarks(SCHEMA, target, rules=EVERY_RULE),
            *remarks(SCHEMA, target, closed=True),
        ]
        for remark in found:
            types, targets = rows.setdefault(remark.sentence, ({}, {}))
            types[remark.property or "the event"] = None
            targets[target] = None
    lines = [
        f"| {sentence} | {', '.join(types)} | {_names(targets)} |\n" for sentence, (types, targets) in rows.items()
    ]
    return _HEAD + "".join(lines)


def _names(targets: dict[str, None]) -> str:
    """The names of targets, the dialects of SQL as one where all are among them."""
    if set(SQL_DIALECTS) <= set(targets):
        targets = dict.fromkeys("SQL" if name in SQL_DIALECTS else name for name in targets)
    return ", ".join(targets)


def source(text: str) -> str:
    """``text`` as a docstring has it: a line that is too long goes on after a backslash."""
    lines = (textwrap.wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False) for line in text.splitlines())
    return "\n".join(" \\\n".join(parts) for parts in lines)


def main() -> None:
    """Write the table into the guide."""
    path = Path(str(eventschema.export.__file__))
    text = path.read_text(encoding="utf-8")
    path.write_text(_TABLE.sub(lambda _: source(table()), text), encoding="utf-8")


if __name__ == "__main__":
    main()
