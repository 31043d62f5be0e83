"""Who is told that a video has ended."""

from dataclasses import dataclass

import structlog
from structlog.typing import FilteringBoundLogger

from server.logs import pseudonym
from server.metrics.videos import VideoMeters
from server.traces.traces import Traces
from storage.results import ResultRecord, ResultStatus

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ends:
    """However a video ends: whoever has its record say so tells of it, and nobody else. So it is
    counted once, and is one line in the log."""

    meters: VideoMeters
    traces: Traces

    def tell(
        self,
        log: FilteringBoundLogger,
        record: ResultRecord,
        status: ResultStatus,
        processing_time: float | None = None,
    ) -> None:
        """``log`` is that of whoever ended it, and names the video; ``processing_time``, in
        seconds, is of one that was made."""
        self.meters.ended(status, processing_time)
        self.traces.video_ended(record, status)
        log.info(
            "job ended",
            status=status,
            frame_count=record.frames_total,
            processing_time=processing_time,
        )

    def tell_cancelled(self, record: ResultRecord) -> None:
        """It was called off, whether or not somebody worked on it."""
        self.tell(log.bind(result_id=pseudonym(record.result_id)), record, record.status)
