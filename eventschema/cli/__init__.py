"""The command `eventschema`: events in files, from a terminal. Needs the extra `cli`.

`eventschema COMMAND --help` lists the options of a command.

| command | does |
| --- | --- |
| `infer FILE...` | replays events, and prints the schemas that they make, and what was rejected and why |
| `check FILE... --schema FILE` | checks events against schemas that do not grow |
| `track FILE...` | replays whole track requests, with contacts in memory |
| `profile FILE...` | counts what is in the events, and recommends what to declare |
| `export SCHEMAS... --to TARGET` | writes schemas as other systems read them: see `eventschema.export` |
| `classify TEXT...` | prints the type of each text |
| `serve --db URL` | accepts events over HTTP: see `eventschema.web` |

## infer, check and track

The sample shows the most frequent trouble with such systems: the first magnitude was a whole number, so `mag` became
an int, and most events are rejected.

```console
$ eventschema infer benchmarks/data/earthquakes.ndjson
45 accepted, 1,662 rejected
...
earthquake: 45 accepted, 1,662 rejected
property   type     set by       seen   changed
...
mag        int      line 1         45
...
gap        int      line 1         21   null ignored 24
...
```

`changed` counts the values that are stored otherwise than they were sent: rounded (and how many of them to 0), int to
float, float to int, null ignored.

There are two ways out. Declare the types that you know, or those that `profile` recommends, in a schema file, and
pass it with `--schema` (repeat the option for more files). A single schema, as the service returns it, is a schema
file too:

```json
{"schemas": [
  {"name": "earthquake", "properties": {"mag": "float", "gap": "float", "cdi": "float"}}
]}
```

Or pass `--no-int`, for senders that write 10.0 as 10, as JavaScript does. Either way all 1,707 events are accepted.

`track` replays a file of track requests:

```console
$ eventschema track benchmarks/data/track-requests.ndjson
11 accepted, 5 rejected
contacts: 3 created, 5 updated, 3 unchanged, 4 refused
...
placed order: 3 accepted, 2 rejected
```

- `-o FILE` writes the schemas; `track --contacts FILE` writes the contacts.
- `--errors FILE` writes the location and the errors of every rejected event, as JSON Lines.
- `--strict` exits with 1 if an event was rejected; `check` always does.
- `check --allow-new` accepts properties that the schemas lack.
- `--format json` prints one JSON document in place of tables. All commands but `serve` have it.
- `--jobs N` shares the work of `infer`, `check` and `track` among processes, by default one for each processor. The
  answer is that of one process to the byte.
- The fields of `Rules` are options: `--exact`, `--nulls reject`, `--max-properties` and so on.

## Files

Files are JSON Lines, plain or gzip; `-` is standard input. A line is `{"eventName": ..., "properties": {...}}`. For
other files, `--event-key event` reads Segment's, and `--event NAME` reads lines that are the properties alone;
`track` reads whole requests only. The report counts the lines that lack the key of the properties, and names
`--properties-key` where all lack it. A byte order mark and blank lines are skipped. A line that is not a JSON object,
has a repeated key in an object (RFC 7493: nobody can know which of the two is meant), or is longer than 1 MiB is
rejected with its line number, and the run goes on.

A file that looks like another format (CSV, a JSON array, pretty-printed JSON, zip, zstd, Parquet, Avro, UTF-16, ...)
is one error that says what to do.

Exit codes: 0, done; 1, an event was rejected (`check`, `--strict`); 2, wrong usage, a file that could not be read to
its end, or no line that is a JSON object. In the last case no file is written.

## profile

```console
$ eventschema profile benchmarks/data/earthquakes.ndjson
1,707 events
A replay (infer) accepts 45 of 1,707 events as they are, and all with the recommended schemas declared.
...
Findings
  earthquake mag: The first value is int, which does not take 1,638 of the 1,706 other values; float takes all 1,707. \
(line 1; 2, 1.6, 0.54, 3.8)
...
```

A table follows for each event name, with the type to declare for each property, how many events have it, nulls,
types, how many values the type of the first value would refuse, range, distinct values and examples, as far as they fit
into the terminal. Events with findings come first. The findings and the recommendation are explained in
`eventschema.stream`.

- `-o declared.json` writes the recommended schemas; `infer --schema declared.json` then accepts all 1,707.
- `--html FILE` writes the report as one page to send around, with links to each event.
- `--jobs N` shares the work among processes; the output is the same to the byte.
- `--save` and `--load` carry counts between runs and machines.
- `--examples 0` keeps no value: only counts, lengths, and hashes to count distinct values.
- `--no-replay` skips the count of the events that a replay would accept. That count reads the files once more, in one
  process, unless the profile shows that all events fit. It is also skipped with `--load`, and for standard input.

## classify

`--explain` says why a text is none of the other types, `--json` reads JSON values.

```console
$ eventschema classify --explain 2026-02-30
string          2026-02-30
...
```
"""

import sys
from typing import Final

_NEEDED: Final = frozenset({"click", "rich", "msgspec"})


def main() -> None:
    """Run the command with the arguments of the process, and end it with the command's exit code."""
    try:
        from eventschema.cli.app import app
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _NEEDED:
            raise
        print(
            f"eventschema: the command needs the package {package}, which is not installed.\n"
            "Install it with what else it needs: pip install 'eventschema[cli]'",
            file=sys.stderr,
        )
        sys.exit(2)
    app(prog_name="eventschema")
