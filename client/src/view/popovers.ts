/** Small cards that open under a button: the browser's popovers, put where their button is. */
import { css } from "lit";

/**
 * For `@beforetoggle` of a popover: places it under the button that names it, within the window. The browser does
 * the rest: top layer, Escape, a click elsewhere, focus.
 */
export function placeUnderButton(event: Event): void {
  const popover = event.currentTarget as HTMLElement;
  if ((event as ToggleEvent).newState !== "open") return;
  const root = popover.getRootNode() as ShadowRoot;
  const button = root.querySelector(`[popovertarget="${popover.id}"]`)?.getBoundingClientRect();
  if (button === undefined) return;
  const alongStart = button.left < window.innerWidth / 2;
  popover.style.setProperty("--top", `${Math.round(button.bottom + 4)}px`);
  popover.style.setProperty("--left", alongStart ? `${Math.round(Math.max(8, button.left))}px` : "auto");
  popover.style.setProperty("--right", alongStart ? "auto" : `${Math.round(Math.max(8, document.documentElement.clientWidth - button.right))}px`);
}

/** For `@toggle`: tells screen readers whether it is open. */
export function tellButton(event: Event): void {
  const popover = event.currentTarget as HTMLElement;
  const root = popover.getRootNode() as ShadowRoot;
  const open = (event as ToggleEvent).newState === "open";
  root.querySelector(`[popovertarget="${popover.id}"]`)?.setAttribute("aria-expanded", String(open));
}

export const popovers = css`
  [popover] {
    position: fixed;
    inset: var(--top, 0) var(--right, auto) auto var(--left, auto);
    max-inline-size: calc(100vw - 1rem);
    max-block-size: calc(100dvh - var(--top, 0px) - 0.5rem);
    margin: 0;
    padding: var(--space-1);
    overflow: auto;
    border: 1px solid var(--rule);
    border-radius: var(--radius);
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow);
  }
  .menu {
    min-inline-size: 14rem;
  }
  .menu > button,
  .menu > a,
  .menu > label {
    display: flex;
    align-items: center;
    justify-content: flex-start;
    gap: var(--space-1);
    inline-size: 100%;
    min-block-size: var(--target);
    padding: var(--space-half) var(--space-1);
    border: 0;
    border-radius: calc(var(--radius) - 0.125rem);
    background: transparent;
    color: var(--ink);
    font-weight: 400;
    text-decoration: none;
    text-align: start;
    cursor: pointer;
  }
  .menu > :is(button, a, label):hover {
    background: var(--raised);
  }
`;
