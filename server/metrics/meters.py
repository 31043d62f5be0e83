"""All meters of one application."""

from prometheus_client import CollectorRegistry

from server.metrics.caches import CacheMeters
from server.metrics.cloud import CloudMeters
from server.metrics.disks import DiskMeters
from server.metrics.frames import FrameMeters
from server.metrics.links import LinkMeters
from server.metrics.machine import MachineMeters
from server.metrics.requests import RequestMeters
from server.metrics.spans import SpanMeters
from server.metrics.videos import VideoMeters


class Meters:
    """Each room's meters, on a registry that is this application's own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = RequestMeters(self.registry)
        self.frames = FrameMeters(self.registry)
        self.links = LinkMeters(self.registry)
        self.videos = VideoMeters(self.registry)
        self.cloud = CloudMeters(self.registry)
        self.caches = CacheMeters(self.registry)
        self.machine = MachineMeters(self.registry)
        self.disks = DiskMeters(self.registry)
        self.spans = SpanMeters(self.registry)
