"""What the addresses of styles do."""

from typing import Final

from server.doors.costs import Costs
from server.keys import STYLES
from server.openapi.operation import Media, Operation
from server.queries import KeyHeader, OwnQuery
from server.styles.documents import (
    StyleAnswer,
    StyleForm,
    StylePath,
    StylesAnswer,
    StylesQuery,
)

MAKE_STYLE: Final = Operation(
    "Styles",
    "Have a style made from words",
    {201: StyleAnswer},
    errors=(409, 422, 502, 504),
    form=StyleForm,
    json=StyleForm,
    header=KeyHeader,
    notes="Synchronous. The cloud makes the photo, to which the user has to have agreed; "
    "`details.reason` tells why it did not. One at a time for each user, who has as many as they "
    "may at 409.",
    places=STYLES,
    needs_consent=True,
)
LIST_STYLES: Final = Operation(
    "Styles",
    "A user's styles, the latest first",
    {200: StylesAnswer},
    errors=(422,),
    query=StylesQuery,
)
GET_STYLE: Final = Operation(
    "Styles",
    "A style",
    {200: StyleAnswer},
    errors=(404, 422),
    path=StylePath,
    query=OwnQuery,
    costs=Costs.NOTHING,
)
STYLE_IMAGE: Final = Operation(
    "Styles",
    "A style's photo",
    {200: Media(("image/jpeg",), "The photo.")},
    errors=(404, 422, 500),
    path=StylePath,
    query=OwnQuery,
    costs=Costs.NOTHING,
)
DELETE_STYLE: Final = Operation(
    "Styles",
    "Delete a style with its photo",
    {204: "It is deleted."},
    errors=(404, 422),
    path=StylePath,
    query=OwnQuery,
)
