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
- **Stopping.** On SIGTERM or Ctrl+C the service answers the requests in flight, for at most `--stop-timeout` seconds,
  and exits with 0. A second signal ends it at once, with 1 if some were not answered.
- **Refused requests.** `--rejected DIR` keeps them: see below.
- **Growth.** A schema grows to at most 1,000 properties (`--max-schema-properties`), and events may have 10,000 names
  (`--max-event-names`). What goes beyond is refused with 422. Declared schemas may be larger.
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

## Refused requests

A refused request is gone, unless its client keeps it. `serve --rejected DIR` keeps each request that was refused for
its content (400, 422) in files in `DIR`. In your own service `create_app(store, rejected=RejectedFolder("refused"))`
does the same.

- **These files hold people's data**: the whole requests, with emails and phone numbers. Their mode is 0600, and `DIR`
  is made with 0700. `erase` does not reach them: delete the lines yourself, or let them get old.
- All files together have at most `--rejected-max-bytes`, 256 MiB by default. Then further requests are counted and not
  kept. Each is deleted after at most `--rejected-max-age` days, 30 by default.
- A line is a JSON object with the request as it came, its errors and the version of its schema:
  `eventschema.stream.rejected` describes it. Of a body that was too large (413) it has the length only.
- No answer waits for the disk, and none changes if it fails: that is logged once, as is, at the end, how many requests
  were not kept. Nothing is flushed to the disk for it, so a power cut may cost the last lines.

## Answers

| request | status |
| --- | --- |
| accepted | 202 with the `eventID` |
| an `eventID` that was accepted before | 202, also with `"duplicate": true` |
| the same, with other content (see `eventschema.store`) | 202, also with `"differs": true` |
| accepted without properties, under `Rules(invalid="drop")` | 202, also with their errors as `dropped` |
| not JSON, not UTF-8, `NaN`, nested deeper than 256 levels, a repeated key | 400 |
| both `Content-Length` and `Transfer-Encoding` | 400 |
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
    from eventschema.web.rejected import RejectedFolder
    from eventschema.web.requestlog import RequestLog
    from eventschema.web.tokens import READ, WRITE, Authorize, Identify
except ModuleNotFoundError as error:
    raise of_extra("web", error) from None

__all__ = ["READ", "WRITE", "Authorize", "Identify", "RejectedFolder", "RequestLog", "create_app"]
