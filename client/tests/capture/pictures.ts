/** Pictures for tests of the capture room. */
import type { Picture } from "../../src/capture/records.js";

export function pictureOf(key: string, part: Partial<Picture> & { readonly bytes?: number } = {}): Picture {
  const { bytes = 100, ...rest } = part;
  return {
    key,
    taken: 1000 + Number(key.replaceAll(/\D/g, "")),
    owner: "local",
    metadata: { time: "2026-11-25T12:00:00.000Z", bundle: "dasa-default@1.0.0", mode: "device", faces: [] },
    masked: { type: "image/jpeg", bytes: new ArrayBuffer(bytes) },
    plain: null,
    ...rest,
  };
}
