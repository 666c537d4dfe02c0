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

The answer is 202 with the event's id. `/openapi.json` describes the service, and `eventschema.track` the fields of a
request (`eventID`, `eventTime`, a contact's `phoneNumber` and so on). `/healthz` asks the store whether it answers, and
says how its last write went; `/readyz` tries a write, which is taken back.

`GET /v4/schemas/order%20placed` returns the schema that this event made, and `GET /v4/schemas` all schemas by name, at
most 100 (`?limit=`) in a page. If there are more, the header `Link: <?after=NAME&limit=100>; rel="next"` has the next
page. Each answer is a schema file, for `eventschema export` and `--schema`. `GET /v4/schemas/order%20placed/last-seen`
has the days, in UTC, on which the event and each of its properties were sent last: see `eventschema.store`.

- **Tokens.** Senders use `--token` (or `EVENTSCHEMA_TOKEN`), people who govern schemas `--admin-token`: see below.
  Without either, requests are not authenticated, and only this machine can connect.
- **Database.** For PostgreSQL: the extra `postgres` and `--db postgresql://user:password@host/name`. A password there
  shows in process listings; put the URL into `EVENTSCHEMA_DB` instead.
- **Schemas.** `--schema FILE` declares schemas at each start: properties that the database lacks are added, and a
  declared type other than the stored one is an error that names both. With `--declared-only`, events whose name has no
  schema are refused.
- **Log.** What is behind an answer of 503 or 500 is logged when it first occurs, and then its number each minute,
  without anything of the request. `--log-level info` logs the method, path, status and time of each request, never a
  body or a token.
- **Stopping.** On SIGTERM or Ctrl+C the service answers the requests in flight, for at most `--stop-timeout` seconds,
  and exits with 0. A second signal ends it at once, with 1 if some were not answered.
- **Rejected requests.** `--rejected DIR` keeps them: see below.
- **Files.** `eventschema load` saves files of requests in the same database: see `eventschema.cli`.
- **Growth.** A schema grows to at most 1,000 properties (`--max-schema-properties`), and events may have 10,000 names
  (`--max-event-names`). What goes beyond is refused with 422. Schemas declared with `--schema` may be larger.

## Deadlines and bounds

Every wait has an end, and everything that a client can make grow has a bound. "App" is the parameter of `create_app`,
or of what is named.

| | `serve` | app | default | beyond it |
| --- | --- | --- | --- | --- |
| a request in the database: queues, locks, statements | `--db-timeout` | `SQLStore(timeout=)` | 10 s | 503 |
| the same, for a store without a time limit, or one that is stuck | 2 s more | `store_timeout=` | 12 s | 503 |
| requests that wait to write, and to read | `--db-max-waiting` | `ThreadedStore(max_waiting=)` | 1,000 | 503 |
| requests that wait to be read slowly | `--db-max-waiting` | `AsyncSchemaRegistry(max_waiting=)` | 1,000 | 503 |
| requests that wait to add to one schema | `--db-max-waiting` | `AsyncSchemaRegistry(max_waiting=)` | 1,000 | 503 |
| connections to PostgreSQL | fixed | `SQLStore(pool_size=)` | 10 | they wait |
| connections of clients | `--max-connections` | the server's | 1,000 | 503, closed |
| connections that are not accepted yet | fixed | the server's | 100 | the system's |
| complete headers, from the start or the last answer | `--client-timeout` | the server's | 10 s | closed |
| a client that reads nothing of its answer | `--client-timeout` | the server's | 10 s | closed |
| a connection between two requests | fixed | the server's | 5 s | closed |
| headers of a request | fixed | the server's | 16 KiB | 400 |
| body of a request | fixed | `max_body=` | 1 MiB | 413 |
| body of a batch | fixed | `max_batch_body=` | 4 MiB | 413 |
| requests of a batch | fixed | fixed | 1,000 | 422 |
| schemas, or versions of one, in an answer | fixed | fixed | 100 | the next page |
| the whole body to arrive | fixed | `body_timeout=` | 30 s | 408 |
| depth of JSON | fixed | fixed | 256 | 400 |
| requests in flight after a signal | `--stop-timeout` | the server's | 10 s | 503 |
| properties of an event, lengths of names and texts | the options of the rules | `Rules` | see `Rules` | 422 |
| properties that events and `PUT` give a schema | `--max-schema-properties` | `Rules` | 1,000 (app: none) | 422 |
| names of events | `--max-event-names` | `AsyncSchemaRegistry(max_event_names=)` | 10,000 (app: none) | 422 |
| bytes of rejected requests kept | `--rejected-max-bytes` | `RejectedFolder` | 268,435,456 (256 MiB) | counted |
| days that they are kept | `--rejected-max-age` | `RejectedFolder` | 30 | deleted |
| lines in the log for one kind of failure | fixed | fixed | 1 a minute | counted |

If the process may not open as many files as its connections need, `serve` raises that limit (`ulimit -n`) as far as it
may, and says at its start if it is fewer.

**What to put in front.** `serve` speaks plain HTTP and bounds all connections together, not those of one client,
which can take them all. On any network that is not your own, put a reverse proxy in front that speaks TLS and limits
the connections and requests of each address. The proxy should ask `/readyz`, and not offer `/healthz` and `/readyz` to
others: they need no token. A server of your own for `create_app` needs time limits for headers and for clients that do
not read; uvicorn alone has none.

## Batches

`POST /v4/track/batch` takes 1 to 1,000 requests, and saves all that it accepts in one transaction: many times as fast
as one by one.

```sh
curl -i http://127.0.0.1:8000/v4/track/batch -H 'Content-Type: application/json' -d '{"events": [\
{"eventName": "order placed", "contact": {"email": "ann@example.com"}, "properties": {"total": 129.95}}, \
{"eventName": "order placed", "contact": {"email": "bo@example.com"}, "properties": {"total": "9 EUR"}}]}'
```

The second request is refused, so this is answered with 207; if all are accepted, with 202. The pointers of errors are
into the whole body:

```json
{"accepted": 1, "rejected": [{"index": 1, "errors": [
{"code": "type_conflict", "pointer": "/events/1/properties/total",
"message": "Expected float (set by version 1 of the schema), found string, at /events/1/properties/total.",
"expected": "float", "actual": "string", "since": 1, "reason": null}]}],
"eventIDs": ["0b3a7c8e-40c1-4d7e-9d0f-6f1f1f6b2a55", null]}
```

- Requests are decided in their order, each on what those before it have changed. A rejected one does not stop the
  others, and is kept by `--rejected`.
- `duplicates` lists the requests whose `eventID` was accepted before, `dropped` the properties that were left out.
- **Retries.** Give each request an `eventID`, and send the same batch again if there is no answer or a 503: nothing is
  saved twice. A 503 means that nothing was saved, unless the connection to the database broke, or the time was up, in
  the very moment of saving.
- A store of your own needs `commit_many`; without it the answer is 501.

## Governing schemas

Whoever has the scope `schemas.write` can declare, freeze and retype schemas. `serve --admin-token` (or
`EVENTSCHEMA_ADMIN_TOKEN`) is a token for that; with `--token` alone nobody has the scope, since that token is in every
sender. Without any token, everybody on this machine has it.

`PUT` declares a schema. It answers 201 if that is new, and else 200, with the schema and its tag, such as
`ETag: "0-9f2c..."` (version and fingerprint):

```sh
curl -i -X PUT http://127.0.0.1:8000/v4/schemas/earthquake -H 'Content-Type: application/json' \
-d '{"properties": {"place": "string", "magType": "string"}}'
```

- Properties that the schema has already are skipped, others are added, as one new version. A type other than the
  stored one is answered with 409 and a `type_conflict` for each; then nothing is changed.
- The body may have what the document of a schema has (`GET` returns one), and all of it may be missing.
- `"frozen": true` freezes the schema: no event adds a property any more. `"frozen": false` ends that. A later `PUT` can
  add properties to a frozen schema.
- `If-Match: "0-9f2c..."` changes only the version that you have seen: if it moved on, the answer is 412, with the new
  tag. `If-None-Match: *` only makes a new schema.
- In a path, a `/` in a name is `%2F`: `/v4/schemas/a%2Fhistory` is the schema of the event `a/history`.

**A wrong type.** Say that the first magnitude was 5: then `mag` is an int, and 5.4 is refused. `PATCH` changes types.
See first what that would mean for the stored events, and then do it:

```sh
curl -i -X PATCH 'http://127.0.0.1:8000/v4/schemas/earthquake?dryRun=true' -H 'Content-Type: application/json' \
-d '{"retype": {"mag": "float"}}'
curl -i -X PATCH http://127.0.0.1:8000/v4/schemas/earthquake -H 'Content-Type: application/json' \
-d '{"retype": {"mag": "float"}}'
```

- Both answer with the plan (how many stored values the new types accept, and how many of these are read as another
  value, by the version of the events), the schema, and whether it is `retyped`. If a new type refuses stored values,
  the answer is 409, with the plan, and nothing is changed, unless the body has `"force": true`. Stored events stay as
  they are: see "Changing a type" in `eventschema.store`.
- Other processes go on: the next event of each loses its race against the retype, and is decided again under the new
  type.
- A plan reads all stored events of the name, and while a retype is made no event is saved. It has the time of any other
  request, `--db-timeout`: in 10 seconds some 300,000 events. If that is not enough, the answer is 503, and nothing is
  changed. Then use the command `eventschema retype`, which has no time limit, when the service is little used.

`/history` lists the versions of a schema, at most 100 in a page: what each added, retyped or froze, by whom, in which
event, and when. `who` is what `identify` returned for the token; `serve` names `serve --admin-token`.

```sh
curl -i http://127.0.0.1:8000/v4/schemas/earthquake/history
```

## Dry runs

`?dryRun=true`, on `POST /v4/track`, on a batch and on a `PATCH`, decides and saves nothing. The answer is what it would
be, with the status 200 in place of 202 and 207. An `eventID` that the store would give is `null`. Any other parameter
is a 400, so that a mistyped one saves nothing.

## In your own service

    >>> from eventschema.store import MemoryStore
    >>> from eventschema.web import create_app
    >>> scopes = {"a-token": {"events.read", "events.write"}}
    >>> app = create_app(MemoryStore(), authorize=scopes.get)  # for any ASGI server

`authorize` returns the scopes of a token, `None` for an unknown token; without it, every request is allowed.
`identify` returns the name that the history of a schema gets for a token. Both may be coroutine functions.
`RequestLog(app)` logs a line for each request to the logger `eventschema.requests`.

## Rejected requests

A rejected request is gone, unless its client keeps it. `serve --rejected DIR` keeps each request that was rejected for
its content (400, 422) in files in `DIR`. In your own service `create_app(store, rejected=RejectedFolder("refused"))`
does the same.

- **These files hold people's data**: the whole requests, with emails and phone numbers. Their mode is 0600, and `DIR`
  is made with 0700. `erase` does not reach them: delete the lines yourself, or let them get old.
- `eventschema load --rejected DIR --db URL` decides them again: after a schema or the rules have changed, or after you
  have corrected the files. A request that is decided twice is saved once. Of a batch that was refused whole,
  since it had too many requests or a further field such as `sentAt`, each request is decided, without that field.
- All files together have at most `--rejected-max-bytes`, 256 MiB by default. Then further requests are counted and not
  kept. Each is deleted after at most `--rejected-max-age` days, 30 by default.
- A line is a JSON object with the request as it came, its errors and the version of its schema:
  `eventschema.stream.rejected` describes it. Of a body that was too large (413) it has the length only.
- No answer waits for the disk, and none changes if it fails: that is logged once, as is, at the end, how many requests
  were not kept. Nothing is flushed to the disk for it, so SIGKILL or a power cut may cost the last lines.

## Answers

| request | status |
| --- | --- |
| accepted | 202 with the `eventID` |
| an `eventID` that was accepted before | 202, also with `"duplicate": true` |
| the same, with other content (see `eventschema.store`) | 202, also with `"differs": true` |
| accepted without properties, under `Rules(invalid="drop")` | 202, also with their errors as `dropped` |
| a batch of which all, or not all, were accepted | 202, 207 |
| a dry run that accepts a request, and one of any batch | 200 |
| a schema is declared: a new one, or it existed | 201, 200 |
| a schema that the client has, by `If-None-Match` | 304 |
| an unknown parameter, or another value than it may have | 400 |
| not JSON, not UTF-8, `NaN`, nested deeper than 256 levels, a repeated key | 400 |
| both `Content-Length` and `Transfer-Encoding` | 400 |
| the body, `contact` or `properties` is not an object; the `events` of a batch are not an array, or are missing | 400 |
| no bearer token, or an unknown one | 401 |
| a token without the scope: `events.write`, `events.read` for schemas, `schemas.write` to change them | 403 |
| an unknown path, or a schema that does not exist | 404 |
| another method than the path supports | 405 |
| body slower than 30 s | 408 |
| a declaration that contradicts the store, or a retype that would lose values | 409 |
| a schema that is not the one of `If-Match` or `If-None-Match` | 412 |
| body over 1 MiB, of a batch over 4 MiB | 413 |
| not `application/json`, or compressed | 415 |
| refused for its content | 422 |
| the database does not answer in time, or too many requests wait for it | 503 with `Retry-After` |
| `/healthz`, `/readyz`: the store does not answer, or its last write failed | 503 with `Retry-After` |
| the database refuses, and would refuse again | 500 |
| a batch, the list of schemas, their last days, or governing them, with a store that lacks the method | 501 |

`application/json` may have any `charset`: JSON is UTF-8. The body of every 4xx and 5xx answer is
`application/problem+json` (RFC 9457). Where the content of the request is refused (400, 422), `errors` lists each error
as its `to_dict()`: see `eventschema`.
"""

from eventschema.extras import of_extra

try:
    from eventschema.web.app import create_app
    from eventschema.web.rejected import RejectedFolder
    from eventschema.web.requestlog import RequestLog
    from eventschema.web.tokens import READ, WRITE, WRITE_SCHEMAS, Authorize, Identify
except ModuleNotFoundError as error:
    raise of_extra("web", error) from None

__all__ = ["READ", "WRITE", "WRITE_SCHEMAS", "Authorize", "Identify", "RejectedFolder", "RequestLog", "create_app"]
