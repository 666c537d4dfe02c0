"""The report of a profile as one page of HTML, to be sent to a colleague: no scripts, nothing from outside.

What it shows comes from files of strangers, so all text goes through :func:`_text`, and a Content Security Policy
forbids whatever else might slip in: the page can load nothing and run nothing.
"""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from eventschema.cli.output import printable
from eventschema.cli.profilereport import Description, Places, counted, distinct, evidence, share, shown, span
from eventschema.core.types import PropertyType

_TYPES: Final = tuple(type_.value for type_ in PropertyType)

_STYLE: Final = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5b6675; --line: #e1e5eb;
  --track: #e8ebf0; --null: #b9c1cd; --bad: #c2351f; --bad-soft: #fdecea; --seen: #4a6fa5;
  --bool: #8e6bbf; --int: #2f7fc1; --float: #147f91; --string: #66707d; --date: #a06b0c; --dateTime: #c04f15;
  --email: #b5478d; --url: #2c7f4b; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1b2129; --ink: #e6eaf0; --soft: #9aa5b4;
  --line: #2c3541; --track: #2b333e; --null: #56606d; --bad: #ff8a75; --bad-soft: #3a211e; --seen: #7ea3d8;
  --bool: #a98ad6; --int: #5aa3e0; --float: #45c3d6; --string: #8a95a3; --date: #e0aa4a; --dateTime: #f08a55;
  --email: #d873b3; --url: #62bd83; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .6rem; overflow-wrap: anywhere; }
h2 small, .soft { color: var(--soft); font-weight: normal; font-size: .9rem; }
p { margin: .2rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
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
code { font: .85em ui-monospace, monospace; }
@media (max-width: 50rem) { .head { display: none; }
  .row { grid-template-columns: 1fr; } .row > * + * { margin-top: .2rem; } }
""" + "".join(f".{word} {{ --c: var(--{word}); }}\n" for word in _TYPES)

_HEAD: Final = '<div class="row head"><div>property</div><div>has value</div><div>types</div><div>values</div></div>\n'

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(description: Description) -> str:
    """The whole page."""
    return "".join(_page(description))


def _page(description: Description) -> Iterator[str]:
    places = Places(description)
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Profile of events</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
    )
    names = len(description["byName"])
    yield f"<h1>Profile of {counted(description['events'], 'event')}</h1>\n"
    named = f"{counted(names, 'event name')}, {counted(description['withoutEvent'], 'line')} without an event"
    yield f'<p class="soft">{named}. Declare each property as the type beside its name.</p>\n'
    yield _legend()
    yield from _findings(description, places)
    for event in description["byName"]:
        yield from _event(event, places)
    if description["faults"]:
        yield "<h2>Lines without an event</h2>\n"
        yield _list(_fault(fault, places) for fault in description["faults"])
    for error in description["unreadable"]:
        yield f'<p class="note wrong">Not read to the end: {_text(error)}</p>\n'
    yield "</main>\n</body>\n</html>\n"


def _legend() -> str:
    keys = [
        ("seen", "has a value"),
        ("null", "null"),
        *((word, word) for word in _TYPES),
        ("bad", "refused by a replay"),
    ]
    items = "".join(f'<span><i class="key {kind}"></i>{text}</span> ' for kind, text in keys)
    return f'<p class="legend soft">{items}</p>\n'


def _findings(description: Description, places: Places) -> Iterator[str]:
    if description["findings"]:
        yield "<h2>Look at</h2>\n"
        yield _list(_finding(finding, places) for finding in description["findings"])


def _finding(finding: Description, places: Places) -> str:
    where = " ".join(_text(finding[key]) for key in ("event", "property") if finding[key] is not None)
    start = f"<b>{where}</b>: " if where else ""
    return f'{start}{_text(finding["message"])}<span class="soft">{_text(evidence(finding, places))}</span>'


def _fault(fault: Description, places: Places) -> str:
    first = fault["first"]
    where = f"{fault['count']:,} &times;, first at {_text(places.text(first))}"
    return f'<code>{_text(fault["code"])}</code> <span class="soft">{where}:</span> {_text(first["message"])}'


def _list(items: Iterable[str]) -> str:
    return '<ul class="card">\n' + "".join(f"<li>{item}</li>\n" for item in items) + "</ul>\n"


def _event(event: Description, places: Places) -> Iterator[str]:
    yield f"<h2>{_text(event['name'])} <small>{counted(event['events'], 'event')}</small></h2>\n"
    if event["properties"]:
        yield f'<div class="card">\n{_HEAD}'
        for property_ in event["properties"]:
            yield _property(property_, event["lookedAt"], places)
        yield "</div>\n"
    if event["faults"]:
        yield _list(_fault(fault, places) for fault in event["faults"])


def _property(property_: Description, events: int, places: Places) -> str:
    cells = (_identity(property_), _presence(property_, events), _types(property_, places), _values(property_))
    return f'<div class="row">{"".join(f"<div>{cell}</div>" for cell in cells)}</div>\n'


def _identity(property_: Description) -> str:
    type_ = property_["recommended"]
    if type_ is not None:
        tag = f'<span class="tag {type_}">{type_}</span>'
    else:
        tag = f'<span class="tag none">{"no single type" if property_["types"] else "no type"}</span>'
    return f'<div class="name">{_text(property_["name"])}</div>{tag}'


def _presence(property_: Description, events: int) -> str:
    seen, nulls = property_["seen"], property_["nulls"]
    text = f"a value in {share(seen - nulls, events)} of events"
    if nulls:
        text += f", null in {share(nulls, events)}"
    return _bar([("seen", seen - nulls), ("null", nulls)], events) + _note(text)


def _types(property_: Description, places: Places) -> str:
    types = property_["types"]
    total = sum(counts["count"] for counts in types.values())
    if not total:
        return _note("no value") + _property_faults(property_, places)
    bar = _bar([(type_, counts["count"]) for type_, counts in types.items()], total)
    text = ", ".join(
        f"{type_} {counts['count']:,} from {places.text(counts['first'])}" for type_, counts in types.items()
    )
    found = bar + _note(text if len(types) > 1 else next(iter(types)))
    if property_["refused"]:
        found += _bar([("bad", property_["refused"])], total, "bar thin")
        found += _note(f"{share(property_['refused'], total)} refused by a replay", wrong=True)
    return found + _property_faults(property_, places)


def _property_faults(property_: Description, places: Places) -> str:
    return "".join(
        _note(f"{fault['code']}: {fault['count']:,}, first at {places.text(fault['first'])}", wrong=True)
        for fault in property_["faults"]
    )


def _values(property_: Description) -> str:
    counts = f"{distinct(property_)} distinct"
    parts = [span(property_), ", ".join(shown(value) for value in property_["examples"])]
    return _note(counts + (f", {parts[0]}" if parts[0] else "")) + (_note(parts[1], code=True) if parts[1] else "")


def _bar(segments: Iterable[tuple[str, int]], whole: int, kind: str = "bar") -> str:
    items = "".join(
        f'<i class="{name}" style="width:{100 * count / whole:.2f}%"></i>' for name, count in segments if count
    )
    return f'<div class="{kind}">{items}</div>'


def _note(text: str, *, wrong: bool = False, code: bool = False) -> str:
    shown_text = f"<code>{_text(text)}</code>" if code else _text(text)
    return f'<div class="note{" wrong" if wrong else ""}">{shown_text}</div>'


def _text(text: str) -> str:
    """``text`` as text of the page, whatever is in it."""
    return escape(printable(text))
