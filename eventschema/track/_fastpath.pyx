# cython: language_level=3, binding=False, cdivision=True, freethreading_compatible=True
"""The compiled fast path for track requests, with the contract of ``fastpath``.

The constructors of results check what callers give them. The values here are checked already, so instances are
allocated and their slots filled directly. The offsets of the slots are looked up once, when the module is loaded.
"""

from cpython.dict cimport PyDict_GetItemWithError, PyDict_Next
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.object cimport PyObject, PyTypeObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE

from eventschema.core._accept cimport (
    LEFT,
    KEPT,
    SLOT,
    Limits,
    accept_event,
    changed,
    chars,
    is_datetime,
    is_email,
    is_hex,
    is_name,
    is_text,
    fill_slot,
    limits_of,
    offset,
    verdict_on_float,
)

from eventschema.core import grammar
from eventschema.core.formats import normalise_email
from eventschema.core.frozen import EMPTY as _EMPTY
from eventschema.core.frozen import FrozenDict as _FrozenDict
from eventschema.core.results import MergeResult as _MergeResult
from eventschema.core.rules import DEFAULT_RULES as _DEFAULT_RULES
from eventschema.core.rules import Rules as _Rules
from eventschema.core.rules import differs, other_options
from eventschema.core.schema import EventSchema as _EventSchema
from eventschema.track.contact import Contact as _Contact
from eventschema.track.contact import ContactChange as _ContactChange
from eventschema.track.contact import ContactRequest as _ContactRequest
from eventschema.track.event import TrackedEvent as _TrackedEvent
from eventschema.track.fastpath import KNOWN_OPTIONS
from eventschema.track.reading import MAX_ITEMS as _MAX_ITEMS

_OTHER_OPTIONS = other_options(KNOWN_OPTIONS)

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    const unsigned char *PyUnicode_1BYTE_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    int PyUnicode_KIND(object text)
    const void *PyUnicode_DATA(object text)
    unsigned int PyUnicode_READ(int kind, const void *data, Py_ssize_t index)
    long long PyLong_AsLongLongAndOverflow(object number, int *overflow) noexcept  # of what is exactly an int
    object PyType_GenericAlloc(PyTypeObject *type, Py_ssize_t size)

cdef Py_ssize_t MAX_LINE_LENGTH = grammar.MAX_LINE_LENGTH  # C's variables: a module's own names are looked up in a dict
cdef Py_ssize_t MAX_ITEMS = _MAX_ITEMS

cdef object DEFAULT_RULES = _DEFAULT_RULES
cdef object EMPTY = _EMPTY
cdef object FrozenDict = _FrozenDict
cdef object MergeResult = _MergeResult
cdef object Rules = _Rules
cdef object EventSchema = _EventSchema
cdef object Contact = _Contact
cdef object ContactChange = _ContactChange
cdef object ContactRequest = _ContactRequest
cdef object TrackedEvent = _TrackedEvent
cdef object TrackRequest = None
cdef object TrackDecision = None
cdef object NO_ERRORS = None
cdef tuple NOTHING = ()

cdef Py_ssize_t FROZEN_DATA = offset(FrozenDict, "_data")

cdef Py_ssize_t SCHEMA_NAME = offset(EventSchema, "_name")
cdef Py_ssize_t SCHEMA_TYPES = offset(EventSchema, "_types")
cdef Py_ssize_t SCHEMA_LONGEST_NAME = offset(EventSchema, "_longest_name")

cdef Py_ssize_t CONTACT_ID = offset(Contact, "id")
cdef Py_ssize_t CONTACT_EMAIL = offset(Contact, "email")
cdef Py_ssize_t CONTACT_PHONE_NUMBER = offset(Contact, "phone_number")
cdef Py_ssize_t CONTACT_PROPERTIES = offset(Contact, "properties")

cdef Py_ssize_t WANTED_IDENTIFIERS = offset(ContactRequest, "identifiers")
cdef Py_ssize_t WANTED_PROPERTIES = offset(ContactRequest, "properties")
cdef Py_ssize_t WANTED_REMOVALS = offset(ContactRequest, "removals")

cdef Py_ssize_t CHANGE_KIND = offset(ContactChange, "kind")
cdef Py_ssize_t CHANGE_IDENTIFIERS = offset(ContactChange, "identifiers")
cdef Py_ssize_t CHANGE_SET = offset(ContactChange, "set")
cdef Py_ssize_t CHANGE_REMOVED = offset(ContactChange, "removed")

cdef Py_ssize_t EVENT_NAME = offset(TrackedEvent, "name")
cdef Py_ssize_t EVENT_PROPERTIES = offset(TrackedEvent, "properties")
cdef Py_ssize_t EVENT_IDENTIFIERS = offset(TrackedEvent, "identifiers")
cdef Py_ssize_t EVENT_TIME = offset(TrackedEvent, "time")
cdef Py_ssize_t EVENT_ID = offset(TrackedEvent, "id")
cdef Py_ssize_t EVENT_ADJUSTMENTS = offset(TrackedEvent, "adjustments")
cdef Py_ssize_t EVENT_ORIGIN = offset(TrackedEvent, "origin")
cdef Py_ssize_t EVENT_VERSION = offset(TrackedEvent, "event_version")
cdef Py_ssize_t EVENT_RECEIVED_AT = offset(TrackedEvent, "received_at")
cdef Py_ssize_t EVENT_SCHEMA_VERSION = offset(TrackedEvent, "schema_version")

cdef Py_ssize_t REQUEST_NAME, REQUEST_CONTACT, REQUEST_TIME, REQUEST_ID, REQUEST_ORIGIN, REQUEST_VERSION
cdef Py_ssize_t REQUEST_PROPERTIES, REQUEST_ERRORS, REQUEST_RULES
cdef Py_ssize_t DECISION_ERRORS, DECISION_EVENT, DECISION_SCHEMA, DECISION_SCHEMA_CHANGE
cdef Py_ssize_t DECISION_CONTACT, DECISION_CONTACT_CHANGE, DECISION_DROPPED


def fast_path(request, decision, no_errors):
    """``parse`` and ``decide`` for these classes. ``no_errors``: ``errors_by_part`` of a request without errors."""
    global TrackRequest, TrackDecision, NO_ERRORS
    global REQUEST_NAME, REQUEST_CONTACT, REQUEST_TIME, REQUEST_ID, REQUEST_ORIGIN, REQUEST_VERSION
    global REQUEST_PROPERTIES, REQUEST_ERRORS, REQUEST_RULES
    global DECISION_ERRORS, DECISION_EVENT, DECISION_SCHEMA, DECISION_SCHEMA_CHANGE
    global DECISION_CONTACT, DECISION_CONTACT_CHANGE, DECISION_DROPPED
    REQUEST_NAME = offset(request, "event_name")
    REQUEST_CONTACT = offset(request, "contact")
    REQUEST_TIME = offset(request, "event_time")
    REQUEST_ID = offset(request, "event_id")
    REQUEST_ORIGIN = offset(request, "origin")
    REQUEST_VERSION = offset(request, "event_version")
    REQUEST_PROPERTIES = offset(request, "properties")
    REQUEST_ERRORS = offset(request, "errors_by_part")
    REQUEST_RULES = offset(request, "rules")
    DECISION_ERRORS = offset(decision, "errors")
    DECISION_EVENT = offset(decision, "event")
    DECISION_SCHEMA = offset(decision, "schema")
    DECISION_SCHEMA_CHANGE = offset(decision, "schema_change")
    DECISION_CONTACT = offset(decision, "contact")
    DECISION_CONTACT_CHANGE = offset(decision, "contact_change")
    DECISION_DROPPED = offset(decision, "dropped")
    TrackRequest, TrackDecision, NO_ERRORS = request, decision, no_errors
    return parse, decide


cdef inline object new(object kind):
    return PyType_GenericAlloc(<PyTypeObject *> kind, 0)


cdef inline object frozen(dict data):
    if not data:
        return EMPTY
    result = new(FrozenDict)
    fill_slot(result, FROZEN_DATA, data)
    return result


cdef inline dict data_of(object frozen_dict):
    return <dict> <object> SLOT(frozen_dict, FROZEN_DATA)


# --- parse ---


def parse(payload, rules):
    """Parse ``payload`` if it is certainly without errors; else return ``None``."""
    cdef Limits limits
    cdef dict fields
    cdef Py_ssize_t position = 0, size
    cdef PyObject *key
    cdef PyObject *value
    cdef object name = None, contact = None, properties = None, time = None, id_ = None, origin = None, version = None
    if type(payload) is not dict or len(<dict> payload) > 7 or type(rules) is not Rules:
        return None
    if rules is not DEFAULT_RULES and differs(rules, _OTHER_OPTIONS):
        return None
    limits_of(rules, &limits)
    fields = copied(payload)
    if fields is None:
        return None
    while PyDict_Next(fields, &position, &key, &value):
        if type(<object> key) is not str or not PyUnicode_IS_COMPACT_ASCII(<object> key):
            return None
        size = PyUnicode_GET_LENGTH(<object> key)
        if size == 9:
            if <object> key == "eventName":
                name = <object> value
            elif <object> key == "eventTime":
                time = <object> value
            else:
                return None
        elif size == 7:
            if <object> key == "contact":
                contact = <object> value
            elif <object> key == "eventID":
                id_ = <object> value
            else:
                return None
        elif <object> key == "properties":
            properties = <object> value
        elif <object> key == "origin":
            origin = <object> value
        elif <object> key == "eventVersion":
            version = <object> value
        else:
            return None
    if not is_line(name, rules.max_event_name_length):
        return None
    if time is not None and not is_ordinary_time(time, limits.max_string):
        return None
    if id_ is not None:
        id_ = event_id(id_)
        if id_ is None:
            return None
    origin = short_text(origin)
    version = short_text(version)
    if origin is NOTHING or version is NOTHING:
        return None
    wanted = read_contact(contact, rules, &limits)
    if wanted is None:
        return None
    if properties is None:
        event = {}
    elif type(properties) is dict and len(<dict> properties) <= limits.max_properties:
        event = copied(properties)
        if event is None:
            return None
        if len(event) > limits.max_properties:  # another thread added entries meanwhile
            return None
    else:
        return None
    request = new(TrackRequest)
    fill_slot(request, REQUEST_NAME, name)
    fill_slot(request, REQUEST_CONTACT, wanted)
    fill_slot(request, REQUEST_TIME, time)
    fill_slot(request, REQUEST_ID, id_)
    fill_slot(request, REQUEST_ORIGIN, origin)
    fill_slot(request, REQUEST_VERSION, version)
    fill_slot(request, REQUEST_PROPERTIES, frozen(event))
    fill_slot(request, REQUEST_ERRORS, NO_ERRORS)
    fill_slot(request, REQUEST_RULES, rules)
    return request


cdef dict copied(object value):
    """A copy of a dict, which no other thread can change; ``None`` where even that fails for its keys."""
    try:
        return (<dict> value).copy()
    except Exception:
        return None


cdef bint is_line(object text, object longest) except -1:
    """Whether ``text`` has 1 to ``longest`` characters and no C0 control, DEL or surrogate (``names.is_line``)."""
    cdef Py_ssize_t i, size
    cdef int kind
    cdef const void *data
    cdef unsigned int c
    if type(text) is not str:
        return False
    size = PyUnicode_GET_LENGTH(text)
    if size == 0 or size > <object> longest:
        return False
    kind = PyUnicode_KIND(text)
    if kind != 1 and kind != 2 and kind != 4:
        return False
    data = PyUnicode_DATA(text)
    for i in range(size):
        c = PyUnicode_READ(kind, data, i)
        if c < 0x20 or c == 0x7F or 0xD800 <= c <= 0xDFFF:
            return False
    return True


cdef object short_text(object text):
    """An origin or event version, ``None`` if absent or empty; ``()`` for any other value."""
    if text is None or (type(text) is str and PyUnicode_GET_LENGTH(text) == 0):
        return None
    return text if is_line(text, MAX_LINE_LENGTH) else NOTHING


cdef bint is_ordinary_time(object text, Py_ssize_t longest) except -1:
    if type(text) is not str or not PyUnicode_IS_COMPACT_ASCII(text):
        return False
    return PyUnicode_GET_LENGTH(text) <= longest and is_datetime(
        PyUnicode_1BYTE_DATA(text), PyUnicode_GET_LENGTH(text)
    )


cdef object event_id(object text):
    """A UUID of 8-4-4-4-12 hex digits (RFC 9562, section 4), in lower case; ``None`` for any other value."""
    cdef chars data
    cdef Py_ssize_t i
    cdef bint is_lower = True
    if type(text) is not str or PyUnicode_GET_LENGTH(text) != 36 or not PyUnicode_IS_COMPACT_ASCII(text):
        return None
    data = PyUnicode_1BYTE_DATA(text)
    for i in range(36):
        if i == 8 or i == 13 or i == 18 or i == 23:
            if data[i] != c"-":
                return None
        elif not is_hex(data[i]):
            return None
        elif c"A" <= data[i] <= c"F":
            is_lower = False
    return text if is_lower else (<str> text).lower()


cdef object read_contact(object value, object rules, Limits *limits):
    """The ``ContactRequest`` of a contact without errors (``reading.read_contact``); else ``None``."""
    cdef dict contact, identifiers = {}, properties = {}
    cdef list removals = None
    cdef Py_ssize_t position = 0, size
    cdef PyObject *key
    cdef PyObject *member
    cdef object id_ = None, email = None, phone_number = None
    if type(value) is not dict or len(<dict> value) > limits.max_properties:
        return None
    contact = copied(value)
    if contact is None:
        return None
    while PyDict_Next(contact, &position, &key, &member):
        if type(<object> key) is not str:
            return None
        size = PyUnicode_GET_LENGTH(<object> key)
        if size == 2 and <object> key == "id":
            if not is_line(<object> member, MAX_LINE_LENGTH):
                return None
            id_ = <object> member
        elif size == 5 and <object> key == "email":
            email = normalised_email(<object> member)
            if email is None:
                return None
        elif size == 11 and <object> key == "phoneNumber":
            if not is_phone_number(<object> member):
                return None
            phone_number = <object> member
        elif size > limits.max_name or not is_name(<object> key):
            return None
        elif <object> member is None:
            if removals is None:
                removals = []
            removals.append(<object> key)
        else:
            read = read_value(<object> member, rules, limits)
            if read is None:
                return None
            properties[<object> key] = read
    if id_ is not None:
        identifiers["id"] = id_
    if email is not None:
        identifiers["email"] = email
    if phone_number is not None:
        identifiers["phoneNumber"] = phone_number
    if not identifiers:
        return None
    result = new(ContactRequest)
    fill_slot(result, WANTED_IDENTIFIERS, frozen(identifiers))
    fill_slot(result, WANTED_PROPERTIES, frozen(properties))
    fill_slot(result, WANTED_REMOVALS, NOTHING if removals is None else tuple(removals))
    return result


cdef object normalised_email(object text):
    """``formats.normalise_email`` of an ordinary address; ``None`` for any other value."""
    cdef chars data
    cdef Py_ssize_t i, size
    if type(text) is not str or not PyUnicode_IS_COMPACT_ASCII(text):
        return None
    data = PyUnicode_1BYTE_DATA(text)
    size = PyUnicode_GET_LENGTH(text)
    if not is_email(data, size):
        return None
    for i in range(size):
        if c"A" <= data[i] <= c"Z":
            return normalise_email(text)
    return text  # without capitals, an ASCII address without A-labels is already normalised


cdef bint is_phone_number(object text) except -1:
    """E.164, section 6: ``+``, a digit from 1 to 9, and 1 to 14 more."""
    cdef chars data
    cdef Py_ssize_t i, size
    if type(text) is not str or not PyUnicode_IS_COMPACT_ASCII(text):
        return False
    data = PyUnicode_1BYTE_DATA(text)
    size = PyUnicode_GET_LENGTH(text)
    if size < 3 or size > 16 or data[0] != c"+" or data[1] == c"0":
        return False
    for i in range(1, size):
        if not c"0" <= data[i] <= c"9":
            return False
    return True


cdef object read_value(object value, object rules, Limits *limits):
    """The value to store for a contact property; ``None`` if the definition must decide."""
    cdef int overflow = 0, verdict
    cdef Py_ssize_t i
    kind = type(value)
    if kind is str:
        return value if is_text(value, limits.max_string) else None
    if kind is bool:
        return value
    if kind is int:
        PyLong_AsLongLongAndOverflow(value, &overflow)
        return None if overflow or not limits.detects_all else value
    if kind is float:
        verdict = verdict_on_float(value, limits)
        return value if verdict == KEPT else None if verdict == LEFT else changed(value, rules, limits)
    if kind is list or kind is tuple:
        value = tuple(value)
        if len(<tuple> value) > MAX_ITEMS:
            return None
        for i in range(len(<tuple> value)):
            if type(<object> PyTuple_GET_ITEM(value, i)) is not str or not is_text(
                <object> PyTuple_GET_ITEM(value, i), limits.max_string
            ):
                return None
        return value
    return None


# --- decide ---


def decide(request, schema, matches, bint must_be_quick=False):
    """Decide on ``request`` if it has no errors and its contact is certain; else return ``None``.

    With ``must_be_quick``, ``None`` also where a value is read slowly.
    """
    cdef object base, before, wanted, contact, change, merged, rules, name
    cdef dict event, identifiers
    if type(request) is not TrackRequest or <object> SLOT(request, REQUEST_ERRORS) is not NO_ERRORS:
        return None
    name = <object> SLOT(request, REQUEST_NAME)
    base = EventSchema(name) if schema is None else schema
    if type(base) is not EventSchema or name != <object> SLOT(base, SCHEMA_NAME):
        return None
    before = one_of(matches)
    if before is NOTHING:
        return None
    wanted = <object> SLOT(request, REQUEST_CONTACT)
    identifiers = data_of(<object> SLOT(wanted, WANTED_IDENTIFIERS))
    id_ = identifiers.get("id")
    if id_ is not None and (before is None or id_ != <object> SLOT(before, CONTACT_ID)):
        return None  # not found
    event = data_of(<object> SLOT(request, REQUEST_PROPERTIES))
    rules = <object> SLOT(request, REQUEST_RULES)
    merged = accept_event(
        base, <dict> SLOT(base, SCHEMA_TYPES), <object> SLOT(base, SCHEMA_LONGEST_NAME), event, rules
    )
    if type(merged) is not MergeResult:
        if must_be_quick:
            merged = base._complete_quickly(merged, rules)
            if merged is None:
                return None
        else:
            merged = base._complete(merged, event, rules)
    if <object> PyTuple_GET_ITEM(merged, 4) is not NOTHING and <object> PyTuple_GET_ITEM(merged, 4):
        return decision_of(<object> PyTuple_GET_ITEM(merged, 4), None, None, None, None, None, NOTHING)
    if before is None:
        contact, change = created(wanted, identifiers)
    else:
        change = difference(wanted, identifiers, before)
        contact = before if change is None else updated(before, change)
    tracked = new(TrackedEvent)
    fill_slot(tracked, EVENT_NAME, name)
    fill_slot(tracked, EVENT_PROPERTIES, frozen(<dict> <object> PyTuple_GET_ITEM(merged, 2)))
    fill_slot(tracked, EVENT_IDENTIFIERS, identifiers_of(contact))
    fill_slot(tracked, EVENT_TIME, <object> SLOT(request, REQUEST_TIME))
    fill_slot(tracked, EVENT_ID, <object> SLOT(request, REQUEST_ID))
    fill_slot(tracked, EVENT_ADJUSTMENTS, <object> PyTuple_GET_ITEM(merged, 3))
    fill_slot(tracked, EVENT_ORIGIN, <object> SLOT(request, REQUEST_ORIGIN))
    fill_slot(tracked, EVENT_VERSION, <object> SLOT(request, REQUEST_VERSION))
    fill_slot(tracked, EVENT_RECEIVED_AT, None)
    fill_slot(tracked, EVENT_SCHEMA_VERSION, None)
    after = <object> PyTuple_GET_ITEM(merged, 0)
    schema_change = None if after is schema else merged.schema_change(schema)
    dropped = <object> PyTuple_GET_ITEM(merged, 5)
    return decision_of(NOTHING, tracked, after, schema_change, contact, change, dropped)


cdef object decision_of(
    object errors,
    object event,
    object schema,
    object schema_change,
    object contact,
    object contact_change,
    object dropped,
):
    decision = new(TrackDecision)
    fill_slot(decision, DECISION_ERRORS, errors)
    fill_slot(decision, DECISION_EVENT, event)
    fill_slot(decision, DECISION_SCHEMA, schema)
    fill_slot(decision, DECISION_SCHEMA_CHANGE, schema_change)
    fill_slot(decision, DECISION_CONTACT, contact)
    fill_slot(decision, DECISION_CONTACT_CHANGE, contact_change)
    fill_slot(decision, DECISION_DROPPED, dropped)
    return decision


cdef object one_of(object matches):
    """The one contact in a list or tuple, which may repeat it; ``None`` if empty; ``()`` for any other value."""
    cdef Py_ssize_t i, size
    cdef PyObject *first
    if type(matches) is list:
        matches = tuple(matches)  # a copy that no other thread can change
    if type(matches) is not tuple:
        return NOTHING
    size = PyTuple_GET_SIZE(matches)
    if size == 0:
        return None
    first = PyTuple_GET_ITEM(matches, 0)
    for i in range(1, size):
        if PyTuple_GET_ITEM(matches, i) is not first:
            return NOTHING
    return <object> first if type(<object> first) is Contact else NOTHING


cdef tuple created(object wanted, dict identifiers):
    contact = new(Contact)
    fill_slot(contact, CONTACT_ID, None)
    fill_slot(contact, CONTACT_EMAIL, identifiers.get("email"))
    fill_slot(contact, CONTACT_PHONE_NUMBER, identifiers.get("phoneNumber"))
    fill_slot(contact, CONTACT_PROPERTIES, <object> SLOT(wanted, WANTED_PROPERTIES))
    change = change_of("create", <object> SLOT(wanted, WANTED_IDENTIFIERS), <object> SLOT(wanted, WANTED_PROPERTIES), NOTHING)
    return contact, change


cdef object change_of(object kind, object identifiers, object set_, object removed):
    change = new(ContactChange)
    fill_slot(change, CHANGE_KIND, kind)
    fill_slot(change, CHANGE_IDENTIFIERS, identifiers)
    fill_slot(change, CHANGE_SET, set_)
    fill_slot(change, CHANGE_REMOVED, removed)
    return change


cdef object difference(object wanted, dict identifiers, object before):
    """The change that ``wanted`` makes to the contact ``before``; ``None`` if there is none."""
    cdef dict held = data_of(<object> SLOT(before, CONTACT_PROPERTIES))
    cdef dict given = data_of(<object> SLOT(wanted, WANTED_PROPERTIES))
    cdef tuple removals = <tuple> SLOT(wanted, WANTED_REMOVALS)
    cdef dict new_identifiers = None, set_ = None
    cdef list removed = None
    cdef Py_ssize_t position = 0
    cdef PyObject *name
    cdef PyObject *value
    cdef PyObject *known
    email = identifiers.get("email")
    if email is not None and email != <object> SLOT(before, CONTACT_EMAIL):
        new_identifiers = {"email": email}
    phone_number = identifiers.get("phoneNumber")
    if phone_number is not None and phone_number != <object> SLOT(before, CONTACT_PHONE_NUMBER):
        if new_identifiers is None:
            new_identifiers = {}
        new_identifiers["phoneNumber"] = phone_number
    while PyDict_Next(given, &position, &name, &value):
        known = PyDict_GetItemWithError(held, <object> name)
        if known is NULL or not is_same(<object> known, <object> value):
            if set_ is None:
                set_ = {}
            set_[<object> name] = <object> value
    for removal in removals:
        if removal in held:
            if removed is None:
                removed = []
            removed.append(removal)
    if new_identifiers is None and set_ is None and removed is None:
        return None
    return change_of(
        "update",
        EMPTY if new_identifiers is None else frozen(new_identifiers),
        EMPTY if set_ is None else frozen(set_),
        NOTHING if removed is None else tuple(removed),
    )


cdef inline bint is_same(object one, object other) except -1:
    return one is other or (type(one) is type(other) and one == other)  # 1 == True == 1.0, and they are different values


cdef object updated(object before, object change):
    """The contact ``before`` with the update ``change`` applied."""
    cdef dict identifiers = data_of(<object> SLOT(change, CHANGE_IDENTIFIERS))
    cdef dict set_ = data_of(<object> SLOT(change, CHANGE_SET))
    cdef tuple removed = <tuple> SLOT(change, CHANGE_REMOVED)
    cdef dict properties = data_of(<object> SLOT(before, CONTACT_PROPERTIES)).copy()
    for name in removed:
        del properties[name]
    properties.update(set_)
    contact = new(Contact)
    fill_slot(contact, CONTACT_ID, <object> SLOT(before, CONTACT_ID))
    fill_slot(contact, CONTACT_EMAIL, identifiers.get("email", <object> SLOT(before, CONTACT_EMAIL)))
    fill_slot(contact, CONTACT_PHONE_NUMBER, identifiers.get("phoneNumber", <object> SLOT(before, CONTACT_PHONE_NUMBER)))
    fill_slot(contact, CONTACT_PROPERTIES, frozen(properties))
    return contact


cdef object identifiers_of(object contact):
    """``Contact.identifiers``."""
    cdef dict identifiers = {}
    if SLOT(contact, CONTACT_ID) is not <PyObject *> None:
        identifiers["id"] = <object> SLOT(contact, CONTACT_ID)
    if SLOT(contact, CONTACT_EMAIL) is not <PyObject *> None:
        identifiers["email"] = <object> SLOT(contact, CONTACT_EMAIL)
    if SLOT(contact, CONTACT_PHONE_NUMBER) is not <PyObject *> None:
        identifiers["phoneNumber"] = <object> SLOT(contact, CONTACT_PHONE_NUMBER)
    return frozen(identifiers)
