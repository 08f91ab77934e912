"""docs/providers.md matches the catalogue, and its examples work."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.providers.catalogue import load_catalogue
from bot.providers.offer import Access, Offer
from docs.providers import COLUMNS, PAGE, page, row


def examples() -> list[str]:
    return re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def offer(tmp_path: Path) -> Offer:
    """The offer of an operator who copied the page's examples."""
    file = tmp_path / "mine.toml"
    file.write_text("\n".join(examples()), encoding="utf-8")
    return Offer(load_catalogue(file), {"azure": Access(key=SecretStr("k3-Hh20xm"))})


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_provider_has_a_full_row() -> None:
    for name, provider in load_catalogue().items():
        cells = row(name, provider)
        assert len(cells) == len(COLUMNS)
        assert all(cells[:-1]), f"{name} has an empty cell before its note"


def test_the_vllm_example_works(offer: Offer) -> None:
    endpoint = offer.endpoint("vllm")
    assert len(examples()[0].splitlines()) <= 11
    assert str(endpoint.url) == "http://localhost:8000/v1/chat/completions"
    assert endpoint.headers == {}


def test_the_azure_example_works(offer: Offer) -> None:
    endpoint = offer.endpoint("azure")
    assert str(endpoint.url).endswith("/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21")
    assert endpoint.headers == {"api-key": "k3-Hh20xm"}
