/** The gallery's bar of a selection, and its menu. */
import { html, nothing, type TemplateResult } from "lit";
import { icons } from "../view/icons.js";
import { placeUnderButton, tellButton } from "../view/popovers.js";
import { t } from "../words/index.js";

export interface SelectionActions {
  readonly clear: () => void;
  readonly download: () => void;
  readonly erase: () => void;
}

export function selectionBar(n: number, { clear, download, erase }: SelectionActions): TemplateResult {
  return html`<div class="selection" role="toolbar" aria-label=${t("gallery.selected", { n })} data-testid="selection">
    <button type="button" class="plain" aria-label=${t("gallery.clear")} title=${t("gallery.clear")} data-testid="clear"
      @click=${clear}>${icons.close}</button>
    <span class="figures" role="status">${t("gallery.selected", { n })}</span>
    <span class="space"></span>
    <button type="button" data-testid="download-selected" aria-label=${t("gallery.downloadZip")} @click=${download}>
      ${icons.download}<span class="words">${t("gallery.downloadZip")}</span>
    </button>
    <button type="button" data-testid="delete-selected" aria-label=${t("gallery.delete")} @click=${erase}>
      ${icons.bin}<span class="words">${t("gallery.delete")}</span>
    </button>
  </div>`;
}

export interface Menu {
  readonly byButton: boolean;
  readonly setByButton: (byButton: boolean) => void;
  /** Where a ZIP of all lies; null: there is nothing. */
  readonly archive: string | null;
  readonly filtered: boolean;
  readonly deleteAll: () => void;
}

export function menu({ byButton, setByButton, archive, filtered, deleteAll }: Menu): TemplateResult {
  const hide = (event: Event): void => { (event.currentTarget as Element).closest<HTMLElement>("[popover]")?.hidePopover(); };
  return html`
    <button type="button" class="plain" popovertarget="menu" aria-expanded="false" aria-label=${t("gallery.menu")}
      title=${t("gallery.menu")} data-testid="menu">${icons.more}</button>
    <div id="menu" class="menu" popover @beforetoggle=${placeUnderButton} @toggle=${tellButton}>
      <label>
        <input type="checkbox" .checked=${byButton} data-testid="by-button"
          @change=${(event: Event) => { setByButton((event.target as HTMLInputElement).checked); }} />
        ${t("gallery.menu.button")}
      </label>
      ${archive === null
        ? nothing
        : html`<a href=${archive} download data-testid="download-all" @click=${hide}>
              ${icons.download}${t(filtered ? "gallery.menu.downloadFiltered" : "gallery.menu.downloadAll")}
            </a>
            <button type="button" data-testid="delete-all" @click=${(event: Event) => { hide(event); deleteAll(); }}>
              ${icons.bin}${t("gallery.menu.deleteAll")}
            </button>`}
    </div>`;
}
