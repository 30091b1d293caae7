import { describe, expect, it } from "vitest";
import { csvCell, csvLine } from "../../src/view/csv.js";
import { Recorder } from "../../src/view/recorder.js";
import { basic7 } from "../page/manifest.js";
import { personOf } from "../page/people.js";

const START = Date.UTC(2026, 10, 23, 12, 0, 0);
const person = (id: number, shown = "happiness") => personOf({ id, x: 100, y: 100, height: 80 }, shown, 0.9, basic7);
const frame = (index: number, people = [person(1)], source = "camera") => ({
  index, t: index / 10, clock: START + 100 * index, source, people,
});

describe("csvCell", () => {
  it("quotes after RFC 4180", () => {
    expect(csvLine(["a,b", 'say "x"', "two\nlines", "plain", null, 1.5, true])).toBe('"a,b","say ""x""","two\nlines",plain,,1.5,true\r\n');
  });

  it("lets no text run as a formula", () => {
    for (const start of ["=", "+", "-", "@", "\t", "\r"]) expect(csvCell(`${start}1+1`)).toMatch(/^"?'/);
    expect(csvCell(-0.3)).toBe("-0.3");
    expect(csvCell(NaN)).toBe("");
  });
});

describe("Recorder", () => {
  it("writes the columns of the command line, one row per face", () => {
    const recorder = new Recorder(basic7);
    recorder.record(frame(3, [person(1), person(2, "neutral")]));
    const [header, first, second] = [...recorder.lines()];
    expect(header).toBe(
      "time,t,frame,source,face,box_x,box_y,box_w,box_h,score,primary,primary_confidence,unsure,specific," +
        "specific_confidence,valence,arousal,p_neutral,p_happiness,p_surprise,p_sadness,p_anger,p_disgust,p_fear,event\r\n",
    );
    expect(first).toBe(
      "2026-11-23T12:00:00.300Z,0.3,3,camera,1,70.4,60,59.2,80,0.97,happiness,0.9,false,delight,0.2,0.7,0.3," +
        "0.0167,0.9,0.0167,0.0167,0.0167,0.0167,0.0167,\r\n",
    );
    expect(second).toContain(",neutral,0.9,false,,,-0.2,0.3,");
  });

  it("has a column for each class of any bundle", () => {
    const [header] = [...new Recorder(["love", "desire"]).lines()];
    expect(header).toContain("arousal,p_love,p_desire,event");
  });

  it("puts an event into the rows of the next frame", () => {
    const recorder = new Recorder(basic7);
    recorder.record(frame(0));
    recorder.mark("=clap");
    recorder.record(frame(1, [person(1), person(2)]));
    recorder.record(frame(2));
    const events = [...recorder.lines()].slice(1).map((line) => line.trimEnd().split(",").at(-1));
    expect(events).toEqual(["", "'=clap", "'=clap", ""]);
  });

  it("gives an event without faces or further frames a row of its own", () => {
    const recorder = new Recorder(basic7);
    recorder.mark("door");
    recorder.record(frame(0, []));
    recorder.mark("end");
    const lines = [...recorder.lines()].slice(1);
    expect(lines).toEqual([
      `2026-11-23T12:00:00.000Z,0,0,camera${",".repeat(21)}door\r\n`,
      `2026-11-23T12:00:00.000Z,0,0,camera${",".repeat(21)}end\r\n`,
    ]);
  });

  it("every row has as many cells as the header", () => {
    const recorder = new Recorder(basic7);
    recorder.mark("x");
    recorder.record(frame(0, []));
    recorder.record(frame(1, [person(1)], "my, film.mp4"));
    const counts = [...recorder.lines()].map((line) => line.replaceAll(/"[^"]*"/g, "").split(",").length);
    expect(new Set(counts).size).toBe(1);
  });

  it("keeps each row's own source", () => {
    const recorder = new Recorder(basic7);
    recorder.record(frame(0));
    recorder.record(frame(1, [person(1)], "film.mp4"));
    recorder.record(frame(2, [person(1)], "film.mp4"));
    expect([...recorder.lines()].slice(1).map((line) => line.split(",")[3])).toEqual(["camera", "film.mp4", "film.mp4"]);
  });

  it("is bounded: the oldest rows go first", () => {
    const recorder = new Recorder(basic7, 8192);
    for (let i = 0; i < 10_000; i++) recorder.record(frame(i));
    expect(recorder.rows).toBeLessThanOrEqual(8192);
    expect(recorder.rows + recorder.dropped).toBe(10_000);
    const frames = [...recorder.lines()].slice(1).map((line) => Number(line.split(",")[2]));
    expect(frames[0]).toBe(recorder.dropped);
    expect(frames.at(-1)).toBe(9999);
  });
});
