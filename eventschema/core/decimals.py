"""Converts a ``decimal.Decimal`` to a float and to text.

``values`` imports this when the first one comes, so that programs without any do not load ``decimal``. The decimal
context of the caller has no effect.
"""

import math
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal


def nearest_float(number: Decimal, digits: int) -> tuple[float, bool] | None:
    """The double nearest to ``number`` at ``digits`` decimals, half to even, and whether it still reads as ``number``.

    ``Decimal("0.1")`` does, although no double equals it. ``None`` if ``number`` is not finite, or beyond the doubles.
    """
    if not number.is_finite():
        return None
    kept = number
    if int(number.as_tuple().exponent) < -digits:
        kept = number.quantize(Decimal((0, (1,), -digits)), context=_exact_context())
    nearest = float(kept) + 0.0
    if not math.isfinite(nearest):
        return None
    return nearest, Decimal(repr(nearest)) == number and not (number.is_zero() and number.is_signed())


def decimal_text(number: Decimal) -> str:
    """``number`` as text, exactly."""
    # Not str(number): the current context decides whether that writes 1E-7 or 1e-7.
    return _exact_context().to_sci_string(number)


def _exact_context() -> Context:
    """A context without bounds or traps. A new one each time, since contexts carry flags and so are state.

    Every setting that has an effect is given. The others come from ``decimal.DefaultContext``, which a program may
    change.
    """
    return Context(MAX_PREC, ROUND_HALF_EVEN, MIN_EMIN, MAX_EMAX, capitals=1, traps=[])
