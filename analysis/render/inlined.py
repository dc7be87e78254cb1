"""The page holds its pictures and style sheets, and loads nothing from elsewhere.

Pandoc can embed them too, by reading all it wrote again tag by tag: a fifth of its work on the long document.
The filter of the cross-references checks each picture and leaves a place for it, which is filled here.
"""

from __future__ import annotations

import base64
import re

from analysis.render.project import Project, RenderError
from analysis.render.stage import PICTURES

_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
# A place for a picture, the link to a style sheet, and all else that makes a browser load or obey something.
_LOADS = re.compile(
    r'<img src="beeld:(?P<picture>[0-9a-f]+)"(?P<told>[^<>]*)>'
    r'|<link rel="stylesheet" href="(?P<style>[^"<>]*)">'
    r"|(?P<other><(?:(?:img|link|style|script|iframe|frame|embed|object|audio|video|source|track|image|use|base)"
    r"(?=[\s/>])|input\b[^>]*\bsrc\b|[a-z][^>]*\bstyle\s*=[^>]*\burl\s*\()[^>]{0,80})",
    re.IGNORECASE,
)
_ALT = re.compile(r'\balt="([^"]*)"')
_ELSEWHERE = re.compile(r"\burl\s*\(|@import|</style", re.IGNORECASE)


def inlined(page: str, project: Project) -> str:
    """`page` with the pictures and style sheets of `project` in it.

    Raises
    ------
    RenderError
        If it names a picture or style sheet that is none of the project, or would load anything else.
    """
    return _LOADS.sub(lambda found: _inlined(found, project), page)


def _inlined(found: re.Match, project: Project) -> str:
    if found["picture"]:
        kind, content = _picture(found["picture"], project)
        alt = _ALT.search(found["told"])
        # Some screen readers walk through the parts of a drawing, and pass over its words.
        role = f'role="img" aria-label="{alt[1]}" ' if alt and kind == _TYPES[".svg"] else ""
        return f'<img {role}src="data:{kind};base64,{content}"{found["told"]}>'
    if found["style"]:
        return f'<style type="text/css">\n{_style(found["style"], project)}</style>'
    raise RenderError(
        f"{project.document.name}: the page would load something that is no picture or style sheet of this "
        f"project: {found['other']}"
    )


def _picture(place: str, project: Project) -> tuple[str, str]:
    """Type and content of the picture of which `place` holds the path, as text."""
    name = bytes.fromhex(place).decode("utf-8", "replace") if len(place) % 2 == 0 else place
    path = (project.document.parent / name).resolve()
    if path.suffix not in PICTURES or not path.is_relative_to(project.root) or not path.is_file():
        raise RenderError(f"{project.document.name}: {name} is no picture of this project")
    return _TYPES[path.suffix], base64.b64encode(path.read_bytes()).decode()


def _style(name: str, project: Project) -> str:
    path = (project.document.parent / name).resolve()
    if path not in [known.resolve() for known in project.paths(project.options("html").get("css"))]:
        raise RenderError(f"{project.document.name}: {name} is no style sheet of this project")
    style = path.read_text(encoding="utf-8")
    if found := _ELSEWHERE.search(style):
        raise RenderError(f"{name}: {found[0]} would bring in something from elsewhere")
    return style
