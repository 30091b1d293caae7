/** What is kept on the device at most, while it waits for the server. The one place to change it. */
export const MOST_KEPT = 200; // pictures
export const MOST_KEPT_BYTES = 250e6;
/** Pictures that may wait for the encoder: each holds its pixels, 8 MB at 1920 x 1080. */
export const MOST_ENCODING = 8;
