"""Contacts: the snapshot that a store keeps, what a request says of one, and the change that the two make together."""

from collections.abc import Iterable, Mapping
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

#: Where the contact stands in a request.
ROOT: Final = "/contact"

_CHANGEABLE: Final = IDENTIFIERS[1:]  # the id is the store's


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as it stands in a store. Immutable, hashable, picklable, equal by value.

    ``id`` is ``None`` until a store has given one. ``properties`` maps names to values: bools, integers, finite floats,
    texts, and arrays of texts, which are held as tuples. Raises ``ValueError``, which says where, for anything else;
    lengths and the forms of identifiers are not looked at, since what a store has it has.

    For JSON there is :meth:`to_dict`, in which arrays are lists; ``json.dumps`` takes no contact, and no ``properties``
    of one.
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
        """Those of ``id``, ``email`` and ``phoneNumber`` that the contact has."""
        identifiers = {}
        if self.id is not None:
            identifiers["id"] = self.id
        if self.email is not None:
            identifiers["email"] = self.email
        if self.phone_number is not None:
            identifiers["phoneNumber"] = self.phone_number
        return FrozenDict.wrap(identifiers)

    def to_dict(self) -> dict[str, Any]:
        """The contact as a JSON-ready document with its format number; :meth:`from_dict` reads it, nothing lost."""
        return {
            "format": FORMAT,
            "id": self.id,
            "email": self.email,
            "phoneNumber": self.phone_number,
            "properties": write_values(self.properties),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Contact":
        """The contact of a document that :meth:`to_dict` made. Raises ``ValueError``, which says where, for another."""
        fields = read_fields(document, "", ("format", *IDENTIFIERS, "properties"))
        read_format(fields, "")
        return cls(fields["id"], fields["email"], fields["phoneNumber"], fields["properties"])


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """What a request says of its contact. Made by ``TrackRequest.parse``; what was invalid is not in it.

    ``identifiers`` has those of ``id``, ``email`` and ``phoneNumber`` that were given, in this order: what to look the
    contact up by. ``properties`` are to be set, arrays as tuples; those named in ``removals`` are to be removed.
    """

    identifiers: FrozenDict[str, str] = EMPTY
    properties: FrozenDict[str, ContactValue] = EMPTY
    removals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What a store must save of a contact: a new one (``kind="create"``) or what is different (``"update"``).

    ``identifiers`` are those of ``email`` and ``phoneNumber`` that are added or changed, ``set`` the properties that
    are, and ``removed`` names those that are removed. Raises ``ValueError``, which says where, for anything else.
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
        """The contact that the change makes of ``contact``, or of none where it creates one.

        A created contact has no id: the store gives it. Raises ``EventRejected`` with ``contact_not_found`` if there is
        no contact to update, and ``ValueError`` if there is one where one is to be created: another writer was
        faster, and the request is to be decided again.
        """
        if self.kind == "create":
            if contact is not None:
                raise ValueError("expected no contact where one is to be created, found one")
            contact = Contact()
        elif contact is None:
            raise EventRejected((ContactNotFound(ROOT),))
        kept = {name: value for name, value in contact.properties.items() if name not in self.removed}
        email = self.identifiers.get("email", contact.email)
        phone_number = self.identifiers.get("phoneNumber", contact.phone_number)
        return _contact(contact.id, email, phone_number, FrozenDict.wrap({**kept, **self.set}))

    def to_dict(self) -> dict[str, Any]:
        """The change as a JSON-ready document with its format number; :meth:`from_dict` reads it back, nothing lost."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "identifiers": dict(self.identifiers),
            "set": write_values(self.set),
            "removed": list(self.removed),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "ContactChange":
        """The change of a document that :meth:`to_dict` made. Raises ``ValueError``, which says where, for another."""
        fields = read_fields(document, "", ("format", "kind", "identifiers", "set", "removed"))
        read_format(fields, "")
        return cls(fields["kind"], fields["identifiers"], fields["set"], fields["removed"])


def find_contact(identifiers: Mapping[str, str], matches: Iterable[Contact]) -> Contact | Violation | None:
    """The one contact that ``identifiers`` mean, of those that any of them found; ``None`` where there is none yet.

    A contact found twice, by two identifiers, is one. ``contact_not_found`` if the id given is that of no match,
    whatever else is given; ``contact_conflict`` if there are several.
    """
    distinct: dict[str | Contact, Contact] = {}
    for contact in matches:
        check_kind(contact, Contact, "contacts (Contact) that were found")
        distinct.setdefault(contact if contact.id is None else contact.id, contact)
    if "id" in identifiers and identifiers["id"] not in distinct:
        return ContactNotFound(f"{ROOT}/id")
    if len(distinct) > 1:
        return ContactConflict(ROOT, tuple(identifiers))
    return next(iter(distinct.values()), None)


def settle_contact(request: ContactRequest, before: Contact | None) -> tuple[Contact, ContactChange | None]:
    """The contact after ``request``, and what that changes of the contact ``before`` (``None``: there is none yet).

    The change is ``None`` where nothing changes: what is there already is not set, and what is not there not removed.
    """
    if before is None:
        change = _change("create", request.identifiers, request.properties, ())
        return change.apply(None), change
    held = {"id": before.id, "email": before.email, "phoneNumber": before.phone_number}
    identifiers = {name: value for name, value in request.identifiers.items() if held[name] != value}
    known = before.properties
    properties = {
        name: value
        for name, value in request.properties.items()
        if (present := known.get(name)) is not value and not _is_same(present, value)
    }
    removed = tuple(name for name in request.removals if name in known)
    if not (identifiers or properties or removed):
        return before, None
    change = _change("update", FrozenDict.wrap(identifiers), FrozenDict.wrap(properties), removed)
    return change.apply(before), change


def _is_same(one: ContactValue | None, other: ContactValue) -> bool:
    return type(one) is type(other) and one == other  # 1 == True == 1.0, and each is another value here


# For values that were checked when the request was read, or when the contact was made.
_contact: Final = trusted(Contact)
_change: Final = trusted(ContactChange)
