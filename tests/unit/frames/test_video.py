"""Videos give upright RGB frames with growing times."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dasa.errors import VideoError
from dasa.frames.video import Video


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Ten frames at 5 per second that turn from black to red."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5, (64, 48))
    for level in range(10):
        frame = np.zeros((48, 64, 3), np.uint8)
        frame[..., 2] = level * 25
        writer.write(frame)
    writer.release()
    return path


def test_frames_come_in_order_with_times_and_colours(clip: Path) -> None:
    with Video(clip) as video:
        assert video.frame_rate == pytest.approx(5)
        assert video.frame_count == 10
        frames = list(video)
    assert [frame.index for frame in frames] == list(range(10))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(10) / 5, atol=1e-3)
    assert all(frame.pixels.shape == (48, 64, 3) and frame.source == "clip.avi" for frame in frames)
    assert frames[9].pixels[..., 0].mean() > 200 > 30 > frames[9].pixels[..., 2].mean()


def test_unreadable_videos_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"no video file 'gone\.mp4'"):
        Video(tmp_path / "gone.mp4")
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(VideoError, match=r"text\.mp4"):
        Video(text)


def test_addresses_and_patterns_are_not_opened() -> None:
    for source in ("http://127.0.0.1:9/clip.mp4", "frame%03d.png", "concat:a|b"):
        with pytest.raises(VideoError, match="no video file"):
            Video(source)


def test_opencv_does_not_warn_about_an_unreadable_video(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"xx")
    with pytest.raises(VideoError):
        Video(path)
    assert "VIDEOIO" not in capfd.readouterr().err
