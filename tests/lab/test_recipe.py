from __future__ import annotations

from pathlib import Path

import pytest

from dasa_lab.train.recipe import RecipeError, load_recipe
from tests.lab.synthetic import RECIPE, recipe_file

pytestmark = pytest.mark.lab
RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_shipped_recipes_load_and_are_named_as_their_file(path: Path) -> None:
    assert load_recipe(path).name == path.stem


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("rotation_deg", "rotation_degrees", "'augment.rotation_degrees' is not a key"),
        ("seed = 3", "", "'seed' is missing"),
        ("epochs = 6", "epochs = 0", "'schedule.epochs'"),
        ("depths = [1, 1]", "depths = [1]", "widths and depths of the same length"),
        ("[model]", "[model", "not valid TOML"),
    ],
)
def test_a_wrong_recipe_is_refused_by_a_message_that_names_the_key(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    with pytest.raises(RecipeError, match=r"tiny\.toml") as caught:
        load_recipe(recipe_file(tmp_path, RECIPE.replace(old, new)))
    assert named in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no recipe 'absent\.toml'"):
        load_recipe(tmp_path / "absent.toml")
