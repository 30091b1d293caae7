"""The way of a student project: base64 in JSON to a small Flask app, MediaPipe, a ResNet-101 per face.

Runs in an environment of its own, with Flask's own server, as such projects do:

    python student_peer.py PORT WEIGHTS.onnx

POST /analyze with {"image": "data:image/jpeg;base64,..."} answers {"faces": [{"box", "landmarks", "emotions"}]}.
MediaPipe's Python face mesh runs in static mode with at most ten faces; each face is cut out by the box around its
landmarks, resized to 224 x 224 and classified by itself. Weights are random: time does not depend on them.
"""

from __future__ import annotations

import base64
import importlib
import sys
from pathlib import Path
from typing import Any

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDE, MARGIN, LABELS = 224, 0.1, 135


def application(weights: Path) -> Any:
    """The Flask app."""
    import cv2
    import mediapipe
    import numpy as np
    import onnxruntime
    from flask import Flask, jsonify, request

    app = Flask(__name__)
    mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=10)
    session = onnxruntime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])

    def emotions(face: Any) -> list[float]:
        resized = cv2.resize(face, (SIDE, SIDE)).astype(np.float32) / 255
        normal = ((resized - MEAN) / DEVIATION).transpose(2, 0, 1)[None].astype(np.float32)
        (logits,) = session.run(None, {"image": normal})
        powers = np.exp(logits[0] - logits[0].max())
        scores: list[float] = (powers / powers.sum()).tolist()
        return scores

    @app.get("/")
    def ready() -> Any:
        return jsonify(ready=True)

    @app.post("/analyze")
    def analyze() -> Any:
        encoded = request.get_json()["image"].split(",", 1)[1]
        decoded: Any = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
        picture = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
        height, width = picture.shape[:2]
        faces = []
        for found in mesh.process(picture).multi_face_landmarks or []:
            points = np.array([(p.x * width, p.y * height) for p in found.landmark])
            (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
            room = MARGIN * max(right - left, bottom - top)
            x0, y0 = max(0, int(left - room)), max(0, int(top - room))
            x1, y1 = min(width, int(right + room)), min(height, int(bottom + room))
            if x0 >= x1 or y0 >= y1:
                continue
            faces.append({
                "box": [left, top, right - left, bottom - top],
                "landmarks": np.round(points, 1).tolist(),
                "emotions": emotions(picture[y0:y1, x0:x1]),
            })  # fmt: skip
        return jsonify(faces=faces)

    return app


if __name__ == "__main__":
    port, path = int(sys.argv[1]), Path(sys.argv[2])
    if not path.exists():
        importlib.import_module("resnet101").write(path, labels=LABELS)
    application(path).run("127.0.0.1", port)
