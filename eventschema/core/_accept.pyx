# cython: language_level=3, binding=False, cdivision=True, freethreading_compatible=True
"""The compiled fast path of a merge: the contract of ``accept.accept``, with classes of characters in a table.

Each check below says yes only where the definition would, and leaves every other case to it. Of texts it reads only
those that are exactly a ``str`` of ASCII characters, of numbers those that are exactly an ``int`` or ``float``.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItemWithError, PyDict_Next, PyDict_Size
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_SET_ITEM
from libc.math cimport fabs, floor, isfinite, signbit
from libc.string cimport memchr, memcmp

from sys import maxsize

from eventschema.core import grammar
from eventschema.core.accept import KNOWN_OPTIONS
from eventschema.core.events import PROPERTIES_POINTER
from eventschema.core.frozen import EMPTY as _EMPTY
from eventschema.core.results import MergeResult as _MergeResult
from eventschema.core.rules import DEFAULT_RULES as _DEFAULT_RULES
from eventschema.core.rules import differs, other_options
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment as _Adjustment
from eventschema.core.values import AdjustmentKind, round_float
from eventschema.core.violations import TypeConflict as _TypeConflict

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    const unsigned char *PyUnicode_1BYTE_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    int PyUnicode_KIND(object text)
    const void *PyUnicode_DATA(object text)
    unsigned int PyUnicode_READ(int kind, const void *data, Py_ssize_t index)
    double PyFloat_AS_DOUBLE(object number)
    long long PyLong_AsLongLongAndOverflow(object number, int *overflow) noexcept  # of what is exactly an int
    object PyType_GenericAlloc(PyTypeObject *type, Py_ssize_t size)

cdef extern from *:
    """
    #if PY_VERSION_HEX >= 0x030E0000
    #define FORGET_HASH(tuple) (((PyTupleObject *) (tuple))->ob_hash = -1)
    #else
    #define FORGET_HASH(tuple) ((void) 0)
    #endif
    """
    void FORGET_HASH(object new_tuple) noexcept  # from 3.14 on a tuple keeps its hash, and -1 stands for none yet


cdef Py_ssize_t offset(object kind, str name) except -1:
    """The offset of the slot ``name`` in instances of the class ``kind``. Raises ``ImportError`` if it is not a slot."""
    cdef Py_ssize_t found = slot_offset(getattr(kind, name))
    if found < 0:
        raise ImportError(f"{kind.__name__}.{name} is no slot that can be filled from C")
    return found


# C variables, since other names of a module are looked up in a dict.
cdef object BOOL = PropertyType.BOOL
cdef object INT = PropertyType.INT
cdef object FLOAT = PropertyType.FLOAT
cdef object STRING = PropertyType.STRING
cdef object DATE = PropertyType.DATE
cdef object DATETIME = PropertyType.DATETIME
cdef object EMAIL = PropertyType.EMAIL
cdef object URL = PropertyType.URL
cdef object ROUNDED = AdjustmentKind.ROUNDED
cdef object INT_TO_FLOAT = AdjustmentKind.INT_TO_FLOAT
cdef object NULL_IGNORED = AdjustmentKind.NULL_IGNORED
cdef object Adjustment = _Adjustment
cdef object MergeResult = _MergeResult
cdef object EMPTY = _EMPTY
cdef object DEFAULT_RULES = _DEFAULT_RULES
cdef tuple TYPES = tuple(PropertyType)
cdef tuple SPECIAL = tuple(sorted(name.encode() for name in grammar.SPECIAL_USE_DOMAINS))
cdef tuple NOTHING = ()

cdef object TypeConflict = _TypeConflict
cdef str PREFIX = f"{PROPERTIES_POINTER}/"
cdef Py_ssize_t CONFLICT_POINTER = offset(TypeConflict, "_pointer")
cdef Py_ssize_t CONFLICT_EXPECTED = offset(TypeConflict, "_expected_type")
cdef Py_ssize_t CONFLICT_ACTUAL = offset(TypeConflict, "_actual")
cdef Py_ssize_t CONFLICT_SINCE = offset(TypeConflict, "_since")
cdef Py_ssize_t CONFLICT_REASON = offset(TypeConflict, "_reason")

cdef object MAX_SIZE = maxsize  # of anything: rules may allow more
cdef long long MAX_EXACT_INT = grammar.MAX_EXACT_INT
cdef double SCALE = 1e6
cdef double MAX_SCALED = grammar.MAX_EXACT_HALF

# The limits of ``grammar`` as C constants. Variables in their place would make an event with formats take 10 % longer.
cdef enum:
    MAX_PORT = 65535
    MAX_EMAIL = 254
    MAX_LOCAL = 64
    MAX_LABEL = 63
    DATE_LENGTH = 10

if (MAX_PORT, MAX_EMAIL, MAX_LOCAL, MAX_LABEL, DATE_LENGTH) != (
    grammar.MAX_PORT,
    grammar.MAX_EMAIL_LENGTH,
    grammar.MAX_LOCAL_LENGTH,
    grammar.MAX_LABEL_LENGTH,
    grammar.DATE_LENGTH,
):
    raise AssertionError("the limits in _accept.pyx are not those of grammar.py")

cdef enum:
    FLAT_DEPTH = 4  # as in keycount

# What a character may be part of, one bit a class.
cdef enum:
    DIGIT = 1
    ALNUM = 2
    HEX = 4
    NAME = 8    # a property name
    HOST = 16   # RFC 3986, section 3.2.2, reg-name: unreserved and sub-delims
    PATH = 32   # section 3.3: pchar and "/"
    TAIL = 64   # sections 3.4 and 3.5, query and fragment: pchar, "/" and "?"
    ATEXT = 128  # RFC 5322, section 3.2.3

# The index of a type in the enumeration, and the codes of other values. The text types have the highest indexes.
cdef int BOOL_CODE = TYPES.index(BOOL)
cdef int INT_CODE = TYPES.index(INT)
cdef int FLOAT_CODE = TYPES.index(FLOAT)
cdef int STRING_CODE = TYPES.index(STRING)
cdef int NULL_CODE = len(TYPES)
cdef int UNCERTAIN_CODE = NULL_CODE + 1

_OTHER_OPTIONS = other_options(KNOWN_OPTIONS)


cdef int read_limits(object rules, Limits *limits) except -1:
    limits.max_properties = min(rules.max_properties, MAX_SIZE)
    limits.max_name = min(rules.max_name_length, MAX_SIZE)
    limits.max_string = min(rules.max_string_length, MAX_SIZE)
    limits.six_digits = rules.float_digits == 6
    limits.ignores_null = rules.nulls == "ignore"
    limits.adds = rules.new_properties == "add" and not rules.hints
    limits.detects_all = rules.detect == DEFAULT_RULES.detect
    limits.default_schemes = rules.url_schemes == DEFAULT_RULES.url_schemes
    limits.known = not differs(rules, _OTHER_OPTIONS)
    limits.conforms = limits.known and rules.types == "conform" and rules.empty_texts == "keep"
    return 0


cdef Limits DEFAULT_LIMITS
read_limits(DEFAULT_RULES, &DEFAULT_LIMITS)


cdef int limits_of(object rules, Limits *limits) except -1:
    if rules is DEFAULT_RULES:  # a constant, and what most calls have
        limits[0] = DEFAULT_LIMITS
        return 0
    return read_limits(rules, limits)


cdef unsigned char CLASS[256]


cdef void allow(bytes characters, unsigned char bits):
    for c in characters:
        CLASS[<unsigned char> c] |= bits


cdef bytes LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
cdef bytes DIGITS = b"0123456789"
allow(DIGITS, DIGIT)
allow(LETTERS + DIGITS, ALNUM | NAME | HOST | PATH | TAIL | ATEXT)
allow(DIGITS + b"abcdefABCDEF", HEX)
allow(b"_", NAME)
allow((grammar.UNRESERVED_MARKS + grammar.SUB_DELIMS).encode(), HOST | PATH | TAIL)
allow(b":@/", PATH | TAIL)
allow(b"?", TAIL)
allow(grammar.ATEXT_MARKS.encode(), ATEXT)


def accept(object schema, dict types, Py_ssize_t longest_name, object properties, object rules):
    """The contract of ``accept.accept``; the two versions differ in which cases are certain."""
    return accept_event(schema, types, longest_name, properties, rules)


cdef object accept_event(object schema, dict types, Py_ssize_t longest_name, object properties, object rules):
    cdef Limits limits
    cdef dict event
    cdef dict added = None
    cdef list adjustments = None, remaining = None
    cdef Py_ssize_t position = 0, place = 0
    cdef PyObject *name
    cdef PyObject *value
    cdef PyObject *known
    cdef PyObject *next_name
    cdef bint is_empty = len(types) == 0
    cdef bint in_step = not is_empty
    cdef int verdict
    limits_of(rules, &limits)
    if type(properties) is not dict or len(<dict> properties) > limits.max_properties:
        return None
    if longest_name > limits.max_name or not limits.conforms:
        return None
    try:
        event = (<dict> properties).copy()
    except Exception:
        return None
    if len(event) > limits.max_properties:  # another thread added entries meanwhile
        return None
    while PyDict_Next(event, &position, &name, &value):  # no other code has this dict, so it does not change meanwhile
        if type(<object> name) is not str:
            return None
        known = NULL
        if in_step:  # most events have their properties in the order of the schema
            in_step = PyDict_Next(types, &place, &next_name, &known) and (
                name is next_name or equals(<object> name, <object> next_name)
            )
        if not (in_step or is_empty):
            known = PyDict_GetItemWithError(types, <object> name)  # str keys alone: no foreign code runs
        if known is not NULL:
            verdict = check(<object> value, <object> known, &limits)
        else:
            verdict = LEFT
            expected = certain_type(<object> name, <object> value, &limits)
            if expected is not None:
                if added is None:
                    added = {}
                added[<object> name] = expected
                verdict = verdict_on_float(<object> value, &limits) if expected is FLOAT else KEPT
        if verdict == KEPT:
            continue
        if verdict == CHANGED:
            after = changed(<object> value, rules, &limits)
            if after is <object> value and after is not None:  # rounding changes nothing
                continue
            if adjustments is None:
                adjustments = []
            adjustments.append(new_adjustment(<object> name, <object> value, after))
        else:
            if remaining is None:
                remaining = []
            remaining.append((<object> name, <object> value))
    if remaining is None and adjustments is not None:
        apply_adjustments(event, adjustments)
    if remaining is None and added is None:
        return new_result(schema, event, NOTHING if adjustments is None else tuple(adjustments))
    return (
        event,
        {} if added is None else added,
        [] if adjustments is None else adjustments,
        [] if remaining is None else remaining,
    )


def only_type_conflicts(dict types, versions, list remaining, rules):
    """The errors of ``validate_remaining`` if each is certainly a ``type_conflict``; else ``None``."""
    cdef Limits limits
    cdef list errors = []
    cdef object since = versions()
    cdef PyObject *known
    limits_of(rules, &limits)
    if not limits.conforms or not limits.detects_all:
        return None
    for name, value in remaining:
        if type(name) is not str or PyUnicode_GET_LENGTH(name) > limits.max_name:
            return None
        known = PyDict_GetItemWithError(types, name)
        if known is NULL:
            return None
        actual = conflicting_type(value, <object> known, &limits)
        if actual is None:
            return None
        error = PyType_GenericAlloc(<PyTypeObject *> TypeConflict, 0)
        fill_slot(error, CONFLICT_POINTER, PREFIX + <str> name)
        fill_slot(error, CONFLICT_EXPECTED, <object> known)
        fill_slot(error, CONFLICT_ACTUAL, actual)
        fill_slot(error, CONFLICT_SINCE, since[name])
        fill_slot(error, CONFLICT_REASON, None)
        errors.append(error)
    return tuple(errors)


cdef object conflicting_type(object value, object expected, Limits *limits):
    """The type of a value that a property certainly does not accept; ``None`` where the definition must decide.

    For a text and a format it must, since it gives the reason.
    """
    cdef int overflow = 0
    cdef double x
    if type(value) is str:
        return text_type(value, limits) if expected is BOOL or expected is INT or expected is FLOAT else None
    if type(value) is float:
        x = PyFloat_AS_DOUBLE(value)
        if not isfinite(x) or expected is FLOAT or (expected is INT and x == floor(x)):
            return None
        return FLOAT
    if type(value) is int:
        PyLong_AsLongLongAndOverflow(value, &overflow)
        return None if overflow or expected is INT or expected is FLOAT else INT
    return BOOL if type(value) is bool and expected is not BOOL else None


cdef bint is_same(object name, object known) noexcept:
    """:func:`equals`, for other modules. A function that they share is not inlined here, which takes 10 % more time."""
    return equals(name, known)


cdef inline bint equals(object name, object known) noexcept:
    """Whether ``name`` equals ``known``, a name of a schema, which is ASCII."""
    cdef Py_ssize_t size = PyUnicode_GET_LENGTH(known)
    return (
        PyUnicode_GET_LENGTH(name) == size
        and PyUnicode_IS_COMPACT_ASCII(name)
        and memcmp(PyUnicode_1BYTE_DATA(name), PyUnicode_1BYTE_DATA(known), size) == 0
    )


cdef int apply_adjustments(dict event, list adjustments) except -1:
    for adjustment in adjustments:
        if (<tuple> adjustment)[1] is NULL_IGNORED:
            del event[(<tuple> adjustment)[0]]
        else:
            event[(<tuple> adjustment)[0]] = (<tuple> adjustment)[3]
    return 0


# Named tuples are made as tuple.__new__ makes them, by allocating and filling, but without a tuple to copy from.


cdef inline object new_tuple(object kind, Py_ssize_t size):
    result = PyType_GenericAlloc(<PyTypeObject *> kind, size)
    FORGET_HASH(result)
    return result


cdef object new_result(object schema, object event, object adjustments):
    result = new_tuple(MergeResult, 6)
    set_item(result, 0, schema)
    set_item(result, 1, EMPTY)
    set_item(result, 2, event)
    set_item(result, 3, adjustments)
    set_item(result, 4, NOTHING)
    set_item(result, 5, NOTHING)
    return result


cdef object new_adjustment(object name, object before, object after):
    result = new_tuple(Adjustment, 4)
    set_item(result, 0, name)
    set_item(result, 1, NULL_IGNORED if before is None else ROUNDED if type(before) is float else INT_TO_FLOAT)
    set_item(result, 2, before)
    set_item(result, 3, after)
    return result


cdef inline void set_item(object holder, Py_ssize_t place, object item) noexcept:
    Py_INCREF(item)  # which PyTuple_SET_ITEM takes over
    PyTuple_SET_ITEM(holder, place, item)


cdef int verdict_on(object value, object expected, Limits *limits) except -1:
    """:func:`check`, for other modules."""
    return check(value, expected, limits)


cdef inline int check(object value, object expected, Limits *limits) except -1:
    """Whether the value of a known property is KEPT, CHANGED or LEFT."""
    cdef Py_ssize_t size
    cdef long long number
    cdef int overflow = 0
    if type(value) is str:
        size = PyUnicode_GET_LENGTH(value)
        if size > limits.max_string:
            return LEFT
        if not PyUnicode_IS_COMPACT_ASCII(value):
            return KEPT if expected is STRING and is_text(value, size) else LEFT
        return KEPT if expected is STRING or is_format(PyUnicode_1BYTE_DATA(value), size, expected, limits) else LEFT
    if type(value) is float:
        return verdict_on_float(value, limits) if expected is FLOAT else LEFT
    if type(value) is int:
        number = PyLong_AsLongLongAndOverflow(value, &overflow)
        if overflow:
            return LEFT
        if expected is INT:
            return KEPT  # a long long is the signed 64 bits of the definition
        return CHANGED if expected is FLOAT and -MAX_EXACT_INT <= number <= MAX_EXACT_INT else LEFT
    if type(value) is bool:
        return KEPT if expected is BOOL else LEFT
    return CHANGED if value is None and limits.ignores_null else LEFT


cdef int verdict_on_float(object value, Limits *limits) noexcept:
    """Whether the float of a float property is KEPT, CHANGED or LEFT."""
    cdef double x = PyFloat_AS_DOUBLE(value), scaled
    if not isfinite(x):
        return LEFT
    if not limits.six_digits:
        return CHANGED
    # If so, x is the double nearest to a number of six decimals, and rounding does not change it.
    scaled = x * SCALE
    return KEPT if scaled == floor(scaled) and scaled / SCALE == x and not (x == 0.0 and signbit(x)) else CHANGED


cdef object changed(object value, object rules, Limits *limits):
    """The stored value of one that is CHANGED; the same float if rounding does not change it."""
    cdef double x, scaled, whole, part, rounded
    if type(value) is not float:
        return None if value is None else float(value)
    x = PyFloat_AS_DOUBLE(value)
    scaled = x * SCALE
    whole = floor(scaled)
    part = scaled - whole
    # Every half below 2**52 is a double, and rounding a product never moves it past a double: so unless the product is a
    # half itself, it is on the same side of each half as the exact product, and the nearest integer is certain. One
    # division of exact doubles is then rounded as correctly as the definition rounds decimals. Like the definition, this
    # adds 0.0, which turns -0.0 into 0.0.
    if limits.six_digits and fabs(scaled) < MAX_SCALED and part != 0.5:
        rounded = (whole + 1.0 if part > 0.5 else whole) / SCALE + 0.0
    else:
        rounded = round_float(value, rules.float_digits)
    return rounded if rounded != x or (x == 0.0 and signbit(x)) else value


cdef object certain_type(object name, object value, Limits *limits):
    """The type that detection gives the value of a new property; ``None`` where the definition must decide."""
    cdef int overflow = 0
    if not limits.adds or PyUnicode_GET_LENGTH(name) > limits.max_name or not is_name(name):
        return None
    kind = type(value)
    if kind is bool:
        return BOOL
    if kind is float:
        return FLOAT if isfinite(PyFloat_AS_DOUBLE(value)) else None
    if not limits.detects_all:  # bool and float are always detected; other types are left to the definition
        return None
    if kind is int:
        PyLong_AsLongLongAndOverflow(value, &overflow)
        return None if overflow else INT
    return text_type(value, limits) if kind is str else None


cdef object text_type(object text, Limits *limits):
    """The format of a text, or string; ``None`` where the definition must decide."""
    if PyUnicode_IS_COMPACT_ASCII(text):
        if PyUnicode_GET_LENGTH(text) > limits.max_string:
            return None
        return certain_text_type(PyUnicode_1BYTE_DATA(text), PyUnicode_GET_LENGTH(text), limits)
    return STRING if is_text(text, limits.max_string) and has_no_format(text) else None


cdef bint is_text(object text, Py_ssize_t longest) noexcept:
    """Whether ``text`` is within the limit and has a UTF-8: no surrogates (RFC 3629, section 3)."""
    cdef Py_ssize_t i, size = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    if size > longest:
        return False
    if kind == 2 or kind == 4:
        for i in range(size):
            if PyUnicode_READ(kind, PyUnicode_DATA(text), i) & 0xFFFFF800 == 0xD800:
                return False
        return True
    return kind == 1


cdef bint has_no_format(object text) noexcept:
    """Whether a text beyond ASCII is certainly a string: dates are ASCII, an email has an ``@`` and a url ``://``."""
    cdef Py_ssize_t i, size = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    cdef unsigned int c
    for i in range(size):
        c = PyUnicode_READ(kind, data, i)
        if c == c"@" or (
            c == c":" and i + 2 < size and PyUnicode_READ(kind, data, i + 1) == c"/"
            and PyUnicode_READ(kind, data, i + 2) == c"/"
        ):
            return False
    return True


cdef bint is_name(object name):
    cdef Py_ssize_t size = PyUnicode_GET_LENGTH(name)
    return size > 0 and PyUnicode_IS_COMPACT_ASCII(name) and span(PyUnicode_1BYTE_DATA(name), 0, NAME) == size


# --- ASCII texts: read up to the NUL that ends each; a NUL inside a text is of no class, so it ends each run ---


cdef inline Py_ssize_t span(chars text, Py_ssize_t i, unsigned char within) noexcept:
    """The end of the run of characters of a class, from ``i`` on."""
    while CLASS[text[i]] & within:
        i += 1
    return i


cdef object certain_text_type(chars text, Py_ssize_t size, Limits *limits):
    # A date and a dateTime have "-" as their fifth character, a url has "://", an email "@". A text without these is a
    # string. A text with one of them is certainly of that format, or is left to the definition.
    if size >= DATE_LENGTH and text[4] == c"-" and CLASS[text[0]] & DIGIT:
        if size == DATE_LENGTH:
            return DATE if is_date(text) else None
        return DATETIME if is_datetime(text, size) else None
    if has_authority(text, size):
        return URL if is_url(text, size, limits) else None
    if memchr(text, c"@", size) is not NULL:
        return EMAIL if is_email(text, size) else None
    return STRING


cdef bint has_authority(chars text, Py_ssize_t size) noexcept:
    """Whether the text contains ``://``. After its ``size`` characters there is a NUL."""
    cdef chars colon = <chars> memchr(text, c":", size)
    while colon is not NULL:
        if colon[1] == c"/" and colon[2] == c"/":
            return True
        colon = <chars> memchr(colon + 1, c":", text + size - colon - 1)
    return False


cdef bint is_format(chars text, Py_ssize_t size, object expected, Limits *limits) except -1:
    if expected is DATE:
        return size == DATE_LENGTH and is_date(text)
    if expected is DATETIME:
        return is_datetime(text, size)
    if expected is EMAIL:
        return is_email(text, size)
    return expected is URL and is_url(text, size, limits)


cdef inline int two_digits(chars text) noexcept:
    """The number of two digits; above 99 if they are not digits."""
    if CLASS[text[0]] & DIGIT and CLASS[text[1]] & DIGIT:
        return (text[0] - 48) * 10 + text[1] - 48
    return 100


cdef bint is_hex(unsigned char c) noexcept:
    """Whether a character is a hex digit, in either case."""
    return CLASS[c] & HEX != 0


cdef bint is_date(chars text) noexcept:
    """Whether the first ten characters are a real day of the proleptic Gregorian calendar, ``YYYY-MM-DD``."""
    cdef int century = two_digits(text), year = two_digits(text + 2), month = two_digits(text + 5)
    cdef int day = two_digits(text + 8), last
    if text[4] != c"-" or text[7] != c"-" or century > 99 or year > 99 or month > 12 or month == 0 or day == 0:
        return False
    year += century * 100
    if month == 2:
        last = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    else:
        last = 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31
    return year > 0 and day <= last


cdef bint is_datetime(chars text, Py_ssize_t size) noexcept:
    """ISO 8601, extended format. Second 60 is left to the definition."""
    cdef Py_ssize_t i = 16, start
    if size < 16 or text[10] | 32 != c"t" or not is_date(text):
        return False
    if two_digits(text + 11) > 23 or text[13] != c":" or two_digits(text + 14) > 59:
        return False
    if text[i] == c":":
        if two_digits(text + 17) > 59:
            return False
        i = 19
        if text[i] == c"." or text[i] == c",":
            start = i + 1
            i = span(text, start, DIGIT)
            if i == start:
                return False
    if text[i] == c"Z" or text[i] == c"z":
        i += 1
    elif text[i] == c"+" or text[i] == c"-":
        if two_digits(text + i + 1) > 23:
            return False
        i += 3
        if i < size:
            i += text[i] == c":"
            if two_digits(text + i) > 59:
                return False
            i += 2
    return i == size


cdef bint is_url(chars text, Py_ssize_t size, Limits *limits) noexcept:
    """An http or ftp URI with a named host (RFC 3986, section 3). User info and IP literals are left to the definition."""
    cdef Py_ssize_t i = span(text, 0, ALNUM), start
    cdef int port = 0
    if not limits.default_schemes or not is_scheme(text, i):
        return False
    if text[i] != c":" or text[i + 1] != c"/" or text[i + 2] != c"/":
        return False
    start = i + 3
    i = run(text, start, HOST)
    if i == start:
        return False
    if text[i] == c":":
        start = i + 1
        i = span(text, start, DIGIT)
        if i - start > 5:  # perhaps with leading zeros
            return False
        while start < i:
            port = port * 10 + text[start] - 48
            start += 1
        if port > MAX_PORT:
            return False
    if text[i] == c"/":
        i = run(text, i, PATH)
    if text[i] == c"?":
        i = run(text, i + 1, TAIL)
    if text[i] == c"#":
        i = run(text, i + 1, TAIL)
    return i == size


cdef bint is_scheme(chars text, Py_ssize_t size) noexcept:
    """http, https, ftp or ftps, in any case: a letter and 32 is the small letter."""
    if size >= 4 and text[0] | 32 == c"h" and text[1] | 32 == c"t" and text[2] | 32 == c"t" and text[3] | 32 == c"p":
        return size == 4 or (size == 5 and text[4] | 32 == c"s")
    if size >= 3 and text[0] | 32 == c"f" and text[1] | 32 == c"t" and text[2] | 32 == c"p":
        return size == 3 or (size == 4 and text[3] | 32 == c"s")
    return False


cdef Py_ssize_t run(chars text, Py_ssize_t i, unsigned char within) noexcept:
    """The end of the run of characters of a class, and of whole percent-encodings (section 2.1), from ``i`` on."""
    i = span(text, i, within)
    while text[i] == c"%" and CLASS[text[i + 1]] & HEX and CLASS[text[i + 2]] & HEX:
        i = span(text, i + 3, within)
    return i


cdef bint is_email(chars text, Py_ssize_t size) except -1:
    """A dot-atom at a host name whose top-level domain is not a special-use one."""
    cdef Py_ssize_t start = 0, end
    if size > MAX_EMAIL:
        return False
    end = span(text, 0, ATEXT)
    while text[end] == c"." and end > start:  # RFC 5322, section 3.2.3, dot-atom
        start = end + 1
        end = span(text, start, ATEXT)
    if text[end] != c"@" or end == start or end > MAX_LOCAL:
        return False
    start = end + 1
    end = end_of_label(text, start)
    if text[end] != c".":
        return False
    while text[end] == c".":
        if end == start or end - start > MAX_LABEL:
            return False
        start = end + 1
        end = end_of_label(text, start)
    # A top-level domain ends with a letter.
    if end != size or end == start or end - start > MAX_LABEL or CLASS[text[size - 1]] & DIGIT:
        return False
    return not is_special(text + start, size - start)


cdef inline Py_ssize_t end_of_label(chars text, Py_ssize_t start) noexcept:
    """The end of the label of a host name (RFC 1123, section 2.1); one with ``--`` may be in Punycode: not certain.

    The caller checks its length.
    """
    cdef Py_ssize_t end = span(text, start, ALNUM)
    while text[end] == c"-" and end > start and CLASS[text[end + 1]] & ALNUM:
        end = span(text, end + 1, ALNUM)
    return end


cdef bint is_special(chars label, Py_ssize_t size) except -1:
    """Whether a label is one of the top-level domains that no mail can reach, in any case."""
    cdef Py_ssize_t i
    for name in SPECIAL:
        if len(<bytes> name) == size:
            i = 0
            while i < size and label[i] | 32 == PyBytes_AS_STRING(name)[i]:  # letters, digits and "-", as in is_scheme
                i += 1
            if i == size:
                return True
    return False


# --- columns ---


def type_codes(list values, rules):
    """The code of each value's detected type where that is certain, as ``columns.type_codes`` says."""
    cdef Py_ssize_t i, size = len(values)
    cdef bytes codes = PyBytes_FromStringAndSize(NULL, size)
    cdef char *out = PyBytes_AS_STRING(codes)
    cdef char text_codes[64]
    cdef Limits limits
    cdef bint ints = INT in rules.detect
    limits_of(rules, &limits)
    if not limits.known:
        return bytes([UNCERTAIN_CODE] * size)
    for i in range(STRING_CODE, NULL_CODE):
        text_codes[i] = i if TYPES[i] in rules.detect else STRING_CODE
    for i in range(size):
        out[i] = value_code(values[i], ints, text_codes, &limits)
    return codes


def round_floats(list values, rules):
    """Finite floats as stored, as ``columns.round_floats`` says."""
    cdef Py_ssize_t i
    cdef Limits limits
    cdef list stored = None
    limits_of(rules, &limits)
    for i in range(len(values)):
        value = values[i]
        if verdict_on_float(value, &limits) == CHANGED:
            after = changed(value, rules, &limits)
            if after is not value:
                if stored is None:
                    stored = list(values)
                stored[i] = after
    return values if stored is None else stored


cdef char value_code(object value, bint ints, char *text_codes, Limits *limits) except -1:
    cdef long long number
    cdef int overflow = 0
    kind = type(value)
    if kind is str:
        return text_code(value, text_codes, limits)
    if kind is float:
        return FLOAT_CODE if isfinite(PyFloat_AS_DOUBLE(value)) else UNCERTAIN_CODE
    if kind is int:
        number = PyLong_AsLongLongAndOverflow(value, &overflow)
        if overflow:
            return UNCERTAIN_CODE
        if ints:
            return INT_CODE
        return FLOAT_CODE if -MAX_EXACT_INT <= number <= MAX_EXACT_INT else UNCERTAIN_CODE
    if kind is bool:
        return BOOL_CODE
    return NULL_CODE if value is None else UNCERTAIN_CODE


cdef char text_code(object text, char *text_codes, Limits *limits) except -1:
    cdef int i
    found = text_type(text, limits)
    for i in range(STRING_CODE, NULL_CODE):
        if TYPES[i] is found:
            return text_codes[i]
    return UNCERTAIN_CODE


# --- repeated keys ---

cdef extern from *:
    """
    /* The colons that come after a quotation mark or white space: of the first 240 bytes, the next 240, and so on, so
       that a byte can count them, which lets compilers take 16 or more bytes at once. */
    static Py_ssize_t colons_after_quote_or_space(const unsigned char *text, Py_ssize_t size)
    {
        Py_ssize_t total = 0, i = 1;
        while (i < size) {
            Py_ssize_t end = size - i > 240 ? i + 240 : size;
            unsigned char some = 0;
            for (; i < end; i++)
                some += (text[i] == ':') & ((text[i - 1] == '"') | (text[i - 1] <= ' '));
            total += some;
        }
        return total;
    }

    /* The brackets that open, counted in the same way. */
    static Py_ssize_t count_brackets(const unsigned char *text, Py_ssize_t size)
    {
        Py_ssize_t total = 0, i = 0;
        while (i < size) {
            Py_ssize_t end = size - i > 240 ? i + 240 : size;
            unsigned char some = 0;
            for (; i < end; i++)
                some += (text[i] == '[') | (text[i] == '{');
            total += some;
        }
        return total;
    }

    /* How often an object ends on one line and another begins on the next; and in ``lines``, how often a line ends. */
    static Py_ssize_t count_lines_between_objects(const unsigned char *text, Py_ssize_t size, Py_ssize_t *lines)
    {
        Py_ssize_t total = 0, all = 0, i = 1;
        while (i + 1 < size) {
            Py_ssize_t end = size - 1 - i > 240 ? i + 240 : size - 1;
            unsigned char some = 0, ends = 0;
            for (; i < end; i++) {
                ends += text[i] == '\\n';
                some += (text[i] == '\\n') & (text[i - 1] == '}') & (text[i + 1] == '{');
            }
            total += some;
            all += ends;
        }
        *lines = all + (size > 0 && text[0] == '\\n') + (size > 1 && text[size - 1] == '\\n');
        return total;
    }
    """
    Py_ssize_t colons_after_quote_or_space(chars text, Py_ssize_t size) noexcept
    Py_ssize_t count_brackets(chars text, Py_ssize_t size) noexcept
    Py_ssize_t count_lines_between_objects(chars text, Py_ssize_t size, Py_ssize_t *lines) noexcept


def opening_brackets(bytes text):
    """The number of ``[`` and ``{`` in ``text``, as ``keycount.opening_brackets`` counts them."""
    return count_brackets(<chars> PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))


def has_repeated_key(bytes text, value):
    """Whether an object in the JSON ``text`` has a key twice, as ``keycount.has_repeated_key`` says."""
    return repeats_key(text, value)


def any_repeated_key(list texts, list values):
    """Whether that is true of any of the ``texts``, each with its one of the ``values``."""
    cdef Py_ssize_t i
    for i in range(len(texts)):
        if repeats_key(<bytes?> texts[i], values[i]):
            return True
    return False


def has_one_a_line(bytes text, list values):
    """Whether each line of ``text`` is one object of ``values``, as ``keycount.has_one_a_line`` says."""
    cdef Py_ssize_t count = len(values), size = PyBytes_GET_SIZE(text), lines = 0
    cdef chars characters = <chars> PyBytes_AS_STRING(text)
    cdef bint is_open = size > 0 and characters[size - 1] == c"}"
    for value in values:
        if type(value) is not dict:
            return False
    return (
        count > 0
        and size > 1
        and characters[0] == c"{"
        and (is_open or (characters[size - 2] == c"}" and characters[size - 1] == c"\n"))
        and count_lines_between_objects(characters, size, &lines) == count - 1
        and lines == count - is_open
    )


def is_certainly_flat(bytes text, list values, Py_ssize_t max_depth):
    """Whether no key stands twice and nothing is too deep, for certain, as ``keycount.is_certainly_flat`` says."""
    cdef Py_ssize_t size = PyBytes_GET_SIZE(text), entries = 0, arrays, spare = max_depth - FLAT_DEPTH
    cdef chars characters = <chars> PyBytes_AS_STRING(text)
    for value in values:
        entries += outer_entries(<dict?> value)
    if colons_after_quote_or_space(characters, size) != entries:
        return False
    arrays = count_of(characters, size, c"[")
    if arrays > spare:
        for value in values:
            arrays -= outer_arrays(<dict> value)
    return arrays <= spare


cdef Py_ssize_t count_of(chars text, Py_ssize_t size, int character) noexcept:
    """How often a rare character occurs in ``text``."""
    cdef Py_ssize_t count = 0
    cdef chars found = <chars> memchr(text, character, size)
    while found is not NULL:
        count += 1
        found = <chars> memchr(found + 1, character, text + size - found - 1)
    return count


cdef Py_ssize_t outer_arrays(dict value) except -1:
    """The arrays that are members of an object, and of the objects that are its members."""
    cdef Py_ssize_t position = 0, count = 0
    cdef PyObject *member
    while PyDict_Next(value, &position, NULL, &member):
        if type(<object> member) is list:
            count += 1
        elif type(<object> member) is dict:
            count += arrays_of(<dict> member)
    return count


cdef Py_ssize_t arrays_of(dict value) except -1:
    cdef Py_ssize_t position = 0, count = 0
    cdef PyObject *member
    while PyDict_Next(value, &position, NULL, &member):
        count += type(<object> member) is list
    return count


cdef bint repeats_key(bytes text, object value) except -1:
    cdef chars characters = <chars> PyBytes_AS_STRING(text)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(text)
    if type(value) is dict and colons_after_quote_or_space(characters, size) == outer_entries(<dict> value):
        return False
    return colons_outside_strings(characters, size) != entries(value)


cdef Py_ssize_t outer_entries(dict value) except -1:
    """The entries of an object and of those that are its members."""
    cdef Py_ssize_t position = 0, count = PyDict_Size(value)
    cdef PyObject *member
    while PyDict_Next(value, &position, NULL, &member):
        if type(<object> member) is dict:
            count += PyDict_Size(<object> member)
    return count


cdef Py_ssize_t entries(object value) except -1:
    """The entries of all objects in a decoded value, which is no deeper than decoders go."""
    cdef Py_ssize_t position = 0, count = 0
    cdef PyObject *member
    if type(value) is dict:
        count = PyDict_Size(value)
        while PyDict_Next(value, &position, NULL, &member):
            count += entries(<object> member)
    elif type(value) is list:
        for each in <list> value:
            count += entries(each)
    return count


cdef Py_ssize_t colons_outside_strings(chars text, Py_ssize_t size) noexcept:
    cdef Py_ssize_t i = 0, count = 0
    while i < size:
        if text[i] == c":":
            count += 1
        elif text[i] == c'"':
            i += 1
            while i < size and text[i] != c'"':
                i += 2 if text[i] == c"\\" else 1
        i += 1
    return count
