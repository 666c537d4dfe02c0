"""Contacts: the snapshot in a store, what a request asks for, and the change that follows from both."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from eventschema.core.arguments import check_kind
from eventschema.core.documents import FORMAT, read_format, wrong
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.pointers import json_type_name
from eventschema.core.trusted import trusted
from eventschema.core.violations import EventRejected, Violation
from eventschema.track.documents import (
    IDENTIFIERS,
    ContactValue,
    read_fields,
    read_identifiers,
    read_names,
    read_optional_text,
    read_values,
    write_values,
)
from eventschema.track.violations import ContactConflict, ContactNotFound

ChangeKind = Literal["create", "update"]

#: The pointer to the contact in a request.
CONTACT_POINTER: Final = "/contact"

_CHANGEABLE: Final = IDENTIFIERS[1:]  # the store gives the id


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as a store keeps it. Immutable, hashable, picklable, equal by value.

    ``id`` is ``None`` until a store has given one. ``properties`` maps names to values: bools, integers, finite floats,
    texts, and arrays of texts, which are kept as tuples. Raises ``ValueError``, with the place, for any other value.
    Lengths and the formats of identifiers are not checked: what is in a store is accepted.

    Use :meth:`to_dict` for JSON, where arrays are lists. ``json.dumps`` accepts neither a contact nor its
    ``properties``.
    """

    id: str | None = None
    email: str | None = None
    phone_number: str | None = None
    properties: Mapping[str, ContactValue] = EMPTY

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", read_optional_text(self.id, "/id"))
        object.__setattr__(self, "email", read_optional_text(self.email, "/email"))
        object.__setattr__(self, "phone_number", read_optional_text(self.phone_number, "/phoneNumber"))
        object.__setattr__(self, "properties", read_values(self.properties, "/properties", arrays=True))

    @property
    def identifiers(self) -> FrozenDict[str, str]:
        """The identifiers that the contact has, among ``id``, ``email`` and ``phoneNumber``."""
        identifiers = {}
        if self.id is not None:
            identifiers["id"] = self.id
        if self.email is not None:
            identifiers["email"] = self.email
        if self.phone_number is not None:
            identifiers["phoneNumber"] = self.phone_number
        return FrozenDict.wrap(identifiers)

    def to_dict(self) -> dict[str, Any]:
        """The contact as a JSON-ready document with its format number. :meth:`from_dict` reads it back unchanged."""
        return {
            "format": FORMAT,
            "id": self.id,
            "email": self.email,
            "phoneNumber": self.phone_number,
            "properties": write_values(self.properties),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Contact":
        """Read a document made by :meth:`to_dict`. Raises ``ValueError`` with the place of what is wrong."""
        fields = read_fields(document, "", ("format", *IDENTIFIERS, "properties"))
        read_format(fields, "")
        return cls(fields["id"], fields["email"], fields["phoneNumber"], fields["properties"])


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """The valid parts of the contact in a request. ``TrackRequest.parse`` makes it.

    - ``identifiers``: those given among ``id``, ``email`` and ``phoneNumber``, in this order. Look the contact up by
      them.
    - ``properties``: to set, arrays as tuples. ``removals``: the names of the properties to remove.
    """

    identifiers: FrozenDict[str, str] = EMPTY
    properties: FrozenDict[str, ContactValue] = EMPTY
    removals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What to save of a contact: all of a new one (``kind="create"``), or the difference (``"update"``).

    - ``identifiers``: ``email`` and ``phoneNumber``, if added or changed.
    - ``set``: the properties added or changed. ``removed``: the names of those removed.

    Raises ``ValueError``, with the place, for any other value.
    """

    kind: ChangeKind
    identifiers: Mapping[str, str] = EMPTY
    set: Mapping[str, ContactValue] = EMPTY
    removed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in get_args(ChangeKind):
            raise wrong("/kind", " or ".join(get_args(ChangeKind)), json_type_name(self.kind))
        object.__setattr__(self, "identifiers", read_identifiers(self.identifiers, "/identifiers", _CHANGEABLE))
        object.__setattr__(self, "set", read_values(self.set, "/set", arrays=True))
        object.__setattr__(self, "removed", read_names(self.removed, "/removed"))

    def apply(self, contact: Contact | None) -> Contact:
        """Apply the change to ``contact``; ``None`` if it creates one.

        A created contact has no id: the store gives it. Raises ``EventRejected`` with ``contact_not_found`` if there is
        no contact to update. Raises ``ValueError`` if the contact to create exists: another writer was faster, so
        decide on the request again.
        """
        if self.kind == "create":
            if contact is not None:
                raise ValueError("expected no contact, since the change creates one, found one")
            contact = Contact()
        elif contact is None:
            raise EventRejected((ContactNotFound(CONTACT_POINTER),))
        kept = {name: value for name, value in contact.properties.items() if name not in self.removed}
        email = self.identifiers.get("email", contact.email)
        phone_number = self.identifiers.get("phoneNumber", contact.phone_number)
        return new_contact(contact.id, email, phone_number, FrozenDict.wrap({**kept, **self.set}))

    def to_dict(self) -> dict[str, Any]:
        """The change as a JSON-ready document with its format number. :meth:`from_dict` reads it back unchanged."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "identifiers": dict(self.identifiers),
            "set": write_values(self.set),
            "removed": list(self.removed),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "ContactChange":
        """Read a document made by :meth:`to_dict`. Raises ``ValueError`` with the place of what is wrong."""
        fields = read_fields(document, "", ("format", "kind", "identifiers", "set", "removed"))
        read_format(fields, "")
        return cls(fields["kind"], fields["identifiers"], fields["set"], fields["removed"])


def find_contact(identifiers: Mapping[str, str], matches: Iterable[Contact]) -> Contact | Violation | None:
    """The contact with all ``identifiers`` among ``matches``, those found by any of them; ``None`` if there is none.

    A contact found by two identifiers counts once. Returns ``contact_not_found`` if no match has the given id, whatever
    else is given, and ``contact_conflict`` if there are several contacts.
    """
    distinct: dict[str | Contact, Contact] = {}
    for contact in matches:
        check_kind(contact, Contact, "contacts (Contact) that were found")
        distinct.setdefault(contact if contact.id is None else contact.id, contact)
    if "id" in identifiers and identifiers["id"] not in distinct:
        return ContactNotFound(f"{CONTACT_POINTER}/id")
    if len(distinct) > 1:
        return ContactConflict(CONTACT_POINTER, tuple(identifiers))
    return next(iter(distinct.values()), None)


def is_up_to_date(request: ContactRequest, before: Contact, identifiers: FrozenDict[str, str]) -> bool:
    """Whether ``request`` certainly changes nothing of the contact ``before``, which has these ``identifiers``.

    False, as not certain, if there are removals. :func:`decide_contact` would find the same, but takes longer.
    """
    if request.removals:
        return False
    present = identifiers.getter
    for name, identifier in request.identifiers.items():
        if present(name) != identifier:
            return False
    property_of = _getter(before.properties)
    for name, value in request.properties.items():
        here = property_of(name)
        # 1 == True == 1.0, and they are different values.
        if here is not value and (type(here) is not type(value) or here != value):
            return False
    return True


def _getter(properties: Mapping[str, ContactValue]) -> Callable[[str], Any]:
    return properties.getter if type(properties) is FrozenDict else properties.get


def decide_contact(request: ContactRequest, before: Contact | None) -> tuple[Contact, ContactChange | None]:
    """The contact after ``request``, and the change to the contact ``before``, which is ``None`` if there is none yet.

    The change is ``None`` if nothing changes. It leaves out properties that have their value already, and removals of
    properties that the contact does not have.
    """
    if before is None:
        change = _change("create", request.identifiers, request.properties, ())
        return change.apply(None), change
    current = {"id": before.id, "email": before.email, "phoneNumber": before.phone_number}
    identifiers = {name: value for name, value in request.identifiers.items() if current[name] != value}
    known = before.properties
    present = _getter(known)
    properties = {
        name: value
        for name, value in request.properties.items()
        if (here := present(name)) is not value and (type(here) is not type(value) or here != value)
    }
    removed = tuple(name for name in request.removals if name in known) if request.removals else ()
    if not (identifiers or properties or removed):
        return before, None
    change = _change("update", FrozenDict.wrap(identifiers), FrozenDict.wrap(properties), removed)
    return change.apply(before), change


#: Makes a ``Contact`` of values that were checked when the request was parsed or the contact was made, by position.
new_contact: Final = trusted(Contact)
_change: Final = trusted(ContactChange)
