"""A request that is read slowly does not hold up the others, on a real server."""

import json
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import httpx
import pytest

ADDRESS = "user{}@" + "xn--bcher-kva." * 12 + "de"


@pytest.mark.parametrize(
    "wrong", [{}, pytest.param({"wrong": []}, marks=pytest.mark.slow)], ids=["accepted", "refused"]
)
def test_quick_requests_are_answered_while_slow_ones_are_read(client: httpx.Client, wrong: dict[str, object]) -> None:
    """The order of the answers is measured, and no time."""
    answers: list[str] = []

    def post(name: str, properties: dict[str, object]) -> int:
        body = {"eventName": name, "contact": {"email": "ann@example.com"}, "properties": properties}
        response = client.post("/v4/track", content=json.dumps(body), headers={"Content-Type": "application/json"})
        answers.append(name)
        return response.status_code

    addresses: dict[str, object] = {f"p{number}": ADDRESS.format(number) for number in range(99)}
    assert post("quick", {"total": 1}) == 202
    with ThreadPoolExecutor(8) as threads:
        slow = [threads.submit(post, f"slow {number}", {**addresses, **wrong}) for number in range(8)]
        sleep(0.03)  # the slow requests are sent
        assert post("quick", {"total": 2}) == 202
        assert {one.result() for one in slow} == {422 if wrong else 202}
    assert answers[-1].startswith("slow")
    assert len(answers) == 10
