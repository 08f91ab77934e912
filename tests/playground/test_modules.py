"""The page's JavaScript modules: imports, size, and how they are served."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import aiohttp
import pytest

from bot.simulator import Simulator, simulator

FOLDER = Path(simulator.__file__).with_name("page")
MODULES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.js"))}
IMPORT = re.compile(r"^import \{([^}]*)\} from '\./([a-z]+\.js)';$", re.M)
EXPORT = re.compile(r"^export (?:async )?(?:const|let|function|class) ([$\w]+)", re.M)
LONGEST = 200


def test_imports_resolve_without_cycles() -> None:
    graph: dict[str, set[str]] = {}
    for name, text in MODULES.items():
        imports: list[tuple[str, str]] = IMPORT.findall(text)
        assert len(imports) == text.count("\nimport {"), f"{name}: an import in another form"
        graph[name] = {source for _, source in imports}
        for words, source in imports:
            wanted = {word.strip() for word in words.split(",") if word.strip()}
            exported = set(EXPORT.findall(MODULES[source]))
            also = set(re.findall(r"(\w+) = ", "".join(re.findall(r"^export const .*;$", MODULES[source], re.M))))
            assert wanted <= exported | also, f"{name}: {wanted - exported - also} of {source}"
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_modules_are_short_and_start_with_a_comment() -> None:
    uncommented = [name for name, text in MODULES.items() if not text.startswith("/* ")]
    long = [name for name, text in MODULES.items() if len(text.splitlines()) > LONGEST]
    assert (uncommented, long) == ([], [])


@pytest.mark.asyncio(loop_scope="package")
async def test_only_the_files_of_the_page_are_served(sim: Simulator) -> None:
    kinds = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
    async with aiohttp.ClientSession() as http:
        for path in sorted(FOLDER.iterdir()):
            address = "/" if path.suffix == ".html" else f"/page/{path.name}"
            async with http.get(sim.url + address) as response:
                assert (response.status, response.content_type) == (200, kinds[path.suffix])
                assert await response.read() == path.read_bytes()
        for wrong in ("/page/none.js", "/page/../simulator.py", "/page/%2e%2e/simulator.py"):
            async with http.get(sim.url + wrong) as response:
                assert response.status == 404
