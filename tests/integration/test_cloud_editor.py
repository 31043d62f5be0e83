"""The cloud engine's editor when all is well in the end, and when nobody waits any more."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any

import orjson
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from processing.cloud.attachments import LARGEST_TOLD_BYTES
from processing.cloud.budget import Bill
from processing.cloud.catalogue import CUSTOM_HAIR, Catalogue
from processing.cloud.edit import Edit, Quality
from processing.cloud.faults import FallbackReason
from tests.integration.cloud import BOB, EDITED, PHOTO, SOON, CloudScene, cloud
from tests.integration.service import eventually
from tests.pictures import gradient, jpeg, noise
from tests.replicate.mischief import Hang, Mischief, Reply, Reset
from tests.replicate.outputs import Output
from tests.replicate.predictions import Course, Prediction
from tests.replicate.server import RecordingServer
from tests.replicate.service import problem, throttled

__all__ = ["cloud"]


class WebhookReceiver(RecordingServer):
    """The address that is told when predictions are over."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = asyncio.Event()

    def routes(self) -> Sequence[tuple[str, web.RouteDef]]:
        """See RecordingServer."""
        return [("hook", web.post("/hook", self._hook))]

    async def _hook(self, _: web.Request) -> web.Response:
        self.heard.set()
        return web.Response(status=204)


def _inputs(cloud: CloudScene) -> list[dict[str, Any]]:
    return [one.input for one in cloud.service.predictions.values()]


async def test_edit(cloud: CloudScene) -> None:
    """The photo goes there with the words, and the picture comes back."""
    cloud.service.course = replace(cloud.service.course, starts_after_s=0.01, runs_s=0.02)
    edited = await cloud.edit(Edit(PHOTO, haircut="Bob", quality=Quality.HIGH))
    assert edited.picture.shape == (480, 640, 3)
    assert (edited.prediction_id, edited.model) == ("p0001", "flux-kontext-apps/change-haircut")
    assert edited.price_micro_usd == 40_000
    assert _inputs(cloud) == [
        {
            "input_image": f"data:image/jpeg;base64,{b64encode(PHOTO).decode()}",
            "haircut": "Bob",
            "hair_color": "No change",
            "aspect_ratio": "match_input_image",
        }
    ]
    created = cloud.service.requests[0]
    assert created.path == "/v1/models/flux-kontext-apps/change-haircut/predictions"
    assert created.headers["Cancel-After"] == "30s"
    assert cloud.host.tokens == []


async def test_version(cloud: CloudScene) -> None:
    """A version that is known is asked for by itself."""
    cloud.catalogue = Catalogue().with_versions({"flux-kontext-apps/change-haircut": "0a1b"})
    await cloud.edit()
    assert cloud.service.requests[0].path == "/v1/predictions"
    assert orjson.loads(cloud.service.requests[0].body)["version"] == "0a1b"


async def test_large_photos_are_sent_and_deleted(cloud: CloudScene) -> None:
    """What is too large for the inputs is sent before, and nothing of it is left."""
    photo = jpeg(noise(640, 640), quality=100)
    assert len(photo) > LARGEST_TOLD_BYTES
    cloud.give(Output(jpeg(gradient(1024, 1024))))
    cloud.service.orders.once("upload", Reset(), Reply(502, acts=False))
    edited = await cloud.edit(Edit(photo, style=photo))
    assert edited.model == CUSTOM_HAIR.ref
    face, hair = f"{cloud.service.url}/v1/files/f0001", f"{cloud.service.url}/v1/files/f0002"
    assert _inputs(cloud) == [{"face_image": face, "hair_image": hair, "color_image": hair}]
    assert cloud.service.files.kept == {}
    (sent, _) = cloud.service.files.were
    assert (sent.name, sent.content_type, sent.data) == ("photo.jpg", "image/jpeg", photo)


async def test_sent_photos_are_deleted_after_a_failure(cloud: CloudScene) -> None:
    """Also where no picture comes of it."""
    photo = jpeg(noise(640, 640), quality=100)
    cloud.service.course = Course(status="failed")
    await cloud.fail(Edit(photo, haircut="Bob"))
    assert cloud.service.count("upload") == 1
    assert cloud.service.files.kept == {}


@pytest.mark.parametrize(
    "output",
    [["{url}"], ["{url}", "{url}"], f"data:image/jpeg;base64,{b64encode(EDITED.data).decode()}"],
    ids=["list", "several", "data"],
)
async def test_forms_of_outputs(cloud: CloudScene, output: Any) -> None:
    """A model gives one picture, or several, or all of it in the answer."""
    url = cloud.host.put(EDITED)
    filled = [item.format(url=url) for item in output] if isinstance(output, list) else output
    cloud.service.course = Course(output=filled)
    assert (await cloud.edit()).picture.shape == (480, 640, 3)


async def test_redirect_on_allowed_hosts(cloud: CloudScene) -> None:
    """It is followed there."""
    cloud.service.course = Course(output=f"{cloud.host.url}/to?url={cloud.host.put(EDITED)}")
    assert (await cloud.edit()).picture.shape == (480, 640, 3)


@pytest.mark.parametrize(
    ("operation", "mischief"),
    [
        ("create", Reply(429, throttled(0))),
        ("create", Reply(429, {}, {"Retry-After": "0"})),
        ("create", Reply(503)),
        ("get", Reply(500)),
        ("get", Hang()),
        ("get", Reset(in_body=True)),
        ("output", Reply(502)),
        ("output", Reset()),
        ("output", Hang()),
    ],
    ids=str,
)
async def test_what_passes(cloud: CloudScene, operation: str, mischief: Mischief) -> None:
    """What fails twice and then does not is no failure, and is paid once."""
    cloud.call_s = 1.0 if isinstance(mischief, Hang) else cloud.call_s
    cloud.service.course = replace(cloud.service.course, runs_s=0.03)
    orders = cloud.host.orders if operation == "output" else cloud.service.orders
    orders.once(operation, mischief, mischief)
    await cloud.edit()
    assert len(cloud.service.billed) == 1


@pytest.mark.parametrize("status", [429, 503, 504])
async def test_asked_three_times(cloud: CloudScene, status: int) -> None:
    """The client would ask ten times by itself, each of the three times."""
    cloud.service.course = Course(runs_s=inf)
    cloud.service.orders.always("get", Reply(status))
    await cloud.fail()
    assert cloud.service.count("get") == 3


async def test_unsuited(cloud: CloudScene) -> None:
    """What no model does, and a photo that none takes, is not asked for at all."""
    for edit in (Edit(PHOTO), Edit(PHOTO, style=PHOTO), Edit(b"no picture", haircut="Bob")):
        fault = await cloud.fail(edit)
        assert fault.reason is FallbackReason.UNSUITED
        assert not fault.may_be_billed
    assert cloud.service.requests == []


@pytest.mark.parametrize("starts_after_s", [0.0, inf])
async def test_caller_leaves(cloud: CloudScene, starts_after_s: float) -> None:
    """What nobody waits for any more is cancelled at the service, whether it runs or waits."""
    cloud.service.course = Course(starts_after_s=starts_after_s, runs_s=inf)
    async with cloud.editor() as editor:
        edit = asyncio.create_task(editor.edit(BOB, cloud.within_s))
        await eventually(lambda: cloud.service.count("get") > 0)
        edit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await edit
    assert cloud.service.statuses() == ["canceled"]
    assert cloud.service.count("cancel") == 1


@pytest.mark.parametrize("mischief", [Hang(), Reply(500), Reset(), Reply(200, b"<html>")], ids=str)
async def test_cancelling_fails(cloud: CloudScene, mischief: Mischief) -> None:
    """The caller is told what it waits for, and that it may have to be paid."""
    cloud.within_s = 0.1
    cloud.options["patience"] = replace(SOON, end_s=0.1)
    cloud.service.course = Course(runs_s=inf)
    cloud.service.orders.always("cancel", mischief)
    fault = await cloud.fail()
    assert fault.reason is FallbackReason.TIMED_OUT
    assert fault.may_be_billed


async def test_a_fault_here(cloud: CloudScene) -> None:
    """It is one like others to who asked: nothing goes on, and what may be billed is known."""

    async def pause(_prediction_id: str, _seconds: float) -> None:
        raise LookupError("a mistake")

    cloud.options["pause"] = pause
    cloud.service.course = Course(runs_s=inf)
    fault = await cloud.fail()
    assert (fault.reason, fault.is_counted) == (FallbackReason.FAILED, False)
    assert fault.may_be_billed
    assert cloud.service.statuses() == ["canceled"]


async def test_left_while_it_is_created(cloud: CloudScene) -> None:
    """What has no name yet cannot be cancelled: it ends by the deadline that it was given."""
    cloud.within_s = 0.1
    cloud.service.orders.always("create", Hang(acts=True))
    cloud.service.course = Course(runs_s=inf)
    fault = await cloud.fail()
    assert fault.may_be_billed
    (prediction,) = cloud.service.predictions.values()
    assert prediction.cancel_after_s == 30.0


@pytest.mark.parametrize(
    ("starts_after_s", "is_refused", "shown"),
    [(inf, False, "canceled"), (0.0, False, "canceled"), (inf, True, "starting")],
)
async def test_a_caller_leaves_while_it_is_created(
    cloud: CloudScene,
    monkeypatch: pytest.MonkeyPatch,
    *,
    starts_after_s: float,
    is_refused: bool,
    shown: str,
) -> None:
    """It is called off by the name that comes with the answer, if one comes; what has not run is
    not billed."""
    answers = asyncio.Event()
    cloud.service.course = Course(starts_after_s=starts_after_s, runs_s=inf)

    async def announce(_prediction: Prediction) -> None:
        await answers.wait()
        if is_refused:
            raise problem(422, "No", "- no\n")

    monkeypatch.setattr(cloud.service, "_announce", announce)
    before, bill = asyncio.all_tasks(), Bill()
    async with cloud.editor() as editor:
        edit = asyncio.create_task(editor.edit(BOB, cloud.within_s, bill))
        await eventually(lambda: len(cloud.service.predictions) == 1)
        edit.cancel()
        answers.set()
        with pytest.raises(asyncio.CancelledError):
            await edit
    await cloud.is_left_by_all(before)
    assert cloud.service.statuses() == [shown]
    assert bill.is_open == (starts_after_s == 0.0)
    assert cloud.service.count("create") == 1


async def test_many_at_once(cloud: CloudScene) -> None:
    """They do not wait for each other."""
    cloud.service.course = replace(cloud.service.course, runs_s=0.05)
    async with cloud.editor() as editor:
        edits = await asyncio.gather(*(editor.edit(BOB, cloud.within_s) for _ in range(20)))
    assert len({edited.prediction_id for edited in edits}) == 20


async def test_webhook(cloud: CloudScene) -> None:
    """Told by a webhook that it is over, the editor does not wait any longer to ask."""
    told = await WebhookReceiver().start()

    async def pause(_prediction_id: str, _seconds: float) -> None:
        await told.heard.wait()

    cloud.options = {"webhook": f"{told.url}/hook", "pause": pause}
    cloud.service.course = replace(cloud.service.course, runs_s=0.02)
    await cloud.edit()
    assert cloud.service.count("get") == 1
    (request,) = told.requests
    Webhook(cloud.service.secret).verify(request.body, dict(request.headers))
    assert orjson.loads(request.body)["status"] == "succeeded"
    await told.stop()
