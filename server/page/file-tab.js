// The tab for photos and videos: what is chosen, what is done with it, what came of it.

import { makerWords } from "./cloud-words.js";
import { byId, say } from "./dom.js";
import { FileActions } from "./file-actions.js";
import { kindOf } from "./file-kind.js";
import { failureWords, newsWords, photoWords, resultFailureWords } from "./file-words.js";
import { isFinal } from "./client/job-watch.js";
import { History } from "./history.js";
import { PhotoChange } from "./photo-change.js";
import { fileName } from "./snapshot.js";
import { Viewer } from "./viewer.js";
import { showWork } from "./work-card.js";

export class FileTab {
  #hair;
  #look;
  #cut;
  #choice;
  #api;
  #consent;
  #viewer = new Viewer();
  #history;
  #actions;
  // What is in the viewer, or null: {kind, file, change}.
  #item = null;
  // The files of this visit, by what the server calls them: it does not give originals out.
  #files = new Map();
  #state = "";
  // Names the visit to this tab; null while another is shown.
  #visit = null;

  /** @param {object} parts that others have, too: by the names of their classes */
  constructor({ hair, look, cut, choice, consent }) {
    this.#hair = hair;
    this.#look = look;
    this.#cut = cut;
    this.#choice = choice;
    this.#api = hair.files;
    this.#consent = consent;
    this.#history = new History(hair.files, hair.watch);
    this.#history.addEventListener("open", ({ detail }) => this.#open(detail));
    this.#history.addEventListener("empty", () => this.focus());
    this.#actions = new FileActions(look, cut);
    this.#connectButtons();
    this.#render();
  }

  /** The tab is shown. */
  enter() {
    this.#visit = Symbol("visit");
    this.#history.load();
  }

  /** Another tab is shown. */
  leave() {
    this.#visit = null;
    this.tell("");
    this.#viewer.pause();
  }

  /** The look was changed. */
  onLook() {
    this.#actions.render(this.#item);
  }

  /** All of the user's were erased. */
  forgetAll() {
    this.#history.clear();
    this.#files.clear();
    this.#item?.change.forget?.();
  }

  /** Put the focus where something is chosen. */
  focus() {
    byId(this.#item === null ? "choose-file" : "choose-other").focus();
  }

  tell(words) {
    say(byId("file-status"), words);
  }

  /** @param {FileList | File[]} files chosen or dropped; the first is taken */
  take(files) {
    const [file] = files;
    if (!file || this.#isBusy()) return;
    const kind = kindOf(file);
    if (kind === null) {
      this.#complain(`“${file.name}” is neither a photo nor a video.`);
      return;
    }
    const change = kind === "photo" ? new PhotoChange(this.#api, file) : this.#videoChange({ file });
    this.#show({ kind, file, change });
    this.tell(files.length > 1 ? `One at a time: only “${file.name}” is taken.` : "");
  }

  #connectButtons() {
    for (const id of ["choose-file", "choose-other"]) {
      byId(id).addEventListener("click", () => byId("any-file").click());
    }
    byId("any-file").addEventListener("change", ({ target }) => {
      this.take([...target.files]);
      // Without this, choosing the same file once more would not be noticed.
      target.value = "";
    });
    this.#actions.addEventListener("change", () => this.#start());
    this.#actions.addEventListener("delete", () => this.#remove());
    byId("cancel").addEventListener("click", () => this.#cancel());
  }

  /** What the server does not have yet would be lost. */
  #isBusy() {
    const isBusy = this.#item !== null && !this.#item.change.isHandedIn;
    if (isBusy) this.tell("One is on its way to the server: wait for it, or cancel it first.");
    return isBusy;
  }

  #videoChange(from) {
    const change = this.#hair.video(from);
    change.addEventListener("ordered", ({ detail }) => {
      if (change.file) this.#files.set(change.uploadId, change.file);
      this.#history.add(detail);
    });
    return change;
  }

  async #open(listed) {
    if (this.#isBusy()) return;
    this.#complain("");
    try {
      const result = await this.#api.result(listed.result_id);
      const { upload_id: uploadId } = result;
      const file = this.#files.get(uploadId) ?? null;
      const change = this.#videoChange({ file, uploadId });
      if (isFinal(result.status)) change.show(result);
      else change.follow(result);
      this.#show({ kind: "video", file, change });
      if (isFinal(result.status)) this.tell("");
      byId("pair").scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (error.status === 404) this.#hair.watch.forget(listed.result_id);
      this.#complain(failureWords(error));
    }
  }

  #show(item) {
    const hadFocus = byId("dropzone").contains(document.activeElement);
    this.#item = item;
    this.#state = "";
    this.#actions.reset();
    this.#complain("");
    this.#viewer.showOriginal(item.kind, item.file);
    item.change.addEventListener("changed", () => item === this.#item && this.#onChange());
    this.#render();
    if (hadFocus) this.#actions.focusOnNext();
  }

  #onChange() {
    const { file, change } = this.#item;
    // It was deleted in the history, and there is nothing else of it here.
    if (change.state === "ready" && file === null) this.#close();
    else this.#render();
  }

  #close() {
    const hadFocus = this.#actions.hasFocus;
    this.#item = null;
    this.#state = "";
    this.#viewer.clear();
    this.#complain("");
    this.#render();
    if (hadFocus) this.focus();
  }

  #start() {
    this.#complain("");
    this.#startIf(this.#consent.givenFor(this.#cut), "You have not agreed. Nothing is sent.");
  }

  /** @param {Promise<boolean>} agreed @param {string} refusal what is said if it is not */
  async #startIf(agreed, refusal) {
    const [item, visit] = [this.#item, this.#visit];
    // Meanwhile something else may have been chosen or shown, or the button pressed again.
    const isOff = () => item !== this.#item || visit !== this.#visit || item.change.isUnderWay;
    this.tell("Asking the server…");
    try {
      const isAgreed = await agreed;
      if (isOff()) return;
      this.tell(isAgreed ? "" : refusal);
      if (!isAgreed) return;
    } catch (error) {
      if (isOff()) return;
      this.tell("");
      this.#complain(failureWords(error));
      return;
    }
    this.#complain("");
    item.change.start(this.#look.copy(), this.#actions.wishes);
  }

  async #cancel() {
    try {
      await this.#item.change.cancel();
    } catch (error) {
      this.#complain(failureWords(error));
    }
  }

  async #remove() {
    const item = this.#item;
    const { resultId } = item.change;
    try {
      await this.#api.remove(resultId);
    } catch (error) {
      if (error.status !== 404) {
        this.#actions.reset({ focus: true });
        this.#complain(failureWords(error));
        return;
      }
    }
    // With this the item on show is told as well, and is closed if nothing else of it is here.
    this.#hair.watch.forget(resultId);
    this.tell("The result is deleted.");
    if (this.#item === item) this.#actions.focusOnNext();
  }

  #complain(words) {
    say(byId("file-alert"), words);
    byId("file-alert").hidden = words === "";
  }

  #render() {
    byId("dropzone").hidden = this.#item !== null;
    if (this.#item !== null) {
      const { change } = this.#item;
      if (change.state !== this.#state) this.#enter(change);
      showWork(change);
    }
    this.#actions.render(this.#item);
  }

  /** Another state begins: what there is to be seen and said of it, once. */
  #enter(change) {
    const hadFocus = byId("work").contains(document.activeElement) || document.activeElement === byId("change");
    this.#state = change.state;
    this.#actions.reset();
    byId("panel-files").dataset.state = change.state;
    byId("work").hidden = !change.isUnderWay;
    this.#showResult(change);
    this.#announce(change);
    if (change.state === "failed") this.#complainOf(change);
    this.#actions.render(this.#item);
    if (hadFocus) this.#actions.focusOn(change);
  }

  #announce({ state, result }) {
    const news = newsWords(state);
    const seen = state === "completed" ? this.#toldOf(result) : "";
    if (news !== null) this.tell(`${news} ${seen}`.trim());
  }

  /** Of what has come out: who has made it, and what was seen in it, if that is told. */
  #toldOf(result) {
    this.#consent.heed(result);
    const seen = this.#item.kind === "photo" ? photoWords(result) : "";
    return `${makerWords(result, this.#choice.name)} ${seen}`.trim();
  }

  #complainOf({ error, result }) {
    if (error?.code === "CONSENT_REQUIRED" && this.#visit !== null) this.#askAgain();
    if (error) this.#complain(failureWords(error));
    else if (result) this.#complain(resultFailureWords(result));
  }

  /** The server knows of no consent, or of none any more. */
  #askAgain() {
    this.#startIf(this.#consent.givenAnew(), "You have not agreed. Nothing more is sent.");
  }

  #showResult({ state, result, look }) {
    const { kind } = this.#item;
    const isThere = state === "completed";
    byId("after-empty").hidden = isThere || !byId("work").hidden;
    say(byId("after-empty"), state === "ready" ? "The result comes here." : "There is no result.");
    byId("download").hidden = !isThere;
    if (!isThere) {
      this.#viewer.hideResult();
      return;
    }
    const { video, thumbnail } = this.#api.media(result);
    const url = kind === "photo" ? URL.createObjectURL(result.photo) : video;
    byId("download").href = url;
    const extension = kind === "photo" ? "jpg" : "mp4";
    byId("download").download = look ? fileName(look, extension) : `hair-try-on.${extension}`;
    this.#viewer.showResult(kind, url, thumbnail);
  }
}
