// What this browser, or this address, does not give to the page is told before it is tried.

import { byId, say } from "./dom.js";
import { problemWords } from "./messages.js";
import { camerasAllowed } from "./source.js";

/** What cannot work here is not offered, and what can is. */
export function warnOfWhatIsMissing() {
  const cannotBeLive = !("WebSocket" in globalThis);
  if (camerasAllowed() && !cannotBeLive) return;
  say(byId("insecure"), problemWords(cannotBeLive ? "no_live" : "insecure").text);
  byId("insecure").hidden = false;
  byId("start-camera").disabled = true;
  byId("start-video").disabled = cannotBeLive;
  byId("start-video").classList.toggle("primary", !cannotBeLive);
  byId("start-files").classList.toggle("primary", cannotBeLive);
  byId("start-files").hidden = false;
}
