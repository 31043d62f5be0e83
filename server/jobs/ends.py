"""Who is told that a video has ended."""

from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from server.metrics.videos import VideoMeters
from server.traces.traces import Traces
from storage.results import ResultRecord, ResultStatus


@dataclass(frozen=True, slots=True)
class Ends:
    """However a video ends, and whoever finds it: when its record says so, it is counted once, and
    is a line in the log."""

    meters: VideoMeters
    traces: Traces

    def tell(
        self,
        log: FilteringBoundLogger,
        record: ResultRecord,
        status: ResultStatus,
        processing_time: float | None = None,
    ) -> None:
        """``log`` is that of whoever found it, and names the video; ``processing_time``, in
        seconds, is of one that was made."""
        self.meters.ended(status, processing_time)
        self.traces.video_ended(record, status)
        log.info(
            "job ended",
            status=status,
            frame_count=record.frames_total,
            processing_time=processing_time,
        )
