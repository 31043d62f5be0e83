"""The page at a server that has somebody to cut hair, in Chromium."""

from pathlib import Path

import pytest

from server.cloud import salon
from tests.integration.browser import OpenTab, RunScript
from tests.integration.cloud import CloudScene, cloud
from tests.integration.service import Service, StartService
from tests.integration.test_cloud_budget import QuickCutter
from tests.integration.test_page_videos_modules import CHANGE
from tests.integration.test_try_on_cloud import PHOTO, cloudy
from tests.integration.video_tab import open_videos
from tests.replicate.mischief import Reply
from tests.replicate.outputs import Output

__all__ = ["cloud"]


@pytest.fixture
async def service(
    start_service: StartService, cloud: CloudScene, monkeypatch: pytest.MonkeyPatch
) -> Service:
    """A service with an account, that takes whatever comes back."""
    monkeypatch.setattr(salon, "Cutter", QuickCutter)
    cloud.give(Output(PHOTO))
    return await start_service(**cloudy(cloud))


async def test_a_haircut_is_made_elsewhere_or_here(
    service: Service, cloud: CloudScene, open_tab: OpenTab, tmp_path: Path
) -> None:
    """By who is named, for who has agreed to it; what they do not do is made here, and it is said
    why. Who wants nothing of it any more is asked again."""
    films, path = await open_videos(open_tab, service.caller.url, width=360), tmp_path / "me.jpg"
    path.write_bytes(PHOTO)
    await films.choose(path)
    await films.part("cut-cloud").check()
    await films.says("change-hint", "Choose a haircut first")
    await films.says(
        "cut-words", "$0.04 at most, and a video, of which 5 frames at most are cut, $0.20"
    )
    await films.part("haircut").select_option("Bob")
    await films.part("change").click()
    await films.says("purposes", "by Replicate, Inc.")
    purposes = await films.part("purposes").inner_text()
    assert "No faceprints" not in purposes
    assert "of a video until that is made or given up" in purposes
    await films.part("not-now").click()
    await films.says("file-status", "You have not agreed")
    assert not cloud.service.predictions
    await films.part("change").click()
    await films.part("agree").click()
    await films.says("file-status", "Made by Replicate.")
    await films.says("change-hint", "This is the look of the result")
    await films.part("style-words").fill("short copper curls")
    await films.part("style-words").press("Enter")
    await films.page.locator("#style-photo img").wait_for()
    await films.says("look-name", "Style of a photo")
    cloud.service.orders.always("create", Reply(500))
    await films.part("haircut").select_option("Lob")
    await films.change()
    await films.says("file-status", "not by Replicate: they cannot be reached")
    assert await films.of("#after img", "complete")
    await films.part("withdraw-cloud").click()
    await films.says("own-data-words", "do not leave this server any more")
    await films.change("platinum")
    await films.part("not-now").click()
    assert await films.page.evaluate("document.documentElement.scrollWidth") == 360
    assert films.tab.complaints == []


@pytest.mark.asyncio(loop_scope="module")
async def test_a_style_is_drawn_once(run_script: RunScript) -> None:
    """Of the same words, though no answer came to them at first; it is told why where it cannot
    be, and nothing is asked for without words or consent."""
    answer = await run_script("""
      const { StyleWords } = await import("/page/style-words.js");
      const { NoAnswer, refusalOf } = await import("/page/client/refusal.js");
      const made = (tag, id) => Object.assign(document.createElement(tag), { id });
      const place = made("div", "style-words-field");
      const [words, button] = [made("input", "style-words"), made("button", "style-make")];
      const said = made("p", "style-words-said");
      place.append(words, button, said);
      document.body.append(place);
      const [asked, plan, drawn] = [[], [], []];
      let isAgreed = false;
      const api = {
        makeStyle: async (prompt, key) => {
          asked.push([prompt, key]);
          const next = plan.shift();
          if (next instanceof Error) throw next;
          return { style_id: next };
        },
        styleImage: async (id) => id,
      };
      const consent = { givenFor: async ({ byCloud }) => byCloud && isAgreed };
      const about = Promise.resolve({ cloud: {} });
      const style = new StyleWords(api, consent, about);
      style.addEventListener("made", ({ detail }) => drawn.push(detail));
      const press = async () => {
        button.click();
        await new Promise((resolve) => setTimeout(resolve));
        return said.textContent;
      };
      const told = [await press()];
      words.value = " curls ";
      told.push(await press());
      isAgreed = true;
      const body = JSON.stringify({ error: "CLOUD_FAILED", details: { reason: "timed_out" } });
      const busy = refusalOf(429, JSON.stringify({ error: "RATE_LIMITED" }), "5");
      plan.push(new NoAnswer("x"), busy, refusalOf(504, body, null), "s1", "s2");
      for (const _ of [1, 2, 3, 4, 5]) told.push(await press());
      place.remove();
      const keys = asked.map(([, key]) => asked.findIndex((one) => one[1] === key));
      return { told, drawn, keys, prompts: asked.map(([prompt]) => prompt), hidden: place.hidden };
    """)
    assert answer["told"][0] == "Describe one first."
    assert "not agreed" in answer["told"][1]
    assert "cannot be reached" in answer["told"][2]
    assert answer["told"][3] == "One is being drawn already. Try again in a moment."
    assert answer["told"][4] == "It could not be made: it took too long."
    assert answer["told"][5:] == ["", ""]
    assert answer["drawn"] == ["s1", "s2"]
    assert answer["keys"] == [0, 0, 0, 0, 4]
    assert answer["prompts"] == ["curls"] * 5
    assert answer["hidden"] is False


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_made_elsewhere_is_told_in_words(run_script: RunScript) -> None:
    """Prices as fine as they are, reasons that are known and such that are not, and nothing where
    nobody else was asked."""
    answer = await run_script("""
      const { makerWords, priceWords, shortName } = await import("/page/cloud-words.js");
      const { Cut } = await import("/page/client/cut.js");
      const made = (ai_model, fallback = null) => makerWords({ ai_model, fallback }, "Replicate");
      const cut = Object.assign(new Cut(), { haircut: "Bob" });
      const fields = [cut.fields, ...[null, "Bob"].map((haircut) => {
        return Object.assign(cut.copy(), { byCloud: true, haircut }).fields;
      })];
      return {
        prices: [0.04, 0.002, 1, 0].map(priceWords),
        name: shortName("Replicate, Inc. (replicate.com), United States"),
        made: [made("local"), made("replicate"), made("local", "timed_out"), made("local", "new"),
          made("replicate", "timed_out")],
        fields,
        same: [cut.equals(new Cut()), cut.isComplete({ stylePhoto: null })],
      };
    """)
    assert answer["prices"] == ["$0.04", "$0.002", "$1.00", "$0.00"]
    assert answer["name"] == "Replicate"
    here = "Made here, with your own cut, and not by Replicate:"
    assert answer["made"] == [
        "",
        "Made by Replicate.",
        f"{here} it took too long.",
        f"{here} it was not possible.",
        "Made by Replicate, but for a part of it: it took too long.",
    ]
    assert answer["fields"] == [{}, {"engine": "cloud"}, {"engine": "cloud", "haircut": "Bob"}]
    assert answer["same"] == [True, True]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_studio_snapshot_goes_its_way(run_script: RunScript) -> None:
    """Nothing is asked for that is nothing; one at a time; only of who has agreed. What the server
    says against it is told, and the next may do better."""
    answer = await run_script("""
      const { StudioSnapshot } = await import("/page/studio-snapshot.js");
      const { Cut } = await import("/page/client/cut.js");
      const { Look } = await import("/page/client/look.js");
      const { Refusal } = await import("/page/client/refusal.js");
      const button = Object.assign(document.createElement("button"), { id: "studio" });
      document.body.append(button);
      const [look, cut, told, asked] = [new Look(), new Cut(), [], []];
      const photo = new Blob(["x"]);
      const plan = [];
      const api = { snapshot: async (session, { fields }) => {
        asked.push([session, fields]);
        const next = plan.shift();
        if (next instanceof Error) throw next;
        return { photo, advice: [], heads: 1, ...next };
      } };
      let isAgreed = false;
      const heeded = [];
      const heed = ({ fallback }) => heeded.push(fallback);
      const consent = { givenFor: async () => isAgreed, heed };
      const tell = (words) => told.push(words);
      new StudioSnapshot({ api, consent, look, cut, choice: { name: "R" }, session: "s1", tell });
      const press = async (times = 1) => {
        told.length = 0;
        for (let time = 0; time < times; time += 1) button.click();
        await new Promise((resolve) => setTimeout(resolve));
        return [...told];
      };
      const results = { empty: await press() };
      Object.assign(cut, { byCloud: true, haircut: "Bob" });
      results.refused = await press();
      isAgreed = true;
      const code = "NO_FRAME";
      plan.push(new Refusal({ status: 409, code, message: "x", retryAfterS: null }));
      results.failed = await press();
      plan.push({ ai_model: "local", fallback: "timed_out" });
      results.made = (await press(2)).at(-1);
      button.remove();
      return { ...results, asked, heeded };
    """)
    assert answer["empty"] == ["Choose a shade or a haircut first."]
    assert answer["refused"] == ["Asking the server…", "You have not agreed. Nothing more is sent."]
    assert answer["failed"][-1].startswith("No live picture came")
    assert answer["made"].startswith("Saved hair-try-on-original-")
    assert answer["made"].endswith("not by R: it took too long.")
    assert answer["asked"] == [["s1", {"engine": "cloud", "haircut": "Bob"}]] * 2
    assert answer["heeded"] == ["timed_out"]


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_paid_anew_is_not_tried_again(run_script: RunScript) -> None:
    """A snapshot that no answer came to is, but not one that the cloud cuts."""
    answer = await run_script("""
      const { FilesApi } = await import("/page/client/files-api.js");
      const { Cut } = await import("/page/client/cut.js");
      const calls = { at: () => "http://127.0.0.1:1/", shown: (act) => act({}) };
      const ends = [];
      for (const byCloud of [true, false]) {
        const check = async () => { throw new Error("again"); };
        const api = new FilesApi(calls, { userId: async () => "u1", check });
        const cut = Object.assign(new Cut(), { byCloud });
        ends.push(await api.snapshot("s1", cut).catch(({ constructor }) => constructor.name));
      }
      return ends;
    """)
    assert answer == ["NoAnswer", "Error"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_video_with_another_cut_is_another_order(run_script: RunScript) -> None:
    """Also where nobody knows whether the one before was taken; with the same it is the same."""
    answer = await run_script(f"""{CHANGE}
      const {{ Cut }} = await import("/page/client/cut.js");
      const cuts = [];
      const placed = api.order;
      api.order = (id, look, options) => {{
        cuts.push(options.cut.fields);
        return placed(id, look, options);
      }};
      plan.upload = ["u1"];
      plan.order = [new NoAnswer("x"), new NoAnswer("x"), ordered("r1")];
      const change = made({{ file: "film" }});
      const bob = () => Object.assign(new Cut(), {{ byCloud: true, haircut: "Bob" }});
      await change.start(lookOf("copper"));
      for (const _ of [1, 2]) await change.start(lookOf("copper"), {{ cut: bob() }});
      const keys = asked.filter(([name]) => name === "order").map((one) => one.at(-1));
      return {{ cuts, isSame: [keys[0] === keys[1], keys[1] === keys[2]] }};
    """)
    bob = {"engine": "cloud", "haircut": "Bob"}
    assert answer["cuts"] == [{}, bob, bob]
    assert answer["isSame"] == [False, True]
