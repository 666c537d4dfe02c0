"""``GET /v4/schemas``: a page of the schemas."""

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.responses import Response

from eventschema.core.documents import FORMAT
from eventschema.core.schema import EventSchema
from eventschema.web.problems import json_response


def page_response(listed: Sequence[EventSchema], limit: int) -> Response:
    """The first ``limit`` schemas as a schema file, with a link to the next page if there are more."""
    response = json_response({"format": FORMAT, "schemas": [schema.to_dict() for schema in listed[:limit]]})
    if len(listed) > limit:
        query = urlencode({"after": listed[limit - 1].name, "limit": limit})
        response.headers["Link"] = f'<?{query}>; rel="next"'
    return response
