/** What can go wrong with a camera or a file, as codes that the catalogue has words for. */

export type CameraTrouble =
  | "insecure" // the page is not a secure context, so browsers offer no camera
  | "unsupported" // this browser has no camera interface
  | "refused" // the user, the system or a policy said no
  | "missing" // there is no camera
  | "busy" // another program holds it
  | "constraints" // the chosen camera is gone or cannot do what was asked
  | "takenAway" // it ran, and then somebody pulled it out or took the permission back
  | "failed"; // anything else

export type FileTrouble = "notAnImage" | "notAVideo" | "kind";

export class CameraError extends Error {
  override readonly name = "CameraError";

  constructor(
    readonly trouble: CameraTrouble,
    options?: ErrorOptions,
  ) {
    super(trouble, options);
  }
}

export class FileError extends Error {
  override readonly name = "FileError";

  constructor(
    readonly trouble: FileTrouble,
    options?: ErrorOptions,
  ) {
    super(trouble, options);
  }
}

/** Names of DOMExceptions of getUserMedia (Media Capture and Streams, 10.2), and those of older browsers. */
const byName: Readonly<Record<string, CameraTrouble>> = {
  NotAllowedError: "refused",
  PermissionDeniedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  DevicesNotFoundError: "missing",
  NotReadableError: "busy",
  TrackStartError: "busy",
  AbortError: "busy",
  OverconstrainedError: "constraints",
  ConstraintNotSatisfiedError: "constraints",
};

/** What a failure of getUserMedia means. */
export function cameraTrouble(error: unknown): CameraTrouble {
  if (error instanceof CameraError) return error.trouble;
  const name = typeof error === "object" && error !== null && "name" in error ? String(error.name) : "";
  return byName[name] ?? "failed";
}
