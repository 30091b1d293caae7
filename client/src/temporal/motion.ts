/** How people move before a camera, and how sure a prediction of it is. */
import type { Tracking } from "../generated/manifest.js";

/**
 * Where a face is and how it moves; what is uncertain about it is the same for x and y. Lengths in pixels, speeds in
 * pixels a second; the covariances in face sizes, so faces near and far are alike.
 */
export interface Motion {
  readonly x: number;
  readonly y: number;
  readonly vx: number;
  readonly vy: number;
  readonly pxx: number; // variance of the place, squared face sizes
  readonly pxv: number; // covariance of place and speed
  readonly pvv: number; // variance of the speed
}

/** A face that was seen once: its speed is not known. */
export function atRest(x: number, y: number, spec: Tracking): Motion {
  return { x, y, vx: 0, vy: 0, pxx: spec.place_error ** 2, pxv: 0, pvv: spec.sudden_speed ** 2 };
}

/**
 * The motion some time later.
 *
 * Speeds wander about zero and are forgotten with a time constant (Ornstein, Uhlenbeck 1930; in tracking: Singer
 * 1970): people go on as they go, but not for ever. The uncertainty of a face that is not seen grows at first with
 * the speed it may have, later with the square root of time.
 *
 * @param motion when last seen
 * @param speed standard deviation of the speed, face sizes a second
 * @param elapsed seconds, 0 or more
 */
export function predict(motion: Motion, speed: number, elapsed: number, spec: Tracking): Motion {
  const { x, y, vx, vy, pxx, pxv, pvv } = motion;
  const tau = spec.speed_time_constant_s;
  const a = elapsed / tau;
  const kept = Math.exp(-a);
  const gone = tau * (1 - kept);
  const power = speed * speed;
  return {
    x: x + gone * vx,
    y: y + gone * vy,
    vx: kept * vx,
    vy: kept * vy,
    pxx: pxx + 2 * gone * pxv + gone * gone * pvv + power * tau * tau * Math.max(0, 2 * a - 3 + 4 * kept - kept * kept),
    pxv: kept * (pxv + gone * pvv) + power * tau * (1 - kept) * (1 - kept),
    pvv: kept * kept * pvv + power * (1 - kept * kept),
  };
}

/** The motion after the face was seen at a place, measured with that error in face sizes (Kalman 1960). */
export function correct(motion: Motion, x: number, y: number, error: number): Motion {
  const { pxx, pxv, pvv } = motion;
  const total = pxx + error * error;
  const place = pxx / total;
  const speed = pxv / total;
  const dx = x - motion.x;
  const dy = y - motion.y;
  return {
    x: motion.x + place * dx,
    y: motion.y + place * dy,
    vx: motion.vx + speed * dx,
    vy: motion.vy + speed * dy,
    pxx: (1 - place) * pxx,
    pxv: (1 - place) * pxv,
    pvv: pvv - speed * pxv,
  };
}
