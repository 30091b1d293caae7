/**
 * `<dasa-stage>`: the picture of the people with masks and labels.
 *
 * What is on the screen can be read from its attributes, which are set in the same task that paints:
 * `data-frame` (index of the analysed frame), `data-people` (their number), `data-width` and `data-height` (pixels of
 * the frame), `data-scene` (JSON, an entry a person: id, shown, colour, face and label rectangles in pixels of the
 * canvas). They are absent while no picture is shown.
 *
 * Fires `pick` (detail: id) when somebody's face is pressed while `look.sharp` lets people be picked; by keyboard, the
 * list of people does the same.
 */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import type { Frame } from "../camera/frames.js";
import { base } from "../styles/shared.js";
import { t } from "../words/index.js";
import { contain, type Rect, type Size } from "./geometry.js";
import { StagePainter, type Composed, type Drawn, type Look, type Scene, type Variants } from "./painter.js";

export type StageLook = Omit<Look, "unit"> & { readonly newestVideo: boolean };

/** A picture and who is in it. The frame stays open while it is shown. */
export interface StageScene extends Scene {
  readonly frame: Frame;
  readonly index: number;
}

/** What was on the screen at one moment, at the size of the camera's frame. */
export interface Snapshot extends Composed {
  readonly scene: StageScene; // its frame may be closed by now
}

const MAX_CANVAS_SIDE = 2560; // px: finer is not seen, and costs
const MAX_DENSITY = 2;

export class DasaStage extends LitElement {
  static override readonly properties = { look: { attribute: false }, mirrored: { type: Boolean, reflect: true } };
  declare look: StageLook | null;
  /** Mirrors the video that shows before the first analysed frame. */
  declare mirrored: boolean;

  readonly #observer = new ResizeObserver(() => { this.#resize(); });
  readonly #motion = matchMedia("(prefers-reduced-motion: reduce)");
  #painter: StagePainter | null = null;
  #scene: StageScene | null = null;
  #painted: StageScene | null = null; // the one on the screen
  #drawn: readonly Drawn[] = []; // on the screen
  #unit = 1;
  #animation = 0;

  constructor() {
    super();
    this.look = null;
    this.mirrored = false;
  }

  static override readonly styles = [
    base,
    css`
      :host {
        position: relative;
        display: block;
        overflow: hidden;
        background: var(--stage);
        color: var(--on-stage);
        container-type: size;
      }
      canvas,
      video {
        position: absolute;
        inset: 0;
        margin: auto;
      }
      canvas {
        inline-size: var(--picture-width, 100%);
        block-size: var(--picture-height, 100%);
        forced-color-adjust: none;
      }
      video {
        inline-size: 100%;
        block-size: 100%;
        object-fit: contain;
      }
      :host([mirrored]) video {
        transform: scaleX(-1);
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`
      <video playsinline muted aria-hidden="true" tabindex="-1"></video>
      <canvas role="img" aria-label=${t("stage.label")} hidden @click=${this.#onClick} @pointermove=${this.#onMove}></canvas>
      <slot></slot>
    `;
  }

  /** The element that plays the camera or the file, under the canvas. */
  get video(): HTMLVideoElement {
    return this.renderRoot.querySelector("video")!;
  }

  get #canvas(): HTMLCanvasElement {
    return this.renderRoot.querySelector("canvas")!;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#observer.observe(this);
    this.#motion.addEventListener("change", this.#onMotion);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
    this.#motion.removeEventListener("change", this.#onMotion);
    cancelAnimationFrame(this.#animation);
  }

  protected override firstUpdated(): void {
    // The property: as an attribute it only sets the default, and browsers refuse to play unmuted video unasked.
    this.video.muted = true;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("look")) this.repaint();
  }

  /** Shows an analysed frame with its masks, at once. */
  show(scene: StageScene): void {
    const before = this.#scene?.size;
    this.#scene = scene;
    if (this.#canvas.hidden || before?.width !== scene.size.width || before.height !== scene.size.height) {
      this.#canvas.hidden = false;
      this.#resize();
    } else {
      this.repaint();
    }
  }

  /** The video shows another picture; matters only where the newest video lies under the last masks. */
  videoFrame(): void {
    if (this.look !== null && this.#showsVideo(this.look)) this.repaint();
  }

  /** Shows no picture any more. */
  clear(): void {
    this.#scene = null;
    this.#painted = null;
    this.#drawn = [];
    this.#canvas.hidden = true;
    for (const name of ["frame", "people", "width", "height", "scene"]) this.removeAttribute(`data-${name}`);
  }

  /** Draws the present scene again. */
  repaint(): void {
    const { look } = this;
    const scene = this.#scene;
    if (scene === null || look === null) return;
    this.#present(this.#showsVideo(look) ? this.video : scene.frame, scene, look);
  }

  /**
   * Takes what is on the screen at this moment, all in one step: no frame can come in between. null: nothing is shown.
   */
  capture(wanted: Variants<boolean>): Snapshot | null {
    const { look } = this;
    const scene = this.#scene;
    if (scene === null || look === null || this.#painter === null || this.#painted !== scene) return null;
    let picture: CanvasImageSource = scene.frame;
    if (this.#showsVideo(look)) {
      // The video may have moved on since it was drawn: one picture of it goes to the screen and into the snapshot.
      picture = this.#videoNow(scene.size);
      this.#present(picture, scene, look);
    }
    const composed = this.#painter.compose(picture, wanted);
    return composed === null ? null : { scene, ...composed };
  }

  /** Whether the newest video lies under the masks. Not while people are hidden: they move out from under that. */
  #showsVideo(look: StageLook): boolean {
    return look.newestVideo && look.sharp === null && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  #videoNow({ width, height }: Size): OffscreenCanvas {
    const still = new OffscreenCanvas(width, height);
    still.getContext("2d", { alpha: false })?.drawImage(this.video, 0, 0, width, height);
    return still;
  }

  #present(picture: CanvasImageSource, scene: StageScene, look: StageLook): void {
    this.#painter ??= new StagePainter(this.#canvas, this.#motion.matches);
    const now = performance.now();
    const drawing = { ...look, unit: this.#unit };
    this.#drawn = this.#painter.present(picture, scene, drawing, now);
    this.#publish(scene, this.#drawn);
    this.#painted = scene;
    if (this.#painter.moving(scene.people, drawing, now) && this.#animation === 0) {
      this.#animation = requestAnimationFrame(() => {
        this.#animation = 0;
        this.repaint();
      });
    }
  }

  readonly #onClick = (event: MouseEvent): void => {
    const id = this.#personAt(event);
    if (id !== null) this.dispatchEvent(new CustomEvent<number>("pick", { detail: id }));
  };

  readonly #onMove = (event: PointerEvent): void => {
    this.#canvas.style.setProperty("cursor", this.#personAt(event) === null ? "auto" : "pointer");
  };

  /** Whose face is under the pointer, of several the smallest; null: nobody's, or nobody can be picked. */
  #personAt({ offsetX, offsetY }: MouseEvent): number | null {
    const canvas = this.#canvas;
    if ((this.look?.sharp ?? null) === null || canvas.clientWidth === 0) return null;
    const density = canvas.width / canvas.clientWidth;
    const [x, y] = [density * offsetX, density * offsetY];
    const under = this.#drawn.filter(({ face }) => x >= face.x && x <= face.x + face.width && y >= face.y && y <= face.y + face.height);
    const [nearest] = under.sort((a, b) => a.face.width * a.face.height - b.face.width * b.face.height);
    return nearest?.id ?? null;
  }

  readonly #onMotion = (): void => {
    if (this.#painter !== null) this.#painter.reducedMotion = this.#motion.matches;
  };

  #publish(scene: StageScene, drawn: readonly Drawn[]): void {
    const people = drawn.map((one) => ({
      ...one,
      face: rounded(one.face),
      labelRect: one.labelRect === null ? null : rounded(one.labelRect),
    }));
    this.dataset.frame = String(scene.index);
    this.dataset.people = String(scene.people.length);
    this.dataset.width = String(scene.size.width);
    this.dataset.height = String(scene.size.height);
    this.dataset.scene = JSON.stringify(people);
  }

  #resize(): void {
    if (this.#scene === null || this.clientWidth === 0) return;
    const area = contain(this.#scene.size, { width: this.clientWidth, height: this.clientHeight });
    const finest = MAX_CANVAS_SIDE / Math.max(area.width, area.height);
    const density = Math.min(devicePixelRatio, MAX_DENSITY, finest);
    const canvas = this.#canvas;
    canvas.width = Math.round(area.width * density);
    canvas.height = Math.round(area.height * density);
    canvas.style.setProperty("--picture-width", `${area.width}px`);
    canvas.style.setProperty("--picture-height", `${area.height}px`);
    this.#unit = density * labelScale(area) * (parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
    this.repaint();
  }
}

/** Labels are a little smaller on a small stage. */
function labelScale(area: Size): number {
  return area.width < 480 ? 0.86 : 1;
}

function rounded(rect: Rect): [number, number, number, number] {
  const tenth = (value: number): number => Math.round(10 * value) / 10;
  return [tenth(rect.x), tenth(rect.y), tenth(rect.width), tenth(rect.height)];
}

customElements.define("dasa-stage", DasaStage);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-stage": DasaStage;
  }
}
