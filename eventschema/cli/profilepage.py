"""The report of a profile as one page of HTML to send around, without scripts and without anything to load.

Names and values may come from an attacker. So all text is escaped by :func:`_text`, and a Content Security Policy
keeps the page from loading or running anything.
"""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final, NamedTuple

from eventschema.cli.names import DisplayNames, property_name
from eventschema.cli.output import printable, quantity
from eventschema.cli.profiledescription import Description
from eventschema.cli.profiletext import (
    constraint_text,
    display_locations,
    distinct_text,
    events_phrase,
    evidence,
    example_text,
    finding_names,
    findings_by_event,
    location_text,
    percentage,
    range_text,
    replay_sentence,
    replayed_values,
    rounded_text,
    unlisted_names_sentence,
    untyped_counts,
)
from eventschema.cli.running import skipped_sentence, without_properties_sentence
from eventschema.core.types import PropertyType
from eventschema.core.violations import UnsupportedType

#: The colours of each type, on a light and on a dark page.
TYPE_COLOURS: Final = {
    PropertyType.BOOL: ("#8e6bbf", "#a98ad6"),
    PropertyType.INT: ("#2f7fc1", "#5aa3e0"),
    PropertyType.FLOAT: ("#147f91", "#45c3d6"),
    PropertyType.STRING: ("#66707d", "#8a95a3"),
    PropertyType.DATE: ("#a06b0c", "#e0aa4a"),
    PropertyType.DATETIME: ("#c04f15", "#f08a55"),
    PropertyType.EMAIL: ("#b5478d", "#d873b3"),
    PropertyType.URL: ("#2c7f4b", "#62bd83"),
}

_STYLE: Final = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5b6675; --line: #e1e5eb;
  --track: #e8ebf0; --null: #b9c1cd; --bad: #c2351f; --bad-soft: #fdecea; --seen: #4a6fa5; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1b2129; --ink: #e6eaf0; --soft: #9aa5b4;
  --line: #2c3541; --track: #2b333e; --null: #56606d; --bad: #ff8a75; --bad-soft: #3a211e; --seen: #7ea3d8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .6rem; overflow-wrap: anywhere; }
h2 small, .soft { color: var(--soft); font-weight: normal; font-size: .9rem; }
p { margin: .2rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
.card + * { margin-top: .6rem; } .card + h2 { margin-top: 2rem; }
.row { display: grid; grid-template-columns: 13rem 1fr 1fr 15rem; gap: .3rem 1.2rem; padding: .7rem 1rem;
  border-top: 1px solid var(--line); align-items: start; }
.row:first-child { border-top: 0; }
.head { color: var(--soft); font-size: .82rem; padding-block: .4rem; }
.row > * { min-width: 0; }
.name { font-weight: 600; overflow-wrap: anywhere; }
.tag { display: inline-block; border-radius: .25rem; padding: 0 .4rem; font-size: .8rem; color: var(--card);
  background: var(--c, var(--soft)); }
.none { color: var(--bad); background: var(--bad-soft); }
.bar { display: flex; height: .6rem; margin: .4rem 0 .2rem; border-radius: .3rem; overflow: hidden;
  background: var(--track); gap: 1px; }
.bar i { display: block; min-width: 3px; background: var(--c); }
.bar.thin { height: .35rem; }
.seen { --c: var(--seen); } .null { --c: var(--null); } .bad { --c: var(--bad); }
.note { font-size: .82rem; color: var(--soft); overflow-wrap: anywhere; } .note.wrong { color: var(--bad); }
.key { display: inline-block; width: .6rem; height: .6rem; border-radius: .15rem; background: var(--c);
  margin-right: .3rem; }
.legend span { white-space: nowrap; margin-right: .9rem; }
ul { margin: 0; padding: 0; list-style: none; } li { padding: .6rem 1rem; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; } li:first-child { border-top: 0; } li b { color: var(--bad); }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .2em; } a:hover { color: var(--seen); }
bdi { white-space: pre-wrap; }
nav { padding: .6rem 1rem; } nav ul { columns: 16rem; column-gap: 2rem; }
nav li { padding: .1rem 0; border: 0; break-inside: avoid; } nav li b { font-weight: normal; font-size: .9rem; }
:target { outline: 2px solid var(--seen); outline-offset: -2px; } h2:target { outline-offset: 4px; }
.top { position: relative; margin-top: .2rem; padding: 0 .3rem; font-size: .82rem; overflow-wrap: anywhere; }
.top i { position: absolute; inset: 0 auto 0 0; border-radius: .2rem; background: var(--seen); opacity: .22; }
.top span { position: relative; }
.contents a { margin-right: .9rem; }
code { font: .85em ui-monospace, monospace; }
@media (max-width: 50rem) { .head { display: none; }
  .row { grid-template-columns: 1fr; } .row > * + * { margin-top: .2rem; } }
"""

_MAX_FILES: Final = 20  # names of files
_MAX_TOP: Final = 5  # top values
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_TABLE_HEAD: Final = (
    '<div class="row head"><div>property</div><div>has value</div><div>types</div><div>values</div></div>\n'
)


class Origin(NamedTuple):
    """Where a page comes from: the ``files``, the ``date`` (``YYYY-MM-DD``) and the ``version`` that made it."""

    files: tuple[str, ...]
    date: str
    version: str


def page(description: Description, origin: Origin) -> str:
    """Return ``description`` as a page of HTML."""
    return "".join(_Page(description, origin).parts())


class _Page:
    """A page: how it prints names and locations, and the anchors of its events and properties."""

    def __init__(self, description: Description, origin: Origin) -> None:
        self._description = description
        self._origin = origin
        self._events: list[Description] = description["byName"]
        self._locations = display_locations(description)
        self._names = DisplayNames(event["name"] for event in self._events)
        self._anchors: dict[tuple[str | None, str | None], str] = {}
        for number, event in enumerate(self._events, 1):
            self._anchors[event["name"], None] = f"event-{number}"
            for position, property_ in enumerate(event["properties"], 1):
                self._anchors[event["name"], property_["name"]] = f"event-{number}-property-{position}"

    def parts(self) -> Iterator[str]:
        """Yield the parts of the page from top to bottom."""
        description = self._description
        yield (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>Profile of events</title>\n<style>{_STYLE}{_type_style()}</style>\n</head>\n<body>\n<main>\n"
        )
        yield f"<h1>Profile of {quantity(description['events'], 'event')}</h1>\n"
        without = f"{quantity(description['withoutEvent'], 'line')} without an event"
        named = f"{quantity(len(self._events), 'event name')}, {without}"
        yield f'<p class="soft">{named}. Declare each property as the type below its name.</p>\n'
        yield self._made()
        yield self._contents()
        if description["replay"] is not None:
            yield f"<p>{_text(replay_sentence(description))}</p>\n"
        if description["withoutProperties"]:
            yield f"<p>{_text(without_properties_sentence(description['withoutProperties']))}</p>\n"
        if description["skipped"]:
            yield f"<p>{_text(skipped_sentence(description['skipped']))}</p>\n"
        yield _legend()
        if description["findings"]:
            yield '<h2 id="findings">Findings</h2>\n'
            yield _list(map(self._finding, description["findings"]))
        if description.get("changes"):
            yield '<h2 id="changes">Changes since the earlier profile</h2>\n'
            yield _list(map(self._change, description["changes"]))
        if len(self._events) > 1:
            yield from self._event_list()
        for event in self._events:
            yield from self._event(event)
        if description["faults"]:
            yield '<h2 id="lines">Lines without an event</h2>\n'
            yield _list(map(self._error, description["faults"]))
        for error in description["unreadable"]:
            yield f'<p class="note wrong">Not read to the end: {_text(error)}</p>\n'
        yield "</main>\n</body>\n</html>\n"

    def _made(self) -> str:
        """Return the names of the files, the date and the version."""
        files, more = self._origin.files[:_MAX_FILES], len(self._origin.files) - _MAX_FILES
        names = ", ".join(_isolated(printable(name)) for name in files)
        others = f" and {more:,} more" if more > 0 else ""
        made = f"Made on {self._origin.date} by eventschema {self._origin.version}."
        return f'<p class="soft">Of {names}{others}. {made}</p>\n'

    def _contents(self) -> str:
        """Return links to the sections that there are."""
        sections = (
            ("findings", "findings", self._description["findings"]),
            ("changes", "changes", self._description.get("changes")),
            ("events", "events", self._events[1:] and self._events),
            ("lines", "lines without an event", self._description["faults"]),
        )
        links = [_link(anchor, f"{text} ({len(listed):,})") for anchor, text, listed in sections if listed]
        return f'<nav class="contents soft">{"".join(links)}</nav>\n' if links else ""

    def _change(self, change: Description) -> str:
        event, name = change["event"], change["property"]
        known = self._names if (event, None) in self._anchors else DisplayNames([event])
        where = _link(self._anchors.get((event, None)), _isolated(known.text(event)))
        if name is not None:
            where += " " + _link(self._anchors.get((event, name)), _isolated(property_name(name)))
        kind = f"<b>{change['kind']}</b>" if change["passed"] else change["kind"]
        return f'{where}: {kind} <span class="soft">{change["rate"]:.3f}</span> {_text(change["message"])}'

    def _event_list(self) -> Iterator[str]:
        yield '<h2 id="events">Events</h2>\n<nav class="card"><ul>\n'
        counts = findings_by_event(self._description)
        for event in self._events:
            name = event["name"]
            findings = f" <b>{quantity(counts[name], 'finding')}</b>" if counts[name] else ""
            link = _link(self._anchors[name, None], _isolated(self._names.text(name)))
            yield f'<li>{link} <span class="soft">{quantity(event["events"], "event")}</span>{findings}</li>\n'
        yield "</ul></nav>\n"

    def _finding(self, finding: Description) -> str:
        names = finding_names(finding, self._names)
        keys = ((finding["event"], None), (finding["event"], finding["property"]))
        where = " ".join(_link(self._anchors.get(key), _isolated(name)) for key, name in zip(keys, names, strict=False))
        start = f"<b>{where}</b>: " if where else ""
        found = evidence(finding, self._locations, _isolated)
        return f'{start}{_isolated(finding["message"])}<span class="soft">{found}</span>'

    def _error(self, error: Description) -> str:
        return f"<code>{_text(error['code'])}</code> {self._found(error)}: {_isolated(error['first']['message'])}"

    def _invalid_name(self, error: Description) -> str:
        name = _isolated(property_name(error["name"]))
        return f"{name}: {self._error(error)}"

    def _found(self, error: Description) -> str:
        where = _isolated(location_text(self._locations, error["first"]))
        return f'<span class="soft">{error["count"]:,} &times;, first at {where}</span>'

    def _event(self, event: Description) -> Iterator[str]:
        name = event["name"]
        heading = f"{_isolated(self._names.text(name))} <small>{events_phrase(event)}</small>"
        yield f'<h2 id="{self._anchors[name, None]}">{heading}</h2>\n'
        if event["properties"]:
            yield f'<div class="card">\n{_TABLE_HEAD}'
            for property_ in event["properties"]:
                cells = (
                    self._identity(property_),
                    _presence(property_, event["lookedAt"]),
                    self._types(property_),
                    _values(property_),
                )
                row = "".join(f"<div>{cell}</div>" for cell in cells)
                yield f'<div class="row" id="{self._anchors[name, property_["name"]]}">{row}</div>\n'
            yield "</div>\n"
        if event["faults"]:
            yield _list(map(self._error, event["faults"]))
        if event["badNames"]["listed"]:
            yield '<p class="soft">Invalid property names:</p>\n'
            yield _list(map(self._invalid_name, event["badNames"]["listed"]))
        if unlisted := unlisted_names_sentence(event):
            yield _note(unlisted, wrong=True)

    def _identity(self, property_: Description) -> str:
        type_, left = property_["recommended"], property_["notTaken"]
        if type_ is not None:
            tag = f'<span class="tag {type_}">{type_}</span>'
        else:
            tag = f'<span class="tag none">{_text(", ".join(untyped_counts(property_)) or "only null")}</span>'
        if left is not None:
            first = f", first at {_isolated(location_text(self._locations, left['first']))}" if left["first"] else ""
            tag += _note(f"refuses {left['count']:,}{first}", wrong=True)
        if kept := constraint_text(property_):
            tag += _note(_text(kept))
        return f'<div class="name">{_isolated(property_["name"])}</div>{tag}'

    def _types(self, property_: Description) -> str:
        types, others = property_["types"], untyped_counts(property_)
        whole = replayed_values(property_)
        if not whole:
            return _note("no value")
        segments = [*((type_, counts["count"]) for type_, counts in types.items()), ("bad", property_["untyped"])]
        found = _bar(segments, property_["values"] + property_["untyped"]) if others or types else ""
        if len(types) == 1 and not others:
            found += _note(next(iter(types)))
        elif types:
            found += _note(
                ", ".join(
                    f"{type_} {counts['count']:,} from {_isolated(location_text(self._locations, counts['first']))}"
                    for type_, counts in types.items()
                ),
            )
        if property_["refused"]:
            found += _bar([("bad", property_["refused"])], whole, "bar thin")
            first = property_["firstType"]
            why = f"refused by {first}, the type of the first value" if first else "refused by every type"
            found += _note(f"{percentage(property_['refused'], whole)} {why}", wrong=True)
        return found + "".join(self._property_error(error, property_) for error in property_["faults"])

    def _property_error(self, error: Description, property_: Description) -> str:
        kinds = property_["unsupported"] if error["code"] == UnsupportedType.code else {}
        what = ", ".join(f"{kind} {count:,}" for kind, count in kinds.items()) or f"{error['count']:,}"
        where = _isolated(location_text(self._locations, error["first"]))
        return _note(f"{_text(error['code'])}: {what}, first at {where}", wrong=True)


def _type_style() -> str:
    """Return the style rules for the colours of the types."""
    light, dark = (
        "".join(f".{type_} {{ --c: {both[theme]}; }}\n" for type_, both in TYPE_COLOURS.items()) for theme in (0, 1)
    )
    return f"{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _legend() -> str:
    keys = [
        ("seen", "has a value"),
        ("null", "null"),
        *((str(type_), str(type_)) for type_ in TYPE_COLOURS),
        ("bad", "refused by the type of the first value"),
    ]
    items = "".join(f'<span><i class="key {kind}"></i>{text}</span> ' for kind, text in keys)
    return f'<p class="legend soft">{items}</p>\n'


def _list(items: Iterable[str]) -> str:
    return '<ul class="card">\n' + "".join(f"<li>{item}</li>\n" for item in items) + "</ul>\n"


def _presence(property_: Description, events: int) -> str:
    counts = (("a value", property_["values"]), ("refused", property_["untyped"]), ("null", property_["nulls"]))
    first, *others = [f"{what} in {percentage(count, events)}" for what, count in counts if count]
    bar = _bar(zip(("seen", "bad", "null"), (count for _, count in counts), strict=True), events)
    return bar + _note(_text(", ".join((f"{first} of events", *others))))


def _values(property_: Description) -> str:
    if not property_["values"]:
        return ""
    changed = rounded_text(property_)
    parts = [f"{distinct_text(property_)} distinct", range_text(property_), changed and f"{changed} rounded"]
    found = _note(_text(", ".join(filter(None, parts))))
    if property_["topValues"]:
        return found + "".join(_top_value(top, property_["values"]) for top in property_["topValues"][:_MAX_TOP])
    examples = ", ".join(_isolated(example_text(value)) for value in property_["examples"])
    return found + (_note(f"<code>{examples}</code>") if examples else "")


def _top_value(top: Description, whole: int) -> str:
    """Return a frequent value with its share, as a bar behind it."""
    width = f"{100 * top['count'] / whole:.2f}%"
    value = f"<code>{_isolated(example_text(top['value']))}</code> {_text(percentage(top['count'], whole))}"
    return f'<div class="top"><i style="width:{width}"></i><span>{value}</span></div>'


def _bar(segments: Iterable[tuple[str, int]], whole: int, kind: str = "bar") -> str:
    items = "".join(
        f'<i class="{name}" style="width:{100 * count / whole:.2f}%"></i>' for name, count in segments if count
    )
    return f'<div class="{kind}">{items}</div>'


def _note(content: str, *, wrong: bool = False) -> str:
    """Return ``content``, which is HTML, as a note."""
    return f'<div class="note{" wrong" if wrong else ""}">{content}</div>'


def _link(anchor: str | None, content: str) -> str:
    return content if anchor is None else f'<a href="#{anchor}">{content}</a>'


def _isolated(text: str) -> str:
    """Return ``text`` escaped, in an element that keeps text written from right to left apart from its surroundings."""
    return f"<bdi>{_text(text)}</bdi>"


def _text(text: str) -> str:
    """Return ``text`` escaped for HTML, with visible characters only."""
    return escape(printable(text))
