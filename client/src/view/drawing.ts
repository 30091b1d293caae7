/** Draws what the painter decided about one picture, at any scale: on the stage, and at the frame's own size. */
import type { Person } from "../records.js";
import { BlurPainter } from "./blur.js";
import { type Rgb } from "./colour.js";
import { project, projectBox, projectPoints, type Rect, type Size } from "./geometry.js";
import { drawLeader, LabelPainter, type LabelText } from "./label.js";
import { MaskPainter, strokeOutline } from "./mask.js";
import type { Palette } from "./palette.js";
import type { Placed } from "./placement.js";

/** How the stage is drawn. */
export interface Look {
  readonly palette: Palette;
  readonly mirror: boolean;
  readonly display: "mask" | "outline";
  readonly patterns: boolean;
  readonly sureness: boolean; // confidence in words on the labels
  readonly sharp: ReadonlySet<number> | null; // ids of the people who are not blurred; null: nobody is
  readonly unit: number; // stage pixels per CSS pixel, times the reader's text size
}

/** One person as drawn, in stage pixels. */
export interface Figure {
  readonly person: Person;
  readonly outline: Float32Array;
  readonly face: Rect;
  readonly colour: Rgb;
  readonly forms: readonly LabelText[];
}

/** Everything that is on one picture; stage pixels but for the hidden regions, which are pixels of the frame. */
export interface Layout {
  readonly frame: Size;
  readonly stage: Size;
  readonly look: Look;
  readonly hidden: readonly Rect[];
  readonly figures: readonly Figure[];
  readonly labels: readonly Placed[];
}

type Context = OffscreenCanvasRenderingContext2D;

export class LayoutPainter {
  readonly labels = new LabelPainter();
  readonly #masks = new MaskPainter();
  readonly #blur = new BlurPainter();

  /** The picture alone, with everybody hidden who is to be hidden; it fills the target's canvas. */
  plain(target: Context, picture: CanvasImageSource, { frame, look, hidden }: Layout): void {
    const { width, height } = target.canvas;
    if (look.mirror) target.setTransform(-1, 0, 0, 1, width, 0);
    target.drawImage(picture, 0, 0, width, height);
    target.resetTransform();
    const by = project(frame, { width, height }, look.mirror);
    this.#blur.hide(target, hidden.map((region) => projectBox(region, by)));
  }

  /** Masks and labels, over the picture that is on the target already. */
  over(target: Context, layout: Layout): void {
    const scaleX = target.canvas.width / layout.stage.width;
    const scaleY = target.canvas.height / layout.stage.height;
    target.setTransform(scaleX, 0, 0, scaleY, 0, 0);
    for (const figure of layout.figures) this.#mask(target, figure, layout);
    for (const { leader } of layout.labels) if (leader !== null) drawLeader(target, leader[0], leader[1], layout.look.unit);
    target.resetTransform(); // letters are drawn at their final size, not enlarged
    for (const { id, form, rect } of layout.labels) {
      const figure = layout.figures.find(({ person }) => person.id === id);
      const text = figure?.forms[form];
      if (figure === undefined || text === undefined) continue;
      this.labels.draw(target, text, figure.colour, layout.look.unit * scaleX, rect.x * scaleX, rect.y * scaleY);
    }
  }

  #mask(target: Context, { person, outline, colour }: Figure, { frame, stage, look }: Layout): void {
    if (look.display === "outline") {
      strokeOutline(target, outline, colour, look.unit);
      return;
    }
    const by = project(frame, stage, look.mirror);
    const holes = [person.rightEye, person.leftEye, person.lips].map((points) => projectPoints(points, by));
    const pattern = look.patterns ? look.palette.of(person.shown).pattern : null;
    this.#masks.fill(target, { outline, holes }, { colour, pattern });
  }
}
