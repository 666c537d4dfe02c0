"""Pages of an answer: of the schemas, and of the versions of one."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from eventschema.core.documents import FORMAT
from eventschema.core.schema import EventSchema
from eventschema.store.protocols import SchemaRecord
from eventschema.web.problems import json_response


def page_response(listed: Sequence[EventSchema], limit: int) -> Response:
    """The first ``limit`` schemas as a schema file, with a link to the next page if there are more."""
    content = {"format": FORMAT, "schemas": [schema.to_dict() for schema in listed[:limit]]}
    return _page(content, listed[limit - 1].name if len(listed) > limit else None, limit)


def history_response(name: str, records: Sequence[SchemaRecord], after: int, limit: int) -> Response:
    """The first ``limit`` versions after ``after`` of the schema ``name``, with a link to the next page."""
    later = [record for record in records if record.version > after]
    content = {"name": name, "versions": [record.to_dict() for record in later[:limit]]}
    return _page(content, later[limit - 1].version if len(later) > limit else None, limit)


def _page(content: Mapping[str, Any], last: str | int | None, limit: int) -> Response:
    """A page, which ends with ``last`` if there are more."""
    if last is None:
        return json_response(content)
    query = urlencode({"after": last, "limit": limit})
    return json_response(content, headers={"Link": f'<?{query}>; rel="next"'})
