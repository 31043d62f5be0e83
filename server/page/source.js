// Where the pictures come from: a camera or a video file, both behind one video element.

const CAMERA_PX = { width: { ideal: 1280 }, height: { ideal: 720 } };
const CAMERA_FPS = { ideal: 30, max: 30 };
const REASONS = new Map([
  ["NotAllowedError", "camera_refused"],
  ["SecurityError", "camera_refused"],
  ["NotFoundError", "no_camera"],
  ["OverconstrainedError", "no_camera"],
  ["NotReadableError", "camera_busy"],
  ["AbortError", "camera_busy"],
]);

/** There is no picture; `problem` is a key of messages.js. */
export class SourceError extends Error {
  constructor(problem, cause) {
    super(problem, { cause });
    this.problem = problem;
  }
}

/** Whether the browser offers cameras here at all (it does on https and on localhost only). */
export function camerasAllowed() {
  return Boolean(globalThis.isSecureContext && navigator.mediaDevices?.getUserMedia);
}

/** The cameras by name; the names are empty until the visitor has allowed one. */
export async function listCameras() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
}

/** Plays into the video element. Events: "lost" (the camera has gone). */
export class Source extends EventTarget {
  /** "camera", "file" or null. */
  kind = null;
  #video;
  #stream = null;
  #fileUrl = null;
  #opening = 0;

  constructor(video) {
    super();
    this.#video = video;
  }

  get isPlaying() {
    return this.kind !== null && this.#video.videoWidth > 0;
  }

  /** The camera in use, or null. */
  get deviceId() {
    return this.#stream?.getVideoTracks()[0]?.getSettings().deviceId ?? null;
  }

  /** Whether the picture should be shown as in a mirror: a camera that does not look outward. */
  get suitsMirror() {
    if (this.kind !== "camera") return false;
    return this.#stream.getVideoTracks()[0].getSettings().facingMode !== "environment";
  }

  /** @param {string | null} deviceId null for the one that faces the visitor. @throws SourceError */
  async openCamera(deviceId) {
    if (!camerasAllowed()) throw new SourceError("insecure");
    // Some devices cannot have two cameras open: the old one is let go before the next one.
    this.stop();
    const turn = this.#opening;
    const stream = await askForCamera(deviceId);
    if (turn !== this.#opening) return stopTracks(stream);
    this.#stream = stream;
    this.kind = "camera";
    stream.getVideoTracks()[0].addEventListener("ended", () => this.#onEnded(stream));
    this.#video.srcObject = stream;
    return this.#play("camera_busy");
  }

  /** @param {Blob} file played silently, over and over. @throws SourceError */
  async openFile(file) {
    this.stop();
    this.#fileUrl = URL.createObjectURL(file);
    this.kind = "file";
    this.#video.loop = true;
    this.#video.src = this.#fileUrl;
    await this.#play("video_unreadable");
  }

  /** Let the camera or the file go. */
  stop() {
    this.#opening += 1;
    this.kind = null;
    if (this.#stream) stopTracks(this.#stream);
    if (this.#fileUrl) URL.revokeObjectURL(this.#fileUrl);
    this.#stream = null;
    this.#fileUrl = null;
    this.#video.pause();
    this.#video.srcObject = null;
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  async #play(problem) {
    const turn = this.#opening;
    try {
      this.#video.muted = true;
      await this.#video.play();
      if (this.#video.videoWidth === 0) throw new Error("no picture in it");
    } catch (error) {
      // Stopped or replaced meanwhile: whoever did so has the say now.
      if (turn !== this.#opening) return;
      this.stop();
      throw new SourceError(problem, error);
    }
  }

  #onEnded(stream) {
    if (stream !== this.#stream) return;
    this.stop();
    this.dispatchEvent(new Event("lost"));
  }
}

async function askForCamera(deviceId) {
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" };
  const video = { ...which, ...CAMERA_PX, frameRate: CAMERA_FPS };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    throw new SourceError(REASONS.get(error.name) ?? "camera_failed", error);
  }
}

function stopTracks(stream) {
  for (const track of stream.getTracks()) track.stop();
}
