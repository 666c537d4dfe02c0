r"""What values mean beyond their types: numbers as text, UUIDs, epoch seconds, phone numbers, ...

Each kind is counted: in a profile, a count of kinds is a sum over the values, so profiles combine. A text has at most
one kind by its form, since the forms are tried in order, and may have kinds of personal data too. A text of several
lines has no form.

Forms are looked for in all texts of a column at once, each on a line of its own. The pattern of a line begins with the
newline before it, which is quick to find, and the forms in it begin with different characters, so most texts are
skipped at their first character.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from ipaddress import IPv6Address
from typing import Any, Final

from eventschema.core import grammar
from eventschema.core.formats import is_url
from eventschema.core.types import PropertyType


class ValueKind(StrEnum):
    """What a value is, in the order in which findings are listed; the last four are personal data."""

    INT_TEXT = "int_text"
    FLOAT_TEXT = "float_text"
    SPACED_DATETIME = "spaced_datetime"
    UUID = "uuid"
    HEX = "hex"
    JSON = "json"
    EPOCH_SECONDS = "epoch_seconds"
    EPOCH_MILLISECONDS = "epoch_milliseconds"
    BOOL_TEXT = "bool_text"
    PLACEHOLDER = "placeholder"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    AMBIGUOUS_DATE = "ambiguous_date"
    YEAR_FIRST = "year_first"
    DATE_IN_WORDS = "date_in_words"
    IP_ADDRESS = "ip_address"
    URL_TEMPLATE = "url_template"
    OTHER_SCHEME = "other_scheme"
    LEADING_ZEROS = "leading_zeros"
    EMAIL_INSIDE = "email_inside"
    PHONE_NUMBER = "phone_number"
    NATIONAL_PHONE_NUMBER = "national_phone_number"
    CARD_NUMBER = "card_number"


#: Times of sensors, logs and messages: from 2000 until before 2040, in seconds.
_EPOCH: Final = (946_684_800, 2_208_988_800)
_EPOCHS: Final = {
    ValueKind.EPOCH_SECONDS: _EPOCH,
    ValueKind.EPOCH_MILLISECONDS: (_EPOCH[0] * 1000, _EPOCH[1] * 1000),
}

#: Texts that senders write for a missing value, besides the empty one.
PLACEHOLDERS: Final = frozenset(
    {"null", "Null", "NULL", "None", "nil", "NIL", "undefined", "NaN", "nan", "NAN", "N/A", "n/a", "#N/A", "-", "--"}
    | {"(null)", "(none)", "(not set)", "(not provided)", "[object Object]"}
)

#: After so many texts of a property that have none of the forms, forms are no longer looked for.
MAX_OTHERS: Final = 1000
#: The kinds that are still counted then.
_INSIDE: Final = frozenset({ValueKind.PLACEHOLDER, ValueKind.EMAIL_INSIDE, ValueKind.PHONE_NUMBER})

_MONTHS: Final = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
_ZONE: Final = r"(?: ?(?:Z|UTC|GMT|[+\-][0-9]{2}(?::?[0-9]{2})?))?"
_TIME_AFTER: Final = rf"(?:,? {_CLOCK}[^\n]{{0,24}})?"
_IPV4: Final = rf"(?:{grammar.OCTET}\.){{3}}{grammar.OCTET}"
_SLASHES: Final = r"[0-9]{1,2}/[0-9]{1,2}/(?:[0-9]{4}|[0-9]{2})"
_DOTS: Final = r"[0-9]{1,2}(?:\.[0-9]{1,2}\.|-[0-9]{1,2}-)[0-9]{4}"

# In this order; for the forms with a check, the check says which kind it is.
_FORMS: Final = {
    ValueKind.LEADING_ZEROS: "0[0-9]+",
    ValueKind.INT_TEXT: "-?(?:0|[1-9][0-9]*)",
    ValueKind.FLOAT_TEXT: r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][+\-]?[0-9]+)?|[eE][+\-]?[0-9]+)",
    ValueKind.SPACED_DATETIME: rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} {_CLOCK}{_ZONE}",
    ValueKind.UUID: grammar.UUID,
    ValueKind.HEX: ("0x[0-9a-fA-F]{1,128}|(?=[a-fA-F]{0,128}[0-9])(?=[0-9]{0,128}[a-fA-F])[0-9a-fA-F]{16,128}"),
    ValueKind.JSON: r'\{[ ]?(?:"[^\n]*)?\}|\[[ ]?(?:(?:["{\[0-9\-]|true|false|null)[^\n]*)?\]',
    ValueKind.BOOL_TEXT: "true|false|True|False|TRUE|FALSE",
    ValueKind.AMBIGUOUS_DATE: f"(?:{_SLASHES}|{_DOTS}){_TIME_AFTER}",
    ValueKind.YEAR_FIRST: rf"[0-9]{{4}}[/.][0-9]{{1,2}}[/.][0-9]{{1,2}}{_TIME_AFTER}",
    ValueKind.DATE_IN_WORDS: (
        rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{{0,6}},? )?"
        rf"(?:[0-9]{{1,2}}[ \-]{_MONTHS}[ ,\-]{{1,2}}[0-9]{{2,4}}|{_MONTHS}\.? [0-9]{{1,2}},? [0-9]{{4}})"
        r"(?:[ ,T][^\n]{0,50})?"
    ),
    ValueKind.IP_ADDRESS: (rf"{_IPV4}|[0-9A-Fa-f]{{0,4}}(?::[0-9A-Fa-f]{{0,4}}){{2,7}}(?:(?:\.[0-9]{{1,3}}){{3}})?"),
    ValueKind.NATIONAL_PHONE_NUMBER: r"(?:\([0-9]{3}\) ?|[0-9]{3}[\-. ])[0-9]{3}[\-. ][0-9]{4}",
    ValueKind.CARD_NUMBER: r"[0-9]{4}(?:[ \-][0-9]{4}){3}(?:[ \-][0-9]{1,3})?|3[47][0-9]{2}[ \-][0-9]{6}[ \-][0-9]{5}",
    ValueKind.OTHER_SCHEME: r"[A-Za-z][A-Za-z0-9+.\-]{0,30}://[^\n]*",
}
_LINE: Final = re.compile("\n(?:{})(?=\n)".format("|".join(f"(?P<{kind}>{form})" for kind, form in _FORMS.items())))

_HEX: Final = "[0-9A-Fa-f]"
# The most usual texts of a form, which need no check and have no other form: where all texts of a column are of these,
# one match finds it several times faster.
_USUAL: Final = {
    ValueKind.INT_TEXT: "-?(?:0|[1-9][0-9]{0,10})",
    ValueKind.FLOAT_TEXT: r"-?(?:0|[1-9][0-9]*)\.[0-9]+",
    ValueKind.SPACED_DATETIME: "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}",
    ValueKind.UUID: f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}",
    ValueKind.HEX: _FORMS[ValueKind.HEX],
    ValueKind.IP_ADDRESS: _IPV4,
}
_ALONE: Final[Mapping[ValueKind, re.Pattern[str]]] = {
    kind: re.compile(f"(?:\n(?:{form}))+\n") for kind, form in _USUAL.items()
}

_EMAIL_INSIDE: Final = re.compile(r"[A-Za-z0-9_+.\-](?:@|%40)(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2}")
_DATE_MARKS: Final = re.compile("[/.-]")
_AUTHORITY: Final = re.compile(r"://[^/?#]*")
_PHONE_INSIDE: Final = re.compile(r"(?<![0-9A-Za-z+])\+[1-9](?:[ ().\-]{0,2}[0-9]){7,14}(?![0-9])")
#: First digits and lengths of card numbers (ISO/IEC 7812): Visa, Mastercard, Amex, Diners, Discover, JCB, UnionPay.
_CARD: Final = re.compile(
    "4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|(?:5[1-5]|2[2-7])[0-9]{14}|3[47][0-9]{13}|3[068][0-9]{12}"
    "|(?:6011|65[0-9]{2}|35[0-9]{2})[0-9]{12}|62[0-9]{14,17}"
)
_MIN_CARD: Final = 13
_MAX_CARD: Final = 19
_LEAST_CARD: Final = 10 ** (_MIN_CARD - 1)


def is_card_number(text: str) -> bool:
    """Whether ``text`` is a number as cards have: known first digits, and the check digit of Luhn (ISO/IEC 7812-1).

    Spaces and hyphens between digits do not count. Of random numbers with such first digits, one in ten is one.
    """
    digits = text.replace(" ", "").replace("-", "")
    if _CARD.fullmatch(digits) is None:
        return False
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[::-2]))) % 10 == 0


class KindCounts:
    """How many values of one type are of each kind.

    ``counts`` has the kinds that some value has. ``others`` counts the texts that have no form, without placeholders
    and empty texts. Once it exceeds :data:`MAX_OTHERS`, in one part or in all together, the counts of forms are dropped
    and forms are no longer counted: most texts are just words, and looking for forms in all of them would be slow.
    """

    __slots__ = ("counts", "others")

    def __init__(self, counts: Mapping[ValueKind, int] | None = None, others: int = 0) -> None:
        self.counts = dict(counts or {})
        self.others = others
        self._check()

    @property
    def has_forms(self) -> bool:
        """Whether forms are counted: few texts have none."""
        return self.others <= MAX_OTHERS

    def add(self, values: Sequence[Any], type_: PropertyType, times: int = 1) -> None:
        """Add ``values``, all of the type ``type_``, each so many times."""
        if type_ is PropertyType.STRING:
            self._add_texts(values, times)
        elif type_ is PropertyType.INT:
            self._increase(_kinds_of_ints(values), times)
        elif type_ is PropertyType.URL:
            lines = "".join(values)
            if "@" in lines or "%40" in lines:
                self._increase({ValueKind.EMAIL_INSIDE: _count_emails(values)}, times)

    def _add_texts(self, values: Sequence[str], times: int) -> None:
        lines = "\n".join(["", *values, ""])
        if self.has_forms:
            kind = max(self.counts, key=self.counts.__getitem__, default=None)
            usual = _ALONE.get(kind) if kind is not None else None
            single = lines.count("\n") == len(values) + 1
            if kind is not None and usual is not None and single and usual.fullmatch(lines):
                self._increase({kind: len(values)}, times)
            else:
                apart = lines if single else "\n".join(["", *(value for value in values if "\n" not in value), ""])
                self._add_forms(values, apart, times)
        if not PLACEHOLDERS.isdisjoint(values):
            self._increase({ValueKind.PLACEHOLDER: sum(value in PLACEHOLDERS for value in values)}, times)
        if "@" in lines or "%40" in lines:
            self._increase({ValueKind.EMAIL_INSIDE: _count_emails(values)}, times)
        if "+" in lines:
            phones = sum("+" in value and _PHONE_INSIDE.search(value) is not None for value in values)
            self._increase({ValueKind.PHONE_NUMBER: phones}, times)

    def _add_forms(self, values: Sequence[str], lines: str, times: int) -> None:
        found: Counter[ValueKind] = Counter()
        formed = 0
        for match in _LINE.finditer(lines):
            form: Any = match.lastgroup
            check = _CHECKS.get(form)
            kinds = (ValueKind(form),) if check is None else check(match[form])
            formed += bool(kinds)
            found.update(kinds)
        without = sum(value in PLACEHOLDERS or not value for value in values)
        self.others += times * (len(values) - formed - without)
        self._increase(found, times)
        self._check()

    def _increase(self, found: Mapping[ValueKind, int], times: int) -> None:
        for kind, count in found.items():
            if count:
                self.counts[kind] = self.counts.get(kind, 0) + times * count

    def update(self, other: "KindCounts") -> None:
        """Add the counts of another part."""
        self.others += other.others
        self._increase(other.counts, 1)
        self._check()

    def copy(self) -> "KindCounts":
        """A copy, to which other values can be added."""
        return KindCounts(self.counts, self.others)

    def _check(self) -> None:
        if not self.has_forms:
            self.others = MAX_OTHERS + 1
            self.counts = {kind: count for kind, count in self.counts.items() if kind in _INSIDE}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KindCounts):
            return NotImplemented
        return (self.counts, self.others) == (other.counts, other.others)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.counts, self.others)


def _kinds_of_ints(values: Sequence[int]) -> Mapping[ValueKind, int]:
    found: dict[ValueKind, int] = {}
    least, greatest = min(values), max(values)
    for kind, (start, end) in _EPOCHS.items():
        if least >= start and greatest < end:
            found[kind] = len(values)
        elif greatest >= start and least < end:
            found[kind] = sum(start <= value < end for value in values)
    if greatest >= _LEAST_CARD:
        found[ValueKind.CARD_NUMBER] = sum(value >= _LEAST_CARD and is_card_number(str(value)) for value in values)
    return found


def _count_emails(values: Iterable[str]) -> int:
    """How many texts have an email address inside."""
    return sum(
        ("@" in value or "%40" in value) and _EMAIL_INSIDE.search(_without_authority(value)) is not None
        for value in values
    )


def _without_authority(text: str) -> str:
    """``text`` without the user and the host of a url: ``user@host`` is no address there."""
    return _AUTHORITY.sub("", text, count=1) if "://" in text else text


def _date_order(text: str) -> tuple[ValueKind, ...]:
    """Which of day and month comes first; both could, or neither can."""
    first, second = (int(part) for part in _DATE_MARKS.split(text, maxsplit=2)[:2])
    if not (0 < first <= 31 and 0 < second <= 31) or (first > 12 and second > 12):
        return ()
    if first <= 12 and second <= 12:
        return (ValueKind.AMBIGUOUS_DATE,)
    return (ValueKind.DAY_FIRST if first > 12 else ValueKind.MONTH_FIRST,)


def _long_digits(kind: ValueKind) -> Callable[[str], tuple[ValueKind, ...]]:
    def check(text: str) -> tuple[ValueKind, ...]:
        is_card = _MIN_CARD <= len(text) <= _MAX_CARD and is_card_number(text)
        return (kind, ValueKind.CARD_NUMBER) if is_card else (kind,)

    return check


def _address(text: str) -> tuple[ValueKind, ...]:
    if ":" in text:
        try:
            IPv6Address(text)
        except ValueError:
            return ()
    return (ValueKind.IP_ADDRESS,)


def _url(text: str) -> tuple[ValueKind, ...]:
    if "{" in text and "}" in text:
        return (ValueKind.URL_TEMPLATE,)
    scheme = text.partition(":")[0].lower()
    return (ValueKind.OTHER_SCHEME,) if is_url(text, frozenset({scheme})) else ()


_CHECKS: Final[Mapping[str, Callable[[str], tuple[ValueKind, ...]]]] = {
    ValueKind.INT_TEXT: _long_digits(ValueKind.INT_TEXT),
    ValueKind.AMBIGUOUS_DATE: _date_order,
    ValueKind.IP_ADDRESS: _address,
    ValueKind.CARD_NUMBER: lambda text: (ValueKind.CARD_NUMBER,) if is_card_number(text) else (),
    ValueKind.OTHER_SCHEME: _url,
}
