// @vitest-environment happy-dom
import { render } from "lit";
import { describe, expect, it } from "vitest";
import { parseFlags } from "../../src/pages/live/flags.js";
import { shortcutOf } from "../../src/pages/live/keys.js";
import { hintText, overlay, serverText } from "../../src/pages/live/overlay.js";
import { idleState, type LiveState, type Trouble } from "../../src/pages/live/state.js";
import { ANNOUNCE_EVERY_MS, Announcer } from "../../src/view/announcer.js";
import { Palette } from "../../src/view/palette.js";
import { Speed } from "../../src/view/speed.js";
import { basic7, emo135, manifestOf } from "./manifest.js";
import { personOf } from "./people.js";

const nothing = (): void => undefined;
const actions = { start: nothing, retry: nothing, chooseFile: nothing, resume: nothing };

function textOf(state: Partial<LiveState>): string {
  const target = document.createElement("div");
  render(overlay({ ...idleState, ...state }, actions), target);
  return target.textContent.replaceAll(/\s+/g, " ").trim();
}

describe("states", () => {
  it("say what is loading and how much of it", () => {
    const text = textOf({ phase: "starting", loading: { what: "models", loaded: 2_400_000, total: 7_300_000 } });
    expect(text).toBe("Starting Loading the models, 2.4 MB of 7.3 MB");
  });

  it.each<[Trouble, string]>([
    [{ kind: "camera", code: "busy" }, "Another program is using the camera Close it and press Try again."],
    [{ kind: "camera", code: "refused" }, "The camera is not allowed"],
    [{ kind: "camera", code: "takenAway" }, "The camera went away"],
    [{ kind: "worker", code: "download", detail: "HTTP 503" }, "Details: HTTP 503"],
  ])("say what went wrong and offer to try again: %o", (trouble, words) => {
    const text = textOf({ phase: "stopped", trouble });
    expect(text).toContain(words);
    expect(text).toContain("Try again");
  });

  it("offer no second try for a file that cannot be read", () => {
    expect(textOf({ phase: "stopped", trouble: { kind: "file", code: "kind" } })).not.toContain("Try again");
  });

  it("hold nothing over the picture while it runs", () => {
    expect(textOf({ phase: "running" })).toBe("");
  });
});

describe("hints", () => {
  const none = { dark: false, tooSmall: 0, beyondLimit: 0 };

  it("wait a moment before they say that nobody is there", () => {
    expect(hintText(none, 0, 500, false, 10)).toBe("");
    expect(hintText(none, 0, 2000, false, 10)).toContain("Nobody in view");
    expect(hintText(none, 0, 0, true, 10)).toContain("No face found");
  });

  it("name darkness, distance and the eleventh face", () => {
    expect(hintText({ ...none, dark: true }, 0, 0, false, 10)).toContain("too dark");
    expect(hintText({ ...none, tooSmall: 1 }, 2, 0, false, 10)).toContain("too far away");
    expect(hintText({ ...none, beyondLimit: 1 }, 10, 0, false, 10)).toContain("1 more face");
    expect(hintText(none, 2, 0, false, 10)).toBe("");
  });

  it("say why the server does not answer, and only in server mode", () => {
    const state = { ...idleState, server: { trouble: "slow" as const, retryInSeconds: 8 } };
    expect(serverText(state, "server", true)).toContain("Next try in 8 seconds.");
    expect(serverText(state, "device", true)).toBe("");
    expect(serverText(state, "device", false)).toContain("offline");
    expect(serverText(idleState, "server", true)).toBe("");
  });
});

describe("shortcuts", () => {
  const press = { key: "p", ctrlKey: false, metaKey: false, altKey: false, repeat: false, defaultPrevented: false };

  it("are single keys without modifiers", () => {
    expect(shortcutOf(press, [document.body])).toBe("pause");
    expect(shortcutOf({ ...press, key: "?" }, [document.body])).toBe("help");
    expect(shortcutOf({ ...press, ctrlKey: true }, [document.body])).toBeNull();
    expect(shortcutOf({ ...press, key: "x" }, [document.body])).toBeNull();
  });

  it("leave typing and dialogs alone", () => {
    expect(shortcutOf(press, [document.createElement("input"), document.body])).toBeNull();
    expect(shortcutOf(press, [document.createElement("select")])).toBeNull();
    expect(shortcutOf(press, [document.createElement("button"), document.createElement("dialog")])).toBeNull();
    const box = document.createElement("input");
    box.type = "checkbox";
    expect(shortcutOf(press, [box])).toBe("pause");
  });
});

describe("Announcer", () => {
  const palette = new Palette(manifestOf(basic7), "vivid");
  const one = (shown: string) => [personOf({ id: 1, x: 0, y: 0, height: 10 }, shown, 0.9, basic7)];

  it("speaks at most every five seconds and only of changes", () => {
    const announcer = new Announcer();
    const texts = new Map<string, number>();
    let last = "";
    for (let now = 0; now <= 60_000; now += 200) {
      const text = announcer.update(one(Math.floor(now / 1000) % 2 === 0 ? "happiness" : "sadness"), palette, now);
      if (text !== last) {
        const before = texts.get("at") ?? -Infinity;
        expect(now - before).toBeGreaterThanOrEqual(ANNOUNCE_EVERY_MS);
        texts.set("at", now);
        last = text;
      }
    }
    expect(last).toMatch(/^1 person in view\. Person 1: looks like (delight|melancholy), very sure\.$/);
  });
});

describe("Palette", () => {
  it("takes any number of classes, and neutral from the gate", () => {
    const palette = new Palette(manifestOf(emo135), "safe");
    expect(palette.classes).toHaveLength(8);
    expect(palette.swatches.map((swatch) => swatch.id)).toEqual([...palette.classes, "neutral", "unsure"]);
    expect(palette.of("love").colour).toEqual([0xcc, 0x79, 0xa7]);
    expect(palette.of("neutral").colour).toEqual([0xbb, 0xbb, 0xbb]);
  });
});

describe("Speed", () => {
  const timing = { copy: 1, detect: 10, landmarks: 5, crops: 1, emotion: 2, server: null, total: 20 };

  it("counts frames over two seconds and keeps the last figure of a stage that did not run", () => {
    const speed = new Speed();
    for (let i = 0; i <= 60; i++) speed.add(i === 0 ? timing : { ...timing, detect: null }, i * 50);
    expect(speed.fps(3000)).toBeCloseTo(20, 0);
    expect(speed.timing?.detect).toBe(10);
    expect(speed.fps(10_000)).toBe(0);
    speed.addDelay(120);
    expect(speed.delay).toBe(120);
    speed.reset();
    expect(speed.delay).toBeNull();
  });
});

describe("flags", () => {
  it("come from the address", () => {
    expect(parseFlags("?flags=noVideoFrame,noThreads")).toEqual({ noVideoFrame: true, noOffscreenCanvas: false, noThreads: true });
    expect(parseFlags("")).toEqual({ noVideoFrame: false, noOffscreenCanvas: false, noThreads: false });
  });
});
