"""The registry: what a service hands its requests to. One for blocking services, and its twin for asynchronous ones."""

from typing import Any

from eventschema.core.arguments import require_rules
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.store.arguments import read_text
from eventschema.store.kinds import kind_of
from eventschema.store.protocols import AsyncStore, Store
from eventschema.store.tracking import Commit, Find, Load, Question, SchemaCache, Seen, TrackResult, track_steps
from eventschema.store.waiting import one_call
from eventschema.track.request import TrackRequest

#: How many schemas a registry keeps at hand.
MAX_SCHEMAS = 10_000


class _Registry:
    """What the twins have in common: the rules, and the schemas kept at hand."""

    def __init__(self, rules: Rules, max_schemas: int) -> None:
        require_rules(rules)
        self._rules = rules
        self._cache = SchemaCache(max_schemas)

    @property
    def rules(self) -> Rules:
        """The rules that requests are held to."""
        return self._rules

    def _request(self, payload: object) -> TrackRequest:
        return payload if isinstance(payload, TrackRequest) else TrackRequest.parse(payload, self._rules)

    def _remember(self, schema: EventSchema | None) -> EventSchema | None:
        if schema is not None:
            self._cache.put(schema)
        return schema


class SchemaRegistry(_Registry):
    """Requests in, what became of them out; what is accepted is in ``store``. Safe from several threads.

    ``rules`` are what requests are held to. The last ``max_schemas`` schemas used are kept at hand: an event of which
    such a schema knows all properties costs the store a look for its contact and one write.

    Raises ``TypeError`` for a store that is awaited, or for none at all, and for other arguments of a wrong kind, and
    ``ValueError`` for a negative ``max_schemas``.
    """

    def __init__(self, store: Store, rules: Rules = DEFAULT_RULES, *, max_schemas: int = MAX_SCHEMAS) -> None:
        if kind_of(store) != "blocking":
            raise TypeError(
                f"expected a store whose methods block, found {type(store).__name__}: "
                "one that is awaited goes into an AsyncSchemaRegistry"
            )
        super().__init__(rules, max_schemas)
        self._store = store

    def track(self, payload: object, who: str | None = None) -> TrackResult:
        """What became of the request ``payload``: any object, or a ``TrackRequest`` that was parsed already.

        An accepted one is saved, its event with the changes of schema and contact that it brings, together; the history
        of the schema names ``who``. A repetition of an event id is accepted, and saved no second time.

        Raises nothing for what the payload is or holds. Raises ``TypeError`` and ``ValueError`` for a ``who`` that is
        no text, or has control characters or lone surrogates; ``StoreUnavailableError`` if the store cannot answer for
        now, or not in the time that it gives to a call, or if other writers were faster 100 times in a row; and
        ``StoreError`` if it never could.
        """
        steps = track_steps(self._request(payload), who, self._cache)
        with one_call():
            try:
                question = next(steps)
                while True:
                    question = steps.send(self._answer(question))
            except StopIteration as end:
                tracked: TrackResult = end.value
                return tracked

    def schema(self, name: str) -> EventSchema | None:
        """The schema of the events ``name`` as it stands in the store, ``None`` if there is none.

        The store is asked, and :meth:`track` then knows what it answered. Raises what its ``load`` does.
        """
        return self._remember(self._store.load(read_text(name, "the name of an event")))

    def _answer(self, question: Question) -> Any:
        match question:
            case Load(name):
                return self._store.load(name)
            case Find(identifiers):
                return self._store.find(identifiers)
            case Seen(event_id):
                return self._store.seen(event_id)
            case Commit(work):
                return self._store.commit(work)


class AsyncSchemaRegistry(_Registry):
    """:class:`SchemaRegistry` for asynchronous services: the same in all but that it awaits its ``store``.

    A blocking store becomes one that can be awaited in a ``ThreadedStore``; as it is, it is a ``TypeError``.
    """

    def __init__(self, store: AsyncStore, rules: Rules = DEFAULT_RULES, *, max_schemas: int = MAX_SCHEMAS) -> None:
        if kind_of(store) != "awaited":
            raise TypeError(
                f"expected a store that is awaited, found {type(store).__name__}: "
                "one whose methods block goes into ThreadedStore(store)"
            )
        super().__init__(rules, max_schemas)
        self._store = store

    async def track(self, payload: object, who: str | None = None) -> TrackResult:
        """What became of the request ``payload``, and what is raised: as :meth:`SchemaRegistry.track`."""
        steps = track_steps(self._request(payload), who, self._cache)
        with one_call():
            try:
                question = next(steps)
                while True:
                    question = steps.send(await self._answer(question))
            except StopIteration as end:
                tracked: TrackResult = end.value
                return tracked

    async def schema(self, name: str) -> EventSchema | None:
        """The schema of the events ``name`` as it stands in the store: as :meth:`SchemaRegistry.schema`."""
        return self._remember(await self._store.load(read_text(name, "the name of an event")))

    async def _answer(self, question: Question) -> Any:
        match question:
            case Load(name):
                return await self._store.load(name)
            case Find(identifiers):
                return await self._store.find(identifiers)
            case Seen(event_id):
                return await self._store.seen(event_id)
            case Commit(work):
                return await self._store.commit(work)
