"""`/settings`: server admins change the preferences of the server, its categories, channels and threads."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.places import Scope, ScopeKind
from bot.discord.border import read_scopes
from bot.discord.commands.choices import CurrentModel
from bot.discord.commands.responses import check_permission, explained, respond
from bot.discord.commands.setting_modal import SettingModal, read_submission
from bot.discord.commands.setting_values import (
    declared,
    name_choices,
    shown,
    shown_fault,
    shown_resolved,
    shown_whole,
    title,
    value_choices,
)
from bot.preferences.declaration import PREFERENCES, Preference
from bot.preferences.inputs import ModelName, RoleId
from bot.preferences.resolver import Resolver
from bot.providers.offer import Offer
from bot.store.store import Store
from bot.text import Refused, Text

Where = (
    discord.TextChannel
    | discord.VoiceChannel
    | discord.StageChannel
    | discord.ForumChannel
    | discord.CategoryChannel
    | discord.Thread
)
Choices = list[app_commands.Choice[str]]

MAX_VALUE_LENGTH = 6_000
"""Discord's limit for a string option of a command, in characters."""


@app_commands.default_permissions(manage_guild=True)
@app_commands.guild_only()
class PreferenceCommands(
    commands.GroupCog, group_name="settings", group_description="Settings of this server and its channels"
):
    """`/settings show`, `set` and `reset`."""

    def __init__(self, offer: Offer, store: Store, resolver: Resolver, current: CurrentModel) -> None:
        self._offer = offer
        self._store = store
        self._resolver = resolver
        self._current = current

    @app_commands.command(description="Show all settings, and where their values come from")
    @app_commands.describe(where="A channel, thread, forum or category; default: this channel")
    async def show(self, interaction: discord.Interaction, where: Where | None = None) -> None:
        target = where or interaction.channel
        if target is None:
            return
        scopes = _scopes(interaction, target)
        resolved = await self._resolver.within(scopes)
        await respond(
            interaction,
            Text("In {where}:", where=_shown_scope(scopes[0])),
            *(
                Text("{title} {value}", title=title(name), value=shown_resolved(name, resolved, self._offer))
                for name in PREFERENCES
            ),
            *map(shown_fault, resolved.faults),
        )

    @app_commands.command(name="set", description="Change a setting of the server, a category, a channel or a thread")
    @app_commands.describe(
        name="The setting to change",
        value="The new value; leave it out to edit the current one in a form",
        where="A channel, thread, forum or category; default: the whole server",
    )
    async def set(
        self,
        interaction: discord.Interaction,
        name: str,
        value: app_commands.Range[str, 1, MAX_VALUE_LENGTH] | None = None,
        where: Where | None = None,
    ) -> None:
        scopes = _scopes(interaction, where)
        preference = declared(name)
        if value is not None:
            await self._change(interaction, name, value, scopes)
            return
        current = getattr((await self._resolver.within(scopes)).values, name)
        typed = "" if current is None else preference.input.write(current)
        await interaction.response.send_modal(SettingModal(name, preference, scopes[0], typed))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle a submission of the form that `set` opened, possibly before a restart."""
        if (submission := read_submission(interaction)) is None:
            return
        async with explained(interaction, "The form of /settings set"):
            check_permission(interaction, "manage_guild")
            scopes = _scopes(interaction, await _channel_of(interaction, submission.scope))
            await self._change(interaction, submission.name, submission.text, scopes)

    @set.autocomplete("name")
    async def _names_to_set(self, _: discord.Interaction, typed: str) -> Choices:
        return name_choices(typed)

    @set.autocomplete("value")
    async def _values(self, interaction: discord.Interaction, typed: str) -> Choices:
        preference = PREFERENCES.get(interaction.namespace.name)
        if preference is None:
            return []
        current = await self._current(interaction)
        return value_choices(preference, typed, self._offer, current, interaction.guild)

    @app_commands.command(description="Reset a setting to the server's value, or the server's to the operator's")
    @app_commands.describe(
        name="The setting to reset; default: all of them",
        where="A channel, thread, forum or category; default: the whole server",
    )
    async def reset(
        self, interaction: discord.Interaction, name: str | None = None, where: Where | None = None
    ) -> None:
        scopes = _scopes(interaction, where)
        chosen = await self._resolver.chosen(scopes[0])
        before = {each: value for each, value in chosen.items() if name in (each, None)}
        if name is not None and name not in before:
            declared(name)
        if not before:
            await respond(interaction, Text("There's nothing to reset in {where}.", where=_shown_scope(scopes[0])))
            return
        await self._store.preferences.change(
            scopes[0], interaction.guild_id, dict.fromkeys(before), interaction.user.id
        )
        resolved = await self._resolver.within(scopes)
        lines = [Text("Reset in {where}:", where=_shown_scope(scopes[0]))]
        for each, value in before.items():
            line = Text("{title} was {before}", title=title(each), before=shown_whole(each, value))
            if each in PREFERENCES:
                line = Text("{line}; now {value}", line=line, value=shown_resolved(each, resolved, self._offer))
            lines.append(line)
        await respond(interaction, *lines)

    @reset.autocomplete("name")
    async def _names_to_reset(self, _: discord.Interaction, typed: str) -> Choices:
        return name_choices(typed)

    async def _change(self, interaction: discord.Interaction, name: str, typed: str, scopes: tuple[Scope, ...]) -> None:
        """Set what was typed, and show the previous value so that the change can be undone. Raises Refused."""
        preference = declared(name)
        value = await self._read(interaction, preference, typed, scopes)
        before = (await self._resolver.chosen(scopes[0])).get(name)
        await self._store.preferences.change(scopes[0], interaction.guild_id, {name: value}, interaction.user.id)
        await respond(
            interaction,
            Text("Changed in {where}:", where=_shown_scope(scopes[0])),
            Text(
                "{title} {value}, was {before}",
                title=title(name),
                value=shown(name, value),
                before=Text("not set") if before is None else shown_whole(name, before),
            ),
        )

    async def _read(
        self, interaction: discord.Interaction, preference: Preference, typed: str, scopes: tuple[Scope, ...]
    ) -> object:
        """The value that was typed, with full model names. Raises Refused and NotOffered."""
        value = preference.read(typed)
        if isinstance(preference.input, RoleId) and not (interaction.guild and interaction.guild.get_role(value)):
            raise Refused(Text("There's no such role in this server."))
        if isinstance(preference.input, ModelName) and value not in self._offer.providers:
            # as with /model, the current provider's name can be left out
            current = (await self._resolver.within(scopes)).values.model or self._offer.default_model
            value = self._offer.resolve(value, current.partition("/")[0]).full_name
        return preference.input.with_models(value, lambda name: self._offer.endpoint(name).full_name)


def _scopes(interaction: discord.Interaction, where: discord.abc.Snowflake | None) -> tuple[Scope, ...]:
    """The scopes that apply, nearest first. Raises Refused unless the person may change them.

    Server admins can allow the command for anyone in Discord's own settings, so the permission is checked again here.
    """
    check_permission(interaction, "manage_guild")
    if interaction.guild_id is None:
        raise Refused(Text("Settings can only be changed in a server."))
    return read_scopes(where, interaction.guild_id)


async def _channel_of(interaction: discord.Interaction, scope: Scope) -> discord.abc.Snowflake | None:
    """The channel, thread or category of a scope; None for the server. Raises Refused if it no longer exists."""
    if scope.kind is ScopeKind.GUILD or interaction.guild is None:
        return None
    known = interaction.guild.get_channel_or_thread(scope.id)
    try:
        return known or await interaction.guild.fetch_channel(scope.id)
    except (discord.HTTPException, discord.InvalidData) as error:
        raise Refused(Text("That channel no longer exists.")) from error


def _shown_scope(scope: Scope) -> Text | str:
    return Text("the whole server") if scope.kind is ScopeKind.GUILD else f"<#{scope.id}>"
