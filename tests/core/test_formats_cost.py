"""The cost of hostile text, tested without a clock: the shape of the patterns, and the calls of the slow package."""

import importlib
import ipaddress
import pkgutil
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import email_validator
import pytest

import eventschema
from eventschema.core.formats import is_email, is_url, matches, text_type
from eventschema.core.rules import Rules
from eventschema.core.types import TEXT_TYPES, PropertyType
from eventschema.core.values import conform
from eventschema.stream.profile import valuekinds
from eventschema.stream.reading.formats import DELIMITERS
from eventschema.track import TrackRequest
from tests.support import load_cases

# --- the shape of the patterns ---

_parser: Any = importlib.import_module("re._parser")
_constants: Any = importlib.import_module("re._constants")

Item = tuple[Any, Any]
Rest = tuple[Sequence[Item], ...]  # what may follow, the nearest first
Characters = frozenset[int]

REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
NEWER = {_constants.POSSESSIVE_REPEAT, _constants.ATOMIC_GROUP}  # matched wrongly by CPython 3.11.2
ZERO_WIDTH = {_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT}


def faults(pattern: str, flags: int = 0) -> list[str]:
    """Say what in a pattern could take more than linear time, or what of it this walk does not follow.

    - ``nested``: a repeat of what can be taken in several ways, or can be nothing;
    - ``overlapping``: a repeat that can go on where another begins;
    - ``ambiguous``: a repeated choice between alternatives that can begin alike;
    - ``newer``: constructs that CPython 3.11.2 matches wrongly; ``scoped``: flags for a part.
    """
    items = list(_parser.parse(pattern, flags))
    alphabet = frozenset(_alphabet(items))
    return sorted(set(_request_errors(items, (), alphabet, repeated=False)))


def _is_open(item: Item) -> bool:
    """Say whether an item can be taken a varying number of times, more than once."""
    op, argument = item
    return op in REPEATS and argument[1] > 1 and argument[0] != argument[1]


def _bodies(item: Item) -> list[list[Item]]:
    """Return the sequences inside an item, of which it takes one."""
    op, argument = item
    if op in REPEATS:
        return [list(argument[2])]
    if op is _constants.SUBPATTERN:
        return [list(argument[3])]
    if op is _constants.BRANCH:
        return [list(body) for body in argument[1]]
    if op is _constants.ATOMIC_GROUP:
        return [list(argument)]
    if op in {_constants.ASSERT, _constants.ASSERT_NOT}:
        return [list(argument[1])]
    return []


def _request_errors(items: list[Item], rest: Rest, alphabet: Characters, *, repeated: bool) -> Iterator[str]:
    for position, item in enumerate(items):
        op, argument = item
        following: Rest = (items[position + 1 :], *rest)
        if op in NEWER:
            yield "newer"
        if op is _constants.SUBPATTERN and (argument[1] or argument[2]):
            yield "scoped"
        if op in REPEATS and argument[1] > 1 and _can_be_nothing(list(argument[2])):
            yield "nested"
        if repeated and op is _constants.BRANCH and _begin_alike(_bodies(item), alphabet):
            yield "ambiguous"
        if _is_open(item):
            if repeated:
                yield "nested"
            if _reaches_a_repeat(following, _first(list(argument[2]), alphabet)):
                yield "overlapping"
        again = repeated or (op in REPEATS and argument[1] > 1)
        for body in _bodies(item):
            yield from _request_errors(body, () if op in ZERO_WIDTH else following, alphabet, repeated=again)


def _begin_alike(alternatives: list[list[Item]], alphabet: Characters) -> bool:
    """Say whether two of them can begin with one character, or be nothing."""
    if sum(map(_can_be_nothing, alternatives)) > 1:
        return True
    firsts = [_first(alternative, alphabet) for alternative in alternatives]
    return any(firsts[one] & firsts[other] for other in range(len(firsts)) for one in range(other))


def _can_be_nothing(items: list[Item]) -> bool:
    """Say whether a sequence can be taken without a character."""
    for op, argument in items:
        if op in ZERO_WIDTH or (op in REPEATS and argument[0] == 0):
            continue
        bodies = _bodies((op, argument))
        if not any(map(_can_be_nothing, bodies)):
            return False
    return True


def _reaches_a_repeat(rest: Rest, characters: Characters) -> bool:
    """Say whether a repeat can begin where characters of an earlier one still might stand."""
    return any(_walk(list(sequence), characters)[0] for sequence in _reachable(rest, characters))


def _reachable(rest: Rest, characters: Characters) -> Iterator[Sequence[Item]]:
    for sequence in rest:
        yield sequence
        if not _walk(list(sequence), characters)[1]:
            return


def _walk(items: list[Item], characters: Characters) -> tuple[bool, bool]:
    """Say whether a sequence meets an overlapping repeat, and whether ``characters`` can lead through to its end."""
    for item in items:
        op, argument = item
        if op in ZERO_WIDTH:
            continue
        bodies = _bodies(item)
        if not bodies:
            if not _members(item, characters):
                return False, False
            continue
        if _is_open(item) and _first(bodies[0], characters):
            return True, True
        results = [_walk(body, characters) for body in bodies]
        if any(found for found, _ in results):
            return True, True
        optional = op in REPEATS and argument[0] == 0
        if not optional and not any(through for _, through in results):
            return False, False
    return False, True


def _first(items: list[Item], alphabet: Characters) -> Characters:
    """Return the characters that a sequence can begin with."""
    found: Characters = frozenset()
    for item in items:
        op, argument = item
        if op in ZERO_WIDTH:
            continue
        bodies = _bodies(item)
        if not bodies:
            return found | _members(item, alphabet)
        found |= frozenset().union(*(_first(body, alphabet) for body in bodies))
        if not (op in REPEATS and argument[0] == 0):
            return found
    return found


def _members(item: Item, alphabet: Characters) -> Characters:
    """Return those of the alphabet that a single-character item takes; a category or a reference may take any."""
    op, argument = item
    if op is _constants.LITERAL:
        return alphabet & {argument}
    if op is _constants.NOT_LITERAL:
        return alphabet - {argument}
    if op is _constants.RANGE:
        return frozenset(code for code in alphabet if argument[0] <= code <= argument[1])
    if op is not _constants.IN:
        return alphabet
    negated = argument[0][0] is _constants.NEGATE
    parts = [_members(part, alphabet) for part in argument[1 if negated else 0 :]]
    union: Characters = frozenset().union(*parts)
    return alphabet - union if negated else union


def _alphabet(items: list[Item]) -> Iterator[int]:
    """Yield a code point of every class that the pattern tells apart: each that it names, and its neighbours."""
    for item in items:
        op, argument = item
        named = argument if op is _constants.IN else [item]
        for part_op, part in named:
            if part_op in {_constants.LITERAL, _constants.NOT_LITERAL}:
                yield from (part - 1, part, part + 1)
            elif part_op is _constants.RANGE:
                yield from (part[0] - 1, part[0], part[1], part[1] + 1)
        for body in _bodies(item):
            yield from _alphabet(body)


def _modules() -> Iterator[ModuleType]:
    """Yield the modules of the package, but for those whose extra is not installed."""
    for module in pkgutil.walk_packages(eventschema.__path__, "eventschema."):
        if module.name not in {"eventschema.__main__", "eventschema._build"}:  # which run, or build, when imported
            with suppress(ModuleNotFoundError):
                yield importlib.import_module(module.name)


MODULES = list(_modules())


def _patterns(name: str, value: object) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Yield the pattern that a module has under ``name``, or each of a table of patterns."""
    if isinstance(value, re.Pattern):
        yield name, value
    elif isinstance(value, dict):
        yield from ((f"{name}[{key}]", each) for key, each in value.items() if isinstance(each, re.Pattern))


PATTERNS: dict[str, re.Pattern[Any]] = {
    f"{module.__name__}.{name}": pattern
    for module in MODULES
    for held, value in vars(module).items()
    for name, pattern in _patterns(held, value)
}
#: Those that give verdicts, which are to be the same on every Python.
VERDICTS = {
    name: pattern for name, pattern in PATTERNS.items() if name.startswith(("eventschema.core", "eventschema.track"))
}
#: A pattern that the walk does not pass, and that is only asked about short texts: see the test below.
BOUNDED = "eventschema.core.accept._EMAIL_SUBSET"
#: Those of a profile that it does not pass: what repeats in them is bounded, or begins with a newline.
IN_LINES = {name for name in PATTERNS if name.startswith("eventschema.stream.profile.valuekinds.")}
#: Those that it does not pass although they are linear: what a repeat of them begins with, none of the others can take.
UNROLLED = {
    f"eventschema.stream.reading.{name}"
    for name in (
        *("decoding._STRING", "arrays._TOKEN", "arrays._REST_OF_STRING", "arrays._STRING_OR_NEWLINE"),
        *(f"tables._WHOLE_ROWS[{delimiter}]" for delimiter in DELIMITERS),
    )
}


def faults_of(pattern: re.Pattern[Any]) -> list[str]:
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    return faults(text, pattern.flags)


def test_the_modules_have_patterns_to_look_at() -> None:
    assert {name.removeprefix("eventschema.") for name in PATTERNS} >= {
        *("core.accept._EMAIL_SUBSET", "core.accept._URL_SUBSET", "core.formats._ADDRESS", "core.formats._DATE"),
        *("core.formats._DATETIME", "core.formats._STRAY_PERCENT", "core.formats._URL", "core.international.IRI"),
        *("core.international._ADDRESS", "core.names._LINE", "core.names._NAME", "core.rules._SCHEME"),
        *("core.mismatches._NOT_LOCAL", "core.mismatches._NOT_DOMAIN"),
        *(
            "track.reading._PHONE_NUMBER",
            "track.reading._UUID",
            "stream.reading.decoding._STRING",
            "stream.profile.findings._VARYING",
        ),
        "cli.tokens._B64TOKEN",
    }


def _module_of(name: str) -> str:
    return name.partition("[")[0].rpartition(".")[0]


def test_no_pattern_is_compiled_where_the_walk_does_not_see_it() -> None:
    for module in MODULES:
        if module.__file__ is not None and module.__file__.endswith(".py"):
            source = Path(module.__file__).read_text(encoding="utf-8")
            here = {name: value for name, value in PATTERNS.items() if _module_of(name) == module.__name__}
            alone = {name: value for name, value in here.items() if "[" not in name}
            # A table has the patterns that stand alone, or makes all of its own at one place.
            tables = {name.partition("[")[0] for name, value in here.items() if value not in alone.values()}
            held = alone.keys() | tables
            assert source.count("re.compile(") == len(held), module.__name__
            assert not re.search(r"\bre\.(?:match|fullmatch|search|sub|split|findall|finditer)\(", source)
            assert not re.search(r"\bfrom re import|\bimport re as\b", source)


@pytest.mark.parametrize("name", sorted(PATTERNS.keys() - {BOUNDED, *UNROLLED, *IN_LINES}))
def test_no_pattern_can_take_more_than_linear_time(name: str) -> None:
    assert faults_of(PATTERNS[name]) == []


def _has_endless_repeat(pattern: str) -> bool:
    """Whether any repeat in ``pattern`` has no greatest number."""

    def found(items: Sequence[Item]) -> bool:
        return any(
            (item[0] in REPEATS and item[1][1] == _constants.MAXREPEAT) or any(map(found, _bodies(item)))
            for item in items
        )

    return found(_parser.parse(pattern))


def test_the_forms_of_a_profile_are_linear_one_by_one() -> None:
    # Texts are divided by newlines, which no form takes: so each line costs what one form costs.
    for form in (*valuekinds._FORMS.values(), *valuekinds._USUAL.values()):
        assert not faults(form) or not _has_endless_repeat(form)
        assert not re.compile(form).fullmatch("\n")
    assert _has_endless_repeat("(?:a+b)?")
    assert not _has_endless_repeat(valuekinds._EMAIL_INSIDE.pattern)
    assert not _has_endless_repeat(valuekinds._PHONE_INSIDE.pattern)
    others = IN_LINES - {f"{valuekinds.__name__}.{name}" for name in ("_LINE", "_EMAIL_INSIDE", "_PHONE_INSIDE")}
    for name in others:
        assert "[" in name.rpartition(".")[2] or faults_of(PATTERNS[name]) == []


@pytest.mark.parametrize("name", sorted(UNROLLED))
def test_the_patterns_of_json_strings_are_linear_all_the_same(name: str) -> None:
    assert set(faults_of(PATTERNS[name])) == {"nested"}
    # Runs without quote or backslash, each begun by a backslash and what it escapes: one way to match. And objects
    # without brackets in them: runs without quote or bracket, each begun by a string. And rows of CSV: cells, each
    # begun by a delimiter, and in quoted ones runs without quotes, each begun by two.
    string = rb'[^"\\]*(?:\\.[^"\\]*)*'
    leaf = rb'\{[^][{}"]*(?:"%b"[^][{}"]*)*\}' % string
    patterns = [string, b'"%b"?' % string, rb'"%b"|[\r\n]+' % string, rb'%b|"%b"|[][{},"]' % (leaf, string)]
    cells = {d: f'(?:"[^"]*(?:""[^"]*)*"|[^"{d}]*)' for d in DELIMITERS}
    rows = [f"{cell}(?:[{delimiter}]{cell})*" for delimiter, cell in cells.items()]
    assert PATTERNS[name].pattern in [*patterns, *rows]


def test_the_lookahead_reads_no_further_than_one_name() -> None:
    pattern = PATTERNS["eventschema.stream.profile.findings._VARYING"].pattern
    assert pattern.startswith(r"(?=[0-9a-fA-F\-]{0,255}[0-9])")


def test_the_pattern_that_repeats_a_repeat_sees_short_text_only() -> None:
    look_ahead = "(?![!-~]{65})"
    pattern = PATTERNS[BOUNDED].pattern
    assert faults(pattern) == ["nested"]
    assert pattern.startswith(look_ahead)  # so no repeat reads more than 64 characters: all that it knows are printable
    assert faults(pattern.removeprefix(look_ahead)) == ["nested"]
    repeats = re.compile(pattern)
    for local in range(1, 80):
        address = "a" * local + "@b.co"
        assert (repeats.fullmatch(address) is not None) is (len(address) <= 64)


@pytest.mark.parametrize("name", VERDICTS)
def test_no_pattern_reads_characters_by_category_or_case(name: str) -> None:
    def ops(items: list[Item]) -> Iterator[Any]:
        for item in items:
            op, argument = item
            yield from (part for part, _ in argument) if op is _constants.IN else [op]
            for body in _bodies(item):
                yield from ops(body)

    found = set(ops(list(_parser.parse(PATTERNS[name].pattern))))
    assert not found & {_constants.CATEGORY, _constants.ANY, _constants.AT, _constants.GROUPREF}
    assert PATTERNS[name].flags == re.UNICODE


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("(?:a+)+", ["nested"]),
        ("(?:a+b)*", ["nested"]),
        ("(?:a+b){3}", ["nested"]),
        ("(?:(?:a|b)*c){2,}", ["nested"]),
        ("a+(?:[.]a+)*", ["nested"]),
        ("a*a*", ["overlapping"]),
        ("[a-m]*[m-z]*", ["overlapping"]),
        ("a*(?:a*)?", ["overlapping"]),
        ("a*(?:b|a*)", ["overlapping"]),
        ("(?:x|a*)a*", ["overlapping"]),
        ("a*b?a*", ["overlapping"]),
        ("[ab]*b[ab]*", ["overlapping"]),
        ("a*(?=b)(?:a{2})a*", ["overlapping"]),
        ("[^a]*b*", ["overlapping"]),
        (r"\d*1*", ["overlapping"]),
        (".*,.*", ["overlapping"]),
        ("(?=a*a*)b", ["overlapping"]),
        ("(?:[a-z]+@)?[a-z@]+", []),
        ("a*b*", []),
        ("a*ba*", []),
        ("[^a]*a*", []),
        ("(?:a*b)?a*", []),
        ("(?:ab){2}a*", []),
        ("a{2}a*", []),
        ("[a-z]*[a-z]", []),
        ("(?:a|a)*b", ["ambiguous"]),
        ("(?:a|ab|b)*c", ["ambiguous"]),
        ("(?:[a-z]x|[a-z0-9]y)+", ["ambiguous"]),
        ("(?:a?){20}b", ["nested"]),
        ("(?:a?|b)*c", ["nested"]),
        ("(?:ax|by)*c", []),
        ("(?:a|ab)c", []),
        ("(?i:a+)A+", ["scoped"]),
        ("(?>a*)b", ["newer"]),
        ("a++b", ["newer"]),
    ],
)
def test_the_walk_finds_what_it_should(pattern: str, expected: list[str]) -> None:
    assert faults(pattern) == expected


# --- the calls of the slow package ---


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list that each text given to ``validate_email`` is added to."""
    seen: list[str] = []
    validate = email_validator.validate_email

    def counting(email: str, **options: Any) -> Any:
        seen.append(email)
        return validate(email, **options)

    monkeypatch.setattr(email_validator, "validate_email", counting)
    return seen


# One for each linear refusal that stands before the package.
REFUSED_FIRST = {
    "no at sign": "\u00fc" * 2048,
    "no at sign, but one in full width": "\u00fc\uff20b.co",
    "255 characters": "\u00fc@" + "b" * 249 + ".com",
    "2048 characters": "\u00fc@" + "b" * 2046,
    "255 octets": "\u00fc" * 62 + "@" + "b." * 64 + "co",
    "two at signs": "\u00fc@b@c.co",
    "a space": "\u00fc b@c.co",
    "a quote": '"\u00fc"@b.co',
    "an angle bracket": "\u00fc <\u00fc@b.co>",
    "an address literal": "\u00fc@[127.0.0.1]",
    "an underscore in the domain": "\u00fc@b_c.co",
    "nothing before the at sign": "@\u00fc.co",
    "nothing after it": "\u00fc@",
    "a dot first": ".\u00fc@b.co",
    "a dot last": "\u00fc.@b.co",
    "two dots": "\u00fc..\u00fc@b.co",
    "two dots in the domain": "a@\u00fc..co",
    "a domain with a dot first": "a@.\u00fc.co",
    "a domain with a dot last": "a@\u00fc.co.",
    "a domain with a hyphen first": "a@-\u00fc.co",
    "a domain with a hyphen last": "a@\u00fc.co-",
    "65 characters before the at sign": "\u00fc" * 65 + "@b.co",
    "a control": "\u0085@b.co",
    "a format character": "a\u200b@b.co",
    "a lone surrogate": "a\ud800@b.co",
    "private use": "a\ue000@b.co",
    "white space": "a@b\u00a0c.co",
    "a line separator": "a@b\u2028.co",
    "an A-label in a domain that is none": "a@xn--nxasmq6b..co",
    "an A-label that is too long": "a@xn--" + "a" * 60 + ".co",
    "an A-label under a special-use domain": "a@xn--nxasmq6b.test",
    "a reserved label beside an A-label": "a@xn--nxasmq6b.ab--c.co",
    "a top-level domain that ends with a digit": "a@xn--nxasmq6b.c1",
}


@pytest.mark.parametrize("text", REFUSED_FIRST.values(), ids=REFUSED_FIRST.keys())
def test_a_linear_scan_refuses_before_the_package(text: str, calls: list[str]) -> None:
    assert not is_email(text)
    assert calls == []


def test_the_package_never_sees_ascii_text_without_an_a_label(calls: list[str]) -> None:
    texts = [row["text"] for kind in ("accept", "refuse") for row in load_cases("formats")["email"][kind]]
    texts += ["a@" + "b." * 125 + "co", "@" * 254, "a@" * 127, "a." * 127, "-" * 254, '"' * 254, "a@" + "a--." * 63]
    for text in filter(str.isascii, texts):
        is_email(text)
    assert all("@xn--" in text.lower() or ".xn--" in text.lower() for text in calls)


def test_the_package_is_called_at_most_once_and_with_short_text(calls: list[str]) -> None:
    texts = [row["text"] for table in load_cases("formats").values() for rows in table.values() for row in rows]
    texts += [*REFUSED_FIRST.values(), "\u00fc" * 64 + "@" + "b" * 60 + ".co", "a@" + ("\u4f8b" * 12 + ".") * 6 + "co"]
    for text in texts:
        for kind in (None, *TEXT_TYPES):
            calls.clear()
            text_type(text, Rules()) if kind is None else matches(text, kind, Rules())
            assert calls in ([], [text])
            assert all(len(call.encode()) <= 254 for call in calls)


def test_to_say_why_calls_the_package_no_further(calls: list[str]) -> None:
    texts = [row["text"] for table in load_cases("formats").values() for rows in table.values() for row in rows]
    texts += [*REFUSED_FIRST.values(), "\u0301a@\u05d0b.co", "a@xn--.co", "a@" + "xn--a." * 40 + "co"]
    for text in texts:
        calls.clear()
        conform(text, PropertyType.EMAIL, Rules(), "")
        assert calls in ([], [text])
        calls.clear()
        TrackRequest.parse({"eventName": "a", "contact": {"email": text}})
        assert calls in ([], [text])


@pytest.mark.parametrize("length", [44, 45, 46, 2000])
def test_no_long_address_in_brackets_is_read(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def read(address: str) -> None:
        seen.append(address)
        raise ValueError

    monkeypatch.setattr(ipaddress, "IPv6Address", read)
    address = "1" * length
    assert not is_url(f"http://[{address}]/", Rules().url_schemes)
    assert seen == ([address] if length <= 45 else [])


def test_no_other_format_calls_the_package(calls: list[str]) -> None:
    assert is_url("http://\u00fc:\u00fc@\u00fc.co/@", Rules().url_schemes)
    assert calls == []
