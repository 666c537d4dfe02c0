import pytest

from eventschema.stream.profile.lookalikes import CASE, differences, look_alikes

SPACE = "white space"
FORM = "Unicode normal form (NFC and NFD)"
INVISIBLE = "invisible characters"


@pytest.mark.parametrize(
    ("names", "ways"),
    [
        (["Order", "order"], (CASE,)),
        (["stra\u00dfe", "STRASSE"], (CASE,)),
        (["Order Placed", "Order Placed "], (SPACE,)),
        (["Order Placed", " Order\u00a0 Placed"], (SPACE,)),
        (["Order Placed", "Order Placed ", "order placed"], (CASE, SPACE)),
        (["Caf\u00e9", "Cafe\u0301"], (FORM,)),
        (["Caf\u00e9", "CAFE\u0301"], (CASE, FORM)),
        (["\uac00", "\u1100\u1161"], (FORM,)),
        (["\u1e0d\u0307", "d\u0307\u0323", "\u1e0b\u0323"], (FORM,)),
        (["\u212b", "\u00c5"], (FORM,)),
        (["pay", "\ufeffpay"], (INVISIBLE,)),
        (["pay", "pa\u00ady", "pay\u200b"], (INVISIBLE,)),
        (["\u2714", "\u2714\ufe0f"], (INVISIBLE,)),
        (["a b", "A\u200d  b"], (INVISIBLE, CASE, SPACE)),
    ],
)
def test_names_that_look_the_same_or_nearly_so(names: list[str], ways: tuple[str, ...]) -> None:
    assert look_alikes([*names, "other"]) == [tuple(sorted(names))]
    assert look_alikes(reversed(names)) == [tuple(sorted(names))]
    assert differences(tuple(names)) == ways


@pytest.mark.parametrize(
    "names", [["Order", "Orders"], ["cafe", "caf\u00e9"], ["a b", "ab"], ["a_b", "a-b"], ["a"], [], ["a", "a"]]
)
def test_names_that_can_be_told_apart(names: list[str]) -> None:
    assert look_alikes(names) == []


def test_groups_come_in_the_same_order_always() -> None:
    assert look_alikes(["b", "B", "A", "a", "c"]) == look_alikes(["a", "A", "c", "B", "b"]) == [("A", "a"), ("B", "b")]


def test_a_long_name_is_not_brought_into_a_normal_form() -> None:
    long = "e\u0301" * 501
    assert look_alikes([long, "\u00e9" * 501]) == []
    assert look_alikes([long[:-2], "\u00e9" * 500]) == [("e\u0301" * 500, "\u00e9" * 500)]
