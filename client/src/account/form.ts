/** What the forms of accounts share: fields that password managers know, and what went wrong in words. */
import { html, nothing, type TemplateResult } from "lit";
import { ProblemError, UnreachableError } from "../api/problems.js";
import { t } from "../words/index.js";

export interface Field {
  readonly name: string;
  readonly words: string;
  readonly type: "text" | "password";
  /** What password managers and phones go by. */
  readonly autocomplete: "username" | "current-password" | "new-password" | "off";
  readonly missing: boolean; // left empty when it was sent
  readonly hint?: string;
  readonly maximum?: number; // characters
}

export function field({ name, words, type, autocomplete, missing, hint, maximum }: Field): TemplateResult {
  const described = [missing ? `${name}-missing` : "", hint === undefined ? "" : `${name}-hint`].filter((id) => id !== "");
  return html`<div class="field">
    <label for=${name}>${words}</label>
    <input
      id=${name} name=${name} type=${type} autocomplete=${autocomplete} required
      autocapitalize="none" autocorrect="off" spellcheck="false" maxlength=${maximum ?? 256}
      aria-invalid=${missing ? "true" : nothing} aria-describedby=${described.length === 0 ? nothing : described.join(" ")}
    />
    ${missing ? html`<p class="wrong small" id="${name}-missing">${t("account.missing")}</p>` : nothing}
    ${hint === undefined ? nothing : html`<p class="soft small" id="${name}-hint">${hint}</p>`}
  </div>`;
}

/** Names of the fields that were left empty; the first of them gets the focus. */
export function emptyFields(form: HTMLFormElement): ReadonlySet<string> {
  const empty = [...form.elements].filter((element) => element instanceof HTMLInputElement && element.required && element.value === "");
  (empty[0] as HTMLInputElement | undefined)?.focus();
  return new Set(empty.map((element) => (element as HTMLInputElement).name));
}

/** What a field holds. */
export function valueOf(form: HTMLFormElement, name: string): string {
  return (form.elements.namedItem(name) as HTMLInputElement).value;
}

/** How long somebody has to wait, in the unit that fits. */
export function lockedFor(seconds: number): string {
  return seconds > 90 ? t("account.lockedMinutes", { n: Math.ceil(seconds / 60) }) : t("account.locked", { n: Math.max(1, Math.ceil(seconds)) });
}

/** What an error means to somebody in front of a form; throws what is a mistake of ours. */
export function wordsOf(error: unknown, refused: string): string {
  if (error instanceof UnreachableError) return t("account.unreachable");
  if (!(error instanceof ProblemError)) throw error;
  const { status, type } = error.problem;
  if (type.endsWith("/sign-in-refused")) return refused;
  if (status === 429) return lockedFor(error.retryAfterSeconds ?? 1);
  if (type.endsWith("/store-unavailable")) return t("account.store");
  return t("account.trouble", { detail: error.message });
}
