"""A film with another haircut by real processes: looked through, cut in the cloud, and carried."""

from io import BytesIO
from typing import Any

import av
import numpy as np

from processing.local.natural.engine import NaturalEngine
from tests.integration.cloud import CloudScene, cloud
from tests.integration.held import videos_of
from tests.integration.service import StartService
from tests.integration.test_try_on_cloud import agree, cloudy, give_edit
from tests.pictures import portrait

__all__ = ["cloud"]


def portrait_film(frames: int) -> bytes:
    """Somebody who does not move."""
    stream = BytesIO()
    with av.open(stream, "w", format="mp4") as output:
        coder: Any = output.add_stream(
            "libx264", rate=12, options={"preset": "veryfast", "crf": "12"}
        )
        coder.width, coder.height, coder.pix_fmt = 512, 512, "yuv444p"
        for _ in range(frames):
            output.mux(coder.encode(av.VideoFrame.from_ndarray(portrait(), format="bgr24")))
        output.mux(coder.encode())
    return stream.getvalue()


async def test_a_film_is_cut(start_service: StartService, cloud: CloudScene) -> None:
    """Its hair is that of the edit, in every frame; what is no hair is its own."""
    service = await start_service(NaturalEngine(), **cloudy(cloud))
    await agree(service)
    give_edit(cloud)
    videos = videos_of(service)
    upload_id = await videos.upload(portrait_film(2))
    result_id = await videos.ordered(upload_id, engine="cloud", haircut="Bob", look=None)
    result = await videos.ended(result_id)
    assert (result["status"], result["ai_model"], result["fallback"]) == (
        "completed", "replicate", None,
    )  # fmt: skip
    assert (result["keyframes"], len(cloud.service.billed)) == (1, 1)
    _, data, _ = await videos.file(result["video_url"])
    with av.open(BytesIO(data), "r") as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(frames) == 2
    for frame in frames:
        bluer = frame[..., 0].astype(int) - portrait()[..., 0] > 40
        assert 0.01 < bluer.mean() < 0.3
        assert bluer[400:].mean() < 0.001
        assert np.abs(frame[400:].astype(int) - portrait()[400:]).mean() < 10
