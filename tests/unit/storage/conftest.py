"""The contracts' own assertions explain themselves, as those of test files do."""

import pytest

pytest.register_assert_rewrite(
    "tests.unit.storage.screenshot_contract",
    "tests.unit.storage.account_contract",
    "tests.unit.storage.crash_contract",
)
