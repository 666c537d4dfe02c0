"""Short runs of the fuzz harnesses: with random inputs, and guided if atheris is installed."""

import importlib.util
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.harnesses import HARNESSES
from tests.fuzz.seeds import TOKENS, seeds

ROOT = Path(__file__).parents[2]
INPUTS = 400
GUIDED_INPUTS = 3000


def changed(seed: bytes, choices: random.Random) -> bytes:
    """``seed`` with one to four bytes or tokens put in, left out or replaced."""
    data = bytearray(seed)
    for _ in range(choices.randint(1, 4)):
        at = choices.randint(0, len(data))
        put = choices.choice(TOKENS).encode() if choices.random() < 0.3 else choices.randbytes(choices.randint(0, 2))
        data[at : at + choices.randint(0, 2)] = put
    return bytes(data)


@pytest.mark.parametrize("name", HARNESSES)
def test_seeds_and_random_inputs(name: str) -> None:
    choices = random.Random(name)  # the same on every run: a text is hashed by itself, not by the hash seed
    first = seeds(name)
    for data in [b"", *first, *(changed(choices.choice(first), choices) for _ in range(INPUTS))]:
        HARNESSES[name](data)
    if name != "formats":
        for _ in range(INPUTS):
            HARNESSES[name](choices.randbytes(choices.randint(1, 120)))


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="needs the extra fuzz")
@pytest.mark.parametrize("name", HARNESSES)
def test_guided_inputs(name: str, tmp_path: Path) -> None:
    # Without -reload=0 it reads its own corpus again after a second, and those inputs come on top.
    options = [f"-runs={GUIDED_INPUTS}", "-seed=1", "-reload=0", f"-artifact_prefix={tmp_path}/"]
    command = [sys.executable, "-m", "tests.fuzz", name, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Done {GUIDED_INPUTS} " in done.stderr
