"""The operator's settings: the only reader of the environment and of `.env`."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, HttpUrl, SecretStr, ValidationError, WebsocketUrl, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.preferences.declaration import LONGEST_SYSTEM_PROMPT, Footer, Preferences
from bot.providers.catalogue import Catalogue, InvalidCatalogue, Model, load_catalogue
from bot.providers.errors import redacted
from bot.providers.offer import Access, NotOffered, Offer
from bot.providers.patience import IDLE_SECONDS, RetryLimits
from bot.providers.secrecy import literal_secrets

SYSTEM_PROMPT = "You are Parley, a helpful assistant in a Discord chat. Answer in the language you are asked in."

ALLOWED: Mapping[str, str] = {
    "DISCORD_TOKEN": "the bot's token from the Discord developer portal",
    "DISCORD_API_URL": "an http(s) address that ends with the API's version, as https://discord.com/api/v10",
    "DISCORD_GATEWAY_URL": "a ws(s) address, as wss://gateway.discord.gg/",
    "DATABASE_URL": "sqlite:///path/to/file.db (four slashes for an absolute path)",
    "DEFAULT_MODEL": "provider/model, as groq/openai/gpt-oss-20b",
    "FALLBACK_MODELS": "provider/model names in order, with commas between them",
    "RETRY_TRIES": "a whole number from 1 to 10",
    "RETRY_SECONDS": "seconds from 0 to 600",
    "IDLE_SECONDS": "seconds from 1 to 3600",
    "GRACE_SECONDS": "seconds from 0 to 600",
    "SYSTEM_PROMPT": f"a text of at most {LONGEST_SYSTEM_PROMPT} characters",
    "FOOTER": ", ".join(Footer),
    "CATALOGUE_FILE": "the path of a TOML file with paragraphs like those of bot/providers/catalogue.toml",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "LOG_FORMAT": "text or json",
}


class WrongSettings(Exception):
    """The settings cannot be used; `faults` has a line for each: the name, what was read, what is allowed."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = [redacted(fault) for fault in faults]  # people do paste keys into the wrong line
        super().__init__("\n".join(self.faults))


class AccessSource(PydanticBaseSettingsSource):
    """Collects each provider's key and `<PROVIDER>_BASE_URL` into `access`, by the names in the catalogue."""

    def __init__(self, settings: type[BaseSettings], sources: tuple[EnvSettingsSource, ...]) -> None:
        super().__init__(settings)
        # a pasted key often brings white space along
        self._values = {
            name: value.strip()
            for source in sources
            for name, value in source.env_vars.items()
            if value and value.strip()
        }

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        file = self._values.get("catalogue_file")
        return {
            "access": {
                name: {
                    "key": self._values.get((provider.key or "").lower()),
                    "base_url": self._values.get(f"{name}_base_url"),
                }
                for name, provider in load_catalogue(Path(file) if file else None).items()
            }
        }


class Settings(BaseSettings):
    """What the operator chose. The environment goes before `.env`; empty values count as not set."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        str_strip_whitespace=True,
        extra="ignore",
        frozen=True,
    )

    discord_token: SecretStr | None = None
    discord_api_url: HttpUrl | None = None
    discord_gateway_url: WebsocketUrl | None = None
    database_url: str = "sqlite:///data/parley.db"
    default_model: str | None = None
    fallback_models: str = ""
    retry_tries: int = Field(4, ge=1, le=10)
    retry_seconds: float = Field(60, ge=0, le=600)
    idle_seconds: float = Field(IDLE_SECONDS, ge=1, le=3600)
    grace_seconds: float = Field(10, ge=0, le=600)
    system_prompt: str = Field(SYSTEM_PROMPT, max_length=LONGEST_SYSTEM_PROMPT)
    footer: Footer = Footer.SHORT
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    catalogue_file: Path | None = None
    access: Annotated[dict[str, Access], NoDecode] = {}

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        init, env, dotenv = named["init_settings"], named["env_settings"], named["dotenv_settings"]
        readers = tuple(source for source in (dotenv, env) if isinstance(source, EnvSettingsSource))
        return init, AccessSource(settings_cls, readers), env, dotenv  # a variable called ACCESS is none of ours

    @field_validator("log_level", "log_format", "footer", mode="before")
    @classmethod
    def _any_case(cls, value: object, info: Any) -> object:
        if not isinstance(value, str):
            return value
        return value.strip().upper() if info.field_name == "log_level" else value.strip().lower()

    @field_validator("database_url")
    @classmethod
    def _sqlite(cls, value: str) -> str:
        path = re.fullmatch(r"sqlite(?:\+aiosqlite)?:///(?!:memory:)([^?]+)", value)
        if not path or not Path(path[1]).name:
            raise ValueError("not a SQLite file")
        return value

    @property
    def catalogue(self) -> Catalogue:
        return load_catalogue(self.catalogue_file)

    def offer(self, listed: Mapping[str, Iterable[Model]] | None = None) -> Offer:
        """The providers that can be had with these settings; `listed` is what they say of their models."""
        return Offer(self.catalogue, self.access, self.default_model, listed)

    def preferences(self) -> Preferences:
        """The operator's layer: what holds where no server or channel chose."""
        return Preferences(system_prompt=self.system_prompt, fallback=self.fallbacks, footer=self.footer)

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """What answers in turn when a model does not, each `provider/model`."""
        return tuple(name.strip() for name in self.fallback_models.split(",") if name.strip())

    def retry_limits(self) -> RetryLimits:
        """How patient to be with one endpoint."""
        return RetryLimits(self.retry_tries, self.retry_seconds)

    def secrets(self) -> list[str]:
        """What must never be written anywhere."""
        keys = [self.discord_token, *(access.key for access in self.access.values())]
        known = [key.get_secret_value() for key in keys if key]
        for name, provider in self.catalogue.items():
            base_url = self.access.get(name, Access()).base_url
            known += literal_secrets(provider, [str(base_url)] if base_url else [])
        return known

    @property
    def database_path(self) -> Path:
        return Path(self.database_url.split(":///", 1)[1])


def load_settings(*, need_token: bool = False, **given: Any) -> Settings:
    """Read the settings; `given` ones go before the environment. Raises WrongSettings with every fault there is."""
    faults: list[str] = []
    try:
        settings = Settings(**given)
    except InvalidCatalogue as error:
        raise WrongSettings([f"CATALOGUE_FILE: {fault}" for fault in error.errors]) from None
    except UnicodeDecodeError as error:
        raise WrongSettings([f".env: is not UTF-8 text: {error.reason} at byte {error.start}"]) from None
    except ValidationError as error:
        problems = error.errors(include_url=False)
        faults = [_fault(problem) for problem in problems]
        settings = Settings(**given | _defaults(problems))
    if need_token and not settings.discord_token:
        faults.append(f"DISCORD_TOKEN: not set; allowed: {ALLOWED['DISCORD_TOKEN']}")
    faults += _unknown_models("DEFAULT_MODEL", settings, [settings.default_model] if settings.default_model else [])
    faults += _unknown_models("FALLBACK_MODELS", settings, settings.fallbacks)
    if faults:
        raise WrongSettings(faults)
    return settings


def _defaults(problems: list[ErrorDetails]) -> dict[str, Any]:
    """Defaults in place of what is wrong, so that the other faults are found too."""
    values: dict[str, Any] = {}
    for problem in problems:
        match problem["loc"]:
            case ("access", provider, field, *_):
                values.setdefault("access", {})[provider] = {field: None}
            case (name, *_):
                values[str(name)] = Settings.model_fields[str(name)].default
    return values


def _unknown_models(name: str, settings: Settings, models: Iterable[str]) -> list[str]:
    faults = []
    for model in models:
        try:
            settings.offer().endpoint(model)
        except NotOffered as error:
            faults.append(f"{name}: read {model!r}; {error}")
    return faults


def _fault(problem: ErrorDetails) -> str:
    match problem["loc"]:
        case ("access", str(provider), "base_url", *_):
            name, allowed = f"{provider.upper()}_BASE_URL", "an http(s) address"
        case (first, *_):
            name = str(first).upper()
            allowed = ALLOWED.get(name, problem["msg"])
        case _:
            name, allowed = "settings", problem["msg"]
    return f"{name}: read {_readable(name, problem['input'])}; allowed: {allowed}"


def _readable(name: str, value: object) -> str:
    """What was read, without what could be a secret: tokens, and the credentials of an address."""
    if "TOKEN" in name or "KEY" in name:
        return "something else"
    text = re.sub(r"//[^/@\s]*@", "//***@", str(value))
    return repr(text if len(text) <= 80 else f"{text[:80]}…")
