"""Decimals become floats and texts the same under every context. What ``values`` makes of them is tested there."""

from collections.abc import Iterator
from decimal import ROUND_UP, Context, Decimal, DefaultContext, FloatOperation, Inexact, Rounded, localcontext

import pytest

from eventschema.core.decimals import decimal_text, nearest_float

CONTEXTS = [Context(), Context(prec=1, Emax=1, Emin=-1), Context(traps=[FloatOperation], capitals=0)]


@pytest.fixture(params=[False, True], ids=["", "odd defaults"])
def _whatever_new_contexts_take(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give new contexts defaults that would spoil results, as a program may do."""
    before = DefaultContext.copy()
    if request.param:
        DefaultContext.prec, DefaultContext.rounding = 1, ROUND_UP
        DefaultContext.Emin, DefaultContext.Emax = -1, 1
        DefaultContext.capitals, DefaultContext.clamp = 0, 1
        DefaultContext.traps[Inexact] = DefaultContext.traps[Rounded] = True
    yield
    DefaultContext.prec, DefaultContext.rounding = before.prec, before.rounding
    DefaultContext.Emin, DefaultContext.Emax = before.Emin, before.Emax
    DefaultContext.capitals, DefaultContext.clamp = before.capitals, before.clamp
    DefaultContext.traps.update(before.traps)


@pytest.mark.usefixtures("_whatever_new_contexts_take")
@pytest.mark.parametrize("context", CONTEXTS, ids=["default", "narrow", "trapping"])
@pytest.mark.parametrize(
    ("given", "digits", "expected"),
    [
        ("0.1", 6, (0.1, True)),
        ("1E+2", 6, (100.0, True)),
        ("0.0000005", 6, (0.0, False)),  # the half goes to the even neighbour
        ("0.0000015", 6, (0.000002, False)),
        ("2.5", 0, (2.0, False)),
        ("3.5", 0, (4.0, False)),
        ("0", 6, (0.0, True)),
        ("-0", 6, (0.0, False)),
        ("-1E-999999999", 6, (0.0, False)),
        ("12345678901234567890.5", 6, (12345678901234567890.5, False)),
        ("123456789012345678901234567890.5", 0, (1.2345678901234568e29, False)),
        ("1.7976931348623157E+308", 6, (1.7976931348623157e308, True)),
        ("1E+309", 6, None),
        ("-1E+999999999", 6, None),
        ("NaN", 6, None),
        ("sNaN", 6, None),
        ("-Infinity", 6, None),
    ],
)
def test_nearest_float(context: Context, given: str, digits: int, expected: tuple[float, bool] | None) -> None:
    number = Decimal(given)
    with localcontext(context):
        found = nearest_float(number, digits)
    assert found == expected
    if found is not None:
        assert str(found[0]) == str(expected[0] if expected else None)


@pytest.mark.usefixtures("_whatever_new_contexts_take")
@pytest.mark.parametrize("context", CONTEXTS, ids=["default", "narrow", "trapping"])
@pytest.mark.parametrize("text", ["0.1", "1E-7", "1E+30", "-0", "123456789012345678901234567890.5"])
def test_decimal_text(context: Context, text: str) -> None:
    number = Decimal(text)
    with localcontext(context):
        assert decimal_text(number) == text
