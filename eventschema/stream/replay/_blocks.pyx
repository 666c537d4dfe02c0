# cython: language_level=3, binding=False, cdivision=True, freethreading_compatible=True
"""The ordinary events of a block, compiled: the contract of ``blocks.accept_block``, in one loop over the events.

An accepted event is only counted: the numbers of its properties in its schema are noted while its values are checked,
and counted once all of them are certain.
"""

cimport cython
from cpython.dict cimport PyDict_GetItemWithError, PyDict_Next, PyDict_Size
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.object cimport PyObject

from eventschema.core._accept cimport KEPT, LEFT, Limits, changed, is_same, limits_of, verdict_on

from sys import maxsize

from eventschema.core.schema import EventSchema as _EventSchema
from eventschema.core.values import AdjustmentKind
from eventschema.stream.replay.blocks import AcceptedBlock as _AcceptedBlock
from eventschema.stream.replay.blocks import EventCount as _EventCount

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

# C's variables, for a module's own names are looked up in a dict.
cdef object EventSchema = _EventSchema
cdef object AcceptedBlock = _AcceptedBlock
cdef object EventCount = _EventCount
cdef object ROUNDED = AdjustmentKind.ROUNDED
cdef object INT_TO_FLOAT = AdjustmentKind.INT_TO_FLOAT
cdef object NULL_IGNORED = AdjustmentKind.NULL_IGNORED


# As what a value is stored.
cdef enum:
    AS_IT_IS
    AS_ROUNDED
    AS_ZERO  # rounded to it, and not zero before
    AS_FLOAT
    AS_NOTHING
    FATES

cdef struct Counts:
    Py_ssize_t by_fate[FATES]

cdef struct Note:
    Py_ssize_t number
    int fate


@cython.final
cdef class Counter:
    """The properties of one schema, each with its number, and the counts of what was accepted."""

    cdef list names
    cdef list types
    cdef dict numbers  # by name
    cdef Py_ssize_t size
    cdef Py_ssize_t events
    cdef Counts *counts  # by number
    cdef Note *noted  # of the event that is being looked at

    def __cinit__(self, properties):
        self.names = list(properties)
        self.types = list(properties.values())
        self.numbers = {name: number for number, name in enumerate(self.names)}
        self.size = len(self.names)
        self.counts = <Counts *> PyMem_Calloc(self.size + 1, sizeof(Counts))
        self.noted = <Note *> PyMem_Calloc(self.size + 1, sizeof(Note))
        if self.counts is NULL or self.noted is NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self.counts)
        PyMem_Free(self.noted)

    cdef object count(self):
        """The counts as Python has them."""
        cdef Py_ssize_t i
        cdef Counts *counts
        cdef dict seen = {}, adjusted = {}, zeroed = {}, kinds
        for i in range(self.size):
            counts = &self.counts[i]
            name = self.names[i]
            kinds = {}
            if counts.by_fate[AS_ROUNDED] + counts.by_fate[AS_ZERO]:
                kinds[ROUNDED] = counts.by_fate[AS_ROUNDED] + counts.by_fate[AS_ZERO]
            if counts.by_fate[AS_FLOAT]:
                kinds[INT_TO_FLOAT] = counts.by_fate[AS_FLOAT]
            if counts.by_fate[AS_NOTHING]:
                kinds[NULL_IGNORED] = counts.by_fate[AS_NOTHING]
            if kinds:
                adjusted[name] = kinds
            if counts.by_fate[AS_ZERO]:
                zeroed[name] = counts.by_fate[AS_ZERO]
            if counts.by_fate[AS_IT_IS] + counts.by_fate[AS_ROUNDED] + counts.by_fate[AS_ZERO] + counts.by_fate[AS_FLOAT]:
                seen[name] = (
                    counts.by_fate[AS_IT_IS] + counts.by_fate[AS_ROUNDED] + counts.by_fate[AS_ZERO]
                    + counts.by_fate[AS_FLOAT]
                )
        return EventCount(self.events, seen, adjusted, zeroed)


def accept_block(list values, envelope, dict schemas, rules):
    """Accept the ordinary events of a block, as ``blocks.accept_block`` says."""
    cdef Limits limits
    cdef Py_ssize_t position, longest_event_name = min(rules.max_event_name_length, maxsize)
    cdef list block = list(values)  # of our own, whatever becomes of the other
    cdef list remaining = []
    cdef dict counters = {}
    cdef object event = envelope.event, event_key = envelope.event_key, properties_key = envelope.properties_key
    cdef bint taken
    limits_of(rules, &limits)
    if not limits.conforms or not envelope.is_plain:
        return AcceptedBlock({}, list(range(len(block))))
    for position in range(len(block)):
        value = block[position]
        taken = False
        if type(value) is dict:
            try:
                with cython.critical_section(value):
                    name = event if event is not None else item_of(<dict> value, event_key)
                    properties = value if event is not None else item_of(<dict> value, properties_key)
                if type(name) is str and PyUnicode_GET_LENGTH(name) <= longest_event_name:
                    counter = counter_of(name, counters, schemas, &limits)
                    if counter is not None and type(properties) is dict:
                        with cython.critical_section(properties):
                            taken = count_event(<Counter> counter, <dict> properties, rules, &limits)
            except Exception:  # keys of other classes: comparing them runs their code
                taken = False
        if not taken:
            remaining.append(position)
    return AcceptedBlock(counts_of(counters), remaining)


cdef dict counts_of(dict counters):
    """The counts of each name of which an event was accepted."""
    cdef dict counts = {}
    for name, counter in counters.items():
        if counter is not None and (<Counter> counter).events:
            counts[name] = (<Counter> counter).count()
    return counts


cdef object item_of(dict value, object key):
    """The value of ``key``; ``None`` if it is missing."""
    cdef PyObject *found = PyDict_GetItemWithError(value, key)
    return None if found is NULL else <object> found


cdef object counter_of(str name, dict counters, dict schemas, Limits *limits):
    """The counter of the event ``name``; ``None`` where no schema can be asked here."""
    cdef PyObject *known = PyDict_GetItemWithError(counters, name)
    cdef PyObject *schema
    if known is not NULL:
        return <object> known
    counter = None
    schema = PyDict_GetItemWithError(schemas, name)
    if schema is not NULL and is_ordinary(<object> schema, name, limits):
        counter = Counter((<object> schema).properties)
    counters[name] = counter
    return counter


cdef bint is_ordinary(object schema, str name, Limits *limits) except -1:
    """Whether ``schema`` is one of ours, of that event, without a name that is longer than the rules allow."""
    if type(schema) is not EventSchema or schema.name != name:
        return False
    return max(map(len, schema.properties), default=0) <= limits.max_name


cdef bint count_event(Counter counter, dict properties, object rules, Limits *limits) except -1:
    """Whether all of the properties are certain; then they are counted."""
    cdef Py_ssize_t position = 0, noted = 0, number = 0, i
    cdef PyObject *name
    cdef PyObject *value
    cdef PyObject *found
    cdef int verdict
    if PyDict_Size(properties) > limits.max_properties or PyDict_Size(properties) > counter.size:
        return False
    while noted < counter.size and PyDict_Next(properties, &position, &name, &value):  # nothing here runs anybody's code
        if type(<object> name) is not str:
            return False
        # Most events bring their properties in the order in which the schema has them.
        if number == counter.size or name is not <PyObject *> counter.names[number]:
            if number < counter.size and is_same(<object> name, counter.names[number]):
                counter.names[number] = <object> name  # the decoder's text, which further events most likely have
            else:
                found = PyDict_GetItemWithError(counter.numbers, <object> name)
                if found is NULL:
                    return False
                number = <object> found
        verdict = verdict_on(<object> value, counter.types[number], limits)
        if verdict == LEFT:
            return False
        counter.noted[noted].number = number
        counter.noted[noted].fate = AS_IT_IS if verdict == KEPT else fate_of(<object> value, rules, limits)
        noted += 1
        number += 1
    for i in range(noted):
        counter.counts[counter.noted[i].number].by_fate[counter.noted[i].fate] += 1
    counter.events += 1
    return True


cdef int fate_of(object value, object rules, Limits *limits) except -1:
    """What becomes of a value that is CHANGED, as a replay counts it."""
    if value is None:
        return AS_NOTHING
    if type(value) is not float:
        return AS_FLOAT
    after = changed(value, rules, limits)
    if after is value:
        return AS_IT_IS
    return AS_ZERO if <double> after == 0.0 and <double> value != 0.0 else AS_ROUNDED
