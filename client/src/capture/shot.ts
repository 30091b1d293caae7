/** One step from the stage to a shot: the picture, who is on it, and when. */
import type { Manifest } from "../generated/manifest.js";
import type { Palette } from "../view/palette.js";
import type { Settings } from "../view/settings.js";
import type { DasaStage } from "../view/stage.js";
import type { Shot } from "./controller.js";
import { metadataOf } from "./metadata.js";

/** What is on the stage now; null: nothing. */
export function takeShot(stage: Pick<DasaStage, "capture">, { save, mode }: Settings, manifest: Manifest, palette: Palette): Shot | null {
  const snapshot = stage.capture({ masked: save !== "plain", plain: save !== "masked" });
  if (snapshot === null) return null;
  const { scene, mirrored, masked, plain } = snapshot;
  const time = new Date();
  const taken = { people: scene.people, width: scene.size.width, mirrored, time, mode };
  return { canvases: { masked, plain }, metadata: metadataOf(taken, manifest, palette), time };
}
