// Which camera: asked where there are several.

import { byId, make } from "./dom.js";
import { listCameras } from "./source.js";

/** @param {import("./source.js").Source} source */
export async function showCameras(source) {
  const cameras = source.kind === "camera" ? await listCameras() : [];
  const options = cameras.map(({ deviceId, label }, index) => {
    const selected = deviceId === source.deviceId;
    return make("option", { value: deviceId, selected }, label || `Camera ${index + 1}`);
  });
  byId("cameras").replaceChildren(...options);
  byId("camera-choice").hidden = cameras.length < 2;
}
