/**
 * `<dasa-live>`: the live page as it is drawn; what it does is in the controller.
 *
 * Its attributes always say what goes on: `data-phase` (idle, asking, starting, running, paused, stopped),
 * `data-mode`, `data-source` (camera, photo, video, none), `data-fps`, `data-delay` (ms from camera to mask).
 */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { ApiClient } from "../../api/client.js";
import { CaptureController, type CaptureHost, type Shot } from "../../capture/controller.js";
import { Encoder, workersEncode } from "../../capture/encoder.js";
import { base, controls, sheets } from "../../styles/shared.js";
import { captureStyles, countdownOverlay } from "../../view/capture-controls.js";
import "../../view/capture-toasts.js";
import { customProperties } from "../../view/custom-properties.js";
import "../../view/dialogs.js";
import "../../view/header.js";
import { icons } from "../../view/icons.js";
import "../../view/legend.js";
import "../../view/notice.js";
import "../../view/people.js";
import "../../view/settings-panel.js";
import type { Settings } from "../../view/settings.js";
import "../../view/stage.js";
import type { DasaStage, StageLook } from "../../view/stage.js";
import "../../view/status.js";
import type { Engine } from "../../view/status.js";
import "../../view/timeline.js";
import "../../view/waiting-strip.js";
import { t } from "../../words/index.js";
import { bar } from "./bar.js";
import { LiveController, type LiveHost, type LiveSetup } from "./controller.js";
import { overlay } from "./overlay.js";
import { liveStyles } from "./styles.js";

export class DasaLive extends LitElement implements LiveHost, CaptureHost {
  static override readonly styles = [base, controls, sheets, captureStyles, liveStyles];

  readonly captures: CaptureController;
  readonly #at: LiveController;
  #look: StageLook | null = null;

  constructor(setup: LiveSetup) {
    super();
    this.#at = new LiveController(this, setup);
    const workers = workersEncode() && !setup.flags.noOffscreenCanvas;
    this.captures = new CaptureController(this, new ApiClient(setup.base), new Encoder(workers ? setup.createEncoder : null));
  }

  get stage(): DasaStage {
    return this.renderRoot.querySelector("dasa-stage")!;
  }

  askConsent(): void {
    this.renderRoot.querySelector("dasa-consent")?.show();
  }

  showHelp(): void {
    this.renderRoot.querySelector("dasa-help")?.show();
  }

  takeShot(): Shot | null {
    return this.#at.takeShot();
  }

  /** The picture was taken: the stage lights up for a moment. */
  flash(): void {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.renderRoot.querySelector(".flash")?.animate([{ opacity: 0.7 }, { opacity: 0 }], { duration: 220, easing: "ease-out" });
  }

  markEvent(): void {
    this.renderRoot.querySelector("dasa-timeline")?.markEvent();
  }

  protected override render(): TemplateResult {
    const { captures } = this;
    const at = this.#at;
    const idle = at.live.phase === "idle";
    return html`
      <dasa-header page="live" @skip=${() => { this.renderRoot.querySelector("main")?.focus(); }}>
        ${this.#modeSwitch()} ${this.#indicator()}
      </dasa-header>
      <dasa-waiting .waiting=${captures.waiting} .discarded=${captures.discarded} .actions=${captures}></dasa-waiting>
      <main id="main" tabindex="-1" class=${idle ? "idle" : ""}>
        ${idle
          ? html`<dasa-notice @start=${at.start} @file=${this.#chooseFile}></dasa-notice>`
          : html`<h1 class="hidden-text">${t("page.live")}</h1>`}
        ${this.#stage()}
        <dasa-capture-toasts class=${at.told ? "" : "first"} .toasts=${captures.toasts} .actions=${captures} @left=${this.#focusShutter}></dasa-capture-toasts>
        ${this.#people()} ${this.#timeline()}
        <section class="status" aria-label=${t("status.title")}>${this.#status()}</section>
      </main>
      <p class="hidden-text" aria-live="polite" data-testid="announcement">${at.announcement}</p>
      <p class="hidden-text" aria-live="polite" data-testid="capture-announcement">${captures.announcement}</p>
      <input type="file" accept="image/*,video/*" hidden data-testid="file" @change=${this.#onFile} />
      ${at.dropping ? html`<p class="drop">${t("notice.drop")}</p>` : nothing} ${this.#sheets()}
    `;
  }

  protected override updated(): void {
    if (!this.#at.ready && this.captures.countdown !== null) this.captures.cancelCountdown(); // nothing is left to take
    const { live: state, settings, log } = this.#at;
    this.dataset.phase = state.phase;
    this.dataset.mode = settings.mode;
    this.dataset.source = state.source?.kind ?? "none";
    this.dataset.fps = log.speed.fps(performance.now()).toFixed(1);
    this.dataset.delay = log.speed.delay?.toFixed(0) ?? "";
  }

  #modeSwitch(): TemplateResult {
    const { settings, setMode } = this.#at;
    return html`<span class="segments" role="radiogroup" aria-label=${t("mode.label")}>
      ${(["device", "server"] as const).map(
        (mode) => html`<label>
          <input type="radio" name="mode" value=${mode} data-testid=${`mode-${mode}`} .checked=${live(settings.mode === mode)}
            @change=${() => { setMode(mode); }} />
          ${t(`mode.${mode}`)}
        </label>`,
      )}
    </span>`;
  }

  #indicator(): TemplateResult {
    const { cameraOn, phase } = this.#at.live;
    const words = t(cameraOn ? "camera.on" : "camera.off");
    return html`<span class="indicator ${cameraOn ? "on" : ""}" data-testid="indicator"><i></i>${words}</span>
      <button type="button" class="narrow-icon" data-testid="stop" aria-label=${t("action.stop")} ?disabled=${phase === "idle" || phase === "stopped"} @click=${this.#at.stop}>
        ${icons.stop}<span>${t("action.stop")}</span>
      </button>`;
  }

  #stage(): TemplateResult {
    const { captures } = this;
    const at = this.#at;
    const aspect: Readonly<Record<`--${string}`, string>> = at.result === null ? {} : { "--aspect": (at.result.width / at.result.height).toFixed(4) };
    return html`<section class="stage" aria-label=${t("stage.title")}>
      <dasa-stage data-testid="stage" ${customProperties(aspect)} ?mirrored=${at.mirrored} .look=${this.#lookNow()} @pick=${at.pick}>
        <div class="on-stage">
          ${note("top", at.serverNote)}
          ${overlay(at.live, { start: at.start, retry: at.retry, chooseFile: this.#chooseFile, resume: at.toggle })}
          ${captures.countdown === null ? note("bottom", at.hint) : countdownOverlay(captures.countdown, captures.cancelCountdown)}
          <i class="flash"></i>
        </div>
      </dasa-stage>
      ${bar(at.live, at.settings, at.playback, { ready: at.ready, countdown: captures.countdown, told: at.told }, {
        take: captures.take,
        toggleCountdown: captures.toggleCountdown,
        toggle: at.toggle,
        chooseFile: this.#chooseFile,
        settings: () => { this.renderRoot.querySelector("dasa-settings")?.show(); },
        help: () => { this.showHelp(); },
        seek: (event) => { at.seek((event.target as HTMLInputElement).valueAsNumber); },
        change: at.change,
      })}
    </section>`;
  }

  #people(): TemplateResult {
    const { people, palette, settings, sharp, pick } = this.#at;
    return html`
      <div class="chips">
        <dasa-people data-testid="chips" compact .people=${people} .palette=${palette} .sharp=${sharp} @pick=${pick}></dasa-people>
        <button type="button" class="plain" data-testid="open-people" aria-label=${t("action.people")} @click=${this.#openPeople}>
          ${icons.people}
        </button>
      </div>
      <aside class="side" aria-label=${t("people.title")}>
        <h2 class="figures">${t("people.count", { n: people.length })}</h2>
        <div class="scroll" tabindex="0" role="group" aria-label=${t("people.title")}>${this.#list()}</div>
        <dasa-legend .palette=${palette} .patterns=${settings.patterns}></dasa-legend>
      </aside>`;
  }

  #list(): TemplateResult {
    const { people, palette, settings, sharp, pick } = this.#at;
    return html`<dasa-people data-testid="people" .people=${people} .palette=${palette} ?sureness=${settings.sureness} .sharp=${sharp}
      @pick=${pick}></dasa-people>`;
  }

  #timeline(): TemplateResult {
    const { log, palette, mark, export: save } = this.#at;
    return html`<section class="timeline" aria-label=${t("timeline.title")}>
      <dasa-timeline .history=${log.history} .palette=${palette} .rows=${log.recorder?.rows ?? 0}
        .dropped=${(log.recorder?.dropped ?? 0) > 0} @mark=${(event: CustomEvent<string>) => { mark(event.detail); }} @export=${save}></dasa-timeline>
    </section>`;
  }

  #status(): TemplateResult {
    const { live: state, log, result } = this.#at;
    const { manifest, backend, threads } = state;
    const engine: Engine | null =
      manifest === null || backend === null ? null : { backend, threads, bundle: `${manifest.name} ${manifest.version}` };
    const picture = result === null ? "" : `${result.width}\u00A0×\u00A0${result.height}`;
    const { phase, source } = state;
    const fps = source?.kind === "photo" ? null : phase === "running" ? log.speed.fps(performance.now()) : 0;
    // The times of the last frame stay as long as it is shown.
    const { timing, delay } = phase === "stopped" ? { timing: null, delay: null } : log.speed;
    return html`<dasa-status .fps=${fps} .timing=${timing} .delay=${delay} .engine=${engine} picture=${picture}></dasa-status>`;
  }

  #sheets(): TemplateResult {
    const { settings, cameras, palette, kept, change, reset, agree } = this.#at;
    return html`
      <dialog aria-labelledby="people-title" @click=${closeOnBackdrop}>
        <div class="sheet-head">
          <h2 id="people-title">${t("people.title")}</h2>
          <form method="dialog"><button class="plain" aria-label=${t("action.close")}>${icons.close}</button></form>
        </div>
        <div class="sheet-body">${this.#list()}<dasa-legend .palette=${palette} .patterns=${settings.patterns}></dasa-legend></div>
      </dialog>
      <dasa-settings .settings=${settings} .cameras=${cameras} .palette=${palette} .kept=${kept}
        @change=${(event: CustomEvent<Partial<Settings>>) => { change(event.detail); }} @reset=${reset}></dasa-settings>
      <dasa-consent @agree=${agree}></dasa-consent>
      <dasa-help ?shortcuts=${settings.shortcuts}></dasa-help>
    `;
  }

  /** The same record while nothing changed, so that the stage is not painted anew. */
  #lookNow(): StageLook | null {
    const { palette, settings, mirrored, sharp } = this.#at;
    if (palette === null) return null;
    const { display, patterns, sureness, newestVideo } = settings;
    const next: StageLook = { palette, mirror: mirrored, display, patterns, sureness, newestVideo, sharp };
    const last = this.#look;
    const same = last !== null && (Object.keys(next) as (keyof StageLook)[]).every((key) => next[key] === last[key]);
    if (!same) this.#look = next;
    return this.#look;
  }

  readonly #focusShutter = (): void => {
    this.renderRoot.querySelector<HTMLElement>(".shutter")?.focus();
  };

  readonly #openPeople = (): void => {
    this.renderRoot.querySelector("dialog")?.showModal();
  };

  readonly #chooseFile = (): void => {
    this.renderRoot.querySelector<HTMLInputElement>("input[type=file]")?.click();
  };

  readonly #onFile = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = ""; // the same file may be chosen again
    if (file !== undefined) this.#at.openFile(file);
  };
}

function note(place: "top" | "bottom", text: string): TemplateResult | typeof nothing {
  return text === "" ? nothing : html`<p class="note ${place}" role="status" data-testid=${`note-${place}`}>${text}</p>`;
}

function closeOnBackdrop(event: Event): void {
  if (event.target instanceof HTMLDialogElement) event.target.close();
}

customElements.define("dasa-live", DasaLive);
