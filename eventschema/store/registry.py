"""The registries, to which a service gives its requests: one for blocking services, one for asynchronous services."""

from collections.abc import Callable, Generator
from typing import Any

from eventschema.core.arguments import require_rules
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.store.arguments import read_text
from eventschema.store.protocols import METHODS, AsyncStore, Load, Question, Store, check_methods
from eventschema.store.tracking import SchemaCache, TrackResult, track_steps
from eventschema.store.waiting import one_call
from eventschema.track.request import TrackRequest

_Steps = Generator[Question, Any, TrackResult]

#: How many schemas a registry caches.
MAX_SCHEMAS = 10_000


class _Registry:
    """What both registries have: the rules, the cached schemas, and what answers each kind of question."""

    def __init__(self, store: Store | AsyncStore, rules: Rules, max_schemas: int) -> None:
        require_rules(rules)
        self._rules = rules
        self._cache = SchemaCache(max_schemas)
        self._answers: dict[type[Question], Callable[..., Any]] = {
            kind: getattr(store, method) for kind, method in METHODS.items()
        }

    @property
    def rules(self) -> Rules:
        """The rules that requests are checked against."""
        return self._rules

    def _ask(self, question: Question) -> Any:
        """The answer of the store; of an asynchronous one, what to await for it."""
        return self._answers[type(question)](*question)

    def _steps(self, payload: object, who: str | None) -> _Steps:
        request = payload if isinstance(payload, TrackRequest) else TrackRequest.parse(payload, self._rules)
        return track_steps(request, who, self._cache)


class SchemaRegistry(_Registry):
    """Tracks requests into ``store``: decides on each and saves what is accepted. Safe to use from several threads.

    ``rules`` are what requests are checked against. The ``max_schemas`` schemas that were used last are cached: an
    event whose properties are all in such a schema costs the store one query for the contact and one write.

    Raises ``TypeError`` for an asynchronous store or anything else that is not a blocking store, and for other
    arguments of a wrong type; ``ValueError`` for a negative ``max_schemas``.
    """

    def __init__(self, store: Store, rules: Rules = DEFAULT_RULES, *, max_schemas: int = MAX_SCHEMAS) -> None:
        check_methods(store, advice=": an asynchronous store goes into an AsyncSchemaRegistry")
        super().__init__(store, rules, max_schemas)

    def track(self, payload: object, who: str | None = None) -> TrackResult:
        """Track the request ``payload``: any object, or a ``TrackRequest`` that is already parsed.

        An accepted request is saved whole, its event and the changes of schema and contact; the history of the schema
        names ``who``. A repeated event id is accepted and not saved again.

        Raises nothing for anything that the payload is or has in it. Raises ``TypeError`` and ``ValueError`` for a
        ``who`` that is not text, or has control characters or lone surrogates; ``StoreUnavailableError`` if the store
        cannot answer now, or not within the time limit of a call, or if other writers won 100 races in a row; and
        ``StoreError`` if the store never can answer.
        """
        steps = self._steps(payload, who)
        with one_call():
            step = _send(steps, None)
            while not isinstance(step, TrackResult):
                step = _send(steps, self._ask(step))
            return step

    def schema(self, name: str) -> EventSchema | None:
        """The current schema of the events ``name``, ``None`` if there is none.

        It is loaded from the store and cached for :meth:`track`. Raises what the store's ``load`` does.
        """
        return self._cache.put(self._ask(Load(read_text(name, "the name of an event"))))


class AsyncSchemaRegistry(_Registry):
    """:class:`SchemaRegistry` for asynchronous services: the same, except that it awaits its ``store``.

    A blocking store is a ``TypeError``: put it into a ``ThreadedStore``.
    """

    def __init__(self, store: AsyncStore, rules: Rules = DEFAULT_RULES, *, max_schemas: int = MAX_SCHEMAS) -> None:
        check_methods(store, are_async=True, advice=": a blocking store goes into ThreadedStore(store)")
        super().__init__(store, rules, max_schemas)

    async def track(self, payload: object, who: str | None = None) -> TrackResult:
        """Track the request ``payload``: see :meth:`SchemaRegistry.track`."""
        steps = self._steps(payload, who)
        with one_call():
            step = _send(steps, None)
            while not isinstance(step, TrackResult):
                step = _send(steps, await self._ask(step))
            return step

    async def schema(self, name: str) -> EventSchema | None:
        """The current schema of the events ``name``: see :meth:`SchemaRegistry.schema`."""
        return self._cache.put(await self._ask(Load(read_text(name, "the name of an event"))))


def _send(steps: _Steps, answer: Any) -> Question | TrackResult:
    """Send ``answer`` to ``steps``; returns the next question or the result."""
    try:
        return steps.send(answer)
    except StopIteration as end:
        result: TrackResult = end.value
        return result
