"""The fifteen providers as data."""

from datetime import date
from pathlib import Path

import pytest

from bot.chat.attachments import IMAGE_TYPES
from bot.providers.catalogue import InvalidCatalogue, load_catalogue

CATALOGUE = load_catalogue()

FIRST_GIVEN = {
    "xai": ("XAI_API_KEY", "https://api.x.ai/v1"),
    "gemini": ("GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta"),
    "codestral": ("CODESTRAL_API_KEY", "https://codestral.mistral.ai/v1"),
    "mistral": ("MISTRAL_API_KEY", "https://api.mistral.ai/v1"),
    "openai": ("OPENAI_API_KEY", "https://api.openai.com/v1"),
    "sambanova": ("SAMBANOVA_API_KEY", "https://api.sambanova.ai/v1"),
    "github": ("GITHUB_API_KEY", "https://models.inference.ai.azure.com"),
    "groq": ("GROQ_API_KEY", "https://api.groq.com/openai/v1"),
    "openrouter": ("OPENROUTER_API_KEY", "https://openrouter.ai/api/v1"),
    "ollama": (None, "http://localhost:11434/v1"),
    "lmstudio": (None, "http://localhost:1234/v1"),
    "litellm": ("LITELLM_API_KEY", "http://localhost:4000/v1"),
    "glhf": ("GLHF_API_KEY", "https://glhf.chat/api/openai/v1"),
    "deepseek": ("DEEPSEEK_API_KEY", "https://api.deepseek.com"),
    "anthropic": ("ANTHROPIC_API_KEY", "https://api.anthropic.com/v1"),
}
"""The key and the base URL that each provider was first given."""

MOVED = {
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai",
    "github": "https://models.github.ai/inference",
    "glhf": "https://api.synthetic.new/openai/v1",
}


def test_there_are_the_fifteen_in_their_order() -> None:
    assert list(CATALOGUE) == list(FIRST_GIVEN)


@pytest.mark.parametrize("name", FIRST_GIVEN)
def test_a_provider_has_its_key_its_address_and_its_endpoint(name: str) -> None:
    key, first = FIRST_GIVEN[name]
    provider = CATALOGUE[name]
    assert provider.key == key
    assert provider.endpoint == "/chat/completions"
    assert str(provider.base_url).rstrip("/") == MOVED.get(name, first)
    assert [str(url).rstrip("/") for url in provider.former_base_urls] == ([first] if name in MOVED else [])
    assert provider.title


@pytest.mark.parametrize("name", FIRST_GIVEN)
def test_a_default_model_is_one_that_the_catalogue_knows(name: str) -> None:
    provider = CATALOGUE[name]
    known = [model.id for model in provider.models]
    assert len(set(known)) == len(known)
    assert provider.default_model in (known if known else [None])


@pytest.mark.parametrize("name", FIRST_GIVEN)
def test_image_types_are_ones_that_we_can_tell(name: str) -> None:
    assert set(CATALOGUE[name].images.types) <= set(IMAGE_TYPES)


def test_only_github_is_retired() -> None:
    assert {name: provider.retired for name, provider in CATALOGUE.items() if provider.retired} == {
        "github": date(2026, 7, 30)
    }


def test_openai_and_groq_limit_answers_by_another_field() -> None:
    named = {name: provider.max_tokens for name, provider in CATALOGUE.items() if provider.max_tokens != "max_tokens"}
    assert named == dict.fromkeys(["openai", "groq"], "max_completion_tokens")


def test_usage_is_not_asked_for_where_that_is_refused() -> None:
    assert {name for name, provider in CATALOGUE.items() if not provider.stream_options} == {
        "gemini",
        "codestral",
        "mistral",
    }


def test_an_unknown_model_is_only_its_name() -> None:
    model = CATALOGUE["openrouter"].model("somebody/new-model:free")
    assert (model.id, model.context, model.vision) == ("somebody/new-model:free", None, None)


@pytest.fixture
def extra(tmp_path: Path) -> Path:
    return tmp_path / "more.toml"


def test_an_operator_s_file_changes_only_what_it_names(extra: Path) -> None:
    extra.write_text('[groq]\ndefault_model = "owl-2"\n[groq.images]\ncount = 1\n', "utf-8")
    changed = load_catalogue(extra)
    assert changed["groq"].default_model == "owl-2"
    assert changed["groq"].images == CATALOGUE["groq"].images.model_copy(update={"count": 1})
    assert changed["groq"].base_url == CATALOGUE["groq"].base_url
    assert {name: changed[name] for name in changed if name != "groq"} == {
        name: CATALOGUE[name] for name in CATALOGUE if name != "groq"
    }


def test_an_operator_s_file_can_add_a_provider(extra: Path) -> None:
    extra.write_text('[barn]\ntitle = "The Barn"\nbase_url = "http://barn:8000/v1"\nkey = "BARN_KEY"\n', "utf-8")
    assert list(load_catalogue(extra)) == [*CATALOGUE, "barn"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[groq]\ndefalt_model = "owl"\n', "groq: defalt_model"),
        ('[barn]\nbase_url = "http://barn/v1"\n', "barn: title"),
        ('[groq]\nbase_url = "not an address"\n', "groq: base_url"),
        ('[groq]\ndrop = ["seed"]\n', "groq: drop"),
        ('["Big Barn"]\ntitle = "x"\nbase_url = "http://barn/v1"\n', "Big Barn"),
        ("groq = 5\n", "groq"),
        ("[groq\n", "is not TOML"),
        ("\x00", "is not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why_in_a_line(extra: Path, text: str, words: str) -> None:
    extra.write_text(text, "utf-8")
    with pytest.raises(InvalidCatalogue) as raised:
        load_catalogue(extra)
    for fault in raised.value.errors:
        assert fault.startswith(f"{extra}: ")
        assert "\n" not in fault
    assert any(words in fault for fault in raised.value.errors)


@pytest.mark.parametrize("missing", ["nowhere.toml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, missing: str) -> None:
    with pytest.raises(InvalidCatalogue, match="cannot be read"):
        load_catalogue(tmp_path / missing)


def test_a_file_in_another_encoding_is_refused_in_words(extra: Path) -> None:
    extra.write_bytes('[groq]\nnote = "Größe"\n'.encode("latin-1"))
    with pytest.raises(InvalidCatalogue, match="is not TOML"):
        load_catalogue(extra)
