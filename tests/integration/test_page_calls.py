"""The page's modules that ask in a visitor's name; see test_page_modules."""

import pytest

from tests.integration.browser import RunScript

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_another_token_opens_the_door_again(run_script: RunScript) -> None:
    """A source of tokens is asked when it is needed, once for all who are refused, and again where
    it failed; who has none any more is signed out. Live sessions come back at once, and once."""
    answer = await run_script("""
      const { afterClose } = await import("/page/client/backoff.js");
      const { Calls } = await import("/page/client/calls.js");
      const plan = [new Error("away"), "a", "b", "b"];
      let asked = 0;
      const token = async () => {
        asked += 1;
        const next = plan.shift();
        if (next instanceof Error) throw next;
        return next;
      };
      const shown = [];
      let good = "b";
      globalThis.fetch = async (url, { headers: { Authorization: name } }) => {
        shown.push([url, name]);
        return new Response("{}", { status: name === `Bearer ${good}` ? 200 : 401 });
      };
      const calls = new Calls({ server: "https://hair.test", token });
      const away = await calls.ask("/x").catch(({ name }) => name);
      const both = await Promise.all([calls.ask("/x"), calls.ask("/y")]);
      const before = asked;
      good = "c";
      const over = await calls.ask("/z").catch(({ code }) => code);
      const ending = { code: 4401, announced: null, canRenew: true };
      const delays = [0, 1].map((attempt) => afterClose({ ...ending, attempt }, () => 0.5).delayMs);
      return { away, both: both.map(({ status }) => status), before, asked, over, delays,
               problem: calls.problem, shown: shown.slice(0, 2), tries: shown.length };
    """)
    assert answer == {
        "away": "Error", "both": [200, 200], "before": 3, "asked": 4, "over": "UNAUTHORIZED",
        "delays": [100, None], "problem": "signed_out", "tries": 5,
        "shown": [["https://hair.test/x", "Bearer a"], ["https://hair.test/y", "Bearer a"]],
    }  # fmt: skip


async def test_a_page_is_no_answer_to_a_form(run_script: RunScript) -> None:
    """Where a gateway shows where to sign in, in the place of what was asked for."""
    answer = await run_script("""
      const { postForm } = await import("/page/client/upload.js");
      const { signal } = new AbortController();
      return postForm("/try-on", new FormData(), { signal, headers: {} })
        .then(({ body }) => body.text(), ({ status, code }) => [status, code]);
    """)
    assert answer == [401, "UNAUTHORIZED"]


async def test_strangers_are_refused_in_one_way(run_script: RunScript) -> None:
    """By the server, by a gateway in words of its own, or by being sent elsewhere; those who had
    been let in before are told so, once, and again if they are let in again. A page is no token."""
    answer = await run_script("""
      const { Calls } = await import("/page/client/calls.js");
      const asked = [];
      const answers = [];
      globalThis.fetch = async (url, { headers, redirect }) => {
        asked.push([headers, redirect]);
        return answers.shift();
      };
      const away = { type: "opaqueredirect", status: 0, ok: false };
      const attempt = async (token, ...coming) => {
        const calls = new Calls({ token });
        const told = [];
        for (const name of ["refused", "admitted"]) {
          calls.addEventListener(name, () => told.push(name));
        }
        answers.push(...coming);
        const codes = [];
        while (answers.length > 0) {
          const asking = calls.ask("/x", { headers: { A: "b" } });
          codes.push(await asking.then(() => "ok", (no) => no.code));
        }
        return [codes, calls.problem, told];
      };
      const good = () => new Response("{}");
      const words = () => new Response("<h1>no</h1>", { status: 401 });
      return {
        server: await attempt(null, words(), words()),
        nobody: await attempt(async () => null, words()),
        gateway: await attempt(null, good(), away, away, good(), good(), away),
        back: await attempt("t", words(), good()),
        page: await attempt("<html>\\n<title>Sign in</title>", words()),
        token: await attempt("t\\n", words()),
        other: await attempt(null, new Response("{}", { status: 403 })),
        asked: asked.slice(-3, -1),
      };
    """)
    no, told = "UNAUTHORIZED", ["refused", "admitted"]
    assert answer["server"] == [[no, no], "unauthorized", ["refused"]]
    assert answer["nobody"] == [[no], "unauthorized", ["refused"]]
    assert answer["gateway"] == [
        ["ok", no, no, "ok", "ok", no], "signed_out", [*told, "refused"],
    ]  # fmt: skip
    assert answer["back"] == [[no, "ok"], None, told]
    assert answer["page"] == [[no], "signed_out", ["refused"]]
    assert answer["token"] == [[no], "signed_out", ["refused"]]
    assert answer["other"] == [[""], None, []]
    assert answer["asked"] == [
        [{"A": "b"}, "manual"],
        [{"A": "b", "Authorization": "Bearer t"}, "manual"],
    ]
