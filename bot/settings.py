"""The operator's settings: the only reader of the environment and of `.env`."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, HttpUrl, SecretStr, ValidationError, WebsocketUrl, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.preferences.declaration import PREFERENCES, Preferences
from bot.providers.catalogue import Catalogue, InvalidCatalogue, Model, load_catalogue
from bot.providers.errors import redacted
from bot.providers.offer import Access, NotOffered, Offer
from bot.providers.patience import IDLE_SECONDS, RetryLimits
from bot.providers.secrecy import literal_secrets
from bot.text import Refused

VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        variable: name
        for name, preference in PREFERENCES.items()
        for variable in (f"DEFAULT_{name.upper()}", *preference.former_variables)
    }
)
"""The name of the preference for each variable of the operator; DEFAULT_<NAME> takes precedence over former names."""

ALLOWED: Mapping[str, str] = {
    "DISCORD_TOKEN": "the bot's token from the Discord developer portal",
    "DISCORD_API_URL": "an http(s) URL that ends with the version of the API, such as https://discord.com/api/v10",
    "DISCORD_GATEWAY_URL": "a ws(s) URL, such as wss://gateway.discord.gg/",
    "DATABASE_URL": "sqlite:///path/to/file.db (four slashes for an absolute path)",
    "RETRY_TRIES": "a whole number from 1 to 10",
    "RETRY_SECONDS": "seconds from 0 to 600",
    "IDLE_SECONDS": "seconds from 1 to 3600",
    "GRACE_SECONDS": "seconds from 0 to 600",
    "CATALOGUE_FILE": "the path of a TOML file with entries like those of bot/providers/catalogue.toml",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "LOG_FORMAT": "text or json",
    **{variable: str(PREFERENCES[name].input.allowed) for variable, name in VARIABLES.items()},
}


class WrongSettings(Exception):
    """The settings are invalid; `faults` has one line per fault: the variable, what was read, what is allowed."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = [redacted(fault) for fault in faults]  # people do paste keys into the wrong line
        super().__init__("\n".join(self.faults))


class DerivedSource(PydanticBaseSettingsSource):
    """Reads variables whose names come from data: keys and base URLs of providers, and DEFAULT_<NAME>."""

    def __init__(self, settings: type[BaseSettings], sources: tuple[EnvSettingsSource, ...]) -> None:
        super().__init__(settings)
        # pasted keys often have white space around them
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
        names = [variable.lower() for variable in VARIABLES]
        return {name: self._values[name] for name in names if name in self._values} | {
            "access": {
                name: {
                    "key": self._values.get((provider.key or "").lower()),
                    "base_url": self._values.get(f"{name}_base_url"),
                }
                for name, provider in load_catalogue(Path(file) if file else None).items()
            }
        }


class Settings(BaseSettings):
    """The operator's settings. The environment takes precedence over `.env`; empty values count as unset."""

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
    retry_tries: int = Field(4, ge=1, le=10)
    retry_seconds: float = Field(60, ge=0, le=600)
    idle_seconds: float = Field(IDLE_SECONDS, ge=1, le=3600)
    grace_seconds: float = Field(10, ge=0, le=600)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    catalogue_file: Path | None = None
    access: Annotated[dict[str, Access], NoDecode] = {}
    defaults: Annotated[dict[str, str], NoDecode] = {}
    """The raw values of the variables for preferences, by the variable in lower case."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        init, env, dotenv = named["init_settings"], named["env_settings"], named["dotenv_settings"]
        readers = tuple(source for source in (dotenv, env) if isinstance(source, EnvSettingsSource))
        # so that variables named ACCESS or DEFAULTS are ignored
        return init, DerivedSource(settings_cls, readers), env, dotenv

    @model_validator(mode="before")
    @classmethod
    def _collect_defaults(cls, values: dict[str, Any]) -> dict[str, Any]:
        names = [variable.lower() for variable in VARIABLES]
        return values | {"defaults": {name: values[name] for name in names if values.get(name)}}

    @field_validator("log_level", "log_format", mode="before")
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
        """The providers that are available with these settings; `listed` has the models that they list."""
        return Offer(self.catalogue, self.access, self.preferences().model, listed)

    def preferences(self) -> Preferences:
        """The operator's preferences, which apply unless a scope has its own. Raises Refused."""
        typed = {name: PREFERENCES[name].read(value) for name, (_, value) in self._typed().items()}
        return Preferences(**typed)

    def _typed(self) -> dict[str, tuple[str, str]]:
        """The variable and its raw value for each preference that the operator set."""
        found: dict[str, tuple[str, str]] = {}
        for variable, name in VARIABLES.items():
            if variable.lower() in self.defaults:
                found.setdefault(name, (variable, self.defaults[variable.lower()]))
        return found

    def default_faults(self) -> list[str]:
        """One line for each preference of the operator that is invalid or names an unavailable model."""
        faults: list[str] = []
        usable = self.model_copy(update={"defaults": {}}).offer()
        for name, (variable, typed) in self._typed().items():
            try:
                value = PREFERENCES[name].read(typed)
            except Refused:
                faults.append(_fault_line(variable, typed, ALLOWED[variable]))
                continue
            faults += _not_offered(variable, usable, PREFERENCES[name].input.models(value))
        return faults

    @property
    def named_models(self) -> tuple[str, ...]:
        """The models that the operator's preferences name."""
        chosen = self.preferences().chosen().items()
        return tuple(model for name, value in chosen for model in PREFERENCES[name].input.models(value))

    def retry_limits(self) -> RetryLimits:
        """The limits for retrying one endpoint."""
        return RetryLimits(self.retry_tries, self.retry_seconds)

    def secrets(self) -> list[str]:
        """The secrets in the settings, which must never be logged or shown."""
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
    """Load the settings; `given` ones take precedence over the environment. Raises WrongSettings with all faults."""
    faults: list[str] = []
    try:
        settings = Settings(**given)
    except InvalidCatalogue as error:
        raise WrongSettings([f"CATALOGUE_FILE: {fault}" for fault in error.errors]) from None
    except UnicodeDecodeError as error:
        raise WrongSettings([f".env: not UTF-8 text: {error.reason} at byte {error.start}"]) from None
    except ValidationError as error:
        problems = error.errors(include_url=False)
        faults = [_fault(problem) for problem in problems]
        settings = Settings(**given | _defaults(problems))
    if need_token and not settings.discord_token:
        faults.append(f"DISCORD_TOKEN: not set; allowed: {ALLOWED['DISCORD_TOKEN']}")
    faults += settings.default_faults()
    if faults:
        raise WrongSettings(faults)
    return settings


def _defaults(problems: list[ErrorDetails]) -> dict[str, Any]:
    """Defaults for invalid settings, so that the other faults are found too."""
    values: dict[str, Any] = {}
    for problem in problems:
        match problem["loc"]:
            case ("access", provider, field, *_):
                values.setdefault("access", {})[provider] = {field: None}
            case (name, *_):
                values[str(name)] = Settings.model_fields[str(name)].default
    return values


def _not_offered(variable: str, offer: Offer, models: Iterable[str]) -> list[str]:
    """One line for each model that is not available."""
    faults = []
    for model in models:
        try:
            offer.endpoint(model)
        except NotOffered as error:
            faults.append(f"{variable}: read {model!r}; {error}")
    return faults


def _fault(problem: ErrorDetails) -> str:
    match problem["loc"]:
        case ("access", str(provider), "base_url", *_):
            name, allowed = f"{provider.upper()}_BASE_URL", "an http(s) URL"
        case (first, *_):
            name = str(first).upper()
            allowed = ALLOWED.get(name, problem["msg"])
        case _:
            name, allowed = "settings", problem["msg"]
    return _fault_line(name, problem["input"], allowed)


def _fault_line(name: str, value: object, allowed: str) -> str:
    return f"{name}: read {_readable(name, value)}; allowed: {allowed}"


def _readable(name: str, value: object) -> str:
    """What was read, without possible secrets: tokens, keys, and credentials in URLs."""
    if name not in VARIABLES and ("TOKEN" in name or "KEY" in name):
        return "something else"
    text = re.sub(r"//[^/@\s]*@", "//***@", str(value))
    return repr(text if len(text) <= 80 else f"{text[:80]}…")
