/**
 * Paints the stage: the analysed frame, a mask per face, a label per head.
 *
 * Double-buffered: everything is composed on a canvas that nobody sees, then copied onto the visible one in one
 * step, so that no half-drawn picture and no frame without its masks can appear.
 */
import type { Person } from "../records.js";
import { ColourFader, css, type Rgb } from "./colour.js";
import { bounds, project, projectPoints, type Rect, type Size } from "./geometry.js";
import { drawLeader, LabelPainter, type LabelText } from "./label.js";
import { MaskPainter, strokeOutline } from "./mask.js";
import type { Palette } from "./palette.js";
import { placeLabels, type Memory, type Placed } from "./placement.js";
import { looksLike, shownName } from "./readout.js";

/** How the stage is drawn. */
export interface Look {
  readonly palette: Palette;
  readonly mirror: boolean;
  readonly display: "mask" | "outline";
  readonly patterns: boolean;
  readonly sureness: boolean; // confidence in words on the labels
  readonly unit: number; // stage pixels per CSS pixel, times the reader's text size
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

const HEAD = 0.16; // of the outline's height: hair above the landmarks, kept clear of the label

interface Figure {
  readonly person: Person;
  readonly outline: Float32Array; // stage pixels
  readonly face: Rect;
  readonly colour: Rgb;
  readonly forms: readonly LabelText[];
}

export class StagePainter {
  readonly #visible: CanvasRenderingContext2D;
  readonly #back = new OffscreenCanvas(1, 1);
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #masks = new MaskPainter();
  readonly #labels = new LabelPainter();
  #memory: Memory = new Map();
  #fader: ColourFader;

  /** @param reducedMotion no fading between colours */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    reducedMotion: boolean,
  ) {
    const visible = canvas.getContext("2d", { alpha: false });
    const context = this.#back.getContext("2d", { alpha: false });
    if (visible === null || context === null) throw new Error("no 2D canvas");
    this.#visible = visible;
    this.#context = context;
    this.#fader = newFader(reducedMotion);
  }

  set reducedMotion(reduced: boolean) {
    this.#fader = newFader(reduced);
  }

  /** Draws a picture with its people and shows it. Time in ms of any fixed origin. */
  present(picture: CanvasImageSource, frame: Size, people: readonly Person[], look: Look, now: number): readonly Drawn[] {
    const stage = this.#fit();
    this.#picture(picture, stage, look.mirror);
    const figures = this.#figures(people, frame, stage, look, now);
    this.#fader.keep(new Set(people.map((person) => person.id)));
    for (const figure of figures) this.#mask(figure, frame, stage, look);
    const wishes = figures.map(({ person, face, forms }) => ({
      id: person.id,
      face: head(face),
      sizes: forms.map((form) => this.#labels.size(form, look.unit)),
    }));
    const { labels, memory } = placeLabels(wishes, stage, this.#memory, 4 * look.unit);
    this.#memory = memory;
    const drawn = this.#drawLabels(figures, labels, look.unit);
    this.#visible.drawImage(this.#back, 0, 0);
    return drawn;
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

  #picture(picture: CanvasImageSource, stage: Size, mirror: boolean): void {
    const context = this.#context;
    if (mirror) context.setTransform(-1, 0, 0, 1, stage.width, 0);
    context.drawImage(picture, 0, 0, stage.width, stage.height);
    context.resetTransform();
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

  #mask({ person, outline, colour }: Figure, frame: Size, stage: Size, look: Look): void {
    if (look.display === "outline") {
      strokeOutline(this.#context, outline, colour, look.unit);
      return;
    }
    const by = project(frame, stage, look.mirror);
    const holes = [person.rightEye, person.leftEye, person.lips].map((points) => projectPoints(points, by));
    const pattern = look.patterns ? look.palette.of(person.shown).pattern : null;
    this.#masks.fill(this.#context, { outline, holes }, { colour, pattern });
  }

  #drawLabels(figures: readonly Figure[], labels: readonly Placed[], unit: number): Drawn[] {
    for (const { leader } of labels) if (leader !== null) drawLeader(this.#context, leader[0], leader[1], unit);
    return figures.map(({ person, face, colour, forms }) => {
      const placed = labels.find((label) => label.id === person.id);
      const form = placed === undefined ? undefined : forms[placed.form];
      if (placed !== undefined && form !== undefined) {
        this.#labels.draw(this.#context, form, colour, unit, placed.rect.x, placed.rect.y);
      }
      return {
        id: person.id,
        shown: person.shown,
        colour: css(colour),
        face,
        label: form?.text ?? "",
        labelRect: placed?.rect ?? null,
      };
    });
  }
}

function newFader(reducedMotion: boolean): ColourFader {
  return reducedMotion ? new ColourFader(0) : new ColourFader();
}

/** The face with the hair above it. */
function head(face: Rect): Rect {
  return { ...face, y: face.y - HEAD * face.height, height: (1 + HEAD) * face.height };
}
