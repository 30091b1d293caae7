/**
 * Paints the stage: the analysed frame, a mask per face, a label per head.
 *
 * Double-buffered: everything is composed on a canvas that nobody sees, then copied onto the visible one in one
 * step, so that no half-drawn picture and no frame without its masks can appear.
 */
import type { Person } from "../records.js";
import { Bystanders } from "./bystanders.js";
import { ColourFader, css } from "./colour.js";
import { LayoutPainter, type Figure, type Layout, type Look } from "./drawing.js";
import { bounds, project, projectPoints, type Rect, type Size } from "./geometry.js";
import { placeLabels, type Memory } from "./placement.js";
import { looksLike, shownName } from "./readout.js";

export type { Look } from "./drawing.js";

/** A picture and who is on it. */
export interface Scene {
  readonly size: Size; // pixels of the frame
  readonly people: readonly Person[];
  readonly time: number; // seconds of the source
}

/** What was put on the screen for one person; rectangles in stage pixels. */
export interface Drawn {
  readonly id: number;
  readonly shown: string;
  readonly colour: string;
  readonly face: Rect;
  readonly label: string;
  readonly labelRect: Rect | null;
}

/** Which pictures are wanted of what is on the screen. */
export interface Variants<T> {
  readonly masked: T; // as it is shown
  readonly plain: T; // without masks and labels
}

/** Pictures at the size of the frame; null: was not asked for. */
export interface Composed extends Variants<OffscreenCanvas | null> {
  readonly mirrored: boolean;
}

const HEAD = 0.25; // of the outline's height: from the hairline, where landmarks end, to the top of the head

export class StagePainter {
  readonly #visible: CanvasRenderingContext2D;
  readonly #back = new OffscreenCanvas(1, 1);
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #drawing = new LayoutPainter();
  readonly #bystanders = new Bystanders();
  #memory: Memory = new Map();
  #fader: ColourFader;
  #last: Layout | null = null; // what the visible canvas holds

  /** @param reducedMotion no fading between colours */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    reducedMotion: boolean,
  ) {
    const visible = canvas.getContext("2d", { alpha: false });
    if (visible === null) throw new Error("no 2D canvas");
    this.#visible = visible;
    this.#context = contextOf(this.#back);
    this.#fader = newFader(reducedMotion);
  }

  set reducedMotion(reduced: boolean) {
    this.#fader = newFader(reduced);
  }

  /** Draws a picture with its people and shows it. Time in ms of any fixed origin. */
  present(picture: CanvasImageSource, scene: Scene, look: Look, now: number): readonly Drawn[] {
    const layout = this.#layout(scene, this.#fit(), look, now);
    this.#drawing.plain(this.#context, picture, layout);
    this.#drawing.over(this.#context, layout);
    this.#visible.drawImage(this.#back, 0, 0);
    this.#last = layout;
    return layout.figures.map((figure) => drawnOf(figure, layout));
  }

  /**
   * What is on the screen, drawn again at the frame's own size: the same masks in the same shade, the same labels in
   * the same places.
   *
   * @param picture the one that was presented last
   * @returns null: nothing was presented yet
   */
  compose(picture: CanvasImageSource, wanted: Variants<boolean>): Composed | null {
    const layout = this.#last;
    if (layout === null) return null;
    const { width, height } = layout.frame;
    const mirrored = layout.look.mirror;
    const plain = contextOf(new OffscreenCanvas(width, height));
    this.#drawing.plain(plain, picture, layout);
    if (!wanted.masked) return { mirrored, masked: null, plain: plain.canvas };
    const masked = wanted.plain ? contextOf(new OffscreenCanvas(width, height)) : plain;
    if (masked !== plain) masked.drawImage(plain.canvas, 0, 0);
    this.#drawing.over(masked, layout);
    return { mirrored, masked: masked.canvas, plain: wanted.plain ? plain.canvas : null };
  }

  /** Whether a mask has not reached its colour yet, so that the stage should be drawn again soon. */
  moving(people: readonly Person[], look: Look, now: number): boolean {
    return people.some(({ id, shown }) => this.#fader.moving(id, look.palette.of(shown).colour, now));
  }

  #fit(): Size {
    const { width, height } = this.canvas;
    if (this.#back.width !== width || this.#back.height !== height) {
      this.#back.width = width;
      this.#back.height = height;
      this.#memory = new Map();
    }
    return { width, height };
  }

  #layout({ size, people, time }: Scene, stage: Size, look: Look, now: number): Layout {
    const figures = this.#figures(people, size, stage, look, now);
    this.#fader.keep(new Set(people.map((person) => person.id)));
    const wishes = figures.map(({ person, face, forms }) => ({
      id: person.id,
      face: head(face),
      sizes: forms.map((form) => this.#drawing.labels.size(form, look.unit)),
    }));
    const { labels, memory } = placeLabels(wishes, stage, this.#memory, 4 * look.unit);
    this.#memory = memory;
    const hidden = look.sharp === null ? [] : this.#bystanders.regions(people, look.sharp, time);
    return { frame: size, stage, look, hidden, figures, labels };
  }

  #figures(people: readonly Person[], frame: Size, stage: Size, look: Look, now: number): Figure[] {
    const by = project(frame, stage, look.mirror);
    return people.map((person) => {
      const outline = projectPoints(person.outline, by);
      const words = look.sureness ? [looksLike(person, look.palette)] : [];
      return {
        person,
        outline,
        face: bounds(outline),
        colour: this.#fader.colour(person.id, look.palette.of(person.shown).colour, now),
        forms: [...words, shownName(person), ""].map((text) => ({ id: person.id, text })),
      };
    });
  }
}

function drawnOf({ person, face, colour, forms }: Figure, { labels }: Layout): Drawn {
  const placed = labels.find((label) => label.id === person.id);
  return {
    id: person.id,
    shown: person.shown,
    colour: css(colour),
    face,
    label: placed === undefined ? "" : (forms[placed.form]?.text ?? ""),
    labelRect: placed?.rect ?? null,
  };
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) throw new Error("no 2D canvas");
  return context;
}

function newFader(reducedMotion: boolean): ColourFader {
  return reducedMotion ? new ColourFader(0) : new ColourFader();
}

/** The face with the hair above it. */
function head(face: Rect): Rect {
  return { ...face, y: face.y - HEAD * face.height, height: (1 + HEAD) * face.height };
}
