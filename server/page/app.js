// Puts the parts together: what the visitor does, what the connection tells, what is shown.

import { Coach } from "./coach.js";
import { Controls } from "./controls.js";
import { byId, make, say } from "./dom.js";
import { Figures } from "./figures.js";
import { liveUrls } from "./identity.js";
import { Link } from "./link.js";
import { Live } from "./live.js";
import { Look } from "./look.js";
import { LookSender } from "./look-sender.js";
import { appliedWords, coachWords, errorWords, problemWords } from "./messages.js";
import { Notice } from "./notice.js";
import { Pacer } from "./pacer.js";
import { serverWords, showFigures } from "./readout.js";
import { connectSizeChoice } from "./size-choice.js";
import { RemoteView } from "./remote-view.js";
import { saveSnapshot } from "./snapshot.js";
import { Source, SourceError, camerasAllowed, listCameras } from "./source.js";
import { Stage } from "./stage.js";

const READOUT_EVERY_MS = 500;
const COACH_EVERY_MS = 100;

const now = () => performance.now();
const video = byId("video");
const source = new Source(video);
const stage = new Stage(byId("picture"), byId("result"), byId("divider"));
const forced = new URLSearchParams(location.search).get("transport");
const connection = new Link(liveUrls(location), forced);
const pacer = new Pacer(now);
const figures = new Figures(now);
const coach = new Coach(now);
const live = new Live({ video, source, stage, connection, pacer, figures });
const remote = new RemoteView({ video, stage, figures });
const look = new Look();
const controls = new Controls(look);
const sender = new LookSender(look, connection);
const notice = new Notice();
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
  notice.hide();
  enter("starting", "Starting…", "wait");
  tell(kind === "camera" ? "Waiting for the camera…" : "Opening the video…");
  try {
    await open();
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return giveUp(error.problem);
  }
  if (!source.isPlaying) return undefined;
  stage.clear();
  stage.aspect = live.picture;
  mirror(source.suitsMirror);
  live.start();
  await carry();
  if (connection.isOpen) goLive();
  else connection.open();
  return showCameras();
}

/** Give the connection what it carries: the camera's track, as small as the chosen size. */
function carry() {
  return connection.carry(source.track, pacer.ladder.shrink(source.size));
}

const startCamera = (deviceId = null) => start(() => source.openCamera(deviceId), "camera");
const startVideo = (file) => start(() => source.openFile(file), "file");

function end() {
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

async function showCameras() {
  const cameras = source.kind === "camera" ? await listCameras() : [];
  const options = cameras.map(({ deviceId, label }, index) => {
    const selected = deviceId === source.deviceId;
    return make("option", { value: deviceId, selected }, label || `Camera ${index + 1}`);
  });
  byId("cameras").replaceChildren(...options);
  byId("camera-choice").hidden = cameras.length < 2;
}

async function snapshot() {
  const name = saveSnapshot(await stage.resultJpeg(), look);
  tell(`Saved ${name}: the whole result, as others see you (not mirrored).`);
}

function onLost({ problem, delayMs }) {
  if (!wasEstablished) lostBeforeFirst += 1;
  // The first try may fail only because the server does not speak the binary protocol.
  if (lostBeforeFirst === 1 && problem === "connection_lost") return;
  trouble(problem === "connection_lost" ? lossInFull() : problem, delayMs);
  // Told late, to a tab that was asleep: somebody is here.
  if (problem === "idle" && !document.hidden && source.isPlaying) connection.open();
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
  coach.see(stats.advice ?? []);
}

function showCoaching() {
  if (document.body.dataset.state !== "live" || look.isEmpty) coach.reset();
  const words = coachWords(coach.advice);
  byId("hint").classList.toggle("shown", words !== "");
  // While it fades the words stay: an empty plate would flash.
  if (words !== "") say(byId("hint"), words);
}

function onDrop(event) {
  document.body.classList.remove("dragging");
  // A photo picker has taken it.
  if (event.defaultPrevented) return;
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (!file) return;
  if (file.type.startsWith("image/")) tell("Drop a photo on Style photo or on Colour photo.");
  else if (document.body.dataset.state === "consent") keepForConsent(file);
  else startVideo(file);
}

// Nothing is sent before the visitor has agreed, however the video came in.
function keepForConsent(file) {
  droppedVideo = file;
  tell("Your video is ready: press Agree and play a video file.");
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
    });
  }
  controls.addEventListener("refused", ({ detail }) => tell(detail));
  sender.addEventListener("refused", () => tell("The photo is too large for the server."));
  sender.addEventListener("photokept", ({ detail }) => controls.keepPhoto(detail));
  sender.addEventListener("photorefused", ({ detail: { kind, message } }) => {
    controls.refusePhoto(kind, errorWords(message));
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
  notice.addEventListener("reload", () => location.reload());
  for (const action of ["retry", "resume", "take_back"]) {
    notice.addEventListener(action, () => connection.open());
  }
}

function connectWindow() {
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dragging");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dragging");
  });
  addEventListener("drop", onDrop);
  addEventListener("online", () => source.isPlaying && connection.open());
  navigator.mediaDevices?.addEventListener?.("devicechange", showCameras);
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

function warnIfInsecure() {
  if (camerasAllowed()) return;
  say(byId("insecure"), problemWords("insecure").text);
  byId("insecure").hidden = false;
  byId("start-camera").disabled = true;
  byId("start-video").classList.add("primary");
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
warnIfInsecure();
controls.loadShades();
setInterval(showReadout, READOUT_EVERY_MS);
setInterval(showCoaching, COACH_EVERY_MS);
enter("consent", "Not started", "idle");
