// Puts the parts together: what the visitor does, what the connection tells, what is shown.

import { readAbout } from "./about.js";
import { Calls } from "./calls.js";
import { showCameras } from "./camera-choice.js";
import { Consent } from "./consent.js";
import { Controls } from "./controls.js";
import { byId, say } from "./dom.js";
import { showDoor } from "./door.js";
import { connectDrops } from "./drops.js";
import { Figures } from "./figures.js";
import { FileTab } from "./file-tab.js";
import { failureWords } from "./file-words.js";
import { FilesApi } from "./files-api.js";
import { startHints } from "./hint.js";
import { JobWatch } from "./job-watch.js";
import { Link } from "./link.js";
import { Live } from "./live.js";
import { LiveAddresses } from "./live-addresses.js";
import { Look } from "./look.js";
import { LookSender } from "./look-sender.js";
import { appliedWords, errorWords, problemWords } from "./messages.js";
import { warnOfWhatIsMissing } from "./missing.js";
import { Notice } from "./notice.js";
import { OwnData } from "./own-data.js";
import { Pacer } from "./pacer.js";
import { serverWords, showFigures } from "./readout.js";
import { connectSizeChoice } from "./size-choice.js";
import { RemoteView } from "./remote-view.js";
import { saveSnapshot } from "./snapshot.js";
import { Source, SourceError, camerasAllowed } from "./source.js";
import { Stage } from "./stage.js";
import { Tabs } from "./tabs.js";
import { followTokens, takeToken } from "./token.js";
import { Visitor } from "./visitor.js";

const READOUT_EVERY_MS = 500;

const calls = new Calls(takeToken());
const visitor = new Visitor(calls);
const now = () => performance.now();
const video = byId("video");
const source = new Source(video);
const stage = new Stage(byId("picture"), byId("result"), byId("divider"));
const forced = new URLSearchParams(location.search).get("transport");
const connection = new Link(new LiveAddresses(visitor, location), calls, forced);
const pacer = new Pacer(now);
const figures = new Figures(now);
const live = new Live({ video, source, stage, connection, pacer, figures });
const remote = new RemoteView({ video, stage, figures });
const look = new Look();
const hint = startHints(now, () => document.body.dataset.state === "live" && !look.isEmpty);
const controls = new Controls(look);
const sender = new LookSender(look, connection);
const notice = new Notice();
const api = new FilesApi(calls, visitor);
const consent = new Consent(api, readAbout());
const files = new FileTab(look, api, new JobWatch(api), consent);
new OwnData(api).addEventListener("erased", () => {
  files.forgetAll();
  consent.forget();
});
const tabs = new Tabs(byId("tabs"));
const firstTitle = byId("consent-title").textContent;
// Counts what is asked for; who stops, or goes to another tab, asks for nothing more.
let wish = 0;
let lostBeforeFirst = 0;
let wasEstablished = false;
let droppedVideo = null;

function tell(words) {
  say(byId("status"), words);
}

/** @param {"consent" | "starting" | "live" | "problem"} state */
function enter(state, chip, tone) {
  document.body.dataset.state = state;
  say(byId("chip"), chip);
  byId("chip").dataset.tone = tone;
  const idle = state === "consent";
  byId("stop").disabled = idle;
  byId("mirror").disabled = state !== "live";
  // The button that was pressed goes away with its card: the focus must not be lost with it.
  if (!idle && byId("consent").contains(document.activeElement)) byId("stop").focus();
  byId("consent").hidden = !idle;
  if (state === "live" || idle) notice.hide();
}

async function start(open, kind) {
  wish += 1;
  const asked = wish;
  if (calls.problem) return trouble(calls.problem);
  if (!(await isAgreed(asked))) return undefined;
  notice.hide();
  enter("starting", "Starting…", "wait");
  tell(kind === "camera" ? "Waiting for the camera…" : "Opening the video…");
  try {
    await open();
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return asked === wish ? giveUp(error.problem) : undefined;
  }
  if (asked !== wish) return undefined;
  stage.clear();
  stage.aspect = live.picture;
  mirror(source.suitsMirror);
  live.start();
  await carry();
  if (asked !== wish) return undefined;
  if (connection.isOpen) goLive();
  else connection.open();
  return showCameras(source);
}

/** Whether pictures may be sent, and are still wished for; if they may not, it is said why. */
async function isAgreed(asked) {
  tell("Asking the server…");
  try {
    const isGiven = await consent.given();
    if (!isGiven && asked === wish) tell("You have not agreed. Nothing is sent.");
    return isGiven && asked === wish;
  } catch (error) {
    if (asked === wish) explain(error);
    return false;
  }
}

/** Why a request failed. */
function explain(error) {
  if (calls.problem) trouble(calls.problem);
  else tell(failureWords(error));
}

/** Give the connection what it carries: the camera's track, as small as the chosen size. */
function carry() {
  return connection.carry(source.track, pacer.ladder.shrink(source.size));
}

const startCamera = (deviceId = null) => start(() => source.openCamera(deviceId), "camera");
const startVideo = (file) => start(() => source.openFile(file), "file");

function end() {
  wish += 1;
  source.stop();
  live.stop();
  remote.stop();
  connection.close();
  lostBeforeFirst = 0;
  byId("camera-choice").hidden = true;
}

function stop() {
  const what = source.kind === "file" ? "The video is stopped" : "The camera is off";
  end();
  say(byId("consent-title"), what);
  enter("consent", "Stopped", "idle");
  tell(`${what}. Nothing is sent any more.`);
  byId(camerasAllowed() ? "start-camera" : "start-video").focus();
}

/** Another tab is shown: nothing goes on here, and all is as it was at first. */
function rest() {
  end();
  droppedVideo = null;
  say(byId("consent-title"), firstTitle);
  enter("consent", "Not started", "idle");
  tell("Nothing is sent yet.");
}

/** There is no picture, so nothing else goes on either. */
function giveUp(problem) {
  end();
  trouble(problem);
}

function trouble(problem, delayMs = null) {
  const { title } = problemWords(problem);
  enter("problem", delayMs === null ? "Not live" : "Reconnecting", "bad");
  notice.show(problem, delayMs);
  tell(`${title}.`);
}

function goLive() {
  const words = look.isEmpty ? "Live. Choose a shade to begin." : "Live.";
  enter("live", "Live", "good");
  tell(words);
}

function mirror(on) {
  stage.mirrored = on;
  byId("mirror").setAttribute("aria-pressed", String(on));
}

async function snapshot() {
  const name = saveSnapshot(await stage.resultJpeg(), look);
  tell(`Saved ${name}: the whole result, as others see you (not mirrored).`);
}

function onLost({ problem, delayMs }) {
  if (!wasEstablished) lostBeforeFirst += 1;
  // The first try may fail only because the server does not speak the binary protocol.
  if (lostBeforeFirst === 1 && problem === "connection_lost") return;
  if (problem === "unauthorized") return trouble(calls.problem ?? problem);
  if (problem === "consent_required") return askAgain();
  trouble(problem === "connection_lost" ? lossInFull() : problem, delayMs);
  // Told late, to a tab that was asleep: somebody is here.
  if (problem === "idle" && !document.hidden && source.isPlaying) connection.open();
}

/** The server knows of no consent, or of none any more. */
async function askAgain() {
  const asked = wish;
  trouble("consent_required");
  try {
    const isGiven = await consent.givenAnew();
    if (asked !== wish) return;
    if (!isGiven) stop();
    else if (source.isPlaying) connection.open();
  } catch (error) {
    if (asked === wish) explain(error);
  }
}

/** What is known beyond the loss itself: the server said goodbye, or was never heard. */
function lossInFull() {
  if (notice.problem === "server_closing") return "server_closing";
  return wasEstablished ? "connection_lost" : "unreachable";
}

function onMessage(message) {
  const { type, data } = message;
  if (["look_set", "style_set", "color_set"].includes(type)) tell(appliedWords(message));
  else if (type === "stats") onStats(data);
  else if (type === "error" && !message.frame_id && !message.about) tell(errorWords(message));
}

function onStats(stats) {
  say(byId("server-figures"), serverWords(stats));
  remote.learn(stats.link);
  hint(stats.advice ?? []);
}

function onDrop(dropped) {
  const [file] = dropped;
  if (tabs.current === "files") files.take(dropped);
  else if (file.type.startsWith("image/")) tell("Drop a photo on Style photo or on Colour photo.");
  else if (document.body.dataset.state === "consent") keepForConsent(file);
  else startVideo(file);
}

// Nothing is sent before the visitor has agreed, however the video came in.
function keepForConsent(file) {
  droppedVideo = file;
  tell(`Your video is ready: press “${byId("start-video-words").textContent}”.`);
}

function connectButtons() {
  byId("start-camera").addEventListener("click", () => startCamera());
  byId("start-video").addEventListener("click", () => {
    if (droppedVideo) startVideo(droppedVideo);
    else byId("video-file").click();
    droppedVideo = null;
  });
  byId("video-file").addEventListener("change", ({ target }) => {
    if (target.files[0]) startVideo(target.files[0]);
    target.value = "";
  });
  byId("stop").addEventListener("click", stop);
  byId("snapshot").addEventListener("click", snapshot);
  byId("cameras").addEventListener("change", ({ target }) => startCamera(target.value));
  byId("mirror").addEventListener("click", ({ currentTarget }) => {
    mirror(currentTarget.getAttribute("aria-pressed") !== "true");
  });
}

function connectLook() {
  const events = { values: "sendValues", style: "sendStyle", colorphoto: "sendColorPhoto", all: "sendAll" };
  for (const [event, method] of Object.entries(events)) {
    controls.addEventListener(event, () => {
      stage.compares = !look.isEmpty;
      sender[method]();
      files.onLook();
    });
  }
  controls.addEventListener("refused", ({ detail }) => {
    if (tabs.current === "files") files.tell(detail);
    else tell(detail);
  });
  sender.addEventListener("refused", () => tell("The photo is too large for the server."));
  sender.addEventListener("photokept", ({ detail: { kind, photo } }) => {
    controls.keepPhoto(kind, photo);
  });
  sender.addEventListener("photorefused", ({ detail: { kind, photo, message } }) => {
    controls.refusePhoto(kind, photo, errorWords(message));
  });
}

function connectConnection() {
  connection.addEventListener("connecting", () => notice.showTrying());
  connection.addEventListener("lost", ({ detail }) => onLost(detail));
  connection.addEventListener("message", ({ detail }) => onMessage(detail));
  connection.addEventListener("established", ({ detail }) => {
    wasEstablished = true;
    if (!look.isEmpty || detail.look) sender.sendAll();
    controls.loadShades();
    goLive();
  });
  connection.addEventListener("stream", ({ detail }) => remote.show(detail));
  connection.addEventListener("lost", () => remote.stop());
  connection.addEventListener("streamended", () => remote.stop());
  live.addEventListener("failed", ({ detail }) => tell(errorWords(detail)));
  source.addEventListener("lost", () => giveUp("camera_lost"));
}

function connectNotice() {
  notice.addEventListener("camera", () => startCamera());
  notice.addEventListener("video", () => byId("video-file").click());
  notice.addEventListener("files", openFiles);
  notice.addEventListener("reload", () => location.reload());
  for (const action of ["retry", "resume", "take_back"]) {
    notice.addEventListener(action, () => connection.open());
  }
}

function connectWindow() {
  connectDrops(onDrop);
  addEventListener("online", () => source.isPlaying && connection.open());
  navigator.mediaDevices?.addEventListener?.("devicechange", () => showCameras(source));
  document.addEventListener("visibilitychange", () => {
    connection.hold(document.hidden);
    remote.forget();
    if (!document.hidden && notice.problem === "idle") connection.open();
  });
}

function showReadout() {
  const { transport } = connection;
  const picture = connection.carriesVideo ? remote.size : live.picture;
  showFigures(byId("readout"), { ...figures.read(), transport, picture, inFlight: pacer.inFlight });
  byId("snapshot").disabled = !stage.hasResult;
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
    rest();
    return files.enter();
  });
  byId("start-files").addEventListener("click", openFiles);
  tabs.follow();
}

byId("host").textContent = location.host;
connectButtons();
connectLook();
connectConnection();
connectNotice();
connectWindow();
connectSizeChoice(byId("size"), location.search, (size) => {
  pacer.ladder.fix(size);
  if (source.isPlaying) carry();
});
followTokens();
showDoor(calls, visitor);
warnOfWhatIsMissing();
controls.loadShades();
setInterval(showReadout, READOUT_EVERY_MS);
enter("consent", "Not started", "idle");
connectTabs();
