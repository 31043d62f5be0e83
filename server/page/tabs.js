// The tabs under the header. Which one is open stands in the address, so that a link keeps it.

const STEPS = new Map([["ArrowLeft", -1], ["ArrowRight", 1]]);

/** Event: "shown" (detail: the tab's name). */
export class Tabs extends EventTarget {
  /** The open tab's name; empty before the first is shown. */
  current = "";
  #tabs;

  /** @param {HTMLElement} list of role tablist; its tabs carry their names and their panels' ids */
  constructor(list) {
    super();
    this.#tabs = [...list.querySelectorAll("[role='tab']")];
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.open(tab.dataset.tab));
    list.addEventListener("keydown", (event) => this.#onKey(event));
    addEventListener("hashchange", () => this.follow());
  }

  /** Show the tab that the address names, or the first one. */
  follow() {
    const named = location.hash.slice(1);
    const [first] = this.#tabs;
    this.#show(this.#tabs.find(({ dataset }) => dataset.tab === named) ?? first);
  }

  /** Show a tab and write it into the address; the way back does not lead through all tabs. */
  open(name) {
    history.replaceState(history.state, "", `#${name}`);
    this.follow();
  }

  /** Put the focus on the open tab. */
  focus() {
    this.#tabs.find(({ dataset }) => dataset.tab === this.current)?.focus();
  }

  #show(shown) {
    if (shown.dataset.tab === this.current) return;
    this.current = shown.dataset.tab;
    for (const tab of this.#tabs) {
      tab.setAttribute("aria-selected", String(tab === shown));
      tab.tabIndex = tab === shown ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = tab !== shown;
    }
    this.dispatchEvent(new CustomEvent("shown", { detail: this.current }));
  }

  #onKey(event) {
    const at = this.#tabs.indexOf(event.target);
    const next = this.#next(event.key, at);
    if (at < 0 || !next) return;
    event.preventDefault();
    this.open(next.dataset.tab);
    next.focus();
  }

  #next(key, at) {
    if (key === "Home") return this.#tabs[0];
    if (key === "End") return this.#tabs.at(-1);
    // at() counts from the end where it is negative, so that the keys lead round.
    return STEPS.has(key) ? this.#tabs.at((at + STEPS.get(key)) % this.#tabs.length) : undefined;
  }
}
