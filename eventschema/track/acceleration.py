"""Which recogniser of track requests is in use: the compiled one where it was built, else the plain one."""

from typing import Final

from eventschema.core.acceleration import is_passed_over
from eventschema.track.recognise import Recogniser
from eventschema.track.recognise import recogniser as plain_recogniser


def _compiled_recogniser() -> Recogniser | None:
    if is_passed_over():
        return None
    try:
        from eventschema.track._recognise import recogniser
    except ImportError:  # built without a C compiler
        return None
    return recogniser


#: The recogniser in use: see ``recognise.recogniser``.
recogniser: Final[Recogniser] = _compiled_recogniser() or plain_recogniser
