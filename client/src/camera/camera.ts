/** The camera of the device: opened once, watched while it runs, really stopped. */
import { CameraError, cameraTrouble } from "./problems.js";

/** A camera that the user can choose. The label is empty until the user has allowed a camera once. */
export interface CameraDevice {
  readonly id: string;
  readonly label: string;
}

export interface OpenCamera {
  readonly stream: MediaStream;
  readonly deviceId: string;
  readonly label: string;
  /** Stops every track; the browser's own indicator goes out. */
  stop(): void;
}

/** What this module needs of the browser; a test passes its own. */
export interface CameraHost {
  readonly secure: boolean;
  readonly devices: Pick<MediaDevices, "getUserMedia" | "enumerateDevices"> | undefined;
}

export function browserHost(): CameraHost {
  // Typed as always there, but missing outside secure contexts and in old browsers.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  return { secure: window.isSecureContext, devices };
}

const IDEAL = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

/**
 * Asks for a camera and opens it.
 *
 * @param deviceId the wanted camera; null: the browser's choice. A wanted camera that is gone gives way to any other.
 * @param onEnded called once if the camera goes away by itself
 * @throws CameraError
 */
export async function openCamera(deviceId: string | null, onEnded: () => void, host = browserHost()): Promise<OpenCamera> {
  if (!host.secure) throw new CameraError("insecure");
  if (host.devices === undefined) throw new CameraError("unsupported");
  const stream = await request(host.devices, deviceId);
  const [track] = stream.getVideoTracks();
  if (track === undefined) throw new CameraError("missing");
  let stopped = false;
  track.addEventListener("ended", () => {
    if (!stopped) onEnded();
  });
  return {
    stream,
    deviceId: track.getSettings().deviceId ?? "",
    label: track.label,
    stop: () => {
      stopped = true;
      for (const each of stream.getTracks()) each.stop();
    },
  };
}

async function request(devices: Pick<MediaDevices, "getUserMedia">, deviceId: string | null): Promise<MediaStream> {
  const exact = deviceId === null ? {} : { deviceId: { exact: deviceId } };
  try {
    return await devices.getUserMedia({ audio: false, video: { ...IDEAL, ...exact } });
  } catch (error) {
    const trouble = cameraTrouble(error);
    if (deviceId !== null && (trouble === "constraints" || trouble === "missing")) return request(devices, null);
    throw new CameraError(trouble, { cause: error });
  }
}

/** The cameras of this device, in the browser's order. */
export async function listCameras(host = browserHost()): Promise<CameraDevice[]> {
  if (host.devices === undefined) return [];
  const devices = await host.devices.enumerateDevices();
  return devices
    .filter((device) => device.kind === "videoinput" && device.deviceId !== "")
    .map((device) => ({ id: device.deviceId, label: device.label }));
}

/** Calls back whenever a camera is plugged in or out, until the signal aborts. */
export function watchCameras(onChange: () => void, signal: AbortSignal): void {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  devices?.addEventListener("devicechange", onChange, { signal });
}
