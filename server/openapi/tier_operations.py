"""What the addresses of tiers do, and of what pictures cost."""

from typing import Final

from server.doors.access import Access
from server.doors.costs import Costs
from server.estimates import EstimateAnswer, EstimateQuery
from server.openapi.operation import Operation
from server.queries import UserPath
from server.tier_documents import (
    TierAnswer,
    TierBody,
    TierPath,
    TiersAnswer,
    UsageAnswer,
    UserTierAnswer,
    UserTierBody,
)

LIST_TIERS: Final = Operation("Service", "What users may have, by their tier", {200: TiersAnswer})
SET_TIER: Final = Operation(
    "Service",
    "Change what a tier has",
    {200: TierAnswer},
    path=TierPath,
    json=TierBody,
    notes="For admins.",
    access=Access.ADMIN,
    costs=Costs.NOTHING,
)
GET_USER_TIER: Final = Operation(
    "Users",
    "The tier that a user is in",
    {200: UserTierAnswer},
    errors=(422,),
    path=UserPath,
    notes="Who was given none has that of the enterprise whose customer they are, or `free`.",
    costs=Costs.NOTHING,
)
SET_USER_TIER: Final = Operation(
    "Users",
    "Give a user a tier",
    {200: UserTierAnswer},
    path=UserPath,
    json=UserTierBody,
    notes="For admins. It counts at once, for this month too.",
    access=Access.ADMIN,
    costs=Costs.NOTHING,
)
GET_USAGE: Final = Operation(
    "Users",
    "What a user has used in this month, and has left",
    {200: UsageAnswer},
    errors=(422,),
    path=UserPath,
    costs=Costs.NOTHING,
)
ESTIMATE: Final = Operation(
    "Users",
    "What a photo or an uploaded video would cost, and how long it would take",
    {200: EstimateAnswer},
    errors=(404, 422, 429),
    query=EstimateQuery,
    notes="Of a photo, if no upload is named. Nothing is put aside. An upload that there is not, a "
    "cut with nothing to do and a film that the tier has no room for are refused, as when ordered; "
    "a consent that is missing, or a queue that is full, is not looked at.",
)
