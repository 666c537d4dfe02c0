"""JSON Pointers (RFC 6901) into a request, and how names from outside are shown in them.

A name in a pointer is somebody's input: it may be a megabyte long, no text at all, or text that has no UTF-8. What
this module returns is short, and can always be encoded.
"""


def child(parent: str, name: object, max_length: int) -> str:
    """The pointer to the member ``name`` of what ``parent`` points to; the name as :func:`shown`."""
    return f"{parent}/{shown(name, max_length).replace('~', '~0').replace('/', '~1')}"


def shown(name: object, max_length: int) -> str:
    r"""``name`` as a message may show it.

    Text is cut to ``max_length`` characters and ``...``, lone surrogates in it are escaped (``\ud800``); what is no
    text appears as the name of its type, ``<int>``.
    """
    if type(name) is not str:
        if not issubclass(type(name), str):
            return f"<{python_type_name(name)}>"
        name = str.__str__(name)
    cut = name if len(name) <= max_length else name[:max_length] + "..."
    return cut if cut.isascii() else encodable(cut)


def json_type_name(value: object) -> str:
    """``object``, ``array`` or ``null`` where JSON has a word for the value's type, else the Python type's name."""
    if value is None:
        return "null"
    kind = type(value)
    if issubclass(kind, dict):
        return "object"
    if issubclass(kind, list | tuple):
        return "array"
    return python_type_name(value)


def python_type_name(value: object) -> str:
    """The name of the value's class, without asking the class: a metaclass could answer anything."""
    name: str = _TYPE_NAME.__get__(type(value))
    return encodable(name if len(name) <= _MAX_TYPE_NAME else name[:_MAX_TYPE_NAME] + "...")


def is_encodable(text: str) -> bool:
    """Whether ``text`` has a UTF-8: no lone surrogates (RFC 3629, section 3)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def encodable(text: str) -> str:
    """``text`` with lone surrogates escaped, so that it has a UTF-8."""
    return text.encode(errors="backslashreplace").decode()


_TYPE_NAME = type.__dict__["__name__"]
_MAX_TYPE_NAME = 128
