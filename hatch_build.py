"""Hatchling's hook: a package has the dashboard in it. What a build is stands in ``web/build.py``.

Who can't build it (no Node and no way to one, no registry) may still install the server, which works without and says
how to build it; but a release is never made without. So it is the kind of package that decides:

- editable (`pip install -e`, `make`): whatever goes wrong is a warning;
- wheel (`pip install .`): missing tools are a warning, a mistake in web/ is an error;
- sdist (a release): everything is an error. It carries the built dashboard, and so does the wheel made from it, without
  needing Node.

``TICKER_DASHBOARD`` in the environment overrules: ``require`` (everything is an error) or ``skip`` (nothing is built).
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface[Any]):
    """Builds web/ into ticker/_dashboard, which pyproject.toml lists among the artifacts."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """A Node as a Python package, only where one is needed and there is none."""
        return [] if self._wish() == "skip" else list(self._builder().wanted_packages())

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        wish = self._wish()
        if wish == "skip":
            return
        builder = self._builder()
        try:
            builder.build()
        except builder.BuildError as error:
            excused = version == "editable" or isinstance(error, builder.NoToolsError)
            if wish == "require" or self.target_name == "sdist" or not excused:
                raise
            self.app.display_warning(f"ticker is installed without its dashboard. {error}")

    def _wish(self) -> str:
        wish = os.environ.get("TICKER_DASHBOARD", "")
        if wish not in {"", "require", "skip"}:
            raise ValueError(f"TICKER_DASHBOARD must be require or skip, not {wish!r}")
        return wish

    def _builder(self) -> ModuleType:
        """``web/build.py``, which is no part of any package."""
        spec = importlib.util.spec_from_file_location("build_dashboard", Path(self.root, "web", "build.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
