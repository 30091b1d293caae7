/** Screenshots in words. Pure but for the catalogue of words. */
import type { ShownFace } from "../generated/api.js";
import { emotionName, t } from "../words/index.js";
import { moment } from "../words/times.js";
import { UNSURE } from "../view/palette.js";
import type { Shot } from "./shots.js";

/** What a face was named: the term, else the primary; null: unsure. */
export function namedAs(face: ShownFace): string | null {
  if (face.primary.unsure === true) return null;
  return emotionName(face.specific?.id ?? face.primary.id);
}

/** The id whose colour a face was shown in. */
export function shownAs(face: ShownFace): string {
  return face.primary.unsure === true ? UNSURE : face.primary.id;
}

/** The faces from left to right, as one looks at the picture. */
export function leftToRight(faces: readonly ShownFace[]): readonly ShownFace[] {
  const middle = (face: ShownFace): number => (face.box ? face.box[0] + face.box[2] / 2 : Infinity);
  return [...faces].sort((a, b) => (middle(a) === middle(b) ? 0 : middle(a) - middle(b)));
}

/** The picture in one sentence, for those who do not see it. */
export function altText(shot: Pick<Shot, "faces" | "at">): string {
  const when = moment(shot.at);
  if (shot.faces.length === 0) return t("gallery.alt.none", { when });
  const who = leftToRight(shot.faces)
    .map((face) => namedAs(face))
    .map((name) => (name === null ? t("gallery.unsure") : t("gallery.looksLike", { emotion: name })));
  return t("gallery.alt", { n: shot.faces.length, who: who.join(", "), when });
}

/** Every emotion that the filter finds a screenshot by. */
export function emotionsOf(shot: Pick<Shot, "faces">): readonly string[] {
  const names = shot.faces.flatMap((face) => [face.primary.id, ...(face.specific ? [face.specific.id] : [])]);
  return [...new Set(names)];
}
