"""``python -m tests.fuzz HARNESS [LIBFUZZER OPTION ...]``: fuzz one harness, for a minute unless options are given.

atheris (the extra ``fuzz``) follows which branches an input takes, and keeps those inputs that take new ones. What
fails is written to a file beside; give that file as an option to run it alone. A failure belongs in ``tests/cases``.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["eventschema"]):
    from tests.fuzz.harnesses import HARNESSES

from tests.fuzz.seeds import write_dictionary, write_seeds

_MAX_LENGTH = 512  # bytes; a longer text shows nothing that a shorter one does not


def main(name: str, options: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        corpus, dictionary = Path(scratch, "corpus"), Path(scratch, "tokens")
        corpus.mkdir()
        write_seeds(name, corpus)
        write_dictionary(dictionary)
        standing = [f"-max_len={_MAX_LENGTH}", f"-dict={dictionary}"]
        atheris.Setup([sys.argv[0], *standing, *(options or ["-max_total_time=60"]), str(corpus)], HARNESSES[name])
        atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in HARNESSES:
        sys.exit(f"usage: python -m tests.fuzz {{{','.join(HARNESSES)}}} [LIBFUZZER OPTION ...]")
    main(sys.argv[1], sys.argv[2:])
