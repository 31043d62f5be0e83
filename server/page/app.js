// Puts the parts together, and hands on what concerns more than one of them.

import { readAbout } from "./about.js";
import { Consent } from "./consent.js";
import { Controls } from "./controls.js";
import { CutChoice } from "./cut-choice.js";
import { Cut } from "./client/cut.js";
import { byId } from "./dom.js";
import { showDoor } from "./door.js";
import { connectDrops } from "./drops.js";
import { FileTab } from "./file-tab.js";
import { HairTryOn } from "./client/hair-tryon.js";
import { LiveTab } from "./live-tab.js";
import { errorWords } from "./messages.js";
import { warnOfWhatIsMissing } from "./missing.js";
import { OwnData } from "./own-data.js";
import { StudioSnapshot } from "./studio-snapshot.js";
import { StyleWords } from "./style-words.js";
import { Tabs } from "./tabs.js";
import { followTokens, takeToken } from "./token.js";

const hair = new HairTryOn({ token: takeToken() });
const { calls, visitor, files: api } = hair;
const transport = new URLSearchParams(location.search).get("transport");
const session = hair.live({ video: byId("video"), transport });
const { look, sender } = session;
const cut = new Cut();
const controls = new Controls(look);
const about = readAbout();
const consent = new Consent(api, about);
const choice = new CutChoice(cut, look, about);
const live = new LiveTab({ session, calls, consent });
const files = new FileTab({ hair, look, cut, choice, consent });
const tabs = new Tabs(byId("tabs"));

function connectLook() {
  const events = { values: "sendValues", style: "sendStyle", colorphoto: "sendColorPhoto", all: "sendAll" };
  for (const [event, method] of Object.entries(events)) {
    controls.addEventListener(event, () => {
      live.onLook();
      sender[method]();
      choice.onLook();
      files.onLook();
    });
  }
  choice.addEventListener("changed", () => files.onLook());
  new StyleWords(api, consent, about).addEventListener("made", ({ detail }) => controls.takeStyle(detail));
  controls.addEventListener("refused", ({ detail }) => {
    if (tabs.current === "files") files.tell(detail);
    else live.tell(detail);
  });
  session.addEventListener("established", () => controls.loadShades());
}

function connectSession() {
  session.addEventListener("refused", () => live.tell("The photo is too large for the server."));
  session.addEventListener("photokept", ({ detail: { kind, photo } }) => {
    controls.keepPhoto(kind, photo);
  });
  session.addEventListener("photorefused", ({ detail: { kind, photo, message } }) => {
    controls.refusePhoto(kind, photo, errorWords(message));
  });
}

function connectStudio() {
  const tell = (words) => live.tell(words);
  new StudioSnapshot({ api, consent, look, cut, choice, session: session.id, tell });
}

function connectOwnData() {
  const own = new OwnData(api);
  own.addEventListener("erased", () => files.forgetAll());
  for (const event of ["erased", "withdrawn"]) own.addEventListener(event, () => consent.forget());
}

function openFiles() {
  tabs.open("files");
  files.focus();
}

function connectTabs() {
  tabs.addEventListener("shown", ({ detail }) => {
    document.body.dataset.tab = detail;
    consent.leave();
    if (detail === "live") return files.leave();
    live.rest();
    return files.enter();
  });
  live.addEventListener("files", openFiles);
  byId("start-files").addEventListener("click", openFiles);
  connectDrops((dropped) => {
    if (tabs.current === "files") files.take(dropped);
    else live.take(dropped[0]);
  });
  tabs.follow();
}

byId("host").textContent = location.host;
connectLook();
connectSession();
connectStudio();
connectOwnData();
followTokens();
showDoor(calls, visitor);
warnOfWhatIsMissing();
controls.loadShades();
connectTabs();
