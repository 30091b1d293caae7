/**
 * The large picture: PhotoSwipe (zoom, swipe, keys) over the gallery's list, with the details at its side.
 *
 * PhotoSwipe is told of the list by its filters, so that the list may grow and shrink while a picture is open.
 */
import PhotoSwipe, { type SlideData } from "photoswipe";
import type { Library, Variant } from "../api/library.js";
import type { Palette } from "../view/palette.js";
import { t } from "../words/index.js";
import { altText } from "./describe.js";
import type { DasaDetails } from "./details.js";
import "./details.js";
import type { Shot } from "./shots.js";

export interface ViewerEvents {
  /** Another picture is shown. */
  readonly moved: (id: string, index: number) => void;
  readonly erase: (id: string) => void;
  /** How many pictures there are, also beyond those that are loaded. */
  readonly total: () => number;
  /** It is closed; `id` was shown last. */
  readonly closed: (id: string) => void;
}

const NARROW = "(width < 48rem)";
const SHEET = 0.42; // share of the window that the details take below a picture

export class Viewer {
  readonly #pswp: PhotoSwipe;
  readonly #details: DasaDetails;
  readonly #narrow = matchMedia(NARROW);
  #shots: readonly Shot[];
  #shown: Shot;
  #variant: Variant = "masked";
  #place: HTMLElement = document.createElement("div");
  #element: HTMLElement | undefined;

  constructor(
    shots: readonly Shot[],
    index: number,
    private readonly library: Library,
    palette: Palette | null,
    private readonly thumbnailOf: (id: string) => string | null,
    private readonly events: ViewerEvents,
  ) {
    this.#shots = shots;
    this.#shown = shots[index]!;
    this.#details = document.createElement("dasa-details");
    this.#details.palette = palette;
    this.#details.addressOf = (id, variant) => library.imageAddress(id, variant);
    this.#details.addEventListener("variant", (event) => { this.#show((event as CustomEvent<Variant>).detail); });
    this.#details.addEventListener("erase", () => { events.erase(this.#shown.id); });
    // PhotoSwipe takes wheel and keys for its own: here they scroll and choose.
    this.#details.addEventListener("wheel", (event) => { event.stopPropagation(); }, { passive: true });
    this.#pswp = this.#build(index);
  }

  /** Id of the picture that is shown. */
  get shown(): string {
    return this.#shown.id;
  }

  /** Another list: what is shown stays, untouched; where it is gone, its neighbour comes. */
  update(shots: readonly Shot[]): void {
    if (shots === this.#shots || this.#pswp.isDestroying) return;
    if (shots.length === 0) {
      this.close();
      return;
    }
    const before = this.#shots;
    const pswp = this.#pswp;
    const old = pswp.currIndex;
    const at = shots.findIndex(({ id }) => id === this.#shown.id);
    const index = at >= 0 ? at : Math.min(old, shots.length - 1);
    const kept = at >= 0 ? old : null;
    this.#shots = shots;
    this.#forget((place) => place !== kept && before[place]?.id !== shots[place]?.id);
    if (index !== old) this.#renumber(index);
    if (at < 0) pswp.refreshSlideContent(index);
    for (const beside of [index - 1, index + 1]) {
      if (index !== old || before[beside]?.id !== shots[beside]?.id) pswp.refreshSlideContent(beside);
    }
    if (pswp.opener.isOpen) pswp.contentLoader.updateLazy();
    pswp.dispatch("change"); // the arrows and the counter
  }

  close(): void {
    // PhotoSwipe takes no orders while it appears.
    if (this.#pswp.opener.isOpening) this.#pswp.on("openingAnimationEnd", () => { this.#pswp.close(); });
    else this.#pswp.close();
  }

  /**
   * What is shown has another place in the list from now on. Not by going there: PhotoSwipe would bring forward what
   * stands beside it, which is nothing where the list was shorter, and is hidden while the viewer appears.
   */
  #renumber(index: number): void {
    const pswp = this.#pswp;
    const ahead = pswp.potentialIndex - pswp.currIndex; // of a swipe that has not come to rest
    pswp.currIndex = index;
    pswp.potentialIndex = Math.min(Math.max(index + ahead, 0), this.#shots.length - 1);
    if (pswp.currSlide === undefined) return;
    pswp.currSlide.index = index;
    pswp.currSlide.content.index = index;
  }

  /** PhotoSwipe knows what it has made ready by its place alone: what has changed there would be shown later on. */
  #forget(isStale: (place: number) => boolean): void {
    const { contentLoader } = this.#pswp;
    for (const { index } of [...contentLoader._cachedItems]) if (isStale(index)) contentLoader.removeByIndex(index);
  }

  #build(index: number): PhotoSwipe {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const pswp = new PhotoSwipe({
      index,
      dataSource: { length: this.#shots.length } as never, // the filters below answer instead
      loop: false,
      trapFocus: false, // the page behind is inert, and the notices stay within reach
      returnFocus: false, // the page knows the right thumbnail
      showHideAnimationType: still ? "none" : "fade",
      bgOpacity: 1,
      wheelToZoom: true,
      preload: [1, 2],
      closeTitle: t("viewer.close"),
      zoomTitle: t("viewer.zoom"),
      arrowPrevTitle: t("viewer.previous"),
      arrowNextTitle: t("viewer.next"),
      errorMsg: t("viewer.failed"),
      counter: false, // ours counts what is still to be loaded, too
      getViewportSizeFn: () => this.#room(),
    });
    pswp.addFilter("numItems", () => this.#shots.length);
    pswp.addFilter("itemData", (_, at) => this.#slide(at));
    pswp.on("uiRegister", () => { this.#addDetails(pswp); });
    pswp.on("change", () => { this.#changed(); });
    pswp.on("keydown", (event) => { this.#key(event); });
    pswp.on("destroy", () => { this.events.closed(this.#shown.id); });
    pswp.init();
    pswp.element?.setAttribute("aria-label", t("viewer.label"));
    pswp.element?.setAttribute("aria-modal", "true");
    pswp.element?.setAttribute("data-testid", "viewer");
    // PhotoSwipe hears no keys while it appears.
    pswp.element?.addEventListener("keydown", ({ key }) => { if (key === "Escape" && pswp.opener.isOpening) this.close(); });
    pswp.element?.focus();
    return pswp;
  }

  #slide(at: number): SlideData {
    const shot = this.#shots[at];
    if (shot === undefined) return {};
    const small = this.thumbnailOf(shot.id);
    return {
      src: this.library.imageAddress(shot.id, variantOf(shot, this.#variant)),
      ...(small === null ? {} : { msrc: small }),
      width: shot.width,
      height: shot.height,
      alt: altText(shot),
    };
  }

  /** Where the picture may be: the window without the details. */
  #room(): { x: number; y: number } {
    const { clientWidth, clientHeight } = document.documentElement;
    const height = window.innerHeight || clientHeight;
    if (!this.#narrow.matches) return { x: clientWidth - 20 * rem(), y: height };
    return { x: clientWidth, y: this.#isOpen ? Math.round(height * (1 - SHEET)) : height };
  }

  get #isOpen(): boolean {
    return this.#element?.classList.contains("details-open") === true;
  }


  #addDetails(pswp: PhotoSwipe): void {
    this.#element = pswp.element;
    pswp.ui?.registerElement({
      name: "details",
      isButton: true,
      order: 8,
      title: t("viewer.details"),
      html: '<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="9"/><path d="M12 11v5M12 7.8v.2"/></svg>',
      onInit: (button) => { button.setAttribute("aria-expanded", "false"); },
      onClick: (_, button) => {
        const open = pswp.element?.classList.toggle("details-open") === true;
        button.setAttribute("aria-expanded", String(open));
        pswp.element?.style.setProperty("--sheet", open ? `${100 * SHEET}%` : "0px");
        pswp.updateSize(true);
      },
    });
    pswp.ui?.registerElement({ name: "counter-of-all", className: "pswp__counter", order: 5, onInit: (element) => { this.#place = element; } });
    pswp.element?.append(this.#details);
  }

  #changed(): void {
    const pswp = this.#pswp as PhotoSwipe | undefined; // the first change comes while it is being built
    const at = pswp?.currIndex ?? this.#shots.indexOf(this.#shown);
    const shot = this.#shots[at];
    if (shot === undefined) return;
    const isNew = shot.id !== this.#shown.id;
    this.#shown = shot;
    this.#details.shot = shot;
    this.#details.variant = variantOf(shot, this.#variant);
    const place = { at: at + 1, total: Math.max(this.#shots.length, this.events.total()) };
    this.#details.position = t("viewer.position", place);
    this.#place.textContent = this.#shots.length > 1 ? t("viewer.position", place) : "";
    if (isNew) this.events.moved(shot.id, at);
  }

  #key(event: { originalEvent: KeyboardEvent; preventDefault: () => void }): void {
    const { originalEvent: key } = event;
    const within = key.composedPath();
    // Arrow keys choose among radio buttons, and a picture that is open does not swallow keys of a notice.
    if (within.some((node) => node instanceof HTMLInputElement) && key.key.startsWith("Arrow")) event.preventDefault();
    if (key.key === "Delete" && !key.repeat) this.events.erase(this.#shown.id);
  }

  #show(variant: Variant): void {
    this.#variant = variant;
    const at = this.#pswp.currIndex;
    this.#forget(() => true);
    for (const near of [at - 1, at, at + 1]) {
      if (near >= 0 && near < this.#shots.length) this.#pswp.refreshSlideContent(near);
    }
    this.#pswp.contentLoader.updateLazy();
  }
}

/** The variant that is there. */
function variantOf(shot: Shot, wanted: Variant): Variant {
  if (shot.images[wanted] !== undefined) return wanted;
  return wanted === "masked" ? "plain" : "masked";
}

function rem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}
