// Shows what comes back of a live try-on in one video element, whichever way it comes.

/**
 * @param {import("./live-session.js").LiveSession} session
 * @param {HTMLVideoElement} video shows the changed picture from then on
 */
export function showIn(session, video) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false });
  const drawn = canvas.captureStream();
  const show = (stream) => {
    if (video.srcObject === stream) return;
    Object.assign(video, { srcObject: stream, muted: true, playsInline: true });
    video.play().catch(() => {});
  };
  session.addEventListener("stream", ({ detail }) => show(detail));
  session.addEventListener("picture", ({ detail: { original, result } }) => {
    const { width, height } = result;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.drawImage(result, 0, 0);
    original.close();
    result.close();
    show(drawn);
  });
}
