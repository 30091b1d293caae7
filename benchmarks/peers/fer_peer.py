"""fer's own pipeline (PyPI: fer): its detector, its emotion model, its preprocessing. Runs in fer's environment.

``fer_peer`` uses the detector that it takes by default (OpenCV's Haar cascade), ``fer_mtcnn_peer`` the one that is
called more accurate in its documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def analyser(*, mtcnn: bool = False) -> Callable[[bytes], list[dict[str, Any]]]:
    """Encoded picture -> faces."""
    import cv2
    import numpy as np
    from fer.fer import FER

    detector = FER(mtcnn=mtcnn)

    def analyse(data: bytes) -> list[dict[str, Any]]:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        found = detector.detect_emotions(image)
        return [{"box": [int(v) for v in face["box"]], "emotions": face["emotions"]} for face in found]

    return analyse
