import { describe, expect, it } from "vitest";
import { listCameras, openCamera, type CameraHost } from "../../src/camera/camera.js";
import { kindOf } from "../../src/camera/files.js";
import { cameraTrouble, type CameraError, type CameraTrouble } from "../../src/camera/problems.js";

class Track extends EventTarget {
  readonly label = "Front camera";
  stopped = false;
  getSettings(): MediaTrackSettings {
    return { deviceId: "front" };
  }
  stop(): void {
    this.stopped = true;
  }
}

/** A browser with one camera, or with a way to fail. */
function host(answer: (constraints: MediaStreamConstraints) => Track, secure = true): CameraHost {
  return {
    secure,
    devices: {
      getUserMedia: (constraints) =>
        new Promise((resolve) => {
          const track = answer(constraints ?? {}); // what it throws rejects the promise
          resolve({ getTracks: () => [track], getVideoTracks: () => [track] } as unknown as MediaStream);
        }),
      enumerateDevices: () =>
        Promise.resolve([
          { kind: "audioinput", deviceId: "mic", label: "Microphone" },
          { kind: "videoinput", deviceId: "front", label: "Front camera" },
          { kind: "videoinput", deviceId: "", label: "" },
        ] as MediaDeviceInfo[]),
    },
  };
}

const failing = (name: string) => host(() => { throw new DOMException("", name); });
const nothing = (): void => undefined;

async function troubleOf(promise: Promise<unknown>): Promise<CameraTrouble> {
  return promise.then(() => { throw new Error("opened"); }, (error: unknown) => (error as CameraError).trouble);
}

describe("openCamera", () => {
  it.each([
    ["NotAllowedError", "refused"],
    ["SecurityError", "refused"],
    ["NotFoundError", "missing"],
    ["NotReadableError", "busy"],
    ["AbortError", "busy"],
    ["OverconstrainedError", "constraints"],
    ["TypeError", "failed"],
  ] as const)("%s means %s", async (name, trouble) => {
    expect(await troubleOf(openCamera(null, nothing, failing(name)))).toBe(trouble);
  });

  it("knows pages that are not secure and browsers without cameras", async () => {
    expect(await troubleOf(openCamera(null, nothing, { secure: false, devices: undefined }))).toBe("insecure");
    expect(await troubleOf(openCamera(null, nothing, { secure: true, devices: undefined }))).toBe("unsupported");
  });

  it("takes any camera when the chosen one is gone", async () => {
    const asked: unknown[] = [];
    const browser = host((constraints) => {
      const video = constraints.video as MediaTrackConstraints;
      asked.push(video.deviceId);
      if (video.deviceId !== undefined) throw new DOMException("", "OverconstrainedError");
      return new Track();
    });
    expect((await openCamera("gone", nothing, browser)).deviceId).toBe("front");
    expect(asked).toEqual([{ exact: "gone" }, undefined]);
  });

  it("stops for real, and says so only when the camera went away by itself", async () => {
    const track = new Track();
    let ended = 0;
    const camera = await openCamera(null, () => { ended++; }, host(() => track));
    track.dispatchEvent(new Event("ended"));
    expect(ended).toBe(1);
    camera.stop();
    expect(track.stopped).toBe(true);
    track.dispatchEvent(new Event("ended"));
    expect(ended).toBe(1);
  });

  it("lists cameras only", async () => {
    expect(await listCameras(host(() => new Track()))).toEqual([{ id: "front", label: "Front camera" }]);
  });
});

describe("cameraTrouble", () => {
  it("copes with anything that can be thrown", () => {
    for (const error of [undefined, null, 7, "x", {}, new Error("x")]) expect(cameraTrouble(error)).toBe("failed");
  });
});

describe("kindOf", () => {
  it("goes by type, then by name", () => {
    expect(kindOf({ type: "image/png", name: "a" })).toBe("photo");
    expect(kindOf({ type: "video/mp4", name: "a" })).toBe("video");
    expect(kindOf({ type: "", name: "Holiday.JPG" })).toBe("photo");
    expect(kindOf({ type: "", name: "clip.webm" })).toBe("video");
    expect(kindOf({ type: "application/pdf", name: "a.pdf" })).toBeNull();
  });
});
