// Another way to the server while a call goes on, as after a change of networks (RFC 9725, 4.3.3).

const FRAGMENT = "application/trickle-ice-sdpfrag";
const CANDIDATE_LINES = /^a=(?:candidate:.*|end-of-candidates)\r?\n/gm;

/** The server knows no such call, or is not what it was: looking further is no use. */
export class CallGone extends Error {}

/**
 * Look for another way, once; the call's state tells whether one was found.
 * @param {RTCPeerConnection} pc
 * @param {(options: RequestInit) => Promise<Response>} send to where the offer went
 * @param {() => Promise<void>} gathered waits for candidates
 * @returns {Promise<string>} names the new ICE session
 * @throws {CallGone} if the server says no
 * @throws {Error} if it cannot be reached
 */
export async function restartIce(pc, send, gathered) {
  await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }));
  try {
    await gathered();
    const response = await send({
      method: "PATCH", headers: { "Content-Type": FRAGMENT, "If-Match": "*" },
      body: fragmentOf(pc.localDescription.sdp),
    });
    if (!response.ok) throw new CallGone(response.statusText);
    const sdp = withFragment(pc.currentRemoteDescription.sdp, await response.text());
    await pc.setRemoteDescription({ type: "answer", sdp });
    return response.headers.get("ETag") ?? "*";
  } catch (error) {
    if (pc.signalingState === "have-local-offer") {
      await pc.setLocalDescription({ type: "rollback" });
    }
    throw error;
  }
}

/**
 * Ask the server whether the call still goes on there.
 * @param {RTCPeerConnection} pc
 * @param {string} etag names the ICE session
 * @param {(options: RequestInit) => Promise<Response>} send to where the offer went
 * @throws {CallGone} if it does not
 * @throws {Error} if the server cannot be reached
 */
export async function askWhetherItGoesOn(pc, etag, send) {
  const lines = pc.currentLocalDescription.sdp.split(/\r?\n/);
  const names = ["ice-ufrag", "ice-pwd"].map((name) => lines.find((line) => line.startsWith(`a=${name}:`)));
  const response = await send({
    method: "PATCH", headers: { "Content-Type": FRAGMENT, "If-Match": etag },
    body: [...names, "a=end-of-candidates", ""].join("\r\n"),
  });
  if (response.status === 404) throw new CallGone(response.statusText);
}

/** Credentials and candidates of a description, each line once: one transport carries everything. */
export function fragmentOf(sdp) {
  const lines = sdp.split(/\r?\n/).filter((line) => /^a=(?:ice-ufrag|ice-pwd|candidate):/.test(line));
  return [...new Set(lines), "a=end-of-candidates", ""].join("\r\n");
}

/** A description with the credentials and candidates of a fragment in the place of its own. */
export function withFragment(sdp, fragment) {
  const [ufrag, pwd] = ["ice-ufrag", "ice-pwd"].map((name) => lineOf(fragment, name));
  const candidates = fragment.match(CANDIDATE_LINES)?.join("") ?? "";
  return sdp
    .replace(CANDIDATE_LINES, "")
    .replace(/^a=ice-ufrag:.*$/gm, ufrag)
    .replace(/^a=ice-pwd:.*\r?\n/gm, `${pwd}\r\n${candidates}`);
}

function lineOf(text, name) {
  return text.split(/\r?\n/).find((line) => line.startsWith(`a=${name}:`)) ?? "";
}
