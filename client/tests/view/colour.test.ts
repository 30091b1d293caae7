import { describe, expect, it } from "vitest";
import { ColourFader, contrast, css, mix, parseHex, type Rgb } from "../../src/view/colour.js";

const RED: Rgb = [255, 0, 0];
const BLUE: Rgb = [0, 0, 255];

describe("colours", () => {
  it("are parsed and written", () => {
    expect(parseHex("#FFD60A")).toEqual([255, 214, 10]);
    expect(() => parseHex("gold")).toThrow(RangeError);
    expect(css([255, 214, 10], 0.36)).toBe("rgb(255 214 10 / 0.36)");
  });

  it("have the contrast of WCAG 2", () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
    expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
  });

  it("a black and a white rim stand out from every grey by 4.5 to 1", () => {
    for (let grey = 0; grey < 256; grey++) {
      const behind: Rgb = [grey, grey, grey];
      expect(Math.max(contrast(behind, [0, 0, 0]), contrast(behind, [255, 255, 255]))).toBeGreaterThan(4.5);
    }
  });

  it("mix without going dark in the middle", () => {
    expect(mix(RED, BLUE, 0)).toEqual(RED);
    expect(mix(RED, BLUE, 1)).toEqual(BLUE);
    expect(mix(RED, BLUE, 0.5)[0]).toBeGreaterThan(170);
  });
});

describe("ColourFader", () => {
  it("shows a new face in its colour at once and turns to the next over 300 ms", () => {
    const fader = new ColourFader();
    expect(fader.colour(1, RED, 0)).toEqual(RED);
    expect(fader.colour(1, BLUE, 1000)).toEqual(RED);
    const half = fader.colour(1, BLUE, 1150);
    expect(half[0]).toBeGreaterThan(0);
    expect(half[2]).toBeGreaterThan(0);
    expect(fader.moving(1, BLUE, 1150)).toBe(true);
    expect(fader.colour(1, BLUE, 1300)).toEqual(BLUE);
    expect(fader.moving(1, BLUE, 1300)).toBe(false);
  });

  it("changes at most three times a second, however often the emotion does", () => {
    for (const fader of [new ColourFader(), new ColourFader(0)]) {
      let changes = 0;
      let target = css(fader.colour(1, RED, 0));
      for (let now = 20; now <= 10_000; now += 20) {
        const wanted = Math.floor(now / 40) % 2 === 0 ? RED : BLUE;
        fader.colour(1, wanted, now);
        const settled = css(fader.colour(1, wanted, now + 0)); // the colour itself moves; count arrivals at pure ones
        if ((settled === css(RED) || settled === css(BLUE)) && settled !== target) {
          changes++;
          target = settled;
        }
      }
      expect(changes).toBeLessThanOrEqual(30);
      expect(changes).toBeGreaterThan(5);
    }
  });

  it("does not fade for reduced motion", () => {
    const fader = new ColourFader(0);
    fader.colour(1, RED, 0);
    expect(fader.colour(1, BLUE, 1000)).toEqual(BLUE);
  });

  it("forgets who left", () => {
    const fader = new ColourFader();
    fader.colour(1, RED, 0);
    fader.keep(new Set());
    expect(fader.colour(1, BLUE, 10)).toEqual(BLUE);
  });
});
