"""What people do with the schemas of a registry: declare, freeze, retype, and read their history.

The steps yield questions to the store, as those of ``tracking`` do. A person takes a turn among the events that add to
the same schema, so that none of this process races with the change, and ``on_change`` is told in the order of versions.
"""

from collections.abc import Generator, Mapping
from typing import Any, Final, Literal, TypeVar

from eventschema.core.arguments import check_kind
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.arguments import read_text, read_who
from eventschema.store.declaring import Declared, declare_steps
from eventschema.store.protocols import SchemaRecord, StoreUnavailableError
from eventschema.store.questions import Declare, Governance, History, PlanRetype, Retype, Save
from eventschema.store.registrybase import RegistryBase
from eventschema.store.stepping import run, run_awaited
from eventschema.store.tracking import MAX_ATTEMPTS, ChangedSchema, Step, load_schema
from eventschema.store.turns import Turn
from eventschema.store.versions import Expected, StaleSchemaError, check_expected, existing
from eventschema.store.waiting import one_call
from eventschema.stream.retyping import RetypePlan

Types = Mapping[str, PropertyType | str]
_NAME: Final = "the name of an event"


_R = TypeVar("_R")

#: The steps of what a person asks for: they yield questions, are sent the answers, and return the result.
_GovernSteps = Generator[Step | Governance, Any, _R]


class _GoverningBase(RegistryBase):
    def _declare_steps(
        self, schema: EventSchema, who: str | None, *, thaw: bool, expected: Expected
    ) -> _GovernSteps[Declared]:
        check_kind(schema, EventSchema, "an EventSchema")
        who = read_who(who)
        self._check_offered(Declare, Save)
        end_turn = yield Turn(schema.name)
        try:
            before = yield from load_schema(schema.name, self._cache, self._offered)
            declared = yield from declare_steps(schema, before, who, thaw=thaw, expected=expected)
            if declared.after is not declared.before:
                self._cache.changed(ChangedSchema(declared.before, declared.after, who, None))
            return declared
        finally:
            end_turn()

    def _retype_steps(self, asked: Retype) -> _GovernSteps[RetypePlan]:
        self._check_offered(Retype)
        end_turn = yield Turn(asked.name)
        try:
            before = existing((yield from load_schema(asked.name, self._cache, self._offered)), asked.name)
            check_expected(before, asked.expected)
            plan: RetypePlan = yield asked._replace(expected=before)
            if plan.properties:
                after = before.retype({planned.name: planned.after for planned in plan.properties})
                self._cache.changed(ChangedSchema(before, after, asked.who, None))
            return plan
        finally:
            end_turn()

    def _retype_asked(self, name: str, types: Types, who: str | None, *, force: bool, expected: Expected) -> Retype:
        name, who = read_text(name, _NAME), read_who(who)
        return Retype(name, types, who, force, self._rules, expected)

    def _plan(self, name: str, types: Types) -> PlanRetype:
        self._check_offered(PlanRetype)
        return PlanRetype(read_text(name, _NAME), types, self._rules)

    def _history(self, name: str) -> History:
        self._check_offered(History)
        return History(read_text(name, _NAME))


class Governing(_GoverningBase):
    """The part of ``SchemaRegistry`` for people who govern its schemas."""

    def declare(
        self, schema: EventSchema, who: str | None = None, *, thaw: bool = False, expected: Expected = "any"
    ) -> Declared:
        """Declare ``schema``, in the name of ``who``: what the store has of it before and after.

        A schema that the store lacks is saved. To one that it has, the properties that it lacks are added, as one new
        version; others stay. A frozen ``schema`` freezes it in the same version; with ``thaw``, one that is not frozen
        lets events add properties again. Limits of the rules are not applied.

        With ``expected``, the store must have exactly that schema, or ``"none"``. Raises ``StaleSchemaError`` if it has
        not, ``DeclarationError`` if a property has another type in the store, and ``StoreUnavailableError`` as
        ``track`` does. Then nothing is saved.
        """
        steps = self._declare_steps(schema, who, thaw=thaw, expected=expected)
        with one_call():
            return run(steps, self._answers)

    def retype(
        self,
        name: str,
        types: Types,
        who: str | None = None,
        *,
        force: bool = False,
        expected: EventSchema | Literal["any"] = "any",
    ) -> RetypePlan:
        """Change types of the schema ``name``, after a plan over the stored events: see ``RetypingStore.retype``.

        Raises ``MissingMethodError`` if the store has no method ``retype``.
        """
        asked = self._retype_asked(name, types, who, force=force, expected=expected)
        for _ in range(MAX_ATTEMPTS):
            try:
                return run(self._retype_steps(asked), self._answers)
            except StaleSchemaError:  # another process was faster
                if expected != "any":
                    raise
        raise StoreUnavailableError(f"{MAX_ATTEMPTS} races in a row were lost to other writers")

    def plan_retype(self, name: str, types: Types) -> RetypePlan:
        """What :meth:`retype` would do now: see ``RetypingStore.plan_retype``. Raises what :meth:`retype` does."""
        plan: RetypePlan = self._ask(self._plan(name, types))
        return plan

    def history(self, name: str) -> tuple[SchemaRecord, ...]:
        """Every version of the schema ``name``, from 0: see ``SchemaStore.history``."""
        return tuple(self._ask(self._history(name)))


class AsyncGoverning(_GoverningBase):
    """The same for ``AsyncSchemaRegistry``. Where its store lacks a method, it raises ``MissingMethodError``."""

    async def declare(
        self, schema: EventSchema, who: str | None = None, *, thaw: bool = False, expected: Expected = "any"
    ) -> Declared:
        """Declare ``schema``: see :meth:`SchemaRegistry.declare`."""
        steps = self._declare_steps(schema, who, thaw=thaw, expected=expected)
        with one_call():
            return await run_awaited(steps, self._answers)

    async def retype(
        self,
        name: str,
        types: Types,
        who: str | None = None,
        *,
        force: bool = False,
        expected: EventSchema | Literal["any"] = "any",
    ) -> RetypePlan:
        """Change types of the schema ``name``: see :meth:`SchemaRegistry.retype`."""
        asked = self._retype_asked(name, types, who, force=force, expected=expected)
        for _ in range(MAX_ATTEMPTS):
            try:
                return await run_awaited(self._retype_steps(asked), self._answers)
            except StaleSchemaError:  # another process was faster
                if expected != "any":
                    raise
        raise StoreUnavailableError(f"{MAX_ATTEMPTS} races in a row were lost to other writers")

    async def plan_retype(self, name: str, types: Types) -> RetypePlan:
        """What :meth:`retype` would do now: see :meth:`SchemaRegistry.plan_retype`."""
        plan: RetypePlan = await self._ask(self._plan(name, types))
        return plan

    async def history(self, name: str) -> tuple[SchemaRecord, ...]:
        """Every version of the schema ``name``: see :meth:`SchemaRegistry.history`."""
        return tuple(await self._ask(self._history(name)))
