"""deepface's own pipeline: OpenCV's detector (its default) and its emotion model. Runs in deepface's environment.

The weights of the emotion model are downloaded on first use from the author's releases; where they cannot be had,
this fails at the start, and the tables say so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def analyser() -> Callable[[bytes], list[dict[str, Any]]]:
    """Encoded picture -> faces."""
    import cv2
    import numpy as np
    from deepface import DeepFace

    def analyse(data: bytes) -> list[dict[str, Any]]:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        found = DeepFace.analyze(image, actions=["emotion"], enforce_detection=False, silent=True)
        return [
            {"box": [face["region"][side] for side in ("x", "y", "w", "h")], "emotions": face["emotion"]}
            for face in found
            if face["face_confidence"] > 0
        ]

    try:
        DeepFace.build_model(model_name="Emotion", task="facial_attribute")
    except ValueError:
        sys.exit("its emotion model is a download that cannot be had here")
    return analyse
