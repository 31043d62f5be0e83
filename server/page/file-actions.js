// What can be done with the photo or video on show: the buttons below it, and why one cannot be used.

import { ConfirmButton } from "./confirm-button.js";
import { byId, say } from "./dom.js";

const DELETION = { question: "Delete it for good?", yes: "Delete", no: "Keep" };
const HINTS = {
  empty: "Choose a shade or another look first.",
  uncut: "Choose a haircut first, or keep your own.",
  same: "This is the look of the result. Choose another one to change it again.",
};

/** Events: "change", "delete". */
export class FileActions extends EventTarget {
  #look;
  #cut;
  #item = null;
  #delete = new ConfirmButton(byId("delete"), DELETION);

  /** @param {import("./client/look.js").Look} look @param {import("./client/cut.js").Cut} cut */
  constructor(look, cut) {
    super();
    this.#look = look;
    this.#cut = cut;
    byId("delete-place").append(this.#delete.element);
    this.#delete.addEventListener("confirmed", () => this.dispatchEvent(new Event("delete")));
    byId("change").addEventListener("click", () => this.dispatchEvent(new Event("change")));
    byId("calm").addEventListener("change", () => this.render(this.#item));
  }

  /** What is wished besides the look. */
  get wishes() {
    return { calm: byId("calm").checked, cut: this.#cut.copy() };
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
    const hint = this.#hint(change, kind);
    byId("change").disabled = change.isUnderWay || hint !== "";
    byId("delete-place").hidden = kind === "photo" || change.isUnderWay || !change.result;
    say(byId("change-hint"), change.isUnderWay ? "" : hint);
  }

  /** Why it cannot be changed now; empty if it can. */
  #hint(change, kind) {
    if (this.#cut.byCloud) {
      if (!this.#cut.isComplete(this.#look)) return HINTS.uncut;
    } else if (this.#look.isEmpty) return HINTS.empty;
    return change.state === "completed" && this.#isAsWished(change, kind) ? HINTS.same : "";
  }

  /** Whether what was done is what would be done now. */
  #isAsWished({ look, calm, cut }, kind) {
    if (look === null || !look.equals(this.#look) || !cut.equals(this.#cut)) return false;
    return kind === "photo" || calm === byId("calm").checked;
  }
}
