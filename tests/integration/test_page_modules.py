"""The page's pure modules, run in Chromium without a server and in virtual time."""

import pytest

from tests.integration.browser import RunScript

pytestmark = pytest.mark.asyncio(loop_scope="module")

FLOW = """
  const { Pacer } = await import("/page/client/pacer.js");
  const source = { width: 1280, height: 720 };
  let nowMs = 0;
  const pacer = new Pacer(() => nowMs);
  const width = () => pacer.ladder.picture(source).width;
  // A camera of 30 pictures a second on a way of wayMs. The server works on one frame after the
  // other, workMs(width) for each, and answers with the outcome.
  const flow = (seconds, { wayMs = 0, workMs = () => 0, outcome = "delivered" }) => {
    const due = [];
    let freeMs = 0;
    for (let tick = 0; tick < seconds * 1000; tick += 1) {
      nowMs += 1;
      while (due.length > 0 && due[0].atMs <= nowMs) pacer.answered(due.shift().number, outcome);
      if (tick % 33 === 0 && pacer.maySend(0)) {
        pacer.sent(nowMs);
        freeMs = Math.max(freeMs, nowMs + wayMs / 2) + workMs(width());
        due.push({ number: nowMs, atMs: freeMs + wayMs / 2 });
      }
      if (tick % 250 === 0) pacer.review(source);
    }
    pacer.reset();
  };
"""


async def test_wire_writes_and_reads_the_header(run_script: RunScript) -> None:
    """A frame has the documented 8 bytes, a result is read back, anything else is refused."""
    answer = await run_script("""
      const wire = await import("/page/client/wire.js");
      const { decodeResult, encodeFrame, fromBase64, toBase64 } = wire;
      const frame = encodeFrame(0xfffefdfc, new Uint8Array([7, 8]));
      const result = decodeResult(new Uint8Array([1, 2, 0, 42, 0, 0, 1, 2, 9]).buffer);
      const short = [1, 2, 0, 0, 0, 0, 0, 1];
      const newer = [2, 2, 0, 0, 0, 0, 0, 1, 9];
      const refused = [short, newer, [...frame]].map((bytes) => {
        try { decodeResult(new Uint8Array(bytes).buffer); } catch (error) { return error.name; }
      });
      const large = new Uint8Array(100_000).fill(200);
      const back = fromBase64(`data:image/jpeg;base64,${toBase64(large)}`);
      const same = back.length === 100_000 && back[99_999] === 200;
      return {
        frame: [...frame], number: result.number, ms: result.processingMs,
        picture: [...result.picture], refused, same,
      };
    """)
    assert answer == {
        "frame": [1, 1, 0, 0, 0xFF, 0xFE, 0xFD, 0xFC, 7, 8],
        "number": 258,
        "ms": 42,
        "picture": [9],
        "refused": ["RangeError"] * 3,
        "same": True,
    }


async def test_figures_cover_the_last_five_seconds(run_script: RunScript) -> None:
    """Rate and percentiles are of the last five seconds, counts of the whole visit."""
    answer = await run_script("""
      const { Figures } = await import("/page/figures.js");
      const { percentile } = await import("/page/client/percentile.js");
      let nowMs = 0;
      const figures = new Figures(() => nowMs);
      for (; nowMs < 4000; nowMs += 100) figures.delivered(1000);
      for (; nowMs < 10_000; nowMs += 50) figures.delivered(nowMs % 100 === 0 ? 10 : 20);
      figures.dropped(2);
      figures.failed();
      const busy = figures.read();
      nowMs += 6000;
      return { busy, quiet: figures.read(), none: percentile([], 0.5), one: percentile([3], 0.95) };
    """)
    assert answer["busy"]["fps"] == pytest.approx(20, abs=0.5)
    assert (answer["busy"]["p50"], answer["busy"]["p95"]) == (10, 20)
    assert (answer["busy"]["delivered"], answer["busy"]["dropped"]) == (160, 2)
    assert answer["busy"]["errors"] == 1
    assert (answer["quiet"]["fps"], answer["quiet"]["p50"]) == (0, None)
    assert (answer["none"], answer["one"]) == (None, 3)


async def test_pacer_bounds_what_is_under_way(run_script: RunScript) -> None:
    """At most three are sent without an answer, none over a full socket; the lost are forgotten."""
    answer = await run_script(
        FLOW
        + """
      let sent = 0;
      for (; pacer.maySend(0); sent += 1) pacer.sent(sent);
      const trip = (nowMs = 40, pacer.answered(0, "delivered"));
      const full = pacer.maySend(1_000_000);
      nowMs = 5001;
      const forgotten = pacer.expire();
      return { sent, trip, full, forgotten, late: pacer.answered(1, "delivered"),
               inFlight: pacer.inFlight };
    """
    )
    assert answer == {
        "sent": 3, "trip": 40, "full": False, "forgotten": [1, 2], "late": None, "inFlight": 0,
    }  # fmt: skip


async def test_pacer_goes_down_quickly_and_up_slowly(run_script: RunScript) -> None:
    """Slow work shrinks the picture within seconds; it takes longer to grow again."""
    answer = await run_script(
        FLOW
        + """
      const quick = { workMs: () => 15 };
      flow(1, quick);
      const first = width();
      flow(6, { workMs: (side) => side });
      const slow = width();
      flow(3, quick);
      const soon = width();
      flow(120, quick);
      return { first, slow, soon, later: width() };
    """
    )
    assert answer["first"] == 640
    assert answer["slow"] < answer["first"]
    assert answer["soon"] == answer["slow"]
    assert answer["later"] == 1280


async def test_pacer_shrinks_when_frames_are_dropped(run_script: RunScript) -> None:
    """A server that drops frames gets smaller and fewer of them, though its answers are quick."""
    answer = await run_script(
        FLOW + 'flow(10, { outcome: "dropped" }); return { width: width(), limit: pacer.limit };'
    )
    assert answer == {"width": 320, "limit": 1}


async def test_pacer_fills_a_long_way(run_script: RunScript) -> None:
    """Where only the way is long, more frames are under way and the picture keeps its size."""
    answer = await run_script(
        FLOW + "flow(20, { wayMs: 320 }); return { width: width(), limit: pacer.limit };"
    )
    assert answer == {"width": 640, "limit": 4}


async def test_pacer_does_not_queue_at_a_busy_server(run_script: RunScript) -> None:
    """Where a frame's work takes long, frames do not wait behind each other at the server."""
    answer = await run_script(
        FLOW
        + """
      flow(60, { workMs: () => 150 });
      return pacer.limit;
    """
    )
    assert answer <= 2


async def test_pacer_keeps_the_servers_rate(run_script: RunScript) -> None:
    """Where a server takes 600 frames a minute, not more than these are sent."""
    answer = await run_script(
        FLOW
        + """
      pacer.obey({ frames_per_minute: 600, target_latency_ms: 200 });
      let sent = 0;
      for (; nowMs < 60_000; nowMs += 33) {
        if (pacer.maySend(0)) { pacer.sent(nowMs); pacer.answered(nowMs, "delivered"); sent += 1; }
      }
      return sent;
    """
    )
    assert 560 <= answer <= 600


async def test_ladder_keeps_the_sources_shape(run_script: RunScript) -> None:
    """Sizes fit their box in the source's aspect, upright too, and never exceed the source."""
    answer = await run_script("""
      const { Ladder, fit } = await import("/page/client/ladder.js");
      const fixed = new Ladder();
      fixed.fix({ width: 640, height: 480 });
      const box = { width: 640, height: 480 };
      const pair = ({ width, height }) => [width, height];
      const wide = { width: 1280, height: 720 };
      const upright = { width: 720, height: 1280 };
      return [
        fit(wide, box), fit(upright, box), fit({ width: 160, height: 120 }, box),
        fixed.picture(wide), fixed.picture(upright),
      ].map(pair);
    """)
    assert answer == [[640, 360], [360, 640], [160, 120], [640, 480], [480, 640]]


async def test_backoff_grows_and_knows_when_to_stop(run_script: RunScript) -> None:
    """Delays double from 0.5 to 10 seconds; a full server waits longer; some endings are final."""
    answer = await run_script("""
      const { afterClose } = await import("/page/client/backoff.js");
      const after = (code, announced = null, attempt = 0) => {
        const { problem, delayMs } = afterClose({ code, announced, attempt }, () => 0.5);
        return [problem, delayMs];
      };
      return {
        lost: [0, 1, 2, 3, 4, 5, 50].map((attempt) => after(1006, null, attempt)[1]),
        closing: after(1001, "server_closing"), again: after(1001, "server_closing", 1),
        full: after(1013, "SERVER_FULL"),
        gone: after(1006, "CALL_GONE"), stillGone: after(1006, "CALL_GONE", 1),
        slow: after(1013), final: [4400, 4401, 4403, 4408, 4409].map((code) => after(code)),
      };
    """)
    assert answer["lost"] == [500, 1000, 2000, 4000, 8000, 10_000, 10_000]
    assert answer["closing"] == ["server_closing", 100]
    assert answer["again"] == ["server_closing", 1000]
    assert answer["gone"] == ["connection_lost", 100]
    assert answer["stillGone"] == ["connection_lost", 1000]
    assert answer["full"] == ["server_full", 12_000]
    assert answer["slow"] == ["too_slow", 500]
    names = ["request_refused", "unauthorized", "forbidden", "idle", "taken_over"]
    assert answer["final"] == [[name, None] for name in names]


async def test_backoff_keeps_to_limits(run_script: RunScript) -> None:
    """Never earlier than the server says; slowly where it cannot say when there is a place."""
    answer = await run_script("""
      const { afterClose } = await import("/page/client/backoff.js");
      const after = (limit, code = 1013, random = 0) => {
        const ending = { code, announced: "RATE_LIMITED", limit, attempt: 0 };
        return Object.values(afterClose(ending, () => random));
      };
      const often = { again_in_s: 42 };
      return [after(often), after(often, 1006, 1), after(null)];
    """)
    assert answer == [["rate_limited", 42_000], ["rate_limited", 52_500], ["user_full", 30_000]]


async def test_reminders_of_limits_end_nothing(run_script: RunScript) -> None:
    """Who was live, and sent too much for a while, has simply lost the connection in the end."""
    answer = await run_script("""
      const { Connection } = await import("/page/client/connection.js");
      const connection = new Connection();
      const problems = [];
      connection.addEventListener("lost", ({ detail }) => problems.push(detail.problem));
      const message = { type: "error", error: "RATE_LIMITED", message: "More frames" };
      for (const isLive of [true, false]) {
        connection.hear(message, isLive);
        connection.lose(() => {});
      }
      connection.close();
      return problems;
    """)
    assert answer == ["connection_lost", "user_full"]


async def test_fragments_of_an_ice_restart(run_script: RunScript) -> None:
    """Each line once, whatever sections there are; ours take the place of those before."""
    answer = await run_script("""
      const { fragmentOf, withFragment } = await import("/page/client/ice-restart.js");
      const section = (mid) => [
        `m=${mid}`, "a=ice-ufrag:old", "a=ice-pwd:secret",
        "a=candidate:1 1 udp 9 10.0.0.1 5 typ host", "a=end-of-candidates", `a=mid:${mid}`, "",
      ].join("\\r\\n");
      const sdp = `v=0\\r\\n${section("video")}${section("data")}`;
      const fragment = fragmentOf(sdp);
      const fresh = "a=ice-ufrag:new\\r\\na=ice-pwd:other\\r\\n"
        + "a=candidate:2 1 udp 9 10.0.0.2 6 typ host\\r\\na=end-of-candidates\\r\\n";
      return [fragment.split("\\r\\n"), withFragment(sdp, fresh).split("\\r\\n")];
    """)
    fragment, sdp = answer
    candidate = "a=candidate:1 1 udp 9 10.0.0.1 5 typ host"
    assert fragment == [
        "a=ice-ufrag:old", "a=ice-pwd:secret", candidate, "a=end-of-candidates", "",
    ]  # fmt: skip
    fresh = [
        "a=ice-ufrag:new", "a=ice-pwd:other", "a=candidate:2 1 udp 9 10.0.0.2 6 typ host",
        "a=end-of-candidates",
    ]  # fmt: skip
    assert sdp == [
        "v=0", "m=video", *fresh, "a=mid:video", "m=data", *fresh, "a=mid:data", "",
    ]  # fmt: skip


async def test_silence_is_asked_about(run_script: RunScript) -> None:
    """After more than half a second without a packet, then every three; not while nothing is sent,
    and not anew for each packet that comes."""
    answer = await run_script("""
      const { Silence } = await import("/page/client/silence.js");
      const asked = (packetsAt) => {
        const silence = new Silence();
        const times = [];
        for (let ms = 0; ms <= 8000; ms += 250) {
          if (silence.isToAsk(packetsAt(ms), ms)) times.push(ms);
        }
        return times;
      };
      return {
        flowing: asked((ms) => ms), dead: asked((ms) => Math.min(ms, 1000)),
        slow: asked((ms) => Math.floor(ms / 1500)), held: asked((ms) => (ms < 500 ? ms : null)),
        never: asked(() => 0),
      };
    """)
    assert answer == {
        "flowing": [],
        "dead": [1750, 4750, 7750],
        "slow": [750, 3750, 6750],
        "held": [],
        "never": [750, 3750, 6750],
    }


async def test_times_are_told_in_words(run_script: RunScript) -> None:
    """How long what is kept, as people say it."""
    answer = await run_script("""
      const { keptWords, spanWords } = await import("/page/about.js");
      const spans = [30, 60, 5400, 86400, 604800].map(spanWords);
      return { spans, kept: keptWords({ uploads: 604800, results: 2592000, photos: 86400 }) };
    """)
    assert answer["spans"] == ["1 minute", "1 minute", "1.5 hours", "1 day", "7 days"]
    assert answer["kept"] == (
        ": your videos after 7 days, results after 30 days and photos after 1 day"
    )


async def test_a_token_is_told_from_the_rest_of_an_address(run_script: RunScript) -> None:
    """Wherever it stands behind the #; what cannot stand in a header is none, and goes too."""
    answer = await run_script("""
      const { splitHash } = await import("/page/token.js");
      return ["", "#files", "#token=a.b-c_d", "#files&token=a.b", "#token=a&files", "#token=",
              "#token=a%20b", "#token=a&token=b"].map(splitHash);
    """)
    assert answer == [
        {"token": None, "hash": ""},
        {"token": None, "hash": "#files"},
        {"token": "a.b-c_d", "hash": ""},
        {"token": "a.b", "hash": "#files"},
        {"token": "a", "hash": "#files"},
        {"token": "", "hash": ""},
        {"token": "", "hash": ""},
        {"token": "a", "hash": ""},
    ]
