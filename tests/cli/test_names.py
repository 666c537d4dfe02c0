import pytest

from eventschema.cli.names import DisplayNames, quoted, similar
from eventschema.cli.output import printable


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Order Placed ", '"Order Placed "'),
        ("Caf\u00e9", '"Caf\u00e9"'),
        ("Cafe\u0301", '"Cafe\\u0301"'),
        ("\uac00", '"\uac00"'),
        ("\u1100\u1161", '"\\u1100\\u1161"'),
        ("a\u00a0b", '"a\\xa0b"'),
        ("a\u200bb", '"a\\u200bb"'),
        ("\u0645\u06cc\u200c\u062e", '"\u0645\u06cc\\u200c\u062e"'),
        ("\u2714\ufe0f", '"\u2714\\ufe0f"'),
        ("\u202eabc", '"\\u202eabc"'),
        ('a"b\\u0301', '"a\\"b\\\\u0301"'),
    ],
)
def test_quoted_escapes_what_cannot_be_seen(name: str, text: str) -> None:
    assert quoted(name) == text


def test_only_names_that_look_alike_are_quoted() -> None:
    names = ["Order", "order", "Caf\u00e9", "Cafe\u0301", "paid ", "the  end", "na\u00efve"]
    shown = DisplayNames(names)
    assert [shown.text(name) for name in names] == [
        *("Order", "order", '"Caf\u00e9"', '"Cafe\\u0301"', '"paid "', '"the  end"', "na\u00efve"),
    ]


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (FAMILY, FAMILY),
        ("\u2764\ufe0f\u200d\U0001f525", "\u2764\ufe0f\u200d\U0001f525"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("a\u200db", "a\\u200db"),
        ("\u200d\U0001f525", "\\u200d\U0001f525"),
        (FAMILY + "\u200d", FAMILY + "\\u200d"),
        ("\u00e9\u200d\u200d\u00e9", "\u00e9\\u200d\\u200d\u00e9"),
        ("\u00e9\u200d\u202e", "\u00e9\\u200d\\u202e"),
        ("\u202eabc\u2066\u200f", "\\u202eabc\\u2066\\u200f"),
        ("\x1b[31m", "\\x1b[31m"),
    ],
)
def test_printable_escapes_invisible_characters(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_names_with_nearly_the_same_letters_are_similar() -> None:
    known = ["Order Placed", "order_placed", "Cart", "--"]
    assert similar(["orderPlaced", "cart!", "crat", "orderplaces", "visit", "-"], known) == {
        "orderPlaced": "Order Placed",
        "cart!": "Cart",
        "orderplaces": "Order Placed",
    }
    assert similar([], known) == similar(["order"], []) == {}


def test_not_all_of_many_names_are_compared_letter_by_letter() -> None:
    names = [f"event {number:04}a" for number in range(1000)]
    known = [f"event {number:04}b" for number in range(1000)]
    found = similar(names, known)
    assert 0 < len(found) <= 50
    assert len(similar([name.upper() for name in known], known)) == 1000
