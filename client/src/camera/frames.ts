/** One source of frames: a playing video element (camera or file) or a still picture. */

export type Frame = VideoFrame | ImageBitmap;

export interface Grabbed {
  readonly frame: Frame;
  readonly time: number; // seconds since the source started; the position in a video file
  readonly taken: number; // ms on the page's clock: when the camera took it, or when it was shown
}

/**
 * Announces frames and hands out the newest one on demand: whoever is slow skips frames and never queues them.
 */
export class VideoFrames {
  #callback: number | null = null;
  #wanted = false;
  #fresh = false;
  #start: number | null = null;
  #taken = 0; // when the newest frame was taken, milliseconds on the page's clock

  /**
   * @param video plays the camera or the file
   * @param live time runs by the clock; else it is the position in the file
   * @param noVideoFrame use createImageBitmap even where VideoFrame exists
   * @param deliver gets the newest frame each time one was asked for
   */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly live: boolean,
    private readonly noVideoFrame: boolean,
    private readonly deliver: (grabbed: Grabbed) => void,
    private readonly onFrame: () => void = () => undefined,
  ) {
    this.#listen();
  }

  /** Asks for one frame: the newest that was not handed out yet, at once or as soon as there is one. */
  want(): void {
    this.#wanted = true;
    if (this.#fresh) this.#grab();
  }

  /** No more frames. */
  stop(): void {
    this.#wanted = false;
    if (this.#callback !== null) this.video.cancelVideoFrameCallback(this.#callback);
    this.#callback = null;
  }

  #listen(): void {
    this.#callback = this.video.requestVideoFrameCallback((now, { captureTime }) => {
      this.#listen();
      this.#taken = captureTime ?? now;
      this.#fresh = true;
      this.onFrame();
      if (this.#wanted) this.#grab();
    });
  }

  #grab(): void {
    this.#wanted = false;
    this.#fresh = false;
    const time = this.#time();
    const taken = this.#taken;
    if (!this.noVideoFrame && typeof VideoFrame === "function") {
      this.deliver({ frame: new VideoFrame(this.video), time, taken });
      return;
    }
    createImageBitmap(this.video).then(
      (frame) => {
        if (this.#callback === null) frame.close();
        else this.deliver({ frame, time, taken });
      },
      () => {
        // The element had no picture at this moment (a seek, a change of size): wait for the next frame.
        this.#wanted = true;
      },
    );
  }

  #time(): number {
    if (!this.live) return this.video.currentTime;
    const taken = this.#taken / 1000;
    this.#start ??= taken;
    return Math.max(0, taken - this.#start);
  }
}
