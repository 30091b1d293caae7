/** What lies over the stage in each state. */
import { html, nothing, type TemplateResult } from "lit";
import type { Hints } from "../../worker/messages.js";
import { icons } from "../../view/icons.js";
import { megabytes, t } from "../../words/index.js";
import type { LiveState, Trouble } from "./state.js";

export interface OverlayActions {
  readonly start: () => void;
  readonly retry: () => void; // what went wrong
  readonly chooseFile: () => void;
  readonly resume: () => void;
}

/** The card or pill in the middle of the stage; nothing while it runs. */
export function overlay(state: LiveState, actions: OverlayActions): TemplateResult | typeof nothing {
  switch (state.phase) {
    case "idle":
    case "running":
      return state.hidden && state.phase === "running" ? pill(t("stage.paused.hidden")) : nothing;
    case "asking":
      return message(t("stage.asking"), t("stage.asking.hint"));
    case "starting":
      return starting(state);
    case "paused":
      return html`<div class="message low" data-testid="paused">
        <p>${t("stage.paused")}</p>
        <button type="button" @click=${actions.resume}>${icons.play}${t("action.resume")}</button>
      </div>`;
    case "stopped":
      return state.trouble === null ? stopped(actions) : troubled(state.trouble, actions);
    default:
      return state.phase satisfies never;
  }
}

function message(title: string, text: string): TemplateResult {
  return html`<div class="message" role="status"><p class="title">${title}</p><p>${text}</p></div>`;
}

function pill(text: string): TemplateResult {
  return html`<p class="message" role="status">${text}</p>`;
}

function starting({ loading }: LiveState): TemplateResult {
  if (loading === null) return message(t("stage.starting"), t("stage.waiting"));
  const { what, loaded, total } = loading;
  const sizes = { loaded: megabytes(loaded), total: megabytes(total) };
  const words = what === "warming" ? t("stage.loading.warming") : t(`stage.loading.${what}`, sizes);
  return html`<div class="message" data-testid="loading">
    <p class="title">${t("stage.starting")}</p>
    <p class="figures">${words}</p>
    <progress aria-label=${t("stage.loading.progress")} max=${total > 0 ? total : nothing} value=${total > 0 ? loaded : nothing}></progress>
  </div>`;
}

function stopped(actions: OverlayActions): TemplateResult {
  return html`<div class="message" data-testid="stopped">
    <p class="title">${t("stage.stopped")}</p>
    <p>${t("stage.stopped.hint")}</p>
    <p class="actions">
      <button type="button" class="primary" data-testid="start" @click=${actions.start}>${icons.camera}${t("action.start")}</button>
      <button type="button" @click=${actions.chooseFile}>${icons.file}${t("action.open")}</button>
    </p>
  </div>`;
}

function troubled(trouble: Trouble, actions: OverlayActions): TemplateResult {
  const { title, text } = wordsOf(trouble);
  const detail = trouble.kind === "worker" && trouble.detail !== "" ? t("trouble.detail", { detail: trouble.detail }) : "";
  return html`<div class="message" role="alert" data-testid="trouble" data-trouble=${trouble.code}>
    <p class="title">${title}</p>
    <p>${text}</p>
    ${detail === "" ? nothing : html`<p class="small">${detail}</p>`}
    <p class="actions">
      ${trouble.kind === "file"
        ? nothing
        : html`<button type="button" class="primary" data-testid="retry" @click=${actions.retry}>${t("action.retry")}</button>`}
      <button type="button" @click=${actions.chooseFile}>${icons.file}${t("action.open")}</button>
    </p>
  </div>`;
}

function wordsOf(trouble: Trouble): { title: string; text: string } {
  switch (trouble.kind) {
    case "camera":
      return { title: t(`trouble.camera.${trouble.code}.title`), text: t(`trouble.camera.${trouble.code}.text`) };
    case "file":
      return { title: t(`trouble.file.${trouble.code}.title`), text: t(`trouble.file.${trouble.code}.text`) };
    case "worker":
      return { title: t(`trouble.worker.${trouble.code}.title`), text: t(`trouble.worker.${trouble.code}.text`) };
    default:
      return trouble satisfies never;
  }
}

/** What the picture lacks, the most useful first; "" for nothing. */
export function hintText(hints: Hints, people: number, nobodyForMs: number, still: boolean, limit: number): string {
  if (people === 0 && hints.dark) return t("stage.dark");
  if (hints.tooSmall > 0) return t("stage.tooSmall", { n: hints.tooSmall });
  if (people === 0 && still) return t("stage.nobody.file");
  if (people === 0 && nobodyForMs > 1500) return t("stage.nobody");
  if (hints.beyondLimit > 0) return t("stage.beyond", { n: hints.beyondLimit, limit });
  return hints.dark ? t("stage.dark") : "";
}

/** Why the server does not answer although it should; "" when all is well. */
export function serverText({ server }: LiveState, mode: "device" | "server", online: boolean): string {
  if (mode === "device") return online ? "" : t("offline");
  if (server.trouble === null) return online ? "" : t("server.offline");
  const retry = server.retryInSeconds;
  const next = retry === null || retry < 1 ? "" : ` ${t("server.retry", { n: Math.round(retry) })}`;
  return t(`server.${server.trouble}`) + next;
}
