"""What the addresses for other machines do."""

from typing import Final

from server.answers import LifeAnswer, ReadinessAnswer
from server.doors.access import Access
from server.doors.costs import Costs
from server.keys import WEBHOOKS
from server.openapi.operation import Media, Operation

HEAR_REPLICATE: Final = Operation(
    "Service",
    "Hear from Replicate that a prediction is over",
    {204: "It is heard."},
    errors=(403, 404, 413, 429, 503),
    body=Media(("application/json",), "The prediction."),
    notes="Signed as in Standard Webhooks (`webhook-id`, `webhook-timestamp`, "
    "`webhook-signature`); 404 where none are expected.",
    access=Access.PUBLIC,
    costs=Costs.NOTHING,
    places=WEBHOOKS,
)
LIVEZ: Final = Operation(
    "Service", "Whether the process answers", {200: LifeAnswer}, access=Access.PUBLIC
)
READYZ: Final = Operation(
    "Service",
    "Whether clients should be sent here",
    {200: ReadinessAnswer, 503: ReadinessAnswer},
    notes="Not while the server stops, or its database is away.",
    access=Access.PUBLIC,
)
METRICS: Final = Operation(
    "Service",
    "How the service is doing, for Prometheus",
    {200: Media(("text/plain", "application/openmetrics-text"), "Its meters.")},
    notes="For admins, and for machines of `metrics_networks` that ask themselves: what a service "
    "spends, and on whom it falls back, is nobody else's matter.",
    access=Access.METERS,
    costs=Costs.NOTHING,
)
