"""A day of editing: git stays clean by itself, notebooks merge by cell, and JupyterLab asks nothing."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from repository import REPOSITORY

from analysis.build.errors import BuildError
from analysis.build.source import read_source
from analysis.privacy.strip import stripped
from analysis.privacy.worktree import present_files

PERSON = ("-c", "user.name=Onderzoeker", "-c", "user.email=onderzoeker@example.org")


def needs(condition, message):
    """Skip with a reason, but in CI nothing is skipped."""
    if not condition:
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


def git(root, *words, check=True):
    done = subprocess.run(["git", *PERSON, *words], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done.stdout


def cell(kind, identifier, source, **more):
    own = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": identifier, "metadata": {}, "source": source, **own, **more}


def notebook(*cells):
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    content = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


PLAIN = notebook(
    cell("markdown", "aa", ["# Titel\n", "\n", "Wat is het?"]),
    cell("code", "bb", ["seed = 1"], metadata={"tags": ["parameters"]}),
    cell("code", "cc", ["print(seed)"]),
    cell("code", "dd", ["seed + 1"]),
)


def ran(text):
    """The notebook as an editor, another kernel and papermill leave it after a run."""
    content = json.loads(text)
    for number, one in enumerate(content["cells"]):
        one["metadata"] |= {"papermill": {"duration": 0.1}, "collapsed": False, "scrolled": True}
        if one["cell_type"] == "code":
            one["metadata"]["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
            one["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["Jansen 1234 AB\n"]}]
            one["execution_count"] = number
            one["source"] = "".join(one["source"])
    content["metadata"] = {
        "language_info": {"name": "python", "version": "3.13.1", "pygments_lexer": "ipython3"},
        "kernelspec": {"name": "impact", "display_name": "Impact", "language": "python"},
        "papermill": {"parameters": {}},
        "widgets": {},
    }
    return json.dumps(content, indent=2)


@pytest.fixture
def clone(tmp_path):
    """A repository with the tools of this one and a notebook, set up as `make edit` does."""
    root = tmp_path / "clone"
    for name in (".gitattributes", "tools", "analysis/__init__.py", "analysis/privacy"):
        source, target = REPOSITORY / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (root / ".gitignore").write_text("__pycache__/\n.venv/\n")
    interpreter = root / ".venv" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    interpreter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    interpreter.chmod(0o755)
    (root / "notebooks").mkdir()
    (root / "notebooks" / "een.ipynb").write_text(PLAIN, encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    set_up(root)
    git(root, "config", "core.hooksPath", "/dev/null")  # the check before a commit has its own tests
    git(root, "add", "-A")
    git(root, "commit", "-qm", "begin")
    return root


def set_up(root):
    """Without a shell, as on a system that has none."""
    command = [sys.executable, str(root / "tools" / "set_up_git.py")]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


def test_what_a_run_leaves_is_not_stored_and_stays_on_disk(clone):
    path = clone / "notebooks" / "een.ipynb"
    path.write_text(ran(PLAIN), encoding="utf-8")
    assert git(clone, "diff") == ""
    saved(path)
    assert git(clone, "status", "--porcelain") == ""
    git(clone, "add", "-A")
    assert git(clone, "diff", "--cached") == ""
    assert "Jansen" in path.read_text(encoding="utf-8")


def saved(path):
    """What JupyterLab calls after a save."""
    spec = importlib.util.spec_from_file_location("set_up_git", REPOSITORY / "tools" / "set_up_git.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.after_save({"type": "notebook"}, str(path))


def test_saving_stages_nothing(clone):
    path = clone / "notebooks" / "een.ipynb"
    path.write_text(PLAIN.replace("print(seed)", "print(seed, 2)"), encoding="utf-8")
    saved(path)
    assert git(clone, "status", "--porcelain") == " M notebooks/een.ipynb\n"
    untracked = path.with_name("twee.ipynb")
    untracked.write_text(PLAIN, encoding="utf-8")
    saved(untracked)
    assert "?? notebooks/twee.ipynb" in git(clone, "status", "--porcelain")


def test_a_change_of_a_cell_is_the_only_line_of_the_diff(clone):
    path = clone / "notebooks" / "een.ipynb"
    path.write_text(ran(PLAIN).replace("print(seed)", "print(seed, 2)"), encoding="utf-8")
    changed = [line for line in git(clone, "diff", "-U0").splitlines() if re.match(r"[+-][^+-]", line)]
    assert changed == ['-    "print(seed)"', '+    "print(seed, 2)"']


def test_what_is_stored_is_left_as_it_is():
    assert stripped(PLAIN) == PLAIN
    assert stripped(ran(PLAIN)) == PLAIN
    assert [one["id"] for one in json.loads(stripped(ran(PLAIN)))["cells"]] == ["aa", "bb", "cc", "dd"]


def test_the_check_judges_what_git_would_store(clone):
    """Outputs on disk are no finding where git takes them out, and are where it does not."""
    path = clone / "notebooks" / "een.ipynb"
    path.write_text(ran(PLAIN), encoding="utf-8")

    def looked_at():
        return {file.path: file.content.decode("utf-8") for file in present_files(clone)}[
            "notebooks/een.ipynb"
        ]

    assert looked_at() == PLAIN
    git(clone, "config", "--unset", "filter.notebook.clean")
    assert "Jansen" in looked_at()


def test_another_worktree_of_the_clone_uses_its_environment(clone, tmp_path):
    other = tmp_path / "other"
    git(clone, "worktree", "add", "-q", str(other))
    interpreter = clone / ".venv" / "bin" / "python"
    interpreter.write_text('#!/bin/sh\necho "of the clone"\n')
    done = subprocess.run(["sh", "tools/python"], cwd=other, capture_output=True, text=True, check=True)
    assert done.stdout == "of the clone\n"


def test_hooks_of_someone_else_are_left_alone(tmp_path):
    shutil.copytree(REPOSITORY / "tools", tmp_path / "tools")
    git(tmp_path, "init", "-q")
    assert "before each commit" in set_up(tmp_path)
    assert git(tmp_path, "config", "core.hooksPath").strip() == "tools/hooks"
    assert set_up(tmp_path) == ""
    git(tmp_path, "config", "core.hooksPath", "mine")
    assert "left as it is" in set_up(tmp_path)
    assert git(tmp_path, "config", "core.hooksPath").strip() == "mine"


def test_a_copy_without_history_is_left_alone(tmp_path):
    shutil.copytree(REPOSITORY / "tools", tmp_path / "tools")
    assert set_up(tmp_path) == ""


def branches(clone, ours, theirs):
    """Edits of the notebook on two branches, each run and saved; what git says of merging them."""
    path = clone / "notebooks" / "een.ipynb"
    for branch, (old, new) in {"theirs": theirs, "main": ours}.items():
        git(clone, "checkout", "-q", "-B", branch, "main")
        path.write_text(ran(PLAIN.replace(old, new)), encoding="utf-8")
        git(clone, "commit", "-qam", branch)
        if branch == "theirs":
            git(clone, "checkout", "-q", "main")
    git(clone, "merge", "theirs", check=False)
    return path


def test_two_branches_that_both_edited_and_ran_a_notebook_merge(clone):
    needs(importlib.util.find_spec("nbdime"), "nbdime is not installed (make test installs it)")
    path = branches(clone, ("print(seed)", "print(seed, seed)"), ("seed + 1", "seed + 2"))
    merged = PLAIN.replace("print(seed)", "print(seed, seed)").replace("seed + 1", "seed + 2")
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "show", "HEAD:notebooks/een.ipynb") == merged
    assert "print(seed, seed)" in {one.source for one in read_source(path).cells}


def test_both_changed_one_cell_and_the_build_says_what_to_do(clone):
    needs(importlib.util.find_spec("nbdime"), "nbdime is not installed (make test installs it)")
    path = branches(clone, ("print(seed)", "print(seed, 3)"), ("print(seed)", "print(seed, 4)"))
    assert "UU notebooks/een.ipynb" in git(clone, "status", "--porcelain")
    content = json.loads(path.read_text(encoding="utf-8"))  # it opens in JupyterLab
    assert any("<<<<<<<" in "".join(one["source"]) for one in content["cells"])
    with pytest.raises(BuildError, match="merge is not finished") as said:
        read_source(path)
    command = next(line for line in str(said.value).splitlines() if "keep the other" in line)
    git(clone, *command.partition("git ")[2].split())
    assert "print(seed, 4)" in {one.source for one in read_source(path).cells}
    git(clone, "add", "notebooks/een.ipynb")
    assert "UU" not in git(clone, "status", "--porcelain")


def test_a_file_that_git_merged_by_line_is_called_that_too(tmp_path):
    path = tmp_path / "een.ipynb"
    path.write_text(PLAIN.replace('   "outputs"', '<<<<<<< HEAD\n=======\n>>>>>>> theirs\n   "outputs"', 1))
    with pytest.raises(BuildError, match="merge is not finished"):
        read_source(path)


# --- the way in, and the kernel --------------------------------------------------------------------------


def test_without_jupyterlab_the_way_to_install_it_is_told():
    """By Python alone, as where there is neither make nor a shell."""
    command = [
        sys.executable,
        "-S",
        str(REPOSITORY / "tools" / "edit.py"),
    ]  # -S: as if nothing were installed
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    lines = [line.strip() for line in done.stderr.splitlines()]
    assert lines[0].startswith("JupyterLab is not installed for ")
    install = [" ".join(line.split()[1:]) for line in lines[1:]]
    assert install[1:3] == [
        "-m pip install --require-hashes -r requirements-edit.lock",
        "-m pip install --no-deps --no-build-isolation --editable .",
    ]
    assert lines[-1] in ("\\".join(WINDOWS), "/".join(POSIX))
    told = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert all(words in told for words in install[1:3])
    assert "\\".join(WINDOWS) in told


POSIX = (".venv", "bin", "python tools", "edit.py")
WINDOWS = (".venv", "Scripts", "python tools", "edit.py")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_a_conda_environment_that_has_it_gets_no_second_one(tmp_path):
    shutil.copy(REPOSITORY / "Makefile", tmp_path / "Makefile")
    python = tmp_path / "conda" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@" >>"$LOG"\n[ "$1" != -c ] || echo True\n')
    python.chmod(0o755)
    log = tmp_path / "log"
    conda = {"CONDA_PREFIX": str(tmp_path / "conda"), "LOG": str(log)}
    path = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    command = ["make", "edit", "ARGS=--no-browser"]
    subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **conda, **path}, check=True, capture_output=True
    )
    assert log.read_text().splitlines()[-1] == "tools/edit.py --no-browser"
    assert not (tmp_path / ".venv").exists()


def test_the_kernel_reads_a_changed_module_again(tmp_path, monkeypatch):
    needs(importlib.util.find_spec("jupyterlab"), "JupyterLab is not installed (make test installs it)")
    from jupyter_client.manager import KernelManager

    monkeypatch.syspath_prepend(str(REPOSITORY / "tools"))
    from project_kernel import ProjectKernels

    kernels = ProjectKernels()
    assert kernels.get_kernel_spec("python3").display_name == "Impactanalyse"
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=kernels)
    module = tmp_path / "gewijzigd.py"
    module.write_text("def answer():\n    return 'eerst'\n")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)

        def shown(code):
            said = []
            hook = lambda message: said.append(message["content"].get("text", ""))  # noqa: E731
            client.execute_interactive(code, timeout=60, output_hook=hook)
            return "".join(said)

        assert "eerst" in shown("from gewijzigd import answer\nprint(answer())")
        module.write_text("def answer():\n    return 'daarna'\n")
        os.utime(module, (time.time() + 5, time.time() + 5))
        assert "daarna" in shown("print(answer())")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


# --- in a browser -------------------------------------------------------------------------------------


@pytest.fixture
def lab(tmp_path, repository_copy):
    """JupyterLab as `python tools/edit.py` starts it, in a clone of the repository; address and clone."""
    needs(importlib.util.find_spec("jupyterlab"), "JupyterLab is not installed (make test installs it)")
    root = repository_copy(tmp_path / "clone")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "begin")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path / "home"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    environment |= {"PYTHONPATH": str(root), "HOME": str(home), "USERPROFILE": str(home)}
    words = ["--no-browser", f"--port={port}", "--IdentityProvider.token=", "--ServerApp.allow_root=True"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "tools/edit.py", *words], cwd=root, env=environment, stdout=log, stderr=log
        )
        try:
            yield wait_for(f"http://127.0.0.1:{port}", server, tmp_path / "log"), root
        finally:
            server.terminate()
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()  # its kernels notice, and end


def wait_for(address, server, log):
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api/status"):
            return address
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


@pytest.mark.browser
def test_open_run_all_save_and_nothing_to_commit(lab):
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    needs(executable, "chromium is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    address, root = lab
    path = root / "notebooks" / "01-programma.ipynb"
    stored = path.read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}/lab/tree/notebooks/{path.name}")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        page.get_by_text("Impactanalyse", exact=True).first.wait_for(timeout=60_000)  # the kernel's name
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=60_000)
        run_all(page)
        page.keyboard.press("Control+s")
        page.wait_for_function("!document.querySelector('.jp-mod-dirty')", timeout=30_000)
        saved = path.read_text(encoding="utf-8")
        assert saved != stored
        assert "execute_result" in saved or "display_data" in saved
        assert "autoreload" not in saved
        assert git(root, "status", "--porcelain") == ""
        assert git(root, "diff", "--stat") == ""
        # Git looked at the file, and it is on disk as it was: a second save is no surprise to the editor.
        page.locator(".jp-Notebook .jp-MarkdownCell").first.click()
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        assert page.locator(".jp-Dialog").count() == 0
        assert page.locator(".Toastify__toast").all_inner_texts() == []
        assert path.read_text(encoding="utf-8") != stored
        chromium.close()


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Run All Cells")).click()
    prompts = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt")
    prompts.last.wait_for()
    page.wait_for_function(
        """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')]
        .every(prompt => /\\[\\d+\\]/.test(prompt.textContent))""",
        timeout=60_000,
    )
