// What can be done with the photo or video on show: the buttons below it, and why one cannot be used.

import { ConfirmButton } from "./confirm-button.js";
import { byId, say } from "./dom.js";

const DELETION = { question: "Delete it for good?", yes: "Delete", no: "Keep" };
const HINTS = {
  empty: "Choose a shade or another look first.",
  same: "This is the look of the result. Choose another one to change it again.",
};

/** Events: "change", "delete". */
export class FileActions extends EventTarget {
  #look;
  #item = null;
  #delete = new ConfirmButton(byId("delete"), DELETION);

  /** @param {import("./look.js").Look} look */
  constructor(look) {
    super();
    this.#look = look;
    byId("delete-place").append(this.#delete.element);
    this.#delete.addEventListener("confirmed", () => this.dispatchEvent(new Event("delete")));
    byId("change").addEventListener("click", () => this.dispatchEvent(new Event("change")));
    byId("calm").addEventListener("change", () => this.render(this.#item));
  }

  /** Whether a video is to be made calm. */
  get calm() {
    return byId("calm").checked;
  }

  get hasFocus() {
    return byId("file-actions").contains(document.activeElement);
  }

  /** Ask no more whether it is to be deleted. */
  reset(options) {
    this.#delete.reset(options);
  }

  /** Put the focus on what comes next in this state of a change. */
  focusOn({ isUnderWay, state }) {
    if (isUnderWay) byId("cancel").focus();
    else if (state === "completed") byId("download").focus();
    else this.focusOnNext();
  }

  focusOnNext() {
    byId(byId("change").disabled ? "choose-other" : "change").focus();
  }

  /** @param {{kind: "photo" | "video", change: object} | null} item */
  render(item) {
    this.#item = item;
    byId("file-actions").hidden = item === null;
    byId("calm-choice").hidden = item?.kind !== "video";
    if (item === null) {
      say(byId("change-hint"), "");
      return;
    }
    const { change, kind } = item;
    byId("calm").disabled = change.isUnderWay;
    const isSame = change.state === "completed" && this.#isAsWished(change, kind);
    byId("change").disabled = change.isUnderWay || this.#look.isEmpty || isSame;
    byId("delete-place").hidden = kind === "photo" || change.isUnderWay || !change.result;
    const hint = this.#look.isEmpty ? HINTS.empty : isSame ? HINTS.same : "";
    say(byId("change-hint"), change.isUnderWay ? "" : hint);
  }

  /** Whether what was done is what would be done now. */
  #isAsWished({ look, calm }, kind) {
    return look !== null && look.equals(this.#look) && (kind === "photo" || calm === this.calm);
  }
}
