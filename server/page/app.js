// Puts the parts together, and hands on what concerns more than one of them.

import { readAbout } from "./about.js";
import { Calls } from "./calls.js";
import { Consent } from "./consent.js";
import { Controls } from "./controls.js";
import { Cut } from "./cut.js";
import { CutChoice } from "./cut-choice.js";
import { byId } from "./dom.js";
import { showDoor } from "./door.js";
import { connectDrops } from "./drops.js";
import { FileTab } from "./file-tab.js";
import { FilesApi } from "./files-api.js";
import { JobWatch } from "./job-watch.js";
import { Link } from "./link.js";
import { LiveAddresses } from "./live-addresses.js";
import { LiveTab } from "./live-tab.js";
import { Look } from "./look.js";
import { LookSender } from "./look-sender.js";
import { errorWords } from "./messages.js";
import { warnOfWhatIsMissing } from "./missing.js";
import { OwnData } from "./own-data.js";
import { StudioSnapshot } from "./studio-snapshot.js";
import { StyleWords } from "./style-words.js";
import { Tabs } from "./tabs.js";
import { followTokens, takeToken } from "./token.js";
import { Visitor } from "./visitor.js";

const calls = new Calls(takeToken());
const visitor = new Visitor(calls);
const forced = new URLSearchParams(location.search).get("transport");
const addresses = new LiveAddresses(visitor, location);
const connection = new Link(addresses, calls, forced);
const look = new Look();
const cut = new Cut();
const controls = new Controls(look);
const sender = new LookSender(look, connection);
const api = new FilesApi(calls, visitor);
const about = readAbout();
const consent = new Consent(api, about);
const choice = new CutChoice(cut, look, about);
const live = new LiveTab({ look, sender, connection, calls, consent });
const files = new FileTab({ look, cut, choice, api, watch: new JobWatch(api), consent });
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
  connection.addEventListener("established", () => controls.loadShades());
}

function connectSender() {
  sender.addEventListener("refused", () => live.tell("The photo is too large for the server."));
  sender.addEventListener("photokept", ({ detail: { kind, photo } }) => {
    controls.keepPhoto(kind, photo);
  });
  sender.addEventListener("photorefused", ({ detail: { kind, photo, message } }) => {
    controls.refusePhoto(kind, photo, errorWords(message));
  });
}

function connectStudio() {
  const { session } = addresses;
  new StudioSnapshot({ api, consent, look, cut, choice, session, tell: (words) => live.tell(words) });
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
connectSender();
connectStudio();
connectOwnData();
followTokens();
showDoor(calls, visitor);
warnOfWhatIsMissing();
controls.loadShades();
connectTabs();
