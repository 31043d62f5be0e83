// The client of the service, for its own page and for those of other sites. See README.md.

import { Calls } from "./calls.js";
import { FilesApi } from "./files-api.js";
import { JobWatch } from "./job-watch.js";
import { LiveSession } from "./live-session.js";
import { VideoChange } from "./video-change.js";
import { Visitor } from "./visitor.js";

export { Cut } from "./cut.js";
export { Look } from "./look.js";
export { NoAnswer, Refusal } from "./refusal.js";
export { showIn } from "./screen.js";

/**
 * One visitor at one server.
 *
 * @example
 * const answerOf = (it) => (it.ok ? it.text() : null);
 * const hair = new HairTryOn({ token: () => fetch("/hair-token").then(answerOf) });
 * const { photo } = await hair.files.tryOn(file, new Look({ color: "copper" }));
 */
export class HairTryOn {
  /** Requests in the visitor's name; its events tell when they are not let in any more. */
  calls;
  /** Who is there. */
  visitor;
  /** Photos, videos, and all that is kept of the visitor. */
  files;
  /** Follows videos that the server works on. */
  watch;

  /**
   * @param {object} [options]
   * @param {string | URL} [options.server] the one that these modules came from, if none is named
   * @param {import("./calls.js").Token} [options.token] says who is there, where the server asks
   */
  constructor(options = {}) {
    this.calls = new Calls(options);
    this.visitor = new Visitor(this.calls);
    this.files = new FilesApi(this.calls, this.visitor);
    this.watch = new JobWatch(this.files);
  }

  /**
   * A live try-on, which begins with start().
   * @param {{video: HTMLVideoElement, transport?: "websocket" | "relay" | null}} options see LiveSession
   */
  live(options) {
    return new LiveSession(this.calls, this.visitor, options);
  }

  /**
   * A video that is to be changed, from here or one that was uploaded before.
   * @param {{file?: File | null, uploadId?: string | null}} from
   */
  video(from) {
    return new VideoChange(this.files, this.watch, from);
  }
}
