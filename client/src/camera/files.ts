/** Photos and video files instead of the camera. They are read here and stay on the device. */
import { FileError } from "./problems.js";

/** The longest side that is analysed; larger photos are reduced. */
export const MAX_PHOTO_SIDE = 3840;

export type FileKind = "photo" | "video";

/** What a file is by its type, else by its name; null: neither photo nor video. */
export function kindOf(file: { readonly type: string; readonly name: string }): FileKind | null {
  if (file.type.startsWith("image/")) return "photo";
  if (file.type.startsWith("video/")) return "video";
  if (/\.(jpe?g|png|webp|avif|gif|bmp|heic)$/i.test(file.name)) return "photo";
  if (/\.(mp4|m4v|mov|webm|mkv|ogv)$/i.test(file.name)) return "video";
  return null;
}

/** Decodes a photo, upright after its EXIF orientation. Throws FileError for anything that is no picture. */
export async function readPhoto(file: Blob): Promise<ImageBitmap> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = MAX_PHOTO_SIDE / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1) return bitmap;
    try {
      return await createImageBitmap(bitmap, {
        resizeWidth: Math.round(bitmap.width * scale),
        resizeHeight: Math.round(bitmap.height * scale),
        resizeQuality: "high",
      });
    } finally {
      bitmap.close();
    }
  } catch (error) {
    throw new FileError("notAnImage", { cause: error });
  }
}

/** Loads a video file into an element, ready to play. Throws FileError; the returned function lets go of the file. */
export async function openVideo(video: HTMLVideoElement, file: Blob): Promise<() => void> {
  const url = URL.createObjectURL(file);
  const release = (): void => {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      video.addEventListener("loadeddata", () => { resolve(); }, { once: true });
      video.addEventListener("error", () => { reject(new Error(video.error?.message ?? "unreadable")); }, { once: true });
      video.src = url;
    });
  } catch (error) {
    release();
    throw new FileError("notAVideo", { cause: error });
  }
  return release;
}
