/** Draws the timeline with uPlot: its axes and cursor, our bands. */
import uPlot from "uplot";
import { css as colourText } from "./colour.js";
import { runs, WINDOW_S, type History } from "./history.js";
import type { Palette } from "./palette.js";

const STEP_S = 0.1;
const LANE_STEPS = [2, 4, 7, 10] as const; // numbers of lanes that are given room, so that heights seldom change
const GUTTER = 26; // CSS px to the left of the bands, for the people's numbers, at a text size of 16 px
const AXIS = 26;
const FONT = "system-ui, sans-serif";
const LOWEST = 0.2; // of a band's height: also a small share can be seen

/** What the bands are drawn from; the axis' words and colours come from the page. */
export interface PlotSetup {
  readonly history: () => History;
  readonly palette: () => Palette | null;
  readonly ink: () => string;
  readonly rule: () => string;
  readonly scale: () => number; // the reader's text size over 16 px
  readonly tick: (secondsAgo: number) => string;
  /** The cursor moved: seconds before now; null: it left. */
  readonly onCursor: (secondsAgo: number | null) => void;
}

/** A plot in an element; the caller sets its size and calls `redraw`. */
export function createPlot(target: HTMLElement, setup: PlotSetup, width: number, height: number): uPlot {
  const xs = Array.from({ length: WINDOW_S / STEP_S + 1 }, (_, i) => -WINDOW_S + i * STEP_S);
  const scale = setup.scale();
  const options: uPlot.Options = {
    width,
    height,
    padding: [4, 20 * scale, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { show: false } },
    scales: { x: { time: false, range: [-WINDOW_S, 0] }, y: { range: [0, 1] } },
    series: [{}, { show: true, points: { show: false }, paths: () => null }],
    axes: [
      {
        stroke: setup.ink,
        grid: { stroke: setup.rule, width: 1 },
        ticks: { show: false },
        font: `${12 * scale}px ${FONT}`,
        size: AXIS * scale,
        gap: 4,
        space: 70 * scale,
        values: (_plot, splits) => splits.map((split) => setup.tick(-split)),
      },
      { show: true, size: GUTTER * scale, values: () => [], grid: { show: false }, ticks: { show: false } },
    ],
    hooks: {
      draw: [(plot) => { drawBands(plot, setup); }],
      setCursor: [
        (plot) => {
          const index = plot.cursor.idx;
          setup.onCursor(typeof index === "number" ? -(xs[index] ?? 0) : null);
        },
      ],
    },
  };
  return new uPlot(options, [xs, xs.map(() => null)], target);
}

function drawBands(plot: uPlot, setup: PlotSetup): void {
  const palette = setup.palette();
  const history = setup.history();
  if (palette === null) return;
  const { ctx, bbox } = plot;
  const needed = Math.max(1, ...history.lanes.map((lane) => lane.place + 1));
  const count = LANE_STEPS.find((step) => step >= needed) ?? needed;
  const lane = bbox.height / count;
  ctx.save();
  ctx.font = `${Math.min(12 * devicePixelRatio * setup.scale(), lane)}px ${FONT}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  history.lanes.forEach(({ person, place, samples }, i) => {
    const bottom = bbox.top + (place + 1) * lane - devicePixelRatio;
    const height = lane - 2 * devicePixelRatio;
    ctx.fillStyle = setup.ink();
    const latest = history.lanes[i + 1]?.place !== place; // of those who had this row
    if (latest) ctx.fillText(String(person), bbox.left - 6 * devicePixelRatio, bottom - height / 2);
    for (const { shown, points } of runs({ person, place, samples })) {
      const x = (t: number): number => Math.max(bbox.left, plot.valToPos(t - history.now, "x", true));
      ctx.beginPath();
      ctx.moveTo(x(points[0]!.t), bottom);
      for (const { t, confidence } of points) ctx.lineTo(x(t), bottom - height * Math.max(LOWEST, confidence));
      ctx.lineTo(x(points.at(-1)!.t), bottom);
      ctx.closePath();
      ctx.fillStyle = colourText(palette.of(shown).colour);
      ctx.fill();
      ctx.lineWidth = devicePixelRatio;
      ctx.strokeStyle = setup.rule();
      ctx.stroke();
    }
  });
  drawMarks(plot, history, setup.ink());
  ctx.restore();
}

function drawMarks(plot: uPlot, history: History, ink: string): void {
  const { ctx, bbox } = plot;
  ctx.strokeStyle = ink;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { t } of history.marks) {
    const x = plot.valToPos(t - history.now, "x", true);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.setLineDash([]);
}
