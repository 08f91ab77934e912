"""The life of an interaction: opened by a person, acknowledged within three seconds, answered for fifteen minutes."""

import asyncio
import secrets

from bot.simulator.components import completed
from bot.simulator.drafts import Draft
from bot.simulator.errors import ApiError, Json, Refusal
from bot.simulator.messages import delete, edit, paint, post, tell, would_be_empty
from bot.simulator.objects import COMMAND_REPLY, DM, PLAIN, Channel, Interaction, Message, MessageFlag, User
from bot.simulator.payloads import (
    FILE_LIMIT,
    Viewer,
    channel_payload,
    member_payload,
    partial_application_payload,
    user_payload,
)
from bot.simulator.permissions import Permission, in_channel
from bot.simulator.world import Event, World

PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 1, 2, 3, 4, 5
FORGOTTEN_AFTER = 3600.0  # seconds; a modal may stay open for longer than its interaction's token lives
PONG, MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, SHOW_MODAL = 1, 4, 5, 6, 7, 8, 9


class Interactions:
    def __init__(self, world: World, ack_window: float = 3.0, token_life: float = 900.0) -> None:
        self.world = world
        self.ack_window, self.token_life = ack_window, token_life
        self._by_token: dict[str, Interaction] = {}

    def close(self) -> None:
        for interaction in self._by_token.values():
            interaction.failed.cancel()

    # A person begins

    def open(self, interaction_type: int, user: User, channel: Channel, data: Json, nonce: str | None) -> Interaction:
        self._forget_old()
        token = secrets.token_urlsafe(64)
        loop = asyncio.get_running_loop()
        interaction = Interaction(
            self.world.ids.next(), token, interaction_type, user, channel, loop.time(), nonce, data
        )
        self._by_token[token] = interaction
        interaction.failed = loop.call_later(self.ack_window, self._give_up, interaction)
        return interaction

    def _forget_old(self) -> None:
        for token, old in list(self._by_token.items()):
            if self._age(old) <= max(self.token_life, FORGOTTEN_AFTER):
                break
            del self._by_token[token]

    def announce(self, interaction: Interaction) -> None:
        self._tell_person("INTERACTION_CREATE", interaction)
        to_bot = frozenset({self.world.bot.id})
        guild_id = interaction.channel.guild_id
        self.world.publish(
            Event("INTERACTION_CREATE", lambda viewer: self._payload(interaction, viewer), guild_id, only=to_bot)
        )

    def _give_up(self, interaction: Interaction) -> None:
        if not interaction.answered:
            self._tell_person("INTERACTION_FAILURE", interaction, {"reason_code": 1})

    def _tell_person(self, event: str, interaction: Interaction, more: Json | None = None) -> None:
        told = {"id": str(interaction.id), "nonce": interaction.nonce} | (more or {})
        self.world.tell_users(event, (interaction.user,), lambda viewer: told)

    # The application answers

    def of_callback(self, interaction_id: int, token: str) -> Interaction:
        """The interaction that waits for its first answer."""
        interaction = self._by_token.get(token)
        if interaction is None or interaction.id != interaction_id:
            raise ApiError(Refusal.UNKNOWN_INTERACTION)
        if interaction.answered:
            raise ApiError(Refusal.ALREADY_ACKNOWLEDGED)
        if self._age(interaction) > self.ack_window:
            raise ApiError(Refusal.UNKNOWN_INTERACTION)
        return interaction

    def of_webhook(self, token: str) -> Interaction:
        """The interaction whose token is still good for edits and follow-ups."""
        interaction = self._by_token.get(token)
        if interaction is None or self._age(interaction) > self.token_life:
            raise ApiError(Refusal.INVALID_WEBHOOK_TOKEN)
        if not interaction.answered:
            raise ApiError(Refusal.UNKNOWN_WEBHOOK)
        return interaction

    def _age(self, interaction: Interaction) -> float:
        return asyncio.get_running_loop().time() - interaction.born

    def acknowledge(self, interaction: Interaction) -> None:
        interaction.answered = True
        interaction.failed.cancel()
        self._tell_person("INTERACTION_SUCCESS", interaction)

    def reply(self, interaction: Interaction, draft: Draft) -> Message:
        if draft.empty:
            raise ApiError(Refusal.EMPTY_MESSAGE)
        self._check_place(interaction)
        self.acknowledge(interaction)
        interaction.original = post(self.world, interaction.channel, self.world.bot, draft, interaction)
        return interaction.original

    def think(self, interaction: Interaction, flags: int) -> Message:
        """The loading message of a deferred answer, which the first edit or follow-up fills."""
        self._check_place(interaction)
        self.acknowledge(interaction)
        message = Message(self.world.ids.next(), interaction.channel.id, self.world.bot, interaction=interaction)
        message.type = COMMAND_REPLY if interaction.type == COMMAND else PLAIN
        message.flags = int(MessageFlag.LOADING) | flags & MessageFlag.EPHEMERAL
        if flags & MessageFlag.EPHEMERAL:
            message.visible_to = interaction.user.id
        interaction.channel.messages[message.id] = message
        interaction.original = message
        tell(self.world, "MESSAGE_CREATE", interaction.channel, message)
        return message

    def defer_update(self, interaction: Interaction) -> None:
        self.acknowledge(interaction)
        interaction.original = interaction.message

    def update(self, interaction: Interaction, draft: Draft) -> Message:
        """Changes the message whose button was pressed."""
        assert interaction.message is not None
        self.check_change(interaction, interaction.message, draft)
        self.acknowledge(interaction)
        interaction.original = edit(self.world, interaction.message, draft)
        return interaction.original

    def choices(self, interaction: Interaction, choices: list[Json]) -> None:
        self.acknowledge(interaction)
        told = {"choices": choices, "nonce": interaction.nonce}
        self.world.tell_users("APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", (interaction.user,), lambda viewer: told)

    def show_modal(self, interaction: Interaction, modal: Json) -> None:
        self.acknowledge(interaction)
        interaction.modal = modal | {"components": completed(modal["components"])}
        told = {
            "id": str(interaction.id),
            "nonce": interaction.nonce,
            "channel_id": str(interaction.channel.id),
            "application": partial_application_payload(self.world.application),
        } | interaction.modal
        self.world.tell_users("INTERACTION_MODAL_CREATE", (interaction.user,), lambda viewer: told)

    def opener(self, interaction_id: int, user: User) -> Interaction:
        """The interaction that showed this person a modal."""
        for interaction in self._by_token.values():
            if interaction.id == interaction_id and interaction.user is user and interaction.modal:
                return interaction
        raise ApiError(Refusal.UNKNOWN_INTERACTION)

    def check_change(self, interaction: Interaction, message: Message, draft: Draft) -> None:
        """Whether the message is there, may be changed and would not be empty."""
        self._check_place(interaction)
        if message.deleted:
            raise ApiError(Refusal.UNKNOWN_MESSAGE)
        if would_be_empty(message, draft):
            raise ApiError(Refusal.EMPTY_MESSAGE)

    def _check_place(self, interaction: Interaction) -> None:
        """What is said for a token is said in its channel, if that is still there and not locked."""
        channel = self.world.channel(interaction.channel.id)
        if channel.thread and channel.thread.archived:
            raise ApiError(Refusal.THREAD_ARCHIVED)
        manages = self.world.may(self.world.bot, channel) & Permission.MANAGE_THREADS
        if channel.thread and channel.thread.locked and not manages:
            raise ApiError(Refusal.THREAD_LOCKED)

    def follow_up(self, interaction: Interaction, draft: Draft) -> Message:
        self._check_place(interaction)
        original = interaction.original
        if original is not None and not original.deleted and original.flags & MessageFlag.LOADING:
            return edit(self.world, original, draft)
        return post(self.world, interaction.channel, self.world.bot, draft, interaction)

    def own_message(self, interaction: Interaction, which: str) -> Message:
        """`@original`, the id of what was said for this token, or that of the message whose button was pressed."""
        if which == "@original":
            message = interaction.original
        else:
            message = interaction.channel.messages.get(int(which)) if which.isdigit() else None
        if message is None or message.deleted:
            raise ApiError(Refusal.UNKNOWN_MESSAGE)
        if message not in (interaction.original, interaction.message) and message.interaction is not interaction:
            raise ApiError(Refusal.UNKNOWN_MESSAGE)
        return message

    def withdraw(self, interaction: Interaction, which: str) -> None:
        delete(self.world, self.own_message(interaction, which))

    # What the application is told

    def _payload(self, interaction: Interaction, viewer: Viewer) -> Json:
        channel, guild = interaction.channel, self.world.guild_of(interaction.channel)
        payload: Json = {
            "id": str(interaction.id),
            "application_id": str(self.world.application.id),
            "type": interaction.type,
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": str(channel.id),
            "channel": channel_payload(channel, viewer),
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": FILE_LIMIT,
            "authorizing_integration_owners": {"0": str(guild.id if guild else 0)},
            "context": 1 if channel.type == DM else 0,
            "app_permissions": str(in_channel(channel, guild, self.world.bot)),
        }
        if interaction.message:
            whole = Viewer(viewer.user, viewer.origin)  # an app always reads the messages its components are on
            payload["message"] = paint(self.world, interaction.message, whole)
        return payload | self._whose(interaction)

    def _whose(self, interaction: Interaction) -> Json:
        guild, user = self.world.guild_of(interaction.channel), interaction.user
        if guild is None:
            return {"user": user_payload(user)}
        own = str(in_channel(interaction.channel, guild, user))
        return {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "member": member_payload(guild.members[user.id]) | {"permissions": own},
        }
