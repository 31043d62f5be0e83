"""A published WHIP client publishes from Chromium; others watch by WHEP what comes of it."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from playwright.async_api import Page

from tests.integration.browser import ALLOWED, PATIENCE_S, TEST_CAMERA, open_browser
from tests.integration.process import ServerProcess

CLIENT = Path(__file__).parents[1] / "fixtures" / "whip-client" / "whip-client.js"
API = "/api/hair-tryOn"
LOOK = {"engine": "classic", "color": "royal-blue"}
PUBLISH = """async ([endpoint, trickle]) => {
  const media = await navigator.mediaDevices.getUserMedia({
    video: { width: 640, height: 480 },
  });
  media.addTrack(new AudioContext().createMediaStreamDestination().stream.getTracks()[0]);
  globalThis.client = new WHIPClient({ endpoint, opts: { noTrickleIce: !trickle } });
  await client.setIceServersFromEndpoint();
  await client.ingest(media);
  return client.getResourceUrl();
}"""
WATCH = """async (url) => {
  const pc = new RTCPeerConnection();
  globalThis.viewer = pc;
  pc.addTransceiver("video", { direction: "recvonly" });
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  pc.ontrack = ({ track }) => { video.srcObject = new MediaStream([track]); video.play(); };
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== "complete") await new Promise((go) => setTimeout(go, 20));
  const response = await fetch(url, {
    method: "POST", headers: { "Content-Type": "application/sdp" }, body: pc.localDescription.sdp,
  });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
  let frames = 0;
  await new Promise((done) => {
    const step = () => ((frames += 1) >= 30 ? done() : video.requestVideoFrameCallback(step));
    video.requestVideoFrameCallback(step);
  });
  const canvas = new OffscreenCanvas(64, 48);
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 64, 48);
  const pixels = [...context.getImageData(0, 0, 64, 48).data];
  return { width: video.videoWidth, height: video.videoHeight, pixels };
}"""


async def _page(browser: Any, server: ServerProcess) -> Page:
    """A page of the server's origin, with the client in it, and nothing else."""
    context = await browser.new_context(bypass_csp=True, permissions=["camera"])
    page: Page = await context.new_page()
    await page.goto(f"{server.url}{API}/health")
    await page.add_script_tag(path=CLIENT)
    return page


def _urls(server: ServerProcess, session: str) -> tuple[str, str]:
    look = quote(json.dumps(LOOK))
    publish = f"{server.url}{API}/webrtc/{session}?user_id=anna&look={look}"
    return publish, f"{server.url}{API}/whep/{session}?user_id=anna"


@pytest.mark.parametrize("trickle", [True, False])
async def test_a_published_client_publishes_and_a_viewer_watches(
    live_server: ServerProcess, trickle: bool
) -> None:
    """With audio, which is passed over; and with the look that its address names."""
    publish, watch = _urls(live_server, f"whip-{trickle}")
    async with open_browser(ALLOWED, TEST_CAMERA) as browser:
        publisher, viewer = await _page(browser, live_server), await _page(browser, live_server)
        async with asyncio.timeout(PATIENCE_S):
            resource = await publisher.evaluate(PUBLISH, [publish, trickle])
            seen = await viewer.evaluate(WATCH, watch)
        assert "/webrtc/whip-" in resource
        assert "look=" not in resource
        assert (seen["width"], seen["height"]) == (640, 480)
        pixels = np.array(seen["pixels"], float).reshape(48, 64, 4)
        # The test camera's picture is green; the classic engine has laid blue over a part of it.
        assert (pixels[..., 2] > pixels[..., 1] + 40).mean() > 0.02
        await publisher.evaluate("client.destroy()")
        await viewer.wait_for_function("viewer.connectionState !== 'connected'", timeout=20_000)
