"""What the compiled fast path of events shares with that of requests."""

from cpython.object cimport PyObject

cdef extern from *:
    """
    #include <structmember.h>

    /* Where the value of a slot is in an instance; -1 for a descriptor of another kind. */
    static inline Py_ssize_t slot_offset(PyObject *descriptor) {
        PyMemberDef *member;
        if (!PyObject_TypeCheck(descriptor, &PyMemberDescr_Type)) return -1;
        member = ((PyMemberDescrObject *) descriptor)->d_member;
        return member->type == T_OBJECT_EX ? member->offset : -1;
    }

    #define SLOT(instance, offset) (*(PyObject **) ((char *) (instance) + (offset)))

    static inline void fill_slot(PyObject *instance, Py_ssize_t offset, PyObject *value) {
        Py_INCREF(value);
        SLOT(instance, offset) = value;
    }
    """
    Py_ssize_t slot_offset(object descriptor)
    PyObject *SLOT(object instance, Py_ssize_t offset)  # a borrowed reference; NULL where the slot is empty
    void fill_slot(object instance, Py_ssize_t offset, object value)  # of a new instance, whose slot is empty

cdef Py_ssize_t offset(object kind, str name) except -1

ctypedef const unsigned char *chars  # the characters of a text; after the last stands a NUL, which is not counted

# What the rules say, in C.
cdef struct Limits:
    Py_ssize_t max_properties
    Py_ssize_t max_name
    Py_ssize_t max_string
    bint conforms  # types="conform" and empty_texts="keep"; else, or if not known, every event is left to the definition
    bint six_digits
    bint ignores_null
    bint adds  # new properties, of the types that detection gives
    bint detects_all
    bint default_schemes
    bint known  # every option that the fast paths do not know has its default

# What becomes of a value.
cdef enum:
    LEFT  # to the definition
    KEPT  # as it is
    CHANGED  # to what the function of that name says

cdef int limits_of(object rules, Limits *limits) except -1
cdef object accept_event(object schema, dict types, Py_ssize_t longest_name, object properties, object rules)
cdef object changed(object value, object rules, Limits *limits)
cdef int verdict_on(object value, object expected, Limits *limits) except -1
cdef int verdict_on_float(object value, Limits *limits) noexcept
cdef bint is_same(object name, object known) noexcept
cdef bint is_text(object text, Py_ssize_t longest) noexcept
cdef bint is_name(object name)
cdef bint is_datetime(chars text, Py_ssize_t size) noexcept
cdef bint is_email(chars text, Py_ssize_t size) except -1
cdef bint is_hex(unsigned char c) noexcept
