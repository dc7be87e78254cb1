"""Both routes install the same things, pinned, and the pins name no address."""

import hashlib
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from repository import REPOSITORY

LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-edit.lock")


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement(text: str) -> tuple[str, str]:
    name, bound = re.match(r"([A-Za-z0-9_.-]+)\s*(.*)", text).groups()
    return normalised(name), bound


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins(path: Path) -> set[tuple[str, str]]:
    return set(re.findall(r"^([a-z0-9-]+)==(\S+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_conda_and_pip_ask_for_the_same_packages(project):
    environment = yaml.safe_load((REPOSITORY / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (by_pip,) = (entry["pip"] for entry in environment if isinstance(entry, dict))
    listed = dict(requirement(entry) for entry in [*environment, *by_pip] if isinstance(entry, str))
    for name, bound in map(requirement, project["dependencies"]):
        assert listed.get(name) == bound, f"{name}{bound} of pyproject.toml is not so in environment.yml"
    assert "quarto" in listed


def test_the_conda_lock_takes_every_package_with_its_hash():
    """conda gives programs, by version; whatever Python imports comes from a lock, with its hash."""
    text = (REPOSITORY / "environment.lock.yml").read_text(encoding="utf-8")
    *programs, by_pip = yaml.safe_load(text)["dependencies"]
    pinned = re.compile(r"(python|quarto|make)=[0-9.]+")
    assert [entry for entry in programs if not pinned.fullmatch(entry)] == ["pip"]
    assert by_pip == {"pip": ["--require-hashes", f"--requirement {LOCKS[-1]}"]}
    assert "://" not in text


@pytest.mark.parametrize("lock", [*LOCKS, "requirements-uv.lock"])
def test_pins_carry_hashes_and_no_address(lock):
    text = (REPOSITORY / lock).read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|index-url|find-links", text)
    for entry in re.split(r"\n(?=[a-z0-9])", text.strip()):
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_asked_for_is_pinned(project, lock):
    pinned = {name for name, _ in pins(REPOSITORY / lock)}
    assert {requirement(entry)[0] for entry in project["dependencies"]} <= pinned


def test_larger_locks_hold_the_same_versions():
    report = pins(REPOSITORY / LOCKS[0])
    for lock in LOCKS[1:]:
        assert report <= pins(REPOSITORY / lock), lock


def test_each_dependency_says_why_it_is_here():
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("dependencies = [") : text.index("[project.optional-dependencies]")]
    for line in block.splitlines():
        if line.strip().startswith('"'):
            assert "# " in line, f"no reason given: {line.strip()}"


def test_the_licence_of_every_pinned_package_is_listed():
    listed = set(re.findall(r"^\| ([a-z0-9-]+) \|", (REPOSITORY / "THIRD-PARTY.md").read_text("utf-8"), re.M))
    assert {name for name, _ in pins(REPOSITORY / "requirements.lock")} <= listed


def test_actions_are_pinned_by_commit():
    for path in (REPOSITORY / ".github" / "workflows").glob("*.yml"):
        for used in re.findall(r"uses:\s*(\S+)", path.read_text(encoding="utf-8")):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used), used


def test_images_are_pinned_by_digest():
    for path in (REPOSITORY / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        for image in re.findall(r"^\s*(?:container|image):\s*(\S+)", text, re.MULTILINE):
            assert re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image), image


QUARTO = REPOSITORY / ".ci" / "quarto"


@pytest.fixture
def release(tmp_path):
    """A stand-in for the GitHub command line, which gives one archive whatever is asked: its digest."""
    made = tmp_path / "release"
    (made / "quarto-9" / "bin").mkdir(parents=True)
    (made / "quarto-9" / "bin" / "quarto").write_text("#!/bin/sh\n")
    archive = tmp_path / "archive.tar.gz"
    subprocess.run(["tar", "-czf", archive, "-C", made, "quarto-9"], check=True)
    (tmp_path / "bin").mkdir()
    stand_in = tmp_path / "bin" / "gh"
    stand_in.write_text(
        "#!/bin/sh\n"
        "while [ $# -gt 0 ]; do case $1 in --pattern) file=$2;; --dir) dir=$2;; esac; shift; done\n"
        f'cp "{archive}" "$dir/$file"\n'
    )
    stand_in.chmod(0o755)
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def put_quarto(tmp_path: Path, script: str) -> subprocess.CompletedProcess:
    (tmp_path / "quarto.sh").write_text(script)
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "GITHUB_PATH": str(tmp_path / "path")}
    return subprocess.run(
        ["bash", tmp_path / "quarto.sh", tmp_path / "quarto"], env=environment, capture_output=True, text=True
    )


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_quarto_is_refused_unless_its_digest_is_the_pinned_one(tmp_path, release):
    script = QUARTO.read_text(encoding="utf-8")
    refused = put_quarto(tmp_path, script)
    assert refused.returncode != 0
    assert "FAILED" in refused.stdout + refused.stderr
    assert not (tmp_path / "quarto" / "bin").exists()
    assert not (tmp_path / "path").exists()

    pinned = re.search(r"^digest=([0-9a-f]{64})$", script, re.MULTILINE).group(1)
    taken = put_quarto(tmp_path, script.replace(pinned, release))
    assert taken.returncode == 0, taken.stderr
    assert (tmp_path / "quarto" / "bin" / "quarto").is_file()
    assert (tmp_path / "path").read_text().strip() == str(tmp_path / "quarto" / "bin")


@pytest.mark.parametrize("name", ["report.yml", "refresh.yml"])
def test_workflows_get_quarto_in_no_other_way(name):
    text = (REPOSITORY / ".github" / "workflows" / name).read_text(encoding="utf-8")
    assert '.ci/quarto "$RUNNER_TEMP/quarto"' in text
    assert "quarto-actions" not in text


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_set_up_that_is_there_is_not_done_again(tmp_path):
    for name in ("Makefile", "pyproject.toml", *LOCKS):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("bin/python", ".ready", ".ready-test"):
        (tmp_path / ".venv" / name).touch()
    planned = subprocess.run(
        ["make", "--dry-run", "report"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "pip" not in planned.stdout
    assert "-m analysis report" in planned.stdout


def test_the_scheduled_job_fetches_rebuilds_and_tells_what_changed():
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "refresh.yml").read_text("utf-8"))
    assert workflow[True]["schedule"], "YAML reads the key `on` as true"
    steps = workflow["jobs"]["refresh"]["steps"]
    ran = [step["run"] for step in steps if "run" in step]
    quarto, before, refresh = ran
    assert quarto.startswith(".ci/quarto ")
    published = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "report.yml").read_text("utf-8"))
    uploaded = [
        step["with"]["name"] for step in published["jobs"]["report"]["steps"] if "upload" in str(step)
    ]
    assert f"--name {uploaded[0]} --dir vorige" in before
    assert refresh.startswith(".ci/refresh vorige")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize("known", [True, False])
def test_the_words_of_the_difference_stand_in_the_summary(tmp_path, known):
    """The script with stand-ins for make and for the package: what it calls, in order, and what it tells."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(REPOSITORY / ".ci" / "refresh", tmp_path / ".ci" / "refresh")
    python, make = tmp_path / ".venv" / "bin" / "python", tmp_path / "bin" / "make"
    for path, name in ((python, "analysis"), (make, "make")):
        path.parent.mkdir(parents=True)
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> calls\necho "said: $*"\n')
        path.chmod(0o755)
    if known:
        (tmp_path / "vorige").mkdir()
        (tmp_path / "vorige" / "resultaten.csv").touch()
    summary = tmp_path / "summary.md"
    subprocess.run(
        [".ci/refresh", "vorige", "--engine", "quarto"],
        cwd=tmp_path,
        check=True,
        env={
            **os.environ,
            "PATH": f"{make.parent}:{os.environ['PATH']}",
            "GITHUB_STEP_SUMMARY": str(summary),
        },
    )
    calls = (tmp_path / "calls").read_text().splitlines()
    expected = ["make .venv/.ready", "analysis -m analysis fetch --again", "make report ARGS=--engine quarto"]
    assert calls == expected + (["analysis -m analysis diff vorige _report"] if known else [])
    told = summary.read_text()
    assert "said: -m analysis fetch --again" in told
    assert ("said: -m analysis diff vorige _report" in told) == known
    assert ("er is geen eerdere uitgave gevonden" in told) != known
