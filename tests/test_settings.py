"""The operator's settings: their sources, and one line for every mistake."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.preferences.declaration import PREFERENCES, Preferences
from bot.providers.catalogue import load_catalogue
from bot.settings import ALLOWED, Settings, WrongSettings, load_settings
from tests.preferences.values import samples, wrong_texts

SetEnvironment = Callable[..., None]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    keys = [provider.key for provider in load_catalogue().values() if provider.key]
    urls = [name for name in os.environ if name.upper().endswith("_BASE_URL")]
    for name in [*ALLOWED, *keys, *urls]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> SetEnvironment:
    def set_all(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_all


def dotenv(text: str, encoding: str = "utf-8") -> None:
    Path(".env").write_text(text, encoding)


def faults(*, need_token: bool = False) -> list[str]:
    with pytest.raises(WrongSettings) as raised:
        load_settings(need_token=need_token)
    assert str(raised.value).splitlines() == raised.value.faults
    return raised.value.faults


def key_of(settings: Settings, name: str) -> str | None:
    key = settings.access[name].key
    return key.get_secret_value() if key else None


def test_defaults_apply_if_nothing_is_set() -> None:
    settings = load_settings()
    assert settings.discord_token is None
    assert settings.database_path == Path("data/parley.db")
    assert settings.preferences() == Preferences()
    assert (settings.log_level, settings.log_format) == ("INFO", "text")
    assert list(settings.offer().providers) == ["ollama", "lmstudio"]
    assert settings.secrets() == []


def test_every_setting_is_read_from_the_environment(env: SetEnvironment) -> None:
    env(
        DISCORD_TOKEN="abc.def.ghi",
        DISCORD_API_URL="http://localhost:9/api/v10",
        DISCORD_GATEWAY_URL="ws://localhost:9/gateway",
        DATABASE_URL="sqlite:////var/lib/parley/p.db",
        DEFAULT_MODEL="groq/openai/gpt-oss-20b",
        GROQ_API_KEY="gsk_1",
        GROQ_BASE_URL="http://localhost:9/v1",
        SYSTEM_PROMPT="Be kind.",
        LOG_LEVEL="debug",
        LOG_FORMAT="JSON",
    )
    settings = load_settings(need_token=True)
    assert settings.discord_token
    assert settings.discord_token.get_secret_value() == "abc.def.ghi"
    assert str(settings.discord_api_url) == "http://localhost:9/api/v10"
    assert str(settings.discord_gateway_url) == "ws://localhost:9/gateway"
    assert settings.database_path == Path("/var/lib/parley/p.db")
    assert settings.offer().default_model == "groq/openai/gpt-oss-20b"
    assert str(settings.offer().endpoint("groq").url) == "http://localhost:9/v1/chat/completions"
    assert settings.preferences().system_prompt == "Be kind."
    assert (settings.log_level, settings.log_format) == ("DEBUG", "json")


@pytest.mark.parametrize("name", load_catalogue())
def test_the_key_and_base_url_of_every_provider_are_read(env: SetEnvironment, name: str) -> None:
    provider = load_catalogue()[name]
    env(**{f"{name.upper()}_BASE_URL": "http://localhost:9/v1"} | ({provider.key: "k-1"} if provider.key else {}))
    settings = load_settings()
    assert key_of(settings, name) == ("k-1" if provider.key else None)
    assert str(settings.offer().endpoint(f"{name}/m").url) == "http://localhost:9/v1/chat/completions"


def test_the_environment_takes_precedence_over_the_file(env: SetEnvironment) -> None:
    dotenv("LOG_LEVEL=ERROR\nGROQ_API_KEY=from-file\nXAI_API_KEY=only-there\nLOG_FORMAT=json\n")
    env(LOG_LEVEL="DEBUG", GROQ_API_KEY="from-environment")
    settings = load_settings()
    assert (settings.log_level, settings.log_format) == ("DEBUG", "json")
    assert key_of(settings, "groq") == "from-environment"
    assert key_of(settings, "xai") == "only-there"


def test_an_empty_variable_counts_as_unset(env: SetEnvironment) -> None:
    dotenv("GROQ_API_KEY=from-file\nLOG_LEVEL=ERROR\n")
    env(DISCORD_TOKEN="", GROQ_API_KEY="", LOG_LEVEL="", DEFAULT_MODEL="", DATABASE_URL="", XAI_API_KEY="   ")
    settings = load_settings()
    assert settings.discord_token is None
    assert settings.log_level == "ERROR"
    assert key_of(settings, "groq") == "from-file"
    assert key_of(settings, "xai") is None
    assert settings.database_path == Path("data/parley.db")


def test_surrounding_white_space_is_ignored(env: SetEnvironment) -> None:
    env(DISCORD_TOKEN=" abc.def \n", GROQ_API_KEY="\tgsk_1\r\n", LOG_LEVEL=" debug ", DEFAULT_MODEL=" groq/owl ")
    settings = load_settings(need_token=True)
    assert settings.secrets() == ["abc.def", "gsk_1"]
    assert settings.log_level == "DEBUG"
    assert settings.offer().endpoint(settings.offer().default_model).full_name == "groq/owl"


def test_a_file_from_a_windows_editor_is_read() -> None:
    dotenv("DISCORD_TOKEN=abc\r\nLOG_LEVEL=ERROR\r\n", "utf-8-sig")
    assert load_settings(need_token=True).secrets() == ["abc"]


def test_a_file_in_another_encoding_is_a_fault() -> None:
    dotenv("SYSTEM_PROMPT=Grüße", "latin-1")
    (fault,) = faults()
    assert ".env" in fault
    assert "UTF-8" in fault


def test_other_variables_are_ignored(env: SetEnvironment) -> None:
    env(ACCESS="all areas", HOME="/nowhere", CATALOGUE="7")
    assert load_settings().access["groq"].key is None


WRONG = {
    "DISCORD_API_URL": "discord.com",
    "DISCORD_GATEWAY_URL": "https://gateway",
    "DATABASE_URL": "postgres://localhost/parley",
    "LOG_LEVEL": "LOUD",
    "LOG_FORMAT": "xml",
    "GROQ_BASE_URL": "localhost",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_has_the_name_the_value_and_what_is_allowed(env: SetEnvironment, name: str) -> None:
    env(**{name: WRONG[name]})
    assert faults() == [f"{name}: read {WRONG[name]!r}; allowed: {ALLOWED.get(name, 'an http(s) URL')}"]


def test_every_fault_has_a_line(env: SetEnvironment) -> None:
    env(**WRONG, DEFAULT_MODEL="barn/owl")
    found = {fault.partition(":")[0] for fault in faults(need_token=True)}
    assert found == {*WRONG, "DISCORD_TOKEN", "DEFAULT_MODEL"}


@pytest.mark.parametrize(
    "url", ["data/parley.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///p.db?timeout=5", "mysql:///x"]
)
def test_only_a_sqlite_file_is_a_database(env: SetEnvironment, url: str) -> None:
    env(DATABASE_URL=url)
    (fault,) = faults()
    assert fault == f"DATABASE_URL: read {url!r}; allowed: {ALLOWED['DATABASE_URL']}"


def test_a_missing_token_is_a_fault_only_if_it_is_needed() -> None:
    load_settings()
    assert faults(need_token=True) == [f"DISCORD_TOKEN: not set; allowed: {ALLOWED['DISCORD_TOKEN']}"]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("barn/owl", "There is no provider called `barn`"),
        ("owl", "There is no provider called `owl`"),
        ("groq/owl", "GROQ_API_KEY"),
        ("github/openai/gpt-4o", "2026-07-30"),
    ],
)
def test_an_unavailable_default_model_is_a_fault(env: SetEnvironment, model: str, words: str) -> None:
    env(DEFAULT_MODEL=model)
    (fault,) = faults()
    assert fault.startswith(f"DEFAULT_MODEL: read {model!r}")
    assert words in fault


@pytest.mark.parametrize(
    ("name", "lowest", "highest", "outside"),
    [
        ("RETRY_TRIES", "1", "10", ["0", "11", "2.5", "many"]),
        ("RETRY_SECONDS", "0", "600", ["-1", "601", "nan", "inf"]),
        ("IDLE_SECONDS", "1", "3600", ["0.9", "3601", "nan"]),
    ],
)
def test_numbers_have_bounds(env: SetEnvironment, name: str, lowest: str, highest: str, outside: list[str]) -> None:
    for value in (lowest, highest):
        env(**{name: value})
        assert getattr(load_settings(), name.lower()) == float(value)
    for value in outside:
        env(**{name: value})
        assert faults() == [f"{name}: read {value!r}; allowed: {ALLOWED[name]}"]


def test_fallbacks_are_read_in_order_and_each_must_be_available(env: SetEnvironment) -> None:
    env(GROQ_API_KEY="k-12345678", FALLBACK_MODELS=" groq/owl, ,ollama/gemma4 ")
    assert load_settings().preferences().fallback == ("groq/owl", "ollama/gemma4")
    env(FALLBACK_MODELS="barn/owl,groq/owl,xai/grok-4.3")
    assert [fault.partition(";")[0] for fault in faults()] == [
        "FALLBACK_MODELS: read 'barn/owl'",
        "FALLBACK_MODELS: read 'xai/grok-4.3'",
    ]


@pytest.mark.parametrize("name", sorted(PREFERENCES))
def test_the_operator_can_set_every_preference_in_the_format_of_the_command(env: SetEnvironment, name: str) -> None:
    keys = {provider.key: "k-12345678" for provider in load_catalogue().values() if provider.key}
    variable, preference = f"DEFAULT_{name.upper()}", PREFERENCES[name]
    for value in samples(name):
        env(**keys, **{variable: preference.input.write(value)})
        assert load_settings().preferences().chosen() == {name: value}
    for typed in filter(str.strip, wrong_texts(preference.input)):
        env(**{variable: typed})
        (fault,) = faults()
        assert fault.startswith(f"{variable}: read {typed[:20]!r}"[:-1])
        assert fault.endswith(f"; allowed: {preference.input.allowed}")


def test_former_names_of_variables_work_and_new_ones_take_precedence(env: SetEnvironment) -> None:
    env(FOOTER="FULL", SYSTEM_PROMPT="Be kind.", FALLBACK_MODELS="ollama/gemma4")
    chosen = {"footer": "full", "system_prompt": "Be kind.", "fallback": ("ollama/gemma4",)}
    assert load_settings().preferences().chosen() == chosen
    env(DEFAULT_FOOTER="off", FOOTER="loud")
    assert load_settings().preferences().chosen() == chosen | {"footer": "off"}
    env(DEFAULT_FOOTER="")
    assert faults() == ["FOOTER: read 'loud'; allowed: one of off, short, full"]


def test_the_operators_catalogue_adds_providers_with_their_keys(env: SetEnvironment) -> None:
    entry = '[barn]\ntitle = "The Barn"\nbase_url = "http://barn:8000/v1"\nkey = "BARN_KEY"\n'
    Path("more.toml").write_text(entry, "utf-8")
    env(CATALOGUE_FILE="more.toml", BARN_KEY="k-1", BARN_BASE_URL="http://localhost:9/v1")
    assert str(load_settings().offer().endpoint("barn/owl").url) == "http://localhost:9/v1/chat/completions"
    env(CATALOGUE_FILE="nowhere.toml")
    (fault,) = faults()
    assert fault.startswith("CATALOGUE_FILE: nowhere.toml: cannot be read")


def test_a_system_prompt_that_is_too_long_is_not_repeated_in_full(env: SetEnvironment) -> None:
    env(SYSTEM_PROMPT="x" * 6_001)
    (fault,) = faults()
    assert fault.startswith("SYSTEM_PROMPT: read 'xxx")
    assert len(fault) < 200


def test_a_secret_is_never_shown(env: SetEnvironment) -> None:
    secret = "sk-proj-Zq2mmA0pLw9x"
    for name in ("GROQ_BASE_URL", "DATABASE_URL", "DEFAULT_MODEL", "LOG_LEVEL"):
        env(**{name: secret})
    env(XAI_BASE_URL=f"ftp://user:{secret}@host/", DISCORD_API_URL=f"ftp://{secret}@host", GROQ_API_KEY=secret)
    text = "\n".join(faults(need_token=True))
    assert text.count("\n") == 6
    assert secret[-12:].lower() not in text.lower()


def test_printing_settings_shows_no_secrets(env: SetEnvironment) -> None:
    env(DISCORD_TOKEN="abc.def.ghi", GROQ_API_KEY="gsk-12345")
    settings = load_settings()
    assert "abc.def" not in f"{settings!r} {settings}"
    assert "gsk-12345" not in f"{settings!r} {settings}"
    assert sorted(settings.secrets()) == ["abc.def.ghi", "gsk-12345"]


def test_given_values_take_precedence_over_the_environment(env: SetEnvironment) -> None:
    env(LOG_LEVEL="ERROR", DATABASE_URL="sqlite:///a.db")
    settings = load_settings(log_level="DEBUG", database_url="sqlite:///b.db")
    assert (settings.log_level, settings.database_path) == ("DEBUG", Path("b.db"))
