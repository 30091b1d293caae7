"""What fer (PyPI: fer) says about small grey pictures of one face each. Runs in fer's environment.

    python fer_expressions.py IMAGES.npy WAY OUT.npy

IMAGES: uint8 (N, side, side). WAY: ``whole``, the picture as it is, which is how such pictures are cut; or
``detected``, the picture enlarged amid black and cut by fer's own detector and margins, as it does with a
photograph; where it sees no face, the whole. OUT: float32 (N, 7) in the order of ``CLASSES``.
"""

from __future__ import annotations

import sys

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
FRAME, FACE = 256, 192  # pixels of the picture that the detector looks at, and of the enlarged face in it


def main() -> None:
    """Read, judge, write."""
    import cv2
    import numpy as np
    from fer.fer import FER

    images, way = np.load(sys.argv[1]), sys.argv[2]
    plain = FER(offsets=(0, 0))  # no margin around what is the face already
    detector = FER()
    border = (FRAME - FACE) // 2
    rows = []
    for image in images:
        colour = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        found = []
        if way == "detected":
            large = cv2.resize(colour, (FACE, FACE), interpolation=cv2.INTER_CUBIC)
            large = cv2.copyMakeBorder(large, border, border, border, border, cv2.BORDER_CONSTANT)
            found = sorted(detector.detect_emotions(large), key=lambda face: -face["box"][2] * face["box"][3])
        if not found:
            found = plain.detect_emotions(colour, [(0, 0, image.shape[1], image.shape[0])])
        rows.append([found[0]["emotions"][name] for name in CLASSES])
    np.save(sys.argv[3], np.asarray(rows, np.float32))


if __name__ == "__main__":
    main()
