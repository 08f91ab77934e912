"""What an operator writes into a catalogue of their own is kept as secret as a key in the environment."""

import json
from pathlib import Path

import pytest

from bot.providers.catalogue import load_catalogue
from bot.providers.client import ChatClient
from bot.providers.offer import Access, Offer
from bot.providers.secrecy import literal_secrets
from bot.settings import load_settings
from tests.providers.conftest import Answer, Provider, ask

OWN = """
[barn]
title = "Barn"
base_url = "https://owl:p%40ss-of-the-barn@barn.example/v1?token=address-token&view=wide"
auth = { Authorization = "Bearer literal-bearer" }
query = { code = "literal-code", api-version = "2024-10-21" }
default_model = "owl"
model_list = { headers = { X-Secret = "literal-of-the-list" } }

[barn.headers]
X-Api-Key = "literal-header"
X-Barn = "Zq2mmA0pLw9xZq2mmA0pLw9x"
X-Title = "The Barn"
HTTP-Referer = "https://barn.example"
"""
HIDDEN = {
    "p%40ss-of-the-barn",
    "p@ss-of-the-barn",
    "address-token",
    "literal-bearer",
    "literal-header",
    "Zq2mmA0pLw9xZq2mmA0pLw9x",
    "literal-code",
    "literal-of-the-list",
}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    return path


def test_secrets_in_a_catalogue_are_found_and_what_is_public_is_not(own: Path) -> None:
    assert set(literal_secrets(load_catalogue(own)["barn"])) == HIDDEN


def test_the_catalogue_that_ships_has_none() -> None:
    assert [secret for provider in load_catalogue().values() for secret in literal_secrets(provider)] == []


def test_the_settings_know_them_and_those_of_the_operator_s_addresses(own: Path) -> None:
    access = {"groq": Access.model_validate({"base_url": "http://me:word-of-mine@proxy.example/v1"})}
    secrets = load_settings(catalogue_file=own, access=access).secrets()
    assert {*HIDDEN, "word-of-mine"} <= set(secrets)


async def test_a_provider_that_repeats_them_does_not_bring_them_into_an_error(
    provider: Provider, client: ChatClient, own: Path
) -> None:
    access = Access.model_validate({"base_url": f"{provider.url}/v1"})
    endpoint = Offer(load_catalogue(own), {"barn": access}).endpoint("barn")
    told = {"error": {"message": f"You sent {' and '.join(sorted(HIDDEN - {'p@ss-of-the-barn'}))}"}}
    provider.answers.append(Answer([json.dumps(told).encode()], "400 Bad Request", ["Content-Type: application/json"]))
    error = (await ask(client, endpoint)).error
    assert error is not None
    assert "You sent" in error.detail
    assert not [secret for secret in HIDDEN if secret in f"{error.detail} {error!r}"]
