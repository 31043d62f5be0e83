// Says who the visitor is to the server, or that it does not know them, and where they sign in.

import { byId, say } from "./dom.js";
import { problemWords } from "./messages.js";

/**
 * @param {import("./client/calls.js").Calls} calls
 * @param {import("./client/visitor.js").Visitor} visitor
 */
export async function showDoor(calls, visitor) {
  calls.addEventListener("refused", () => showClosed(calls.problem));
  calls.addEventListener("admitted", showOpen);
  try {
    const { userId, isKnown } = await visitor.who();
    if (isKnown) showWho(userId);
  } catch {
    // Whoever is refused is told so; that the server cannot be reached is said in other places.
  }
}

/** The links to the page where people sign in. @param {string | null} url null where there is none */
export function linkSignIn(url) {
  for (const link of document.querySelectorAll(".sign-in")) {
    link.hidden = url === null;
    if (url !== null) link.href = url;
  }
}

function showWho(userId) {
  byId("who").hidden = false;
  say(byId("who-name"), userId);
}

function showOpen() {
  byId("who").hidden = byId("who-name").textContent === "";
  byId("door").hidden = true;
}

function showClosed(problem) {
  byId("who").hidden = true;
  say(byId("door-words"), problemWords(problem).title);
  byId("door").hidden = false;
}
