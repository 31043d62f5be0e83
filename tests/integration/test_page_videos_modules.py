"""The modules behind the page's tab for photos and videos, without a server; see
test_page_modules."""

import pytest

from tests.integration.browser import RunScript

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHANGE = """
  const { Look } = await import("/page/client/look.js");
  const { NoAnswer, Refusal } = await import("/page/client/refusal.js");
  const { VideoChange } = await import("/page/client/video-change.js");
  const asked = [];
  const plan = { upload: [], order: [], cancel: [] };
  // Each call is answered with what is planned next for it; an error is thrown.
  const answer = async (name, ...about) => {
    asked.push([name, ...about]);
    const next = plan[name].shift();
    if (next instanceof Error) throw next;
    return next;
  };
  const api = {
    upload: (file, { key, signal, onProgress }) => {
      onProgress({ bytes: 1, total: 2 });
      return Promise.race([
        answer("upload", file, key),
        new Promise((_, no) => signal.addEventListener("abort", () => no(signal.reason))),
      ]);
    },
    order: (uploadId, look, { key }) => answer("order", uploadId, key),
    cancel: (resultId) => answer("cancel", resultId),
  };
  const watch = Object.assign(new EventTarget(), {
    followed: [],
    follow: (resultId) => watch.followed.push(resultId),
    forget: (resultId) => tell("gone", { result_id: resultId }),
    settle: (result) => tell("end", result),
  });
  const tell = (name, detail) => watch.dispatchEvent(new CustomEvent(name, { detail }));
  const ordered = (id) => ({ result_id: id, status: "queued" });
  const gone = new Refusal({ status: 404, code: "NOT_FOUND", message: "upload_id: none" });
  const lookOf = (color) => Object.assign(new Look(), { color });
  const states = [];
  const made = (from) => {
    const change = new VideoChange(api, watch, from);
    change.addEventListener("changed", () => {
      if (states.at(-1) !== change.state) states.push(change.state);
    });
    return change;
  };
"""


async def test_a_change_goes_from_state_to_state(run_script: RunScript) -> None:
    """Uploaded, ordered, followed, completed; with another look only ordered."""
    answer = await run_script(f"""{CHANGE}
      plan.upload = ["u1"];
      plan.order = [ordered("r1"), ordered("r2")];
      const change = made({{ file: "film" }});
      await change.start(lookOf("copper"));
      const underWay = [change.isUnderWay, change.isHandedIn];
      tell("progress", {{ result_id: "other", status: "processing" }});
      tell("progress", {{ result_id: "r1", status: "processing", progress: 0.5 }});
      tell("end", {{ result_id: "r1", status: "completed", video_url: "/v" }});
      const first = [states.splice(0), change.result.video_url, change.isUnderWay];
      await change.start(lookOf("black"));
      const again = [states.splice(0), change.result];
      tell("end", {{ result_id: "r2", status: "failed", error_message: "x" }});
      tell("gone", {{ result_id: "r2" }});
      return {{ first, underWay, again, last: states, followed: watch.followed,
                asked: asked.map(([name, about]) => [name, about]),
                keys: new Set(asked.map((one) => one.at(-1))).size }};
    """)
    assert answer["first"] == [
        ["uploading", "ordering", "queued", "processing", "completed"],
        "/v",
        False,
    ]
    assert answer["underWay"] == [True, True]
    assert answer["again"] == [["ordering", "queued"], None]
    assert answer["last"] == ["failed", "ready"]
    assert answer["followed"] == ["r1", "r2"]
    assert answer["asked"] == [["upload", "film"], ["order", "u1"], ["order", "u1"]]
    assert answer["keys"] == 3


async def test_an_order_without_an_answer_keeps_its_key(run_script: RunScript) -> None:
    """So it is made once, unless something else is wanted or the server has said no."""
    answer = await run_script(f"""{CHANGE}
      plan.order = [new NoAnswer("x"), new NoAnswer("x"), new NoAnswer("x"), gone, ordered("r1")];
      const change = made({{ uploadId: "u1" }});
      await change.start(lookOf("copper"));
      const failed = [change.state, change.error instanceof NoAnswer, change.error.message];
      await change.start(lookOf("copper"));
      await change.start(lookOf("copper"), {{ calm: true }});
      await change.start(lookOf("black"));
      await change.start(lookOf("black"));
      return {{ failed, state: change.state, keys: asked.map((one) => one.at(-1)) }};
    """)
    assert answer["failed"] == ["failed", True, "x"]
    assert answer["state"] == "queued"
    first, second, *others = answer["keys"]
    assert first == second
    assert len({first, *others}) == 4


async def test_an_upload_that_is_gone_is_made_again(run_script: RunScript) -> None:
    """Where the file is still here; else it has failed."""
    answer = await run_script(f"""{CHANGE}
      plan.upload = ["u2"];
      plan.order = [gone, ordered("r1"), gone];
      const change = made({{ file: "film", uploadId: "u1" }});
      await change.start(lookOf("copper"));
      const names = asked.splice(0).map(([name, about]) => [name, about]);
      const lost = made({{ uploadId: "u1" }});
      await lost.start(lookOf("copper"));
      return {{ names, state: change.state, uploadId: change.uploadId,
                lost: [lost.state, lost.error.status] }};
    """)
    assert answer["names"] == [["order", "u1"], ["upload", "film"], ["order", "u2"]]
    assert (answer["state"], answer["uploadId"]) == ("queued", "u2")
    assert answer["lost"] == ["failed", 404]


async def test_what_is_forgotten_is_not_sent_on(run_script: RunScript) -> None:
    """While it is uploaded nothing is ordered; while it is ordered nothing is uploaded again; the
    next start uploads it anew."""
    answer = await run_script(f"""{CHANGE}
      const uploading = made({{ file: "film" }});
      plan.upload = [new Promise(() => {{}}), "u2"];
      plan.order = [ordered("r1"), gone];
      const started = uploading.start(lookOf("copper"));
      uploading.forget();
      await started;
      const early = [uploading.state, uploading.error, asked.map(([name]) => name)];
      await uploading.start(lookOf("copper"));
      const keys = asked.splice(0).filter(([name]) => name === "upload").map((one) => one.at(-1));
      const ordering = made({{ file: "film", uploadId: "u1" }});
      const placed = ordering.start(lookOf("copper"));
      ordering.forget();
      await placed;
      return {{ early, keys, late: [ordering.state, asked.map(([name]) => name)],
                uploadId: ordering.uploadId }};
    """)
    assert answer["early"] == ["cancelled", None, ["upload"]]
    assert len(set(answer["keys"])) == 2
    assert answer["late"][0] == "cancelled"
    assert answer["uploadId"] is None


async def test_a_change_is_called_off_anywhere(run_script: RunScript) -> None:
    """While it is uploaded, ordered or made; what was just finished stays."""
    answer = await run_script(f"""{CHANGE}
      const cancelled = {{ result_id: "r1", status: "cancelled" }};
      const uploading = made({{ file: "film" }});
      plan.upload = [new Promise(() => {{}})];
      const uploaded = uploading.start(lookOf("copper"));
      await uploading.cancel();
      await uploaded;
      const early = [uploading.state, uploading.error, asked.splice(0).map(([name]) => name)];
      const ordering = made({{ uploadId: "u1" }});
      plan.order = [ordered("r1")];
      plan.cancel = [cancelled];
      const placed = ordering.start(lookOf("copper"));
      await ordering.cancel();
      await placed;
      const middle = [ordering.state, asked.splice(0).map(([name]) => name)];
      const late = [];
      for (const status of ["cancelled", "completed"]) {{
        const change = made({{ uploadId: "u1" }});
        change.follow({{ result_id: "r2", status: "processing" }});
        plan.cancel = [{{ result_id: "r2", status }}];
        await change.cancel();
        late.push(change.state);
      }}
      return {{ early, middle, late }};
    """)
    assert answer["early"] == ["cancelled", None, ["upload"]]
    assert answer["middle"] == ["cancelled", ["order", "cancel"]]
    assert answer["late"] == ["cancelled", "completed"]


async def test_retries_are_few(run_script: RunScript) -> None:
    """Twice, and only where there was no answer; never after it was called off."""
    answer = await run_script("""
      const { withRetries, retryDelayMs } = await import("/page/client/retry.js");
      const { NoAnswer, Refusal } = await import("/page/client/refusal.js");
      const attempt = async (outcomes, onWait = () => {}) => {
        const waits = [];
        const ending = new AbortController();
        let calls = 0;
        const action = async () => {
          const outcome = outcomes[calls];
          calls += 1;
          if (outcome instanceof Error) throw outcome;
          return outcome;
        };
        const wait = async (ms) => { waits.push(ms); onWait(ending); };
        const end = await withRetries(action, ending.signal, { wait, random: () => 0.5 })
          .catch((error) => error.constructor.name);
        return { calls, waits, end };
      };
      const lost = () => new NoAnswer("x");
      const refused = new Refusal({ status: 503, code: "x", message: "", retryAfterS: 5 });
      return [
        await attempt(["done"]), await attempt([lost(), lost(), "done"]),
        await attempt([lost(), lost(), lost(), "never"]), await attempt([refused, "never"]),
        await attempt([lost(), "never"], (ending) => ending.abort()), retryDelayMs(3, () => 0),
      ];
    """)
    assert answer == [
        {"calls": 1, "waits": [], "end": "done"},
        {"calls": 3, "waits": [600, 2000], "end": "done"},
        {"calls": 3, "waits": [600, 2000], "end": "NoAnswer"},
        {"calls": 1, "waits": [], "end": "Refusal"},
        {"calls": 1, "waits": [600], "end": "DOMException"},
        None,
    ]


async def test_watching_uses_few_connections(run_script: RunScript) -> None:
    """Three streams at once; what is on show comes first, and one that ends makes room. Who is let
    in no more does not try again."""
    answer = await run_script("""
      const { JobWatch } = await import("/page/client/job-watch.js");
      const { Refusal } = await import("/page/client/refusal.js");
      const streams = [];
      class Stream extends EventTarget {
        readyState = EventSource.OPEN;
        constructor(url) { super(); this.url = url; streams.push(this); }
        close() { this.readyState = EventSource.CLOSED; }
        say(name, detail) {
          this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(detail) }));
        }
        fail() { this.close(); this.dispatchEvent(new Event("error")); }
      }
      const answers = [];
      const api = {
        events: (id) => id,
        result: async () => {
          const next = answers.shift();
          if (next instanceof Error) throw next;
          return next;
        },
      };
      const later = [];
      const watch = new JobWatch(api, {
        open: (url) => new Stream(url), later: (then) => later.push(then),
      });
      const heard = [];
      for (const name of ["progress", "end", "gone"]) {
        watch.addEventListener(name, ({ detail }) => heard.push([name, detail.result_id]));
      }
      const open = () => streams.filter(({ readyState }) => readyState === EventSource.OPEN)
        .map(({ url }) => url).sort();
      const settle = () => new Promise((resolve) => { setTimeout(resolve, 0); });
      for (const id of ["a", "b", "c", "d"]) watch.follow(id);
      await settle();
      const most = open();
      watch.follow("d", { first: true });
      watch.follow("d", { first: true });
      await settle();
      const shown = open();
      streams[0].say("progress", { result_id: "a", status: "processing" });
      streams[0].say("end", { result_id: "a", status: "completed" });
      await settle();
      const freed = open();
      const of = (id) => streams.findLast(({ url }) => url === id);
      answers.push(new Refusal({ status: 404, code: "NOT_FOUND", message: "" }));
      of("b").fail();
      await settle();
      answers.push({ result_id: "c", status: "processing" });
      of("c").fail();
      await settle();
      const waiting = open();
      later.forEach((then) => then());
      await settle();
      const back = open();
      answers.push({ result_id: "c", status: "failed" });
      of("c").fail();
      await settle();
      const left = open();
      const before = later.length;
      answers.push(new Refusal({ status: 401, code: "UNAUTHORIZED", message: "" }));
      of("d").fail();
      await settle();
      return { most, shown, freed, waiting, back, left, heard, tries: later.length - before };
    """)
    assert answer["most"] == ["a", "b", "c"]
    assert answer["shown"] == ["a", "b", "d"]
    assert answer["freed"] == ["b", "c", "d"]
    assert (answer["waiting"], answer["back"], answer["left"]) == (["d"], ["c", "d"], ["d"])
    assert answer["tries"] == 0
    assert answer["heard"] == [["progress", "a"], ["end", "a"], ["gone", "b"], ["end", "c"]]


async def test_progress_becomes_words(run_script: RunScript) -> None:
    """How much is sent, how many frames are done, and how long it takes."""
    answer = await run_script("""
      const { bytesWords, leftWords, progressOf } = await import("/page/file-words.js");
      const at = { frames_done: 48, frames_total: 120, progress: 0.4, time_left: 7 };
      const mb = 1024 * 1024;
      return {
        bytes: [1, 2048, 1.25 * mb, 34.6 * mb].map(bytesWords),
        left: [0, 7, 89, 121].map(leftWords),
        sending: progressOf({ state: "uploading", sent: { bytes: 1.2 * mb, total: 4 * mb } }),
        sent: progressOf({ state: "uploading", sent: { bytes: 9, total: 9 } }),
        queued: progressOf({ state: "queued", progress: at }).words,
        made: progressOf({ state: "processing", progress: at }),
        unknown: progressOf({ state: "processing", progress: null }),
      };
    """)
    assert answer == {
        "bytes": ["1 kB", "2 kB", "1.3 MB", "35 MB"],
        "left": ["about 1 s left", "about 7 s left", "about 89 s left", "about 2 min left"],
        "sending": {"words": "Uploading: 30 %, 1.2 MB of 4 MB", "share": 0.3},
        "sent": {"words": "Uploaded; the server looks at it…", "share": None},
        "queued": "Waiting for its turn, about 7 s left",
        "made": {"words": "40 %, 48 of 120 frames, about 7 s left", "share": 0.4},
        "unknown": {"words": "Changing…", "share": None},
    }


async def test_refusals_become_words(run_script: RunScript) -> None:
    """In our words where there are some, else the server's; and when to try again."""
    answer = await run_script("""
      const { failureWords, photoWords } = await import("/page/file-words.js");
      const { NoAnswer, refusalOf } = await import("/page/client/refusal.js");
      const said = (status, error, message, again = null, details = {}) =>
        failureWords(refusalOf(status, JSON.stringify({ error, message, details }), again));
      const limit = { name: "uploads", amount: 10, within_s: 3600 };
      return {
        large: said(413, "FILE_TOO_LARGE", "video: more than the 52428800 bytes allowed"),
        proxy: failureWords(refusalOf(413, "<h1>413</h1>", null)),
        pixels: said(413, "IMAGE_TOO_LARGE", "image: x"),
        wrong: said(400, "INVALID_VIDEO", "video: the name says mp4"),
        person: said(422, "NO_PERSON", "style_image: no"),
        full: said(503, "SERVER_FULL", "x", "5"), many: said(429, "RATE_LIMITED", "x", "2"),
        hourly: said(429, "RATE_LIMITED", "x", "3541", { limit }),
        monthly: said(429, "QUOTA_SPENT", "x", "1000000", { quota: { videos_per_month: 10 } }),
        gateway: failureWords(refusalOf(502, "", "soon")), lost: failureWords(new NoAnswer("x")),
        photos: [photoWords({ heads: 1, advice: [] }),
                 photoWords({ heads: 2, advice: ["several_heads", "too_dark"] }),
                 photoWords({ heads: null, advice: ["unknown"] })],
      };
    """)
    assert answer["large"] == "This file is too large: the server takes up to 50 MB."
    assert answer["proxy"] == "This file is too large for the server."
    assert answer["pixels"] == "The photo has too many pixels for the server."
    assert answer["wrong"] == "The server reports: the name says mp4"
    assert answer["person"].startswith("Your style photo: No person is found")
    assert answer["full"] == "The server has too much to do just now. Try again in 5 s."
    assert answer["many"] == "You have as much under way as one person may. Try again in 2 s."
    assert answer["hourly"] == "At most 10 uploads within an hour. Try again in 60 min."
    assert answer["monthly"] == "All 10 videos of this month are used. Try again in 12 days."
    assert answer["gateway"] == "The server does not take it (status 502)."
    assert answer["lost"].startswith("The server cannot be reached")
    assert answer["photos"][0] == answer["photos"][2] == ""
    assert answer["photos"][1].startswith("2 heads are found. It is rather dark")


async def test_files_are_known_by_type_or_name(run_script: RunScript) -> None:
    """Not all systems know the types of all videos."""
    answer = await run_script("""
      const { kindOf } = await import("/page/file-kind.js");
      const files = [["a", "image/png"], ["a.bin", "video/quicktime"], ["A.AVI", ""],
                     ["b.Mov", "application/octet-stream"], ["c.webp", ""], ["notes.txt", ""],
                     ["mp4", "text/plain"]];
      return files.map(([name, type]) => kindOf({ name, type }));
    """)
    assert answer == ["photo", "video", "video", "video", "photo", None, "video"]


async def test_a_look_is_copied_and_sent_as_a_form(run_script: RunScript) -> None:
    """What is chosen later does not change what was ordered; photos go as files."""
    answer = await run_script("""
      const { Look } = await import("/page/client/look.js");
      const { addLook } = await import("/page/client/look-form.js");
      const look = new Look();
      look.chooseColorPhoto(btoa("photo"));
      const copy = look.copy();
      const same = [copy.equals(look)];
      look.shine = 0.5;
      same.push(copy.equals(look));
      look.shine = 0;
      look.stylePhoto = btoa("style");
      same.push(copy.equals(look), look.equals(look.copy()));
      const form = new FormData();
      addLook(form, copy);
      const photo = form.get("color_image");
      return { same, names: [...form.keys()], look: JSON.parse(form.get("look")),
               photo: [photo.name, photo.type, await photo.text()] };
    """)
    assert answer["same"] == [True, False, False, True]
    assert answer["names"] == ["look", "color_image"]
    assert answer["look"] == {
        "color": None, "intensity": 1, "shine": 0, "ombre": None, "highlights": None
    }  # fmt: skip
    assert answer["photo"] == ["color.jpg", "image/jpeg", "photo"]
