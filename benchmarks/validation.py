"""A known event, and a first one, beside the peers."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks import detectors, peers
from benchmarks.events import KINDS, SIZES, sample
from benchmarks.measure import COMPILED, PLAIN, Effort, Job, medians
from benchmarks.results import Figure

KNOWN = "known event"
FIRST = "first event"


def measure_known(effort: Effort) -> Iterator[Figure]:
    """The time to check an event with declared properties, by each contender that decides the cases as it says."""
    for contender in peers.CONTENDERS:
        peers.check(contender)
    for kind in KINDS:
        for size in SIZES:
            types, event = sample(kind, size)
            jobs = {}
            for contender in peers.CONTENDERS:
                run = contender.build(types)
                assert contender.accepts(run, event), f"{contender.name} refuses the event of {size} {kind}"
                jobs[contender.name] = Job(run, event, contender.prepare)
            notes = {contender.name: contender.footnotes() for contender in peers.CONTENDERS}
            yield from figures(KNOWN, f"{size} {kind}", medians(jobs, effort), notes)


def measure_first(effort: Effort) -> Iterator[Figure]:
    """The time to find the types of an event, by each contender that finds the right ones."""
    for kind in KINDS:
        for size in SIZES:
            types, event = sample(kind, size)
            for detector in detectors.DETECTORS:
                detectors.check(detector, types, event)
            jobs = {detector.name: Job(detector.run, event, detector.prepare) for detector in detectors.DETECTORS}
            notes = {detector.name: detector.notes for detector in detectors.DETECTORS}
            yield from figures(FIRST, f"{size} {kind}", medians(jobs, effort), notes)


def figures(
    section: str, case: str, seconds: Mapping[str, float], notes: Mapping[str, Sequence[str]]
) -> Iterator[Figure]:
    """The times of the contenders for one case, in microseconds, and the ratio of our times to each."""
    compiled = seconds.get(f"eventschema ({COMPILED})")
    plain = seconds[f"eventschema ({PLAIN})"]
    for name, taken in seconds.items():
        yield Figure(
            section=section,
            case=case,
            what=name,
            value=taken * 1e6,
            unit="us",
            compiled=compiled / taken if compiled else None,
            plain=plain / taken,
            notes=tuple(notes[name]),
        )
