/** Screenshots for tests. */
import type { ScreenshotAnswer, ShownFace } from "../../src/generated/api.js";
import { type Shot, shotOf } from "../../src/gallery/shots.js";

export function face(primary = "happiness", specific: string | null = null, rest: Partial<ShownFace> = {}): ShownFace {
  return {
    primary: { id: primary, confidence: 0.8, unsure: false },
    specific: specific === null ? null : { id: specific, confidence: 0.2 },
    ...rest,
  };
}

export function answer(n: number, time: string, faces: readonly ShownFace[] = []): ScreenshotAnswer {
  return {
    id: n.toString(16).padStart(32, "0"), time, created: time, width: 1280, height: 720, bundle: "b@1", mode: "device",
    faces, images: { masked: { type: "image/jpeg", bytes: 1 } },
  };
}

/** A screenshot on a day of 2026, at noon where the tests run. */
export function shot(n: number, month: number, day: number, faces: readonly ShownFace[] = []): Shot {
  return shotOf(answer(n, new Date(2026, month - 1, day, 12, 0, 0, n).toISOString(), faces));
}
