/**
 * Opens pictures large, and keeps the page's address in step: `?open=ID` names the picture, Back closes it.
 */
import { ProblemError } from "../api/problems.js";
import type { Library } from "../api/library.js";
import type { Palette } from "../view/palette.js";
import type { Collection } from "./collection.js";
import { openIn } from "./filter.js";
import type { Shot } from "./shots.js";
import { troubleOf } from "./troubles.js";
import type { Viewer } from "./viewer.js";

export interface Page {
  readonly palette: () => Palette | null;
  readonly thumbnailOf: (id: string) => string | null;
  readonly erase: (id: string) => void;
  /** Whether the viewer covers the page, which then must not be reached. */
  readonly covers: (covers: boolean) => void;
  /** The picture that was shown last. */
  readonly closed: (id: string) => void;
  readonly notThere: () => void;
}

const NEAR_END = 10; // pictures before the end of what is loaded
const DEEPEST = 20; // pages that are loaded to find the place of a picture that an address names

export class Opening {
  #viewer: Viewer | null = null;
  #pushed = false; // whether the entry of the history is ours to go back from
  #alone: Shot | null = null; // shown by itself: the list has not come to it
  #coming: string | null = null; // asked for, and not there yet
  #hurry: () => void = () => undefined; // ends the wait for another try

  constructor(
    private readonly collection: Collection,
    private readonly library: Library,
    private readonly page: Page,
  ) {}

  /** Opens a picture of the list. */
  async open(id: string): Promise<void> {
    // While another one is on its way, this one takes its place: one step back closes what comes.
    if (openIn(new URLSearchParams(location.search)) !== null) {
      history.replaceState(history.state, "", this.#address(id));
    } else {
      history.pushState(history.state, "", this.#address(id));
      this.#pushed = true;
    }
    await this.#show(id);
  }

  /** Shows what the address says: opens, or closes. */
  async follow(id: string | null): Promise<void> {
    if (id === null) {
      this.#pushed = false;
      this.#coming = null;
      this.#viewer?.close();
    } else if (this.#viewer?.shown !== id) await this.#show(id);
  }

  /** Gives up what is on its way: the page is left. */
  stop(): void {
    this.#coming = null;
    this.#hurry();
  }

  /** The list has changed. */
  update(): void {
    if (this.collection.trouble === null) this.#hurry();
    const viewer = this.#viewer;
    if (viewer === null) return;
    const { shots } = this.collection;
    if (this.#alone !== null) {
      if (!shots.some(({ id }) => id === this.#alone?.id)) return;
      this.#alone = null;
    }
    viewer.update(shots);
    this.#lookAhead(shots.findIndex(({ id }) => id === viewer.shown));
  }

  async #show(id: string): Promise<void> {
    if (this.#coming === id) return; // asked for again, such as by a second click
    this.#coming = id;
    const shot = await this.#find(id);
    if (shot === null) {
      if (this.#coming === id) this.#coming = null;
      return;
    }
    // Only who opens a picture pays for the viewer.
    const { Viewer } = await import("./viewer.js");
    if (!this.#isWanted(id)) return; // closed meanwhile, or another one
    this.#coming = null;
    const { shots } = this.collection;
    const at = shots.findIndex((known) => known.id === id);
    this.#alone = at < 0 ? shot : null;
    this.page.covers(true);
    this.#viewer = new Viewer(at < 0 ? [shot] : shots, Math.max(at, 0), this.library, this.page.palette(), this.page.thumbnailOf, {
      moved: (moved, index) => { this.#moved(moved, index); },
      erase: (erased) => { this.#erase(erased); },
      total: () => (this.#alone === null ? this.collection.total : 1),
      closed: (last) => { this.#closed(last); },
    });
    if (this.#alone !== null) void this.#dig(id);
  }

  /** A picture on its way is still what the address says. */
  #isWanted(id: string): boolean {
    return this.#coming === id && openIn(new URLSearchParams(location.search)) === id;
  }

  /** The screenshot, as soon as the server says; null: there is none, or it is not wanted any more. */
  async #find(id: string): Promise<Shot | null> {
    for (let tries = 0; this.#isWanted(id); tries += 1) {
      try {
        return await this.collection.find(id);
      } catch (error) {
        if (!this.#isWanted(id)) return null;
        if (error instanceof DOMException && error.name === "AbortError") continue; // the list shows something else now
        if (error instanceof ProblemError && error.problem.status === 404) {
          this.page.notThere();
          history.replaceState(history.state, "", this.#address(null));
          return null;
        }
        const { retrySeconds } = troubleOf(error, tries, navigator.onLine);
        if (retrySeconds === null) return null; // the listing, which is asked at the same time, tells why
        await this.#pause(retrySeconds);
      }
    }
    return null;
  }

  /** Some time, or until the list has changed: it may have come to it. */
  #pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000 * seconds);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Loads the list as far down as the picture, within reason: then it has its neighbours. */
  async #dig(id: string): Promise<void> {
    for (let page = 0; page < DEEPEST && this.#alone?.id === id && this.collection.unfinished; page += 1) {
      const last = this.collection.shots.at(-1);
      if (last !== undefined && last.at < this.#alone.at) return; // passed: the filter leaves it out
      await this.collection.more();
      if (this.collection.trouble !== null) return;
    }
  }

  #moved(id: string, index: number): void {
    history.replaceState(history.state, "", this.#address(id));
    this.#lookAhead(index);
  }

  #lookAhead(index: number): void {
    if (index >= this.collection.shots.length - NEAR_END && this.collection.unfinished) void this.collection.more();
  }

  #erase(id: string): void {
    this.page.erase(id);
    if (this.#alone?.id === id) this.#viewer?.close();
  }

  #closed(last: string): void {
    this.#viewer = null;
    this.#alone = null;
    this.page.covers(false);
    if (openIn(new URLSearchParams(location.search)) !== null) {
      if (this.#pushed) history.back();
      else history.replaceState(history.state, "", this.#address(null));
    }
    this.#pushed = false;
    this.page.closed(last);
  }

  #address(id: string | null): string {
    const query = new URLSearchParams(location.search);
    if (id === null) query.delete("open");
    else query.set("open", id);
    const text = query.toString();
    return `${location.pathname}${text === "" ? "" : `?${text}`}`;
  }
}
