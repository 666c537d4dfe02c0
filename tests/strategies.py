"""Hypothesis strategies for texts of all formats and texts changed a little."""

from hypothesis import strategies as st

from eventschema import PropertyType
from eventschema.testing import texts

#: Every code point, lone surrogates and U+0000 among them.
anything = st.text(st.characters(codec=None))

#: Characters on which the text formats turn, and some that look or fold like them.
TELLING = (
    "09azAZTtZz:.,+-_~!#$%&'*/=?^`{|}@()[]<>;\"\\ \t\n\r\x00\x7f\x85\xa0\u00ad\u00df\u00e9\u00fc\u0130\u0131\u017f"
    "\u0301\u0323\u0338\u05d0\u05f3\u0660\u0661\u0966\u200b\u200c\u200d\u200e\u2024\u2028\u202e\u2060\u212a\u2212"
    "\u3002\u30fb\u4f8b\ud800\udfff\ue000\ufdd0\ufe0f\uff0e\uff10\uff20\uff41\uff61\ufffe\U0001f600\U000f0000\U0010ffff"
)
_telling = st.sampled_from(TELLING)


@st.composite
def near_misses(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """Draw a text with one to three small changes: a character put in, left out, replaced, doubled, or two swapped."""
    text = draw(texts)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 2))
        match draw(st.integers(0, 3)):
            case 0:
                text = text[:at] + draw(_telling) + text[at + length :]
            case 1:
                text = text[:at] + text[at + length :]
            case 2:
                text = text[:at] + text[at : at + length + 1] * 2 + text[at + length + 1 :]
            case _:
                text = text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
    return text


date_texts = texts(PropertyType.DATE)
datetime_texts = texts(PropertyType.DATETIME)

# --- urls ---

_SUB_DELIMS = "!$&'()*+,;="
_ucschar = st.sampled_from(
    "\u00a1\u00fc\u00df\u05d0\u0661\u200b\u4f8b\ud7ff\uf900\ufdcf\ufdf0\uffef\U0001f600\U000e1000"
)
_escape = st.builds("%{:02x}".format, st.integers(0, 255)) | st.builds("%{:02X}".format, st.integers(0, 255))


def _run(extra: str, *, least: int = 0, private: bool = False) -> st.SearchStrategy[str]:
    characters = st.sampled_from("abcxyzABC0189-._~" + _SUB_DELIMS + extra)
    pieces = [characters, _escape, _ucschar] + [st.sampled_from("\ue000\uf8ff\U000f0000\U0010fffd")] * private
    return st.lists(st.one_of(pieces), min_size=least, max_size=8).map("".join)


def _maybe(prefix: str, texts: st.SearchStrategy[str], suffix: str = "") -> st.SearchStrategy[str]:
    return st.just("") | texts.map(lambda text: f"{prefix}{text}{suffix}")


ipv6_texts = st.one_of(
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded),
    st.builds("::{}:{}".format, st.sampled_from(["ffff", "0", "FFFF"]), st.ip_addresses(v=4)),
    st.builds("1:2:3:4:5:6:{}".format, st.ip_addresses(v=4)),
)
_hosts = st.one_of(
    st.sampled_from(["example.com", "a", "localhost", "1.2.3.4", "999.999.999.999", "[v1.fe]", "[V1F.:!]"]),
    _run("", least=1),
    ipv6_texts.map("[{}]".format),
)
_ports = st.one_of(
    st.just(""),
    st.integers(0, 65535).map(str),
    st.builds("{}{}".format, st.text("0", max_size=6), st.integers(0, 65535)),
)
url_texts = st.builds(
    "{}://{}{}{}{}{}{}".format,
    st.sampled_from(["http", "https", "ftp", "ftps", "HTTP", "hTtPs"]),
    _maybe("", _run(":"), "@"),
    _hosts,
    _maybe(":", _ports),
    _maybe("/", _run("/:@")),
    _maybe("?", _run("/:@?", private=True)),
    _maybe("#", _run("/:@?")),
)

# --- emails ---

_ATEXT = "abcxyzABCXYZ0189!#$%&'*+-/=?^_`{|}~"
_INTERNATIONAL = (
    "\u00fc\u00df\u0130e\u0301\u0323\u05d0\u05f3\u0628\u0661\u0966\u30fb\u4f8b\u3042\uac00\u00b7l\ufb01\u200c"
)


def _dotted(characters: str, longest: int, least: int, most: int) -> st.SearchStrategy[str]:
    words = st.text(characters, min_size=1, max_size=longest)
    return st.lists(words, min_size=least, max_size=most).map(".".join)


_LDH = "abcxyzABC0189-"
_labels = st.one_of(
    st.text("abcxyzABC0189", min_size=1, max_size=6),
    st.text(_LDH, min_size=1, max_size=8),
    st.integers(61, 65).map("a".__mul__),
    st.sampled_from(
        ["xn--nxasmq6b", "XN--NXASMQ6B", "xn--tda", "xn--a", "xn--4dbc", "xn--", "ab--c", "axn--b", "1", "test"]
    ),
)
_tops = st.sampled_from(
    ["co", "com", "de", "C0M", "arpa", "invalid", "Local", "localhost", "onion", "test", "c1", "tests"]
)
_ascii_domains = st.builds("{}.{}".format, st.lists(_labels, min_size=1, max_size=4).map(".".join), _tops)
_international_domains = st.builds(
    "{}{}{}".format,
    st.lists(st.text(_INTERNATIONAL + _LDH, min_size=1, max_size=5), min_size=1, max_size=3).map(".".join),
    st.sampled_from([".", "\u3002", "\uff0e", "\uff61"]),
    _tops | st.sampled_from(["\u5e7f\u544a", "\u0440\u0444", "\uff43\uff4f"]),
)
_locals = st.one_of(
    _dotted(_ATEXT, 10, 1, 4),
    st.integers(63, 65).map("a".__mul__),
    st.sampled_from(["info", "INFO", "PostMaster", "www", "WWW", "news1"]),
)
_international_locals = _dotted(_INTERNATIONAL + _ATEXT, 6, 1, 3)
ascii_email_texts = st.builds("{}@{}".format, _locals, _ascii_domains)
international_email_texts = st.one_of(
    st.builds("{}@{}".format, _international_locals, _ascii_domains),
    st.builds("{}@{}".format, _locals | _international_locals, _international_domains),
)
email_texts = ascii_email_texts | international_email_texts

#: Texts of every format, what is nearly one, and anything else.
format_texts = st.one_of(date_texts, datetime_texts, url_texts, email_texts)
any_texts = st.one_of(format_texts, near_misses(format_texts), anything, st.text(TELLING, max_size=20))
