"""Which bundle is used, and how it changes: all or nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from dasa.bundle import active, load, use
from dasa.errors import BundleError

LONG_AGO = (1_000_000_000, 1_000_000_000)


def _copies(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "bundles").iterdir() if path.is_dir())


def test_chosen_bundle_is_active(emo135: Path, basic7: Path, tmp_path: Path) -> None:
    assert use(emo135, tmp_path).manifest.id == "tiny-emo135@1.2.3"
    assert active(tmp_path).manifest.id == "tiny-emo135@1.2.3"
    use(basic7, tmp_path)
    assert active(tmp_path).manifest.id == "tiny-basic7@1.2.3"


def test_the_copy_is_whole_and_of_its_own(emo135: Path, tmp_path: Path) -> None:
    source = shutil.copytree(emo135, tmp_path / "source")
    (source / "notes.txt").write_text("not part of the bundle", "utf-8")
    chosen = use(source, tmp_path / "data")
    shutil.rmtree(source)
    names = {path.name for path in chosen.directory.iterdir()}
    assert names == {"manifest.json", "card.md", *chosen.manifest.files}
    assert active(tmp_path / "data").directory == chosen.directory


def test_override_goes_first(emo135: Path, basic7: Path, tmp_path: Path) -> None:
    use(emo135, tmp_path)
    assert active(tmp_path, basic7).manifest.id == "tiny-basic7@1.2.3"
    with pytest.raises(BundleError, match="'gone' is not a bundle"):
        active(tmp_path, tmp_path / "gone")


def test_a_bad_bundle_changes_nothing(emo135: Path, basic7: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    use(emo135, data)
    bad = shutil.copytree(basic7, tmp_path / "bad")
    (bad / "primary.onnx").write_bytes(b"bad")
    before = _copies(data)
    with pytest.raises(BundleError, match=r"primary\.onnx"):
        use(bad, data)
    assert _copies(data) == before
    assert active(data).manifest.id == "tiny-emo135@1.2.3"


def test_using_the_same_bundle_again_keeps_one_copy(emo135: Path, tmp_path: Path) -> None:
    first = use(emo135, tmp_path)
    assert use(emo135, tmp_path).directory == first.directory
    assert use(first.directory, tmp_path).directory == first.directory
    assert len(_copies(tmp_path)) == 1


def test_an_altered_copy_is_found_and_replaced(emo135: Path, tmp_path: Path) -> None:
    chosen = use(emo135, tmp_path)
    (chosen.directory / "primary.onnx").write_bytes(b"altered")
    with pytest.raises(BundleError, match=r"primary\.onnx"):
        active(tmp_path)
    use(emo135, tmp_path)
    assert load(active(tmp_path).directory).manifest.id == "tiny-emo135@1.2.3"


def test_old_copies_and_leftovers_go_and_the_one_before_stays(emo135: Path, basic7: Path, tmp_path: Path) -> None:
    bundles = tmp_path / "bundles"
    for name in ("old-1.0.0-aaaaaaaaaaaa", ".incoming-crashed"):
        (bundles / name).mkdir(parents=True)
        os.utime(bundles / name, LONG_AGO)
    (bundles / ".incoming-of-another-run").mkdir()
    first = use(emo135, tmp_path).directory
    os.utime(first, LONG_AGO)
    second = use(basic7, tmp_path).directory
    assert _copies(tmp_path) == sorted([first.name, second.name, ".incoming-of-another-run"])


@pytest.mark.parametrize("content", ["", "gone-1.0.0", "../elsewhere", "/", ".", "a\nb", "\0"])
def test_an_unusable_choice_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "active").write_text(content, "utf-8")
    with pytest.raises(BundleError, match="run `dasa bundle use DIR` again"):
        active(tmp_path)


def test_a_choice_can_be_repaired(emo135: Path, tmp_path: Path) -> None:
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "active").write_text("gone-1.0.0\n", "utf-8")
    use(emo135, tmp_path)
    assert active(tmp_path).manifest.id == "tiny-emo135@1.2.3"


def test_a_data_folder_that_cannot_be_written(emo135: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", "utf-8")
    with pytest.raises(BundleError, match="cannot be copied into the data folder"):
        use(emo135, blocked)
