"""The seeds of the fuzzer: texts and documents of the tables in ``tests/cases``, and the tokens in them."""

import json
from pathlib import Path

from tests.support import load_cases

#: Tokens that random changes would hardly hit on.
TOKENS = (
    *("2020-02-29", "T23:59:60Z", "+03:30", "http://", "https://", "ftps://", "[::1]", "%6G", ":65536"),
    *("@", "xn--", "xn--nxasmq6b", ".com", ".test", "..", "-.", "--", "\u00fc", "\u3002", "\u202e", "\u00a0"),
    *('{"format": 1, "schemas": []}', '"name"', '"properties"', '"version"', '"since"', "\ufeff"),
)


def seeds(harness: str) -> list[bytes]:
    """The first inputs of a harness, in the order of the tables."""
    if harness == "formats":
        tables = load_cases("formats").values()
        rows = [row["text"] for table in tables for listed in table.values() for row in listed]
        return [text.encode("utf-8", "surrogatepass") for text in rows]
    if harness == "documents":
        cases = load_cases("documents")
        rows = [case["document"] for case in cases["accept"] + cases["refuse"]]
        return [json.dumps({"format": 1, "schemas": [row]}).encode() for row in rows]
    return [bytes(range(start, start + 64)) for start in range(0, 192, 16)]


def write_seeds(harness: str, directory: Path) -> None:
    """Write each seed to a file of its own, as libFuzzer reads them."""
    for number, seed in enumerate(seeds(harness)):
        (directory / f"{number:04}").write_bytes(seed)


def write_dictionary(path: Path) -> None:
    """Write the tokens as libFuzzer reads them: every byte that is no plain character escaped."""
    lines = ["".join(map(_escaped, token.encode())) for token in TOKENS]
    path.write_text("".join(f'"{line}"\n' for line in lines), encoding="ascii")


def _escaped(byte: int) -> str:
    return chr(byte) if 32 < byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}"
