# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, freethreading_compatible=True
"""The recogniser of the ordinary, compiled: the contract of ``accept.accept``, with characters read from a table.

Each test below says yes only where the definition would, and leaves every other case to it. A text is looked at only
where it is exactly a ``str`` of ASCII characters, a number only where it is exactly an ``int`` or ``float``.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_GetItemWithError, PyDict_Next
from cpython.object cimport PyObject
from libc.math cimport fabs, floor, isfinite, signbit
from libc.string cimport memchr, memset

from sys import maxsize

from eventschema.core.formats import SPECIAL_USE_DOMAINS
from eventschema.core.rules import DEFAULT_RULES
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment, AdjustmentKind, round_float

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    const unsigned char *PyUnicode_1BYTE_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    double PyFloat_AS_DOUBLE(object number)
    int PyOS_strnicmp(const char *one, const char *other, Py_ssize_t size)
    long long PyLong_AsLongLongAndOverflow(object number, int *overflow) except? -1

ctypedef const unsigned char *chars

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
cdef object NEW_TUPLE = tuple.__new__
cdef object ALL_TYPES = frozenset(PropertyType)
cdef tuple TYPES = tuple(PropertyType)
cdef object DEFAULT_SCHEMES = DEFAULT_RULES.url_schemes
cdef tuple SPECIAL = tuple(sorted(name.encode() for name in SPECIAL_USE_DOMAINS))

cdef object MAX_LENGTH = maxsize  # of any text: rules may allow more
cdef long long MAX_EXACT_INT = 1 << 53  # a double holds every integer up to here
cdef double SCALE = 1e6

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

# The place of a type in the enumeration, and beyond them what has none.
cdef enum:
    BOOL_CODE = 0
    INT_CODE = 1
    FLOAT_CODE = 2
    STRING_CODE = 3  # and the text formats after it
    NULL_CODE = 8
    UNCERTAIN_CODE = 9

# What the rules say, read once an event.
cdef struct Limits:
    Py_ssize_t max_string
    bint six_digits
    int ignores_null  # -1: and there was one
    int default_schemes  # -1: not asked yet

cdef unsigned char CLASS[256]
memset(CLASS, 0, sizeof(CLASS))


cdef void allow(bytes characters, unsigned char bits):
    for c in characters:
        CLASS[<unsigned char> c] |= bits


cdef bytes LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
cdef bytes DIGITS = b"0123456789"
allow(DIGITS, DIGIT)
allow(LETTERS + DIGITS, ALNUM | NAME | HOST | PATH | TAIL | ATEXT)
allow(DIGITS + b"abcdefABCDEF", HEX)
allow(b"_", NAME)
allow(b"-._~!$&'()*+,;=", HOST | PATH | TAIL)
allow(b":@/", PATH | TAIL)
allow(b"?", TAIL)
allow(b"!#$%&'*+-/=?^_`{|}~", ATEXT)


def accept(dict types, dict properties, rules):
    """Settle what is certain: ``(event, added, adjustments, rest)``, or ``None``, exactly as ``accept.accept`` does."""
    cdef dict event
    cdef dict added = {}
    cdef list adjustments = []
    cdef list rest = []
    cdef Py_ssize_t position = 0
    cdef PyObject *key
    cdef PyObject *item
    cdef PyObject *known
    cdef object name, value, expected
    cdef Limits limits
    if rules.types != "conform":
        return None
    try:
        event = properties.copy()
    except Exception:
        return None
    # All names first: from here on, no look-up can run anybody's code, and nobody else has this dict.
    while PyDict_Next(event, &position, &key, &item):
        if type(<object> key) is not str:
            return None
    limits.max_string = min(rules.max_string_length, MAX_LENGTH)
    limits.six_digits = rules.float_digits == 6
    limits.ignores_null = rules.nulls == "ignore"
    limits.default_schemes = -1
    position = 0
    while PyDict_Next(event, &position, &key, &item):  # values may be set meanwhile, names are not
        name = <object> key
        value = <object> item
        known = PyDict_GetItemWithError(types, name)
        if known is NULL:
            expected = certain_type(name, value, rules, &limits)
            if expected is None:
                rest.append((name, value))
                continue
            added[name] = expected
            if expected is not FLOAT:
                continue
        else:
            expected = <object> known
        if not settles(name, value, expected, rules, &limits, event, adjustments):
            rest.append((name, value))
    if limits.ignores_null < 0 and not rest:
        for name, kind, before, after in adjustments:
            if kind is NULL_IGNORED:
                del event[name]
    return event, added, adjustments, rest


cdef int adjust(object name, object kind, object before, object after, dict event, list adjustments) except -1:
    # The tuple's own constructor is what the class calls too, after a Python function of its own.
    adjustments.append(NEW_TUPLE(Adjustment, (name, kind, before, after)))
    event[name] = after
    return 0


cdef bint settles(
    object name, object value, object expected, object rules, Limits *limits, dict event, list adjustments
) except -1:
    """Whether a known property's value is certainly fine. A number is put in place as it is stored, and noted."""
    cdef Py_ssize_t size
    cdef long long number
    cdef int overflow = 0
    kind = type(value)
    if kind is str:
        size = PyUnicode_GET_LENGTH(value)
        if size > limits.max_string or not PyUnicode_IS_COMPACT_ASCII(value):
            return False
        # A declared string takes any text within the limit; ASCII has no surrogates.
        return expected is STRING or is_format(PyUnicode_1BYTE_DATA(value), size, expected, rules, limits)
    if kind is float:
        return expected is FLOAT and settles_float(name, value, rules, limits, event, adjustments)
    if kind is int:
        number = PyLong_AsLongLongAndOverflow(value, &overflow)
        if overflow:
            return False
        if expected is INT:
            return True  # a long long is the signed 64 bits of the definition
        if expected is FLOAT and -MAX_EXACT_INT <= number <= MAX_EXACT_INT:
            adjust(name, INT_TO_FLOAT, value, <double> number, event, adjustments)
            return True
        return False
    if kind is bool:
        return expected is BOOL
    if value is None and limits.ignores_null:
        limits.ignores_null = -1  # there is one to drop at the end: names must not go while they are walked through
        adjust(name, NULL_IGNORED, None, None, event, adjustments)
        return True
    return False


cdef bint settles_float(
    object name, object value, object rules, Limits *limits, dict event, list adjustments
) except -1:
    """Whether a float property's value is finite; it is rounded in place where that changes it."""
    cdef double x = PyFloat_AS_DOUBLE(value)
    cdef double scaled, whole, part, rounded
    if not isfinite(x):
        return False
    if limits.six_digits:
        scaled = x * SCALE
        whole = floor(scaled)
        # x is then the double nearest to a number of six decimals, which is what rounding would give back.
        if scaled == whole and scaled / SCALE == x and not (x == 0.0 and signbit(x)):
            return True
        # Up to 2**40 the product is off by less than 2**-13: away from the half, the nearest integer is beyond doubt,
        # and one division of exact doubles is rounded as correctly as the definition's reading of decimals.
        part = scaled - whole
        if fabs(scaled) < 1099511627776.0 and fabs(part - 0.5) > 0.001:
            rounded = (whole + 1.0 if part > 0.5 else whole) / SCALE + 0.0
        else:
            rounded = round_float(value, 6)
    else:
        rounded = round_float(value, rules.float_digits)
    if rounded != x or (x == 0.0 and signbit(x)):
        adjust(name, ROUNDED, value, rounded, event, adjustments)
    return True


cdef object certain_type(object name, object value, object rules, Limits *limits):
    """The type that detection gives the value of a new property; ``None`` where it is for the definition to say."""
    cdef int overflow = 0
    if PyUnicode_GET_LENGTH(name) > rules.max_name_length or not is_name(name) or rules.new_properties != "add":
        return None
    kind = type(value)
    if kind is bool:
        return BOOL
    if kind is float:
        return FLOAT if isfinite(PyFloat_AS_DOUBLE(value)) else None
    if rules.detect != ALL_TYPES:
        return None
    if kind is int:
        PyLong_AsLongLongAndOverflow(value, &overflow)
        return None if overflow else INT
    if kind is str and PyUnicode_GET_LENGTH(value) <= limits.max_string and PyUnicode_IS_COMPACT_ASCII(value):
        return certain_text_type(PyUnicode_1BYTE_DATA(value), PyUnicode_GET_LENGTH(value), rules, limits)
    return None


cdef object certain_text_type(chars text, Py_ssize_t size, object rules, Limits *limits):
    # A date and a dateTime have "-" fifth, a url has "://", an email "@": without those a text is a string. With one
    # of them it is what it certainly is, or the definition's to judge.
    if size >= 10 and text[4] == c"-" and CLASS[text[0]] & DIGIT:
        if size == 10:
            return DATE if is_date(text) else None
        return DATETIME if is_datetime(text, size) else None
    if has_authority(text, size):
        return URL if is_url(text, size, rules, limits) else None
    if memchr(text, c"@", size) is not NULL:
        return EMAIL if is_email(text, size) else None
    return STRING


cdef bint has_authority(chars text, Py_ssize_t size) noexcept:
    """Whether ``://`` stands in the text, which ends with a NUL that is not counted."""
    cdef chars colon = <chars> memchr(text, c":", size)
    while colon is not NULL:
        if colon[1] == c"/" and colon[2] == c"/":
            return True
        colon = <chars> memchr(colon + 1, c":", text + size - colon - 1)
    return False


cdef bint is_format(chars text, Py_ssize_t size, object expected, object rules, Limits *limits) except -1:
    if expected is DATE:
        return size == 10 and is_date(text)
    if expected is DATETIME:
        return is_datetime(text, size)
    if expected is EMAIL:
        return is_email(text, size)
    return expected is URL and is_url(text, size, rules, limits)


cdef bint is_name(object name):
    cdef chars text
    cdef Py_ssize_t i, size = PyUnicode_GET_LENGTH(name)
    if size == 0 or not PyUnicode_IS_COMPACT_ASCII(name):
        return False
    text = PyUnicode_1BYTE_DATA(name)
    for i in range(size):
        if not CLASS[text[i]] & NAME:
            return False
    return True


cdef inline int two_digits(chars text) noexcept:
    """The number that two digits write; above 99 where they are none."""
    if CLASS[text[0]] & CLASS[text[1]] & DIGIT:
        return (text[0] - 48) * 10 + text[1] - 48
    return 100


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
    """ISO 8601, extended format. A second of 60 is for the definition, which knows when one may be."""
    cdef Py_ssize_t i = 16
    if size < 16 or (text[10] != c"T" and text[10] != c"t") or not is_date(text):
        return False
    if two_digits(text + 11) > 23 or text[13] != c":" or two_digits(text + 14) > 59:
        return False
    if i + 3 <= size and text[i] == c":":
        if two_digits(text + 17) > 59:
            return False
        i += 3
        if i < size and (text[i] == c"." or text[i] == c","):
            i += 1
            if i == size or not CLASS[text[i]] & DIGIT:
                return False
            while i < size and CLASS[text[i]] & DIGIT:
                i += 1
    if i == size:
        return True
    if text[i] == c"Z" or text[i] == c"z":
        return i + 1 == size
    if (text[i] != c"+" and text[i] != c"-") or i + 3 > size or two_digits(text + i + 1) > 23:
        return False
    i += 3
    if i == size:
        return True
    if text[i] == c":":
        i += 1
    return i + 2 == size and two_digits(text + i) <= 59


cdef bint is_url(chars text, Py_ssize_t size, object rules, Limits *limits) except -1:
    """An http or ftp URI with a named host (RFC 3986, section 3). User info and IP literals are for the definition."""
    cdef Py_ssize_t i = 0, start
    cdef int port = 0
    cdef unsigned char within
    while i < size and i < 5 and CLASS[text[i]] & ALNUM:
        i += 1
    if not is_scheme(text, i) or i + 3 > size or text[i] != c":" or text[i + 1] != c"/" or text[i + 2] != c"/":
        return False
    if limits.default_schemes < 0:
        limits.default_schemes = rules.url_schemes == DEFAULT_SCHEMES
    if not limits.default_schemes:
        return False
    start = i = i + 3
    i = run(text, i, size, HOST)
    if i == start:
        return False
    if i < size and text[i] == c":":
        i += 1
        start = i
        while i < size and CLASS[text[i]] & DIGIT and i - start < 6:
            port = port * 10 + text[i] - 48
            i += 1
        if port > 65535 or i - start == 6:
            return False
    if i < size and text[i] == c"/":
        i = run(text, i, size, PATH)
    if i < size and text[i] == c"?":
        i = run(text, i + 1, size, TAIL)
    if i < size and text[i] == c"#":
        i = run(text, i + 1, size, TAIL)
    return i == size


cdef bint is_scheme(chars text, Py_ssize_t size) noexcept:
    """http, https, ftp or ftps, in any case: a letter and 32 is the small letter."""
    if size >= 4 and text[0] | 32 == c"h" and text[1] | 32 == c"t" and text[2] | 32 == c"t" and text[3] | 32 == c"p":
        return size == 4 or (size == 5 and text[4] | 32 == c"s")
    if size >= 3 and text[0] | 32 == c"f" and text[1] | 32 == c"t" and text[2] | 32 == c"p":
        return size == 3 or (size == 4 and text[3] | 32 == c"s")
    return False


cdef Py_ssize_t run(chars text, Py_ssize_t i, Py_ssize_t size, unsigned char within) noexcept:
    """The end of the run of characters of a class, and of whole percent-encodings (section 2.1), from ``i`` on."""
    while i < size:
        if CLASS[text[i]] & within:
            i += 1
        elif text[i] == c"%" and i + 2 < size and CLASS[text[i + 1]] & CLASS[text[i + 2]] & HEX:
            i += 3
        else:
            break
    return i


cdef bint is_email(chars text, Py_ssize_t size) except -1:
    """A dot-atom of at most 64 characters (RFC 5321, section 4.5.3.1) at a host name that is no special-use one."""
    cdef Py_ssize_t i = 0, label
    if size > 254:
        return False
    while i < size and text[i] != c"@":  # RFC 5322, section 3.2.3, dot-atom
        if text[i] == c".":
            if i == 0 or text[i - 1] == c"." or text[i + 1] == c"@":
                return False
        elif not CLASS[text[i]] & ATEXT:
            return False
        i += 1
    if i == 0 or i > 64 or i == size:
        return False
    label = i = i + 1
    dots = 0
    while i <= size:
        if i == size or text[i] == c".":
            if not is_label(text + label, i - label):
                return False
            if i == size:
                break
            dots += 1
            label = i + 1
        i += 1
    if dots == 0 or CLASS[text[size - 1]] & DIGIT:
        return False
    return not is_special(text + label, size - label)


cdef bint is_special(chars label, Py_ssize_t size) except -1:
    """Whether a label is one of the top-level domains that no mail can reach, in any case."""
    for name in SPECIAL:
        if len(<bytes> name) == size and PyOS_strnicmp(<const char *> label, <bytes> name, size) == 0:
            return True
    return False


cdef bint is_label(chars text, Py_ssize_t size) noexcept:
    """A label of a host name (RFC 1123, section 2.1); one with ``--`` in it may be in Punycode and is not certain."""
    cdef Py_ssize_t i
    if size == 0 or size > 63 or not CLASS[text[0]] & CLASS[text[size - 1]] & ALNUM:
        return False
    for i in range(size):
        if not CLASS[text[i]] & ALNUM and (text[i] != c"-" or text[i + 1] == c"-"):
            return False
    return True


def type_codes(list values, rules):
    """The code of each value's detected type where that is certain, exactly as ``columns.type_codes`` has it."""
    cdef Py_ssize_t i, size = len(values)
    cdef bytes codes = PyBytes_FromStringAndSize(NULL, size)
    cdef char *out = PyBytes_AS_STRING(codes)
    cdef char text_codes[8]
    cdef Limits limits
    cdef bint ints = INT in rules.detect
    limits.max_string = min(rules.max_string_length, MAX_LENGTH)
    limits.default_schemes = -1
    for i in range(8):
        text_codes[i] = i if TYPES[i] in rules.detect else STRING_CODE
    for i in range(size):
        out[i] = value_code(values[i], ints, text_codes, rules, &limits)
    return codes


cdef char value_code(object value, bint ints, char *text_codes, object rules, Limits *limits) except -1:
    cdef long long number
    cdef int overflow = 0
    kind = type(value)
    if kind is str:
        return text_code(value, text_codes, rules, limits)
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


cdef char text_code(object text, char *text_codes, object rules, Limits *limits) except -1:
    cdef Py_ssize_t i, size = PyUnicode_GET_LENGTH(text)
    if size > limits.max_string or not PyUnicode_IS_COMPACT_ASCII(text):
        return UNCERTAIN_CODE
    found = certain_text_type(PyUnicode_1BYTE_DATA(text), size, rules, limits)
    for i in range(STRING_CODE, 8):
        if TYPES[i] is found:
            return text_codes[i]
    return UNCERTAIN_CODE
