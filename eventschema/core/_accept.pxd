"""What the compiled recogniser of events lends to that of requests."""

ctypedef const unsigned char *chars  # the characters of a text; after the last stands a NUL, which is not counted

# What the rules say, in C.
cdef struct Limits:
    Py_ssize_t max_properties
    Py_ssize_t max_name
    Py_ssize_t max_string
    bint conforms  # not "exact"
    bint six_digits
    bint ignores_null
    bint adds
    bint detects_all
    bint default_schemes

# What becomes of a value.
cdef enum:
    LEFT  # to the definition
    KEPT  # as it is
    CHANGED  # to what the function of that name says

cdef int limits_of(object rules, Limits *limits) except -1
cdef object accept_event(object schema, dict types, Py_ssize_t longest_name, object properties, object rules)
cdef object changed(object value, object rules, Limits *limits)
cdef int verdict_on_float(object value, Limits *limits) noexcept
cdef bint is_text(object text, Py_ssize_t longest) noexcept
cdef bint is_name(object name)
cdef bint is_datetime(chars text, Py_ssize_t size) noexcept
cdef bint is_email(chars text, Py_ssize_t size) except -1
cdef bint is_hex(unsigned char c) noexcept
