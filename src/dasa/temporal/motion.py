"""How people move before a camera, and how sure a prediction of it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dasa.bundle.manifest import Tracking


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a face is and how it moves; what is uncertain about it is the same for x and y.

    Lengths in pixels, speeds in pixels a second; the covariances in face sizes, so faces near and far are alike.
    """

    x: float
    y: float
    vx: float
    vy: float
    pxx: float  # variance of the place, squared face sizes
    pxv: float  # covariance of place and speed
    pvv: float  # variance of the speed


def at_rest(x: float, y: float, spec: Tracking) -> Motion:
    """A face that was seen once: its speed is not known."""
    return Motion(x, y, 0.0, 0.0, spec.place_error**2, 0.0, spec.sudden_speed**2)


def predict(motion: Motion, speed: float, elapsed_s: float, spec: Tracking) -> Motion:
    """The motion some time later.

    Speeds wander about zero and are forgotten with a time constant (Ornstein, Uhlenbeck 1930; in tracking:
    Singer 1970): people go on as they go, but not for ever. The uncertainty of a face that is not seen grows
    at first with the speed it may have, later with the square root of time.

    Args:
        motion: when last seen.
        speed: standard deviation of the speed, face sizes a second.
        elapsed_s: seconds, 0 or more.
        spec: constants of the manifest.
    """
    tau = spec.speed_time_constant_s
    a = elapsed_s / tau
    kept = math.exp(-a)
    gone = tau * (1 - kept)
    power = speed * speed
    return Motion(
        motion.x + gone * motion.vx,
        motion.y + gone * motion.vy,
        kept * motion.vx,
        kept * motion.vy,
        motion.pxx
        + 2 * gone * motion.pxv
        + gone * gone * motion.pvv
        + power * tau * tau * max(0.0, 2 * a - 3 + 4 * kept - kept * kept),
        kept * (motion.pxv + gone * motion.pvv) + power * tau * (1 - kept) * (1 - kept),
        kept * kept * motion.pvv + power * (1 - kept * kept),
    )


def correct(motion: Motion, x: float, y: float, error: float) -> Motion:
    """The motion after the face was seen at a place, measured with that error in face sizes (Kalman 1960)."""
    total = motion.pxx + error * error
    place, speed = motion.pxx / total, motion.pxv / total
    dx, dy = x - motion.x, y - motion.y
    return Motion(
        motion.x + place * dx,
        motion.y + place * dy,
        motion.vx + speed * dx,
        motion.vy + speed * dy,
        (1 - place) * motion.pxx,
        (1 - place) * motion.pxv,
        motion.pvv - speed * motion.pxv,
    )
