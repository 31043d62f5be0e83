"""Frames of a live session as they came, for who wants one of them in full quality meanwhile."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from media.coder import Shot
from processing.pipeline import FramePipeline

WAIT_S: Final = 5.0
"""A key frame of a video track, which may have to be asked for, has come by then."""


class NoShot(Exception):
    """No frame came that holds a picture."""


class ShotTaken(Exception):
    """Somebody has one of this session already, or waits for it."""


class Shots:
    """Those of one session, for one who asks at a time. The stream does not wait for it."""

    def __init__(self, pipeline: FramePipeline) -> None:
        self._pipeline = pipeline
        self._awaited: asyncio.Future[Shot] | None = None
        self.is_taken = False

    @contextmanager
    def one(self) -> Iterator[None]:
        """Nobody else has one within the block. Raises ShotTaken."""
        if self.is_taken:
            raise ShotTaken
        self.is_taken = True
        try:
            yield
        finally:
            self.is_taken = False

    async def next(self, within_s: float = WAIT_S) -> Shot:
        """That of the next frame which is not dropped. Raises NoShot: none came, or the session
        has ended."""
        self._awaited = asyncio.get_running_loop().create_future()
        self._pipeline.wants_shots = True
        try:
            async with asyncio.timeout(within_s):
                return await self._awaited
        except TimeoutError:
            raise NoShot from None
        finally:
            self._pipeline.wants_shots = False
            self._awaited = None

    def came(self, shot: Shot | None) -> None:
        """A frame was processed, and this handed out with it."""
        if shot is not None and self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(shot)

    def close(self) -> None:
        """There are no more frames."""
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(NoShot())
