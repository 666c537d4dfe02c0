"""The command `eventschema`: events in files, from a terminal. Needs the extra `cli`.

`eventschema COMMAND --help` lists the options of a command.

| command | does |
| --- | --- |
| `infer FILE...` | replays events, and prints the schemas that they make, and what was rejected and why |
| `check FILE... --schema FILE` | checks events against schemas that do not grow |
| `track FILE...` | replays whole track requests, with contacts in memory |
| `profile FILE...` | counts what is in the events, and recommends what to declare |
| `export SCHEMAS... --to TARGET` | writes schemas as other systems read them: see `eventschema.export` |
| `import FILE... --from SOURCE` | reads schemas from documents of other systems: see `eventschema.imports` |
| `convert FILE... -o FILE` | writes accepted events as a table: Parquet, JSON Lines or CSV |
| `classify TEXT...` | prints the type of each text |
| `load FILE... --db URL` | saves whole track requests in a database, and can be ended and resumed |
| `retype --db URL EVENT PROPERTY=TYPE` | changes the types of properties in a database, after a plan |
| `diff A B` | compares schema files, databases or saved profiles |
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
- `--format json` prints one JSON document in place of tables. All commands that print tables have it.
- `--jobs N` shares the work of `infer`, `check` and `track` among processes, by default one for each processor. The
  output is the same to the byte.
- The fields of `Rules` are options: `--exact`, `--nulls reject`, `--max-properties` and so on.

## Files

Files are JSON Lines, one JSON array, CSV (also with `;` or `|`) or TSV with a header, Parquet or Arrow (extra `arrow`),
each plain or packed by gzip, bzip2, xz or zstd: their first bytes say which, not their names, or `--input` does. `-` is
standard input. `load` reads JSON Lines only, `track` also a JSON array.

A line is `{"eventName": ..., "properties": {...}}`. For other files, `--event-key event` reads Segment's, and `--event
NAME` reads lines that are the properties alone, as the rows of a table often are; `track` and `load` read whole
requests only. A cell of a table that is a JSON number, `true` or `false` becomes that value, and any other stays text,
such as `007` and `.5`; `--types text` leaves all as text. `--text-column zip` does so with one column, named as in the
header: without it, the ZIP code `01234` is text and `99999` an int. It takes patterns too, as in `'zip*'`. A file whose
header lacks the name is an error, and so is one that is not CSV or TSV. An empty cell is an absent property. A row with
more or fewer cells than the header is rejected. The report counts the lines that lack the key of the properties, and
names `--properties-key` where all lack it. A byte order mark and blank lines are skipped. A line that is not a JSON
object, has a repeated key in an object (RFC 7493: nobody can know which of the two is meant), or is longer than 1 MiB
is rejected with its line number, and the run goes on.

A table with one column, or with a header of another length than most rows, is not recognised: `--input csv` reads
it. If a quote is not closed, the error says how many lines its row takes; those that are rows by themselves are read.

A file that looks like another format (pretty-printed JSON, zip, Avro, UTF-16, ...) is one error that says what to do.
A small file cannot fill the memory: text is unpacked piece by piece, and a batch of Arrow or a row group of Parquet
that would become more than 64 MiB and more than 500 times its packed size is an error. What comes before it is read.

Exit codes: 0, done; 1, an event was rejected (`check`, `--strict`), a profile has drifted (`profile --strict`), a
retype was refused, or schemas are not compatible (`diff`); 2, anything else went wrong, and a line says what: wrong
usage, a file that could not be read to its end, no line that is a JSON object, a worker that was killed, no more
memory. As from a shell, SIGINT, SIGHUP and SIGTERM give 130, 129 and 143, and a closed pipe 141.

Output files are put in place, all together, only if the exit code is 0 or 1 (or 141: `| head` loses no file). Otherwise
the files at their paths stay as they were, and no other file is left behind. New files with people's data (`track
--contacts`, `profile --save` and `--html`) have the mode 0600; a file that replaces another has its mode. A schema file
may have 64 MiB, a saved profile 512 MiB.

Names of files and events, and keys of documents, come from others. So they are printed with escapes in place of control
characters, lone surrogates, and characters that change the direction of text. What `export` and `--format json` print
is escaped only on a terminal.

## Nested and messy properties

Real files have objects, arrays, names with spaces, and messages that are not events. These commands read a Segment or
RudderStack file, of which about half are `identify`, `page` and other messages. The first finds out the types, since
JavaScript writes 19.0 as 19; the second replays the file with them:

```sh
eventschema profile benchmarks/data/segment.ndjson --event-key event --only type=track --flatten --arrays json \
--names snake_case -o declared.json
eventschema infer benchmarks/data/segment.ndjson --event-key event --only type=track --flatten --arrays json \
--names snake_case --schema declared.json
```

They read `properties` alone. With `--flat`, all other fields are properties too: `context_page_url`,
`properties_total`.

| option | does |
| --- | --- |
| `--flatten` | makes `cart_size` of `{"cart": {"size": 2}}`; see also `--separator` and `--max-depth` |
| `--arrays json` | stores arrays as JSON text; `count`: how many items, `join`: texts with commas, `drop`: nothing |
| `--names lawful` | makes `Order_ID` of `Order ID`, and `ip` of `$ip`; `snake_case` also `order_id` of `orderId` |
| `--drop-nulls` | leaves nulls out before properties are counted |
| `--only KEY=TEXT` | reads only messages with this text, and counts the others |
| `--flat` | the properties are beside the name: `{"type": "order", "total": 1}`; see also `--leave-out KEY` |
| `--event-key channel,id` | makes the name of several fields: `web.17` |
| `--event-from-file` | a file for each event: `order.ndjson` has the events `order` |
| `--json-properties` | the properties are a JSON text |

Two names that become one, such as `+1` and `-1`, are an error with both places, never a loss. Errors point to where
the value is in the event as it was sent, such as `/properties/cart/size`; with `--flat` and `--event`, `/properties` is
the whole line. `--invalid drop` accepts an event without its invalid properties, `--empty-texts ignore` takes `""` as
absent, and `--hint 'utm_*=string'` gives new properties a type.

These commands accept every event of files of real data, which `benchmarks/data/README.md` describes: reports of
bird strikes, unemployment by county, weather by the hour, penguins, releases of a program, earthquakes, flights.

```sh
eventschema infer benchmarks/data/wildlife-strikes.csv --event strike --names snake_case
eventschema infer benchmarks/data/unemployment.tsv --event county
eventschema infer benchmarks/data/weather.csv --event weather --no-int --hint wind_gust=float --invalid drop
eventschema infer benchmarks/data/penguins.json --event penguin --names snake_case
eventschema infer benchmarks/data/electron-releases.json --event release --flatten --arrays join --names snake_case \
--invalid drop
eventschema infer benchmarks/data/earthquake-features.ndjson --event earthquake --flatten --arrays json --no-int
eventschema infer benchmarks/data/flights.parquet --event flight
```

In the weather, a missing value is the text `NA`, which is dropped where a number belongs; the hint is for a column
whose first value is `NA`. In the releases, `+1` and `-1` get the same name, and only the first is kept.

Loaders of warehouses have similar rules. dlt joins names with `__`, makes tables of arrays, and shortens long names.
Segment and RudderStack store arrays as JSON text, and put `_` before a name that begins with a digit. BigQuery takes
names that differ only in case as one. Here a name may begin with a digit and keeps its case, unless it is made
snake_case.

## convert

`convert` writes the accepted events of one name as a table, with a column for each property. The ending of the file
says what it is: `.parquet`, `.ndjson` or `.csv`.

```sh
eventschema convert events.ndjson --event-name "placed order" -o orders.parquet --naive UTC
eventschema convert events.ndjson --schema declared.json --to parquet -o tables --errors rejected.ndjson
```

- **Which columns.** With `--schema`, those of the declared schema. An event with another property is rejected, or
  loses it with `--invalid drop`. Without `--schema`, the files are read twice: first to infer the schema, as `infer`
  does.
- **Which events.** Without `--event-name`, files (or schemas) with one name are needed. With `--to FORMAT`, `-o` is a
  folder that gets a file for each name, such as `placed order.parquet`; a name with other characters than letters,
  digits, spaces, `_` and `-` gets a part of its hash. Events of other names are counted, rejected events go to
  `--errors`.
- **dateTime.** In Parquet it is a moment in UTC, to the microsecond. If one has no offset, the command ends with an
  error that names its line, unless `--naive` gives their time zone. `--datetimes text` keeps the texts as they were
  sent, as JSON Lines and CSV do.
- In CSV, texts are in quotes and absent values are empty: `""` is an empty text. Numbers, `true` and `false` are
  without quotes.
- Memory is bounded, whatever the size of the files. The files have mode 0600, and are put in place if all was read.
- Files are mapped on the way in by the options above, and `import --from parquet` reads the schema back from Parquet.

## load

`load` decides track requests as the service does, and saves them in its database. The second command decides the
rejected requests again:

```sh
eventschema load requests.ndjson --db sqlite:///events.db --errors rejected.ndjson
eventschema load --rejected rejected.ndjson --db sqlite:///events.db --errors again.ndjson
```

- **It can be ended at any time**, also by SIGKILL or a power cut: the same command goes on from there, and saves no
  request twice, with or without an `eventID`. For this it saves its progress in the transaction of each batch: the
  lines and bytes that it has read, and their SHA-256. Bytes are those of the unpacked text, so a file may be packed or
  unpacked meanwhile.
- **A file is known by its absolute path**, or by `--source NAME`, which standard input needs. A file that was loaded to
  its end is skipped; of one that has grown, the new lines are loaded. (A last line that is only half written is
  rejected.) A file whose loaded part has changed is an error: load another file under another name. The same requests
  under another name are other requests, unless they have ids.
- **Two loads of the same file at once** save nothing twice: one of them goes on, the other ends with an error.
- `--errors FILE` adds each rejected request to `FILE`, as it came, with its errors and the version of its schema. The
  file belongs to its database: the progress has its length, and what a load has written beyond that before it was
  killed is cut off by the next one. Take the file away when no load runs, and the next one begins a new file.
- `--rejected` decides rejected requests again, those of `--errors` and those in a folder of `serve --rejected`: after a
  schema or the rules have changed, or after you have corrected the file (each line has the text of its request in
  `request`: see `eventschema.stream.rejected`). It saves no progress and needs none: each line has an id, which its
  event gets if it has none of its own, so a request that is decided twice is saved once. What is rejected again goes
  to a new file of `--errors`, which is put in place at the end.
- **These files hold people's data**, the whole requests. They are made with mode 0600, and `erase` of a store does not
  reach them.
- A transaction has at most `--batch-size` requests. Other loads and a service may use the database meanwhile.

## retype and diff

The first magnitude was 5, so `mag` is an int, and the service refuses 5.4. You need not start over: plan, then retype.

```sh
eventschema retype --db sqlite:///events.db earthquake mag=float --dry-run
eventschema retype --db sqlite:///events.db earthquake mag=float --who ann
```

- **The plan** counts, by the version under which they were accepted, how many stored values the new type accepts, how
  many of these are read as another value (`changed`, such as an int as a float), and names the first events with values
  that it refuses. It prints no value.
- **A retype that would refuse stored values** changes nothing and ends with 1, unless `--force` is given. The stored
  events stay as they are in any case: see "Changing a type" in `eventschema.store` for what that means for readers.
- **Over HTTP** a `PATCH` does the same, if it takes no longer than a request may: see "Governing schemas" in
  `eventschema.web`, where schemas are declared and frozen too. The command has no time limit.
- **A running service goes on.** It notices the retype in the insert of its next event, and decides that again.

`diff A B` compares the old schemas A with the new ones B: files, databases (`sqlite:///events.db`) or the
recommendations of profiles that `profile --save` has written. It ends with 1 if the schemas are not compatible: by
default if readers of B cannot read the events of A (`--require backward`).

`diff DATABASE --unsent-for 90` lists the events and properties that nobody has sent for 90 days, with the day on which
each was sent last; `diff A B --unsent-for 90` does both. Days are those of UTC. If a database has events from before
days were kept, the report says since when they are kept, and what is not known for that reason.

## profile

```console
$ eventschema profile benchmarks/data/earthquakes.ndjson
1,707 events
A replay (infer) accepts 45 of 1,707 events as they are, and all with the recommended schemas declared.
...
Findings
  earthquake mag: The first value is int, which does not take 1,638 of the 1,706 other values; float takes all 1,707. \
(line 1; 2, 1.6, 0.54, 3.8) See --hint mag=float.
...
```

A table follows for each event name, with the type to declare for each property, how many events have it, nulls,
types, how many values the type of the first value would refuse, range, distinct values and examples, as far as they fit
into the terminal. Events with findings come first. The findings and the recommendation are explained in
`eventschema.stream`.

- `-o declared.json` writes the recommended schemas; `infer --schema declared.json` then accepts all 1,707.
- `--html FILE` writes the report as one page to send around: with links to each event and top values as bars, for
  phones and dark screens too. It loads nothing and runs no script.
- `--jobs N` shares the work among processes; the output is the same to the byte.
- `--before FILE` compares with the counts that `--save` wrote earlier, and lists what changed with its rate: new and
  vanished properties, how often they are there, nulls, types, ranges of numbers. With `--strict` a nightly job exits
  with 1 if a change reaches its threshold: 0.05, or what `--drift nulls=0.2` says for its kind.
- `--save` and `--load` carry counts between runs and machines.
- `--examples 0` keeps no value: only counts, lengths, and hashes to count distinct values. Otherwise the profile also
  has how often each value occurs, where a property has at most 100, and the range of dates.
- `See --flatten` and the like after a finding name the options that fix it. They do not change the file.
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
    except KeyboardInterrupt:
        sys.exit(130)  # as app does
    app(prog_name="eventschema")
