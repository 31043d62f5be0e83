"""The cloud engine's editor before the stand-ins, over TCP."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest

from processing.cloud.catalogue import Catalogue
from processing.cloud.download import Downloader
from processing.cloud.edit import Edit
from processing.cloud.editor import CloudEditor, Edited
from processing.cloud.faults import CloudFault
from processing.cloud.patience import Patience
from processing.cloud.replicate_link import ReplicateLink
from tests.fakes import PATIENCE_S
from tests.integration.service import eventually
from tests.pictures import gradient, jpeg
from tests.replicate.outputs import Output, OutputHost
from tests.replicate.predictions import Course
from tests.replicate.service import TOKEN, ReplicateService

SOON: Final = Patience(
    wait_s=0.01, longest_wait_s=0.02, jitter_s=0.0, look_s=0.005, longest_look_s=0.01, end_s=0.5
)
PHOTO: Final = jpeg(gradient(320, 240))
BOB: Final = Edit(PHOTO, haircut="Bob")
EDITED: Final = Output(jpeg(gradient(640, 480)))


@dataclass
class CloudScene:
    """Both stand-ins, and what the editor is made of. Predictions give a picture, if nothing else
    is told."""

    service: ReplicateService
    host: OutputHost
    within_s: float = 5.0
    call_s: float = 2.0
    base_url: str = ""
    tls: ssl.SSLContext | bool = False
    catalogue: Catalogue = field(default_factory=Catalogue)
    options: dict[str, Any] = field(default_factory=dict)

    def give(self, output: Output, name: str = "out.jpg") -> None:
        """Let predictions give this."""
        self.service.course = Course(output=self.host.put(output, name))

    @asynccontextmanager
    async def editor(self) -> AsyncIterator[CloudEditor]:
        """An editor with connections of its own."""
        async with AsyncExitStack() as stack:
            link = ReplicateLink(
                TOKEN,
                self.base_url or self.service.url,
                lifetime_s=30.0,
                call_s=self.call_s,
                transport=httpx.AsyncHTTPTransport(verify=self.tls),
            )
            downloader = Downloader(
                ("127.0.0.1",),
                allows_http=True,
                call_s=self.call_s,
                transport=httpx.AsyncHTTPTransport(verify=False),
            )
            await stack.enter_async_context(link)
            await stack.enter_async_context(downloader)
            executor = stack.enter_context(ThreadPoolExecutor(1))
            yield CloudEditor(
                link, downloader, self.catalogue, executor, **{"patience": SOON, **self.options}
            )

    async def edit(self, edit: Edit = BOB) -> Edited:
        """Edit once. Nothing is left of it, neither a task nor a connection."""
        before = asyncio.all_tasks()
        async with self.editor() as editor, asyncio.timeout(PATIENCE_S):
            edited = await editor.edit(edit, self.within_s)
        await self.is_left_by_all(before)
        return edited

    async def fail(self, edit: Edit = BOB) -> CloudFault:
        """Edit once, in vain. See ``edit``."""
        before = asyncio.all_tasks()
        with pytest.raises(CloudFault) as caught:
            await self.edit(edit)
        await self.is_left_by_all(before)
        return caught.value

    async def is_left_by_all(self, before: set[asyncio.Task[Any]]) -> None:
        """Return as soon as nobody is connected and no task is left of what was begun."""

        def is_quiet() -> bool:
            connected = self.service.open_connections + self.host.open_connections
            return not connected and not asyncio.all_tasks() - before

        await eventually(is_quiet)


@pytest.fixture
async def cloud() -> AsyncIterator[CloudScene]:
    async with AsyncExitStack() as stack:
        service, host = ReplicateService(), OutputHost()
        for server in (service, host):
            await server.start()
            stack.push_async_callback(server.stop)
        scene = CloudScene(service, host)
        scene.give(EDITED)
        yield scene
