"""The HTTP service: the endpoint as an ASGI application, and what it answers. Needs the extra `web`.

## Running it

With the extras `cli`, `sql` and `web`, one command starts a service, and one tries it:

```sh
eventschema serve --db sqlite:///events.db
```

```sh
curl -i http://127.0.0.1:8000/v4/track -H 'Content-Type: application/json' -d '{"eventName": "order placed", \
"contact": {"email": "ann@example.com"}, "properties": {"total": 129.95}}'
```

The answer is 202 with the event's id. `GET /v4/schemas/order%20placed` returns the schema that this event made,
`/openapi.json` describes the service, `/healthz` asks the store whether it answers.

- **Tokens.** Without `--token` (or `EVENTSCHEMA_TOKEN`) requests are not authenticated, and only this machine can
  connect.
- **Database.** For PostgreSQL: the extra `postgres` and `--db postgresql://user:password@host/name`. A password there
  shows in process listings; put the URL into `EVENTSCHEMA_DB` instead.
- **Schemas.** `--schema FILE` declares schemas at each start: properties that the database lacks are added, and a
  declared type other than the stored one is an error that names both.
- **Log.** `--log-level info` logs the method, path, status and time of each request, never a body or a token.
- **Stopping.** On SIGTERM or Ctrl+C the service answers the requests in flight, by default for at most 40 seconds,
  and exits with 0, or with 1 if some were not answered.
- **Limits.** `--db-timeout` is the time that a request may take in the database, `--db-max-waiting` the number of
  requests that may wait for it. Beyond them the answer is 503.

## In your own service

    >>> from eventschema.store import MemoryStore
    >>> from eventschema.web import create_app
    >>> scopes = {"a-token": {"events.read", "events.write"}}
    >>> app = create_app(MemoryStore(), authorize=scopes.get)  # for any ASGI server

`authorize` returns the scopes of a token, `None` for an unknown token; without it, every request is allowed.
`identify` returns whom the history of a schema names for a token. Both may be coroutine functions. `RequestLog(app)`
logs a line for each request to the logger `eventschema.requests`.

## Answers

| request | status |
| --- | --- |
| accepted | 202 with the `eventID` |
| an `eventID` that was accepted before | 202, also with `"duplicate": true` |
| the same, with other content (see `eventschema.store`) | 202, also with `"differs": true` |
| not JSON, not UTF-8, `NaN`, nested deeper than 256 levels, a repeated key | 400 |
| the body, `contact` or `properties` is not an object | 400 |
| no bearer token, or an unknown one | 401 |
| a token without the scope: `events.write`, or `events.read` for schemas | 403 |
| an unknown path, or a schema that does not exist | 404 |
| another method than the path supports | 405 |
| body slower than 30 s | 408 |
| body over 1 MiB | 413 |
| not `application/json`, or compressed | 415 |
| refused for its content | 422 |
| the database does not answer, or too many requests wait for it | 503 with `Retry-After` |
| the database refuses for good | 500 |

`application/json` may have any `charset`: JSON is UTF-8. The body of every 4xx and 5xx answer is
`application/problem+json` (RFC 9457). Where the content of the request is refused (400, 422), `errors` lists each error
as its `to_dict()`: see `eventschema`.
"""

from eventschema.extras import of_extra

try:
    from eventschema.web.app import create_app
    from eventschema.web.requestlog import RequestLog
    from eventschema.web.tokens import READ, WRITE, Authorize, Identify
except ModuleNotFoundError as error:
    raise of_extra("web", error) from None

__all__ = ["READ", "WRITE", "Authorize", "Identify", "RequestLog", "create_app"]
