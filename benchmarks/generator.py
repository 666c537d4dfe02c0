"""A large file of events as a shop would send them: the same bytes for the same count and seed, on every machine.

Five kinds of event, some frequent and some rare; properties that are now and then absent or null; prices that are whole
at times; one event in a thousand wrong. Only ``random()`` is drawn, whose sequence Python guarantees for a seed.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

SEED: Final = 20261123

_PAGES: Final = ("", "tea", "tea/earl-grey", "tea/sencha?size=250", "coffee", "cart", "account/orders#recent")
_WORDS: Final = (
    "Earl Grey",
    "Sencha",
    "Assam, first flush",
    "Darjeeling",
    "Lapsang Souchong",
    "Pu-erh, 2019",
    "Žalioji",
)
_CITIES: Final = ("Vilnius", "Kaunas", "Riga", "Tallinn", "London", "New York", "Kraków")
_Draw = Callable[[], float]


def write_events(path: Path, count: int, seed: int = SEED, *, texts: str = "some") -> None:
    """Write ``count`` events to ``path``, one JSON object a line.

    ``texts`` beyond ASCII are in ``"some"`` of them, as they come, in ``"no"`` event, or in ``"half"``: every other one
    that has a title, a city or a status.
    """
    encoder = msgspec.json.Encoder()
    buffer = bytearray()
    with path.open("wb") as file:
        for number, event in enumerate(_events(count, random.Random(seed).random)):
            if texts != "some":
                _respell(event["properties"], beyond=texts == "half" and number % 2 == 1)
            encoder.encode_into(event, buffer, -1)
            buffer += b"\n"
            if len(buffer) > 2**20:
                file.write(buffer)
                buffer.clear()
        file.write(buffer)


def write_requests(path: Path, count: int, seed: int = SEED, *, contacts: int = 2000) -> None:
    """Write ``count`` whole track requests to ``path``, each an event of :func:`write_events` with a contact.

    There are at most so many ``contacts``. One request in two has an ``eventID``.
    """
    draw = random.Random(seed).random
    encoder = msgspec.json.Encoder()
    with path.open("wb") as file:
        for number, event in enumerate(_events(count, draw)):
            owner = int(draw() * contacts)
            event["contact"] = {"email": f"contact{owner}@example.com", "plan": _one_of(("free", "team"), draw)}
            if number % 2:
                event["eventID"] = f"{seed:08x}-0000-4000-8000-{number:012x}"
            file.write(encoder.encode(event) + b"\n")


def _events(count: int, draw: _Draw) -> Iterator[dict[str, Any]]:
    for number in range(count):
        kind = draw()
        if kind < 0.55:
            name, properties = "viewed page", _page_view(draw)
        elif kind < 0.8:
            name, properties = "viewed product", _product(draw)
        elif kind < 0.93:
            name, properties = "added to cart", {**_product(draw), "quantity": 1 + int(draw() * 5)}
        elif kind < 0.98:
            name, properties = "placed order", _order(draw, number)
        else:
            name, properties = "signed up", _sign_up(draw, number)
        if draw() < 0.001:
            properties["device"] = {"os": "unknown"}  # an object, which no property takes
        yield {"eventName": name, "properties": properties}


def _respell(properties: dict[str, Any], *, beyond: bool) -> None:
    """Write the words of an event with characters beyond ASCII, or without any, in as many characters."""
    for name in ("title", "city", "status"):
        if name in properties:
            plain = properties[name].encode("ascii", "replace").decode().replace("?", "o")
            properties[name] = plain.replace("a", "\u0105") + "\u0142" if beyond else plain + "l"


def _page_view(draw: _Draw) -> dict[str, Any]:
    return {
        "url": f"https://shop.example.com/{_one_of(_PAGES, draw)}",
        "referrer": None if draw() < 0.3 else "https://search.example.org/?q=tea",
        "seenAt": _moment(draw),
        "duration": draw() * 300,
        "scrolled": int(draw() * 100),
        "returning": draw() < 0.4,
        "city": _one_of(_CITIES, draw),
        "device": "phone" if draw() < 0.6 else "desktop",
    }


def _product(draw: _Draw) -> dict[str, Any]:
    price = int(draw() * 10000) / 100
    return {
        "sku": f"TEA-{int(draw() * 5000)}",
        "title": _one_of(_WORDS, draw),
        "price": int(price) if draw() < 0.05 else price,
        "currency": "EUR",
        "inStock": draw() < 0.9,
        "rating": None if draw() < 0.1 else round(1 + draw() * 4, 1),
        "link": f"https://shop.example.com/{_one_of(_PAGES, draw)}",
        "seenAt": _moment(draw),
    }


def _order(draw: _Draw, number: int) -> dict[str, Any]:
    order = {
        "orderId": number,
        "total": int(draw() * 50000) / 100,
        "discount": draw() * 10,
        "items": 1 + int(draw() * 9),
        "email": f"customer{int(draw() * 100000)}@mail.example.com",
        "placedAt": _moment(draw),
        "deliverOn": f"2026-12-{1 + int(draw() * 28):02}",
        "isGift": draw() < 0.1,
        "city": _one_of(_CITIES, draw),
        "status": "paid",
    }
    return {**order, "note": "Please ring twice."} if draw() < 0.2 else order


def _sign_up(draw: _Draw, number: int) -> dict[str, Any]:
    return {
        "email": f"customer{number}@mail.example.com",
        "born": f"{1950 + int(draw() * 55)}-0{1 + int(draw() * 9)}-1{int(draw() * 10)}",
        "newsletter": draw() < 0.5,
        "source": f"https://shop.example.com/{_one_of(_PAGES, draw)}",
    }


def _moment(draw: _Draw) -> str:
    return f"2026-11-{1 + int(draw() * 30):02}T{int(draw() * 24):02}:{int(draw() * 60):02}:{int(draw() * 60):02}Z"


def _one_of(choices: tuple[str, ...], draw: _Draw) -> str:
    return choices[int(draw() * len(choices))]
