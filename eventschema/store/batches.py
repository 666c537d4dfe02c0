"""What ``commit_many`` adds to ``commit``: works of one call that build on each other."""

from collections.abc import Sequence
from dataclasses import replace

from eventschema.core.arguments import check_kind, wrong_kind
from eventschema.store.protocols import UnitOfWork
from eventschema.track.contact import Contact

_Ways = tuple[str | None, str | None]


def read_works(value: object) -> tuple[UnitOfWork, ...]:
    """The units of work in ``value``. Raises ``TypeError`` if it is anything but a sequence of them."""
    if not isinstance(value, Sequence):
        raise wrong_kind(value, "a sequence of units of work (UnitOfWork)")
    for work in value:
        check_kind(work, UnitOfWork, "units of work (UnitOfWork)")
    return tuple(value)


class BatchProgress:
    """How far one call of ``commit_many`` is: the contacts that it created, and what it could not save.

    A store uses it so, for each work in order: save what :meth:`next` returns as ``commit`` does, unless that is
    ``None``, and then call :meth:`saved` or :meth:`not_saved`.
    """

    def __init__(self) -> None:
        self._created: dict[_Ways, str | None] = {}  # the ids by email and phone number
        self._missing_schemas: set[str] = set()  # with changes that were not saved
        self._missing_contacts: set[str | None] = set()  # the same, by id

    def next(self, work: UnitOfWork) -> UnitOfWork | None:
        """``work`` with the id of its contact, if this call created that; ``None`` if ``work`` is stale."""
        if work.before is not None and work.before.id is None:
            id_ = self._id_of(work.before)
            if id_ is None:
                return None
            before, contact = replace(work.before, id=id_), replace(work.contact, id=id_)
            work = replace(work, before=before, contact=contact)
        return None if self._is_missing(work) else work

    def saved(self, work: UnitOfWork, contact: Contact) -> None:
        """Note that ``work``, as :meth:`next` returned it, was saved, and has left ``contact``."""
        is_created = work.before is None or (self._created and self._created.pop(_ways(work.before), None) is not None)
        if is_created:
            self._created[_ways(contact)] = contact.id

    def not_saved(self, work: UnitOfWork) -> None:
        """Note that ``work``, as given to :meth:`next` or returned by it, was not saved."""
        if work.schema_change is not None:
            self._missing_schemas.add(work.schema_change.name)
        if work.contact_change is not None and work.before is not None:
            self._missing_contacts.add(self._id_of(work.before))

    def _id_of(self, contact: Contact) -> str | None:
        return contact.id or self._created.get(_ways(contact))

    def _is_missing(self, work: UnitOfWork) -> bool:
        """Whether ``work`` may build on a change that was not saved."""
        if work.event.name in self._missing_schemas:
            return True
        return work.before is not None and work.before.id in self._missing_contacts


def _ways(contact: Contact) -> _Ways:
    return contact.email, contact.phone_number
