"""The page's pure modules about the look and what is said of it; see test_page_modules."""

import pytest

from tests.integration.browser import RunScript

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_look_is_told_whole(run_script: RunScript) -> None:
    """A look is sent again in full; a colour and a colour photo exclude each other."""
    answer = await run_script("""
      const { Look } = await import("/page/client/look.js");
      const look = new Look();
      const empty = [look.messages(), look.valuesMessage()];
      look.chooseColor("copper");
      look.intensity = 0.5;
      look.ombre = { tips: "#ffffff", roots: null, position: 0.5, softness: 0.5 };
      look.stylePhoto = "STYLE";
      const colored = look.messages();
      look.chooseColorPhoto("PHOTO");
      const types = look.messages().map(({ type }) => type);
      const color = look.color;
      look.clear();
      return { empty, colored, types, color, cleared: look.messages() };
    """)
    clear = {"type": "clear_look"}
    values = {
        "color": "copper", "intensity": 0.5, "shine": 0, "highlights": None,
        "ombre": {"tips": "#ffffff", "roots": None, "position": 0.5, "softness": 0.5},
    }  # fmt: skip
    assert answer["empty"] == [[clear], clear]
    assert answer["colored"] == [
        clear,
        {"type": "set_look", "data": {"look": values}},
        {"type": "set_style_image", "data": {"image_data": "STYLE"}},
    ]
    assert answer["types"] == ["clear_look", "set_look", "set_style_image", "set_color_image"]
    assert (answer["color"], answer["cleared"]) == (None, [clear])


async def test_what_is_put_on_by_name(run_script: RunScript) -> None:
    """A colour takes the colour photo's place and it the colour's; all else stays on."""
    answer = await run_script("""
      const { Look } = await import("/page/client/look.js");
      const look = new Look({ color: "copper" });
      const parts = [{ colorPhoto: "PHOTO" }, { shine: 0.3, color: null }, { color: "platinum" }];
      return parts.map((part) => {
        look.put(part);
        return [look.color, look.colorPhoto, look.shine];
      });
    """)
    assert answer == [[None, "PHOTO", 0], [None, "PHOTO", 0.3], ["platinum", None, 0.3]]


@pytest.mark.parametrize(
    "part",
    [
        "chooseColor('copper')",
        "shine = 0.1",
        "ombre = {}",
        "highlights = {}",
        "stylePhoto = 'x'",
        "chooseColorPhoto('x')",
    ],
)
async def test_look_with_any_part_is_one(run_script: RunScript, part: str) -> None:
    """Each part makes a look by itself: also shine on one's own hair."""
    answer = await run_script(f"""
      const {{ Look }} = await import("/page/client/look.js");
      const look = new Look();
      const before = look.isEmpty;
      look.{part};
      return [before, look.isEmpty];
    """)
    assert answer == [True, False]


async def test_photo_trials_know_what_comes_back(run_script: RunScript) -> None:
    """A refused photo gives back what it replaced, but nothing that was itself refused."""
    answer = await run_script("""
      const { PhotoTrials } = await import("/page/photo-trials.js");
      const begun = (...pairs) => {
        const trials = new PhotoTrials();
        for (const [photo, before] of pairs) trials.begin("color", photo, { photo: before });
        return trials;
      };
      const single = begun(["A", null]).refuse("color", "A", "A");
      const kept = begun(["A", null], ["B", "A"]);
      kept.keep("color", "A");
      const both = begun(["A", null], ["B", "A"]);
      const early = both.refuse("color", "A", "B");
      const gone = begun(["A", null]).refuse("color", "A", null);
      const unknown = begun().refuse("color", "A", "A");
      const other = begun(["A", "X"]);
      other.begin("style", "B", { photo: null });
      other.keep("style", "B");
      return {
        single, early, gone, unknown,
        kept: kept.refuse("color", "B", "B"),
        both: both.refuse("color", "B", "B"),
        other: other.refuse("color", "A", "A"),
      };
    """)
    nothing = {"photo": None}
    assert answer == {
        "single": nothing, "early": None, "gone": None, "unknown": nothing,
        "kept": {"photo": "A"}, "both": nothing, "other": {"photo": "X"},
    }  # fmt: skip


async def test_coach_is_calm(run_script: RunScript) -> None:
    """Advice is shown after it held for half a second, taken back likewise, and never flickers."""
    answer = await run_script("""
      const { Coach } = await import("/page/coach.js");
      let nowMs = 0;
      const coach = new Coach(() => nowMs);
      const at = (ms, advice) => { nowMs = ms; coach.see(advice); return coach.advice; };
      const later = (ms) => { nowMs = ms; return coach.advice; };
      const seen = [at(0, []), at(1000, ["no_head"]), later(1499), later(1500)];
      const blink = [at(2000, []), later(2400), at(2450, ["no_head"]), later(9000)];
      const other = [at(9000, ["too_far"]), later(9499), later(9500)];
      const gone = [at(10_000, []), later(10_499), later(10_500)];
      const flicker = [];
      for (let ms = 11_000; ms < 15_000; ms += 200) {
        flicker.push(at(ms, ms % 400 === 0 ? ["no_head"] : []));
      }
      at(15_000, []);
      const unpolled = [at(20_000, ["too_far"]), at(21_000, []), later(21_400), later(21_500)];
      at(30_000, ["no_head"]);
      const held = later(31_000);
      coach.reset();
      return { seen, blink, other, gone, flicker: new Set(flicker).size, unpolled,
               held, reset: later(40_000) };
    """)
    assert answer["seen"] == [None, None, None, "no_head"]
    assert answer["blink"] == ["no_head"] * 4
    assert answer["other"] == ["no_head", "no_head", "too_far"]
    assert answer["gone"] == ["too_far", "too_far", None]
    assert answer["flicker"] == 1
    assert answer["unpolled"] == [None, "too_far", "too_far", None]
    assert (answer["held"], answer["reset"]) == ("no_head", None)


async def test_coach_says_one_thing_at_a_time(run_script: RunScript) -> None:
    """Of several pieces of advice light comes first; every one of the server's has its words."""
    answer = await run_script("""
      const { Coach } = await import("/page/coach.js");
      const { coachWords } = await import("/page/messages.js");
      let nowMs = 0;
      const first = (advice) => {
        const coach = new Coach(() => nowMs);
        coach.see(advice);
        nowMs += 1000;
        return coach.advice;
      };
      return {
        dark: first(["no_head", "too_far", "too_dark"]), far: first(["several_heads", "too_far"]),
        unknown: first(["too_bright"]), none: coachWords(null),
        words: ["no_head", "too_dark", "too_far", "several_heads"].map(coachWords),
      };
    """)
    assert (answer["dark"], answer["far"], answer["unknown"]) == ("too_dark", "too_far", None)
    assert answer["words"][0] == "Move into the picture"
    assert all(0 < len(words) <= 40 for words in answer["words"])
    assert answer["none"] == ""


async def test_answers_become_words(run_script: RunScript) -> None:
    """What the server applies is listed, with its own note on what it leaves out."""
    answer = await run_script("""
      const { appliedWords, errorWords } = await import("/page/messages.js");
      const look = { color: "#112233", color_image: false, style_image: false };
      const photo = { color: null, color_image: false, style_image: true };
      return [
        appliedWords({ look: null, applied: [], note: null }),
        appliedWords({ look, applied: ["color"], note: null }),
        appliedWords({ look, applied: ["color", "shine", "ombre"], note: null }),
        appliedWords({ look: photo, applied: ["color"], note: "The shape is not." }),
        appliedWords({ look, applied: [], note: null }),
        errorWords({ error: "NO_HAIR", message: "x" }),
      ];
    """)
    assert answer[:5] == [
        "Your own hair, unchanged.",
        "Applied: the colour.",
        "Applied: the colour, shine and the ombre.",
        "Applied: the colour of your photo. The shape is not.",
        "Nothing is applied yet.",
    ]
    assert "Try one of a single head" in answer[5]


async def test_look_has_a_name_and_a_sample(run_script: RunScript) -> None:
    """A look is named by its colour, with what comes on top; its sample shows both."""
    answer = await run_script("""
      const { Look } = await import("/page/client/look.js");
      const { lookExtras, lookName, lookPaint } = await import("/page/look-words.js");
      const look = new Look();
      const own = [lookName(look), lookExtras(look), lookPaint(look, null)];
      look.chooseColor("copper");
      look.ombre = { tips: "#ffffff", roots: null };
      look.highlights = { color: "#eeeeee" };
      look.shine = 0.5;
      const full = [lookName(look, "Copper"), lookExtras(look), lookPaint(look, "#a64b23")];
      return { own, full, valid: CSS.supports("background", full[2]) };
    """)
    assert answer["own"] == ["Your own hair", "", None]
    assert answer["full"][:2] == ["Copper", "with ombre, highlights, shine"]
    assert all(color in answer["full"][2] for color in ("#a64b23", "#ffffff", "#eeeeee"))
    assert answer["valid"]


async def test_a_session_ends_with_its_signal(run_script: RunScript) -> None:
    """Who is not there any more begins nothing; whoever leaves later is gone at once."""
    answer = await run_script("""
      const { HairTryOn } = await import("/page/client/hair-tryon.js");
      globalThis.fetch = async () => new Response('{"user_id": null}');
      const opened = [];
      globalThis.WebSocket = class extends EventTarget {
        constructor(url) { super(); opened.push(Object.assign(this, { url })); }
        close(code) { this.code = code; }
      };
      const video = document.createElement("video");
      const session = new HairTryOn({ server: "https://hair.test" }).live({ video });
      let tries = 0;
      session.addEventListener("connecting", () => { tries += 1; });
      const early = { signal: AbortSignal.abort() };
      const refused = await session.start(early).catch(({ name }) => name);
      const [before, leaving] = [tries, new AbortController()];
      await session.start({ signal: leaving.signal });
      while (opened.length === 0) await new Promise((go) => { setTimeout(go); });
      leaving.abort();
      const { href } = new URL(`/api/hair-tryOn/realtime/${session.id}`, "wss://hair.test");
      const [{ url, code }] = opened;
      return { refused, before, tries, isThere: url.startsWith(`${href}?user_id=`), code };
    """)
    assert answer == {
        "refused": "AbortError", "before": 0, "tries": 1, "isThere": True, "code": 1000,
    }  # fmt: skip
