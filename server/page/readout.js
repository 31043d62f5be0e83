// The small line of figures, and the same figures as data attributes for machines.

import { say } from "./dom.js";

const UNKNOWN = "–";

/** @param {HTMLElement} element holds elements with data-figure, one for each figure */
export function showFigures(element, figures) {
  const { fps, p50, p95, delivered, dropped, errors, transport, picture, inFlight } = figures;
  const size = picture ? `${picture.width}x${picture.height}` : "";
  Object.assign(element.dataset, {
    fps: fps.toFixed(1),
    p50: p50 === null ? "" : p50.toFixed(1),
    p95: p95 === null ? "" : p95.toFixed(1),
    delivered: String(delivered),
    dropped: String(dropped),
    errors: String(errors),
    transport,
    size,
    inFlight: String(inFlight),
  });
  const trips = p50 === null ? UNKNOWN : `${Math.round(p50)} / ${Math.round(p95)} ms`;
  fill(element, "fps", fps.toFixed(0));
  fill(element, "trip", trips);
  fill(element, "dropped", errors > 0 ? `${dropped} + ${errors} failed` : String(dropped));
  fill(element, "transport", transport === "webrtc" ? "WebRTC" : socketWords(transport));
  fill(element, "size", picture ? `${picture.width} × ${picture.height}` : UNKNOWN);
}

function socketWords(transport) {
  return transport ? `WebSocket, ${transport}` : UNKNOWN;
}

/** The server's own figures (its "stats" message) as one sentence. */
export function serverWords({ received, delivered, dropped, failed, latency_ms: latency }) {
  const causes = Object.entries(dropped).filter(([, count]) => count > 0);
  const lost = causes.map(([cause, count]) => `${count} ${cause.replace("_", " ")}`).join(", ");
  const times = `${latency.p50.toFixed(0)} ms typical, ${latency.p95.toFixed(0)} ms at most times`;
  const counts = `${received} received, ${delivered} sent back, ${failed} failed`;
  return `Server: ${times}; ${counts}; dropped: ${lost || "none"}.`;
}

function fill(element, name, text) {
  say(element.querySelector(`[data-figure="${name}"]`), text);
}
