// Two videos in step: what the visitor does with one, the other does as well.

const TOLERANCE_S = 0.05;
// A correction is a jump: what cannot be seen is let be.
const DRIFT_S = 0.12;

/**
 * @param {HTMLVideoElement} leader by whose time the other is corrected while both play
 * @param {HTMLVideoElement} follower
 * @returns {() => void} lets both go their own ways
 */
export function keepInStep(leader, follower) {
  const ending = new AbortController();
  for (const [one, other] of [[leader, follower], [follower, leader]]) {
    const on = (name, then) => one.addEventListener(name, then, { signal: ending.signal });
    on("play", () => other.paused && other.play().catch(() => {}));
    // At its end each stops by itself: they may differ by a frame.
    on("pause", () => one.ended || other.pause());
    on("seeking", () => align(one, other, TOLERANCE_S));
    on("ratechange", () => { other.playbackRate = one.playbackRate; });
  }
  const correct = () => leader.paused || follower.ended || align(leader, follower, DRIFT_S);
  leader.addEventListener("timeupdate", correct, { signal: ending.signal });
  return () => ending.abort();
}

function align(one, other, toleranceS) {
  if (other.readyState === HTMLMediaElement.HAVE_NOTHING || other.seeking) return;
  if (Math.abs(one.currentTime - other.currentTime) > toleranceS) other.currentTime = one.currentTime;
}
