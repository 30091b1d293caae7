/** Our own icons: strokes on a 24 x 24 grid, hidden from screen readers; the button says what it does. */
import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit";

const icon = (shape: SVGTemplateResult): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shape}</svg>`;

export const icons = {
  pause: icon(svg`<path d="M9 5v14M15 5v14" />`),
  play: icon(svg`<path d="M8 5l11 7-11 7z" />`),
  stop: icon(svg`<rect x="6" y="6" width="12" height="12" rx="1.5" />`),
  camera: icon(svg`<path d="M4 8h3l2-3h6l2 3h3v11H4z" /><circle cx="12" cy="13" r="3.5" />`),
  file: icon(svg`<path d="M4 5h16v14H4z" /><path d="M4 16l5-5 4 4 3-3 4 4" /><circle cx="15.5" cy="9" r="1.5" />`),
  mirror: icon(svg`<path d="M12 4v16M8 8l-4 4 4 4zM16 8l4 4-4 4z" />`),
  settings: icon(svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9" /><circle cx="15" cy="7" r="2" /><circle cx="9" cy="17" r="2" />`),
  help: icon(svg`<circle cx="12" cy="12" r="9" /><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.8v.2" />`),
  flag: icon(svg`<path d="M6 21V4M6 5h11l-2.5 3.5L17 12H6" />`),
  download: icon(svg`<path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14" />`),
  close: icon(svg`<path d="M6 6l12 12M18 6L6 18" />`),
  people: icon(svg`<circle cx="9" cy="8.5" r="3.5" /><path d="M3 19c.6-3.4 3-5 6-5s5.4 1.6 6 5M15.5 5.4a3.5 3.5 0 0 1 0 6.2M17.5 14.6c1.9.7 3.1 2.2 3.5 4.4" />`),
  shield: icon(svg`<path d="M12 3l7 3v5c0 4.5-2.8 8-7 10-4.2-2-7-5.5-7-10V6z" />`),
  server: icon(svg`<rect x="4" y="4" width="16" height="7" rx="1.5" /><rect x="4" y="13" width="16" height="7" rx="1.5" /><path d="M7.5 7.5h.1M7.5 16.5h.1" />`),
  mask: icon(svg`<path d="M6 4h12v8c0 4.5-2.7 7-6 8-3.3-1-6-3.5-6-8z" /><path d="M9 10h1.5M13.5 10H15M9.5 14.5c1.5 1.2 3.5 1.2 5 0" />`),
  timer: icon(svg`<circle cx="12" cy="13.5" r="7.75" /><path d="M9.5 2.5h5M12 2.5v3M18.6 6.4l1.4 1.4" /><path d="M10.2 11.3c.4-.7 1-1.1 1.8-1.1 1 0 1.7.6 1.7 1.5s-.7 1.5-1.8 1.5c1.2 0 2 .6 2 1.6s-.8 1.7-1.9 1.7c-.9 0-1.6-.4-2-1.2" stroke-width="1.4" />`),
  eye: icon(svg`<path d="M2.5 12c2.5-4.3 5.7-6.5 9.5-6.5s7 2.2 9.5 6.5c-2.5 4.3-5.7 6.5-9.5 6.5S5 16.3 2.5 12z" /><circle cx="12" cy="12" r="3" />`),
  eyeOff: icon(svg`<path d="M5.6 8C4.4 9.1 3.4 10.4 2.5 12c2.5 4.3 5.7 6.5 9.5 6.5 1.7 0 3.2-.4 4.6-1.2M9.8 5.7c.7-.1 1.4-.2 2.2-.2 3.8 0 7 2.2 9.5 6.5-.7 1.2-1.5 2.3-2.3 3.2M4 3.5l16.5 17" />`),
  blur: icon(svg`<circle cx="12" cy="8" r="3.5" stroke-dasharray="1.5 2.5" /><path d="M5 20c.5-4 3.3-6 7-6s6.5 2 7 6" stroke-dasharray="1.5 2.5" />`),
  forbid: icon(svg`<circle cx="12" cy="12" r="9" /><path d="M5.7 5.7l12.6 12.6" />`),
  check: icon(svg`<path d="M5.5 12.5l4.5 4.5 8.5-9.5" />`),
  bin: icon(svg`<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10 10.5v5.5M14 10.5v5.5" />`),
  more: icon(svg`<path d="M5.5 12h.1M12 12h.1M18.5 12h.1" stroke-width="3" />`),
  calendar: icon(svg`<rect x="4" y="5.5" width="16" height="14.5" rx="2" /><path d="M4 10h16M8.5 3.5v4M15.5 3.5v4" />`),
  broken: icon(svg`<path d="M4 5h16v14H4z" /><path d="M4 5l16 14" />`),
  account: icon(svg`<circle cx="12" cy="8.5" r="3.75" /><path d="M4.5 20c.8-4 3.6-5.75 7.5-5.75s6.7 1.75 7.5 5.75" />`),
  info: icon(svg`<circle cx="12" cy="12" r="9" /><path d="M12 11v5M12 7.8v.2" />`),
  copy: icon(svg`<rect x="8.5" y="8.5" width="11" height="11" rx="1.5" /><path d="M15.5 8.5v-4h-11v11h4" />`),
  leave: icon(svg`<path d="M14 4.5H5v15h9M10.5 12H20M16.5 8.5L20 12l-3.5 3.5" />`),
  chevron: icon(svg`<path d="M6 9.5l6 6 6-6" />`),
  undo: icon(svg`<path d="M8.5 5L4 9.5 8.5 14M4 9.5h10a5.5 5.5 0 0 1 0 11h-3" />`),
} as const;
