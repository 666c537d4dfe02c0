"""The cost of hostile events: texts made to be slow to check, an event with a hundred of the worst, a hundred errors.

The texts have 2,048 characters, the limit of the rules, or fewer where the format has a lower limit, as an address of
at most 254 characters.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from benchmarks.events import KINDS, Event, sample
from benchmarks.measure import VARIANTS, Effort, medians, own_jobs
from benchmarks.results import Figure
from eventschema import EventSchema, PropertyType, problem_details

HOSTILE = "hostile texts"
REJECTIONS = "rejections"

_MAX: Final = 2048


def _filled(start: str, filling: str, end: str = "") -> str:
    """``start``, ``end``, and between them ``filling`` repeated up to the length limit."""
    size = _MAX - len(start) - len(end)
    return start + (filling * (size // len(filling) + 1))[:size] + end


#: What an ordinary event may hold: what the hostile texts are measured against.
TYPICAL: Final[Mapping[PropertyType, str]] = {
    PropertyType.DATE: "2026-11-23",
    PropertyType.DATETIME: "2026-11-23T08:15:30Z",
    PropertyType.URL: "https://shop.example.com/tea/earl-grey?size=250&utm_source=mail",
    PropertyType.EMAIL: "jane.doe@shop.example.com",
}

#: Hostile texts by the format that they look like, and what is unusual about them.
ASCII: Final[Mapping[PropertyType, Mapping[str, str]]] = {
    PropertyType.DATE: {
        "digits": _filled("", "1"),
        "a date and digits": _filled("2026-11-23", "1"),
        "dates": _filled("", "2026-11-23"),
    },
    PropertyType.DATETIME: {
        "a fraction": _filled("2026-11-23T08:15:30.", "1"),
        "a fraction and a wrong end": _filled("2026-11-23T08:15:30.", "1", "x"),
        "a leap second and a fraction": _filled("2016-12-31T23:59:60.", "9", "+00:00"),
        "a leap second on the wrong day": _filled("2016-12-31T23:59:60.", "9", "+05:00"),
        "T and colons": _filled("2026-11-23T", "08:15:"),
    },
    PropertyType.URL: {
        "a path": _filled("https://example.com/", "a"),
        "a path and a wrong end": _filled("https://example.com/", "a", " "),
        "slashes": _filled("https://example.com", "/"),
        "a long host": _filled("https://", "a"),
        "a long host and a wrong end": _filled("https://", "a", "\\"),
        "percent-encodings": _filled("https://example.com/", "%41", "/"),
        "percent-encodings and a stray one": _filled("https://example.com/", "%41", "%6G"),
        "colons for a user": _filled("https://", ":"),
        "users": _filled("https://", "a:a@"),
        "at signs": _filled("https://a", "@"),
        "a long port": _filled("https://example.com:", "0", "80/"),
        "a long port out of range": _filled("https://example.com:", "9"),
        "an IPv6 address": _filled("https://[", "1:", "]/"),
        "brackets": _filled("https://", "["),
        "an IPvFuture address": _filled("https://[v1.", "a", "]/"),
        "question marks": _filled("https://example.com", "?"),
        "query, then number signs": _filled("https://example.com?", "a#"),
        "a long scheme": _filled("", "a", "://a"),
        "schemes": _filled("", "http://"),
        "schemes and an at sign": _filled("", "a://", "@a.co"),
    },
    PropertyType.EMAIL: {
        "at signs": _filled("", "@"),
        "a long local part": _filled("", "a", "@example.com"),
        "dots": _filled("a@", "a."),
        "254 characters, labels of one": "a@" + "b." * 125 + "co",
        "254 characters, labels with hyphens": "a@" + "b-b." * 62 + "coco",
        "254 characters, reserved-looking labels": "a@" + "bc-d--e." * 31 + "coco",
        "254 characters, labels of 63": "a@" + ("b" * 63 + ".") * 3 + "c" * 57 + ".co",
        "254 characters, hyphens": "a@" + "b" + "-" * 248 + ".co",
        "a local part of 64 and dots": "a." * 31 + "aa@" + "b." * 92 + "com",
        "254 at signs": "a@" * 127,
    },
}

#: ASCII that is internationalised text in disguise (RFC 5890, section 2.3.2.1).
A_LABELS: Final[Mapping[PropertyType, Mapping[str, str]]] = {
    PropertyType.EMAIL: {
        "one A-label": "a@xn--mller-kva.example.com",
        "A-labels": "a@" + "xn--4ca." * 31 + "com",
        "a long A-label": "a@xn--" + "4" * 40 + "kva.com",
        "long A-labels": "a@" + ("xn--" + "fsq" * 18 + "a.") * 4 + "com",
        "an A-label that is none": "a@" + "xn--99999999." * 19 + "com",
    },
}

#: Text beyond ASCII.
INTERNATIONAL: Final[Mapping[PropertyType, Mapping[str, str]]] = {
    PropertyType.STRING: {"plain text": _filled("", "\u4f8b")},
    PropertyType.DATE: {"digits of another script": _filled("2026-11-23", "\u0661")},
    PropertyType.DATETIME: {"digits of another script": _filled("2026-11-23T08:15:30.", "\u0661")},
    PropertyType.URL: {
        "a path": _filled("https://example.com/", "\u4f8b"),
        "a path and a wrong end": _filled("https://example.com/", "\u4f8b", "\u00a0"),
        "a path beyond the basic plane": _filled("https://example.com/", "\U0001f375"),
        "a path of private use": _filled("https://example.com/", "\ue000"),
        "a long host": _filled("https://", "\u4f8b"),
        "users": _filled("https://", "\u00fc:\u00fc@"),
    },
    PropertyType.EMAIL: {
        "an ordinary one": "j\u00fcrgen@m\u00fcller.example.com",
        "2048 letters": _filled("\u00fc@", "\u00fc", ".com"),
        "a local part of 64": "\u00fc" * 32 + "@example.com",
        "a long label": "a@" + "\u00fc" * 55 + ".com",
        "long labels": "a@" + ("\u00fc" * 25 + ".") * 4 + "com",
        "short labels": "a@" + "\u00fc." * 82 + "com",
        "labels of CJK": "a@" + "\u4f8b\u4f8b." * 35 + "com",
        "a decomposed local part": "e\u0301" * 20 + "@example.com",
        "full stops of CJK": "a@" + "\u4f8b\u3002" * 41 + "com",
        "letters that decompose": "a@" + "\ufdfa" * 20 + ".com",
        "right-to-left labels": "a@" + "\u05d0\u05d1." * 49 + "com",
        "characters that IDNA refuses, last": "a@" + "\u00fc" * 100 + "\u2603.com",
    },
}


def measure_hostile(effort: Effort) -> Iterator[Figure]:
    """The slowest text of each format and kind, each checked as a new property and as one declared with the format.

    Beside them, a typical text of each format, and an event of 100 of the slowest of each kind.
    """
    for variant in VARIANTS:
        typical = {type_: _seconds({"it": text}, type_, variant, effort) for type_, text in TYPICAL.items()}
        for type_, seconds in typical.items():
            yield _hostile("typical", type_, variant, "a typical one", seconds)
        for kind, table in (("ASCII", ASCII), ("A-labels", A_LABELS), ("beyond ASCII", INTERNATIONAL)):
            slowest = (0.0, "", "", PropertyType.STRING)
            for type_, texts in table.items():
                timed = {what: _seconds({"it": text}, type_, variant, effort) for what, text in texts.items()}
                what = max(timed, key=timed.__getitem__)
                yield _hostile(kind, type_, variant, what, timed[what])
                slowest = max(slowest, (timed[what], texts[what], what, type_))
            _, text, what, type_ = slowest
            size = 100 // effort.scale
            seconds = _seconds({f"property_{i}": text for i in range(size)}, type_, variant, effort)
            yield _hostile(kind, f"an event of {size}, {type_}", variant, what, seconds)


_NEW: Final = EventSchema("event")


def _hostile(kind: str, pretends: str, variant: str, what: str, seconds: float) -> Figure:
    return Figure(
        section=HOSTILE, case=f"{kind}, {variant}", what=f"{pretends}: {what}", value=seconds * 1e6, unit="us"
    )


def _seconds(event: Event, type_: PropertyType, variant: str, effort: Effort) -> float:
    """The time that the event takes, on a new or on a declared schema, whichever is longer."""
    declared = EventSchema("event", dict.fromkeys(event, type_))
    return max(_merge_seconds(schema, event, variant, effort) for schema in (_NEW, declared))


def _merge_seconds(schema: EventSchema, event: Event, variant: str, effort: Effort) -> float:
    return medians({variant: own_jobs(schema.merge, event)[variant]}, effort)[variant]


# --- a hundred faults ---

_WRONG: Final[Mapping[PropertyType, object]] = {
    PropertyType.BOOL: 1,
    PropertyType.INT: 10.5,
    PropertyType.FLOAT: "twelve",
    PropertyType.STRING: 12,
    PropertyType.DATE: "2021-02-29",
    PropertyType.DATETIME: "2026-11-23 08:15:30",
    PropertyType.EMAIL: "jane.doe@shop..example.com",
    PropertyType.URL: "https://shop.example.com/a b",
}


def measure_rejections(effort: Effort) -> Iterator[Figure]:
    """The time of an event with 100 wrong properties, and its ratio to that of an accepted event."""
    for kind in KINDS:
        types, event = sample(kind, 100)
        schema = EventSchema("event", types)
        wrong = {name: _WRONG[type_] for name, type_ in types.items()}
        unsupported: Event = {name: {} for name in types}
        assert schema.merge(event).ok
        accepted = medians(own_jobs(schema.merge, event), effort)
        for what, faulty in (("of another type", wrong), ("objects", unsupported)):
            assert len(schema.merge(faulty).errors) == 100
            for name, seconds in medians(own_jobs(schema.merge, faulty), effort).items():
                yield from _rejection(kind, what, name, seconds, accepted)
        jobs = own_jobs(partial(_explained, schema), wrong)
        for name, seconds in medians(jobs, effort).items():
            yield from _rejection(kind, "of another type, and the problem document", name, seconds, accepted)


def _explained(schema: EventSchema, event: Event) -> dict[str, Any]:
    return problem_details(schema.merge(event).errors)


def _rejection(kind: str, what: str, variant: str, seconds: float, accepted: Mapping[str, float]) -> Iterator[Figure]:
    case = f"100 {kind}, {variant}"
    yield Figure(section=REJECTIONS, case=case, what=what, value=seconds * 1e6, unit="us")
    share = seconds / accepted[variant]
    yield Figure(section=REJECTIONS, case=case, what=f"{what}, over an accepted one", value=share, unit="times")
