"""What the addresses of a user's own data do."""

from typing import Final

from server.answers import ErasureAnswer
from server.consent_documents import ConsentAnswer, ConsentBody
from server.doors.access import Access
from server.doors.costs import Costs
from server.keys import ERASURES, EXPORTS
from server.openapi.operation import Media, Operation
from server.queries import UserPath

ERASE_USER: Final = Operation(
    "Users",
    "Erase everything of a user",
    {200: ErasureAnswer},
    errors=(422, 429),
    path=UserPath,
    notes="Uploads, results, sessions, files, cache entries and running jobs, for good. Live "
    "sessions of the user end. May be sent again: there is nothing left then.",
    costs=Costs.NOTHING,
    places=ERASURES,
)
EXPORT_USER: Final = Operation(
    "Users",
    "Everything that is kept of a user",
    {200: Media(("application/zip",), "A ZIP: `index.html` for people, `data.json`, the files.")},
    errors=(422, 429),
    path=UserPath,
    access=Access.TICKET,
    costs=Costs.NOTHING,
    places=EXPORTS,
)
GET_CONSENT: Final = Operation(
    "Users",
    "What a user has agreed to",
    {200: ConsentAnswer},
    errors=(422,),
    path=UserPath,
    notes="It is good while its `notice` is the version that `about` has.",
    costs=Costs.NOTHING,
)
GIVE_CONSENT: Final = Operation(
    "Users",
    "Agree to the notice that `about` has",
    {200: ConsentAnswer},
    errors=(409,),
    path=UserPath,
    json=ConsentBody,
    notes="Each purpose by itself; what was said before is replaced.",
)
WITHDRAW_CONSENT: Final = Operation(
    "Users",
    "Withdraw: everything stops and is erased",
    {200: ErasureAnswer},
    errors=(422, 429),
    path=UserPath,
    notes="The same as to erase everything of the user.",
    costs=Costs.NOTHING,
    places=ERASURES,
)
