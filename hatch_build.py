"""Hatchling build hook: adds the dashboard, built by ``web/build.py``, to the package.

The server works without the dashboard, so an installation does not need Node.js; a release always contains it:

| Package                              | Node.js missing | Error in web/ |
|--------------------------------------|-----------------|---------------|
| editable (`pip install -e`, `make`)  | warning         | warning       |
| wheel (`pip install .`)              | warning         | error         |
| sdist (a release)                    | error           | error         |

An sdist contains the built dashboard: a wheel made from it needs no Node.js. The environment variable
``TICKER_DASHBOARD`` overrides this: ``require`` (every failure is an error) or ``skip`` (no build).
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface[Any]):
    """Builds web/ into ticker/_dashboard, an artifact in pyproject.toml."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node.js as a Python package, if the build needs it."""
        return [] if self._mode() == "skip" else list(self._builder().wanted_packages())

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        mode = self._mode()
        if mode == "skip":
            return
        builder = self._builder()
        try:
            builder.build()
        except builder.BuildError as error:
            is_tolerated = version == "editable" or isinstance(error, builder.NoToolsError)
            if mode == "require" or self.target_name == "sdist" or not is_tolerated:
                raise
            self.app.display_warning(f"ticker is installed without its dashboard. {error}")

    def _mode(self) -> str:
        mode = os.environ.get("TICKER_DASHBOARD", "")
        if mode not in {"", "require", "skip"}:
            raise ValueError(f"TICKER_DASHBOARD must be require or skip, not {mode!r}")
        return mode

    def _builder(self) -> ModuleType:
        """Import ``web/build.py``, which is not in a package."""
        spec = importlib.util.spec_from_file_location("build_dashboard", Path(self.root, "web", "build.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
