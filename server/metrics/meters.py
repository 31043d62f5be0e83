"""All meters of one application."""

from prometheus_client import CollectorRegistry

from server.metrics.cloud import CloudMeters


class Meters:
    """Each room's meters, on a registry that is this application's own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.cloud = CloudMeters(self.registry)
