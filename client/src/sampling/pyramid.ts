/** A frame and its halved copies, each made when first asked for; buffers are kept from frame to frame. */
import type { Pixels } from "../records.js";

/** Pixels as 32-bit words, red in the lowest byte, row by row. */
export interface Level {
  readonly words: Uint32Array;
  readonly width: number;
  readonly height: number;
}

const EVEN_BYTES = 0x00ff00ff; // two channels of a word, each with room to add
const ROUND_QUARTERS = 0x00020002;

export class Pyramid {
  private readonly levels: Level[] = [];
  private buffers: Uint32Array[] = [];

  /** Takes the next frame; its pixels are read as long as this frame is sampled. */
  load(pixels: Pixels): void {
    this.levels.length = 0;
    this.levels.push({ words: wordsOf(pixels), width: pixels.width, height: pixels.height });
  }

  /** The frame halved `count` times. */
  level(count: number): Level {
    for (let made = this.levels.length; made <= count; made++) {
      const above = this.levels[made - 1];
      if (above === undefined) {
        throw new RangeError("no frame was loaded");
      }
      const size = ((above.width + 1) >> 1) * ((above.height + 1) >> 1);
      if (this.buffers[made]?.length !== size) {
        this.buffers[made] = new Uint32Array(size);
      }
      this.levels.push(halve(above, this.buffers[made]!));
    }
    return this.levels[count]!;
  }

  /** Gives the memory back. */
  clear(): void {
    this.levels.length = 0;
    this.buffers = [];
  }
}

/**
 * Means of 2 x 2 pixels, rounded to nearest, a half upwards, into `words`. An odd last row or column is completed
 * with black; the result has ceil(width / 2) x ceil(height / 2) pixels.
 */
export function halve(source: Level, words: Uint32Array): Level {
  const width = (source.width + 1) >> 1;
  const height = (source.height + 1) >> 1;
  const wholeColumns = source.width >> 1;
  for (let y = 0; y < height; y++) {
    const top = 2 * y * source.width;
    const below = 2 * y + 1 < source.height;
    const bottom = below ? top + source.width : top;
    const mask = below ? 0xffffffff : 0;
    const out = y * width;
    for (let x = 0; x < wholeColumns; x++) {
      const at = top + 2 * x;
      const under = bottom + 2 * x;
      words[out + x] = mean(
        source.words[at]!,
        source.words[at + 1]!,
        source.words[under]! & mask,
        source.words[under + 1]! & mask,
      );
    }
    if (wholeColumns < width) {
      const last = source.width - 1;
      words[out + wholeColumns] = mean(source.words[top + last]!, 0, source.words[bottom + last]! & mask, 0);
    }
  }
  return { words, width, height };
}

/** The rounded mean of four words, byte by byte, two bytes at a time. */
function mean(a: number, b: number, c: number, d: number): number {
  const even = (a & EVEN_BYTES) + (b & EVEN_BYTES) + (c & EVEN_BYTES) + (d & EVEN_BYTES) + ROUND_QUARTERS;
  const odd =
    ((a >>> 8) & EVEN_BYTES) +
    ((b >>> 8) & EVEN_BYTES) +
    ((c >>> 8) & EVEN_BYTES) +
    ((d >>> 8) & EVEN_BYTES) +
    ROUND_QUARTERS;
  return ((even >>> 2) & EVEN_BYTES) | (((odd >>> 2) & EVEN_BYTES) << 8);
}

/** Every platform that browsers run on stores the lowest byte first, as the constants above take for granted. */
function wordsOf({ data, width, height }: Pixels): Uint32Array {
  if (data.length !== 4 * width * height) {
    throw new RangeError(`${data.length} bytes are not ${width} x ${height} pixels of RGBA`);
  }
  const aligned = data.byteOffset % 4 === 0 ? data : data.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, width * height);
}
