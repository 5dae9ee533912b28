"""The rules by which Discord refuses the payload of a webhook.

Lengths are in code points, as Discord counts them (discord/discord-api-docs#1315). Discord allows empty field
values and timestamps without an offset, but does not document it: the documented rule applies here. The codes
are those of Discord, which has no complete list of them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

CONTENT_LIMIT = 2000
EMBEDS_LIMIT = 10
EMBEDS_TEXT_LIMIT = 6000
TITLE_LIMIT = 256
DESCRIPTION_LIMIT = 4096
FIELDS_LIMIT = 25
FIELD_NAME_LIMIT = 256
FIELD_VALUE_LIMIT = 1024
FOOTER_LIMIT = 2048
AUTHOR_LIMIT = 256
USERNAME_LIMIT = 80
URL_LIMIT = 2048
MENTIONS_LIMIT = 100

MENTION_KINDS = ("users", "roles", "everyone")
# not documented: the host of a link needs a domain (bugsink#280, gitea#14379, grafana#65270)
HOST = re.compile(r"([a-z0-9-]+\.)+[a-z0-9-]+", re.IGNORECASE)
VISIBLE_PARTS = ("title", "description", "fields", "author", "footer", "image", "thumbnail")
WEB = ("http", "https")
WEB_OR_ATTACHMENT = ("attachment", "http", "https")

Path = tuple[str, ...]


class Refusal(NamedTuple):
    path: Path
    code: str
    message: str


def refusals(payload: object, *, editing: bool = False) -> list[Refusal]:
    if not isinstance(payload, dict):
        return [_not_a_model(())]
    return list(_refuse_payload(payload, editing=editing))


def is_empty(payload: Mapping[str, Any]) -> bool:
    """Return whether the message shows nothing; Discord trims the content first."""
    return not (payload.get("content") or "").strip() and not payload.get("embeds")


def form_error(found: Iterable[Refusal]) -> dict[str, Any]:
    """Return the body of a 400 since API version 8."""
    errors: dict[str, Any] = {}
    for path, code, message in found:
        node = errors
        for key in path:
            node = node.setdefault(key, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})
    return {"message": "Invalid Form Body", "code": 50035, "errors": errors}


def legacy_form_error(found: Iterable[Refusal]) -> dict[str, Any]:
    """Return the body of a 400 in version 6, without a code.

    For a list, it contains only the index of the wrong item: {"embeds": ["0"]}.
    """
    body: dict[str, Any] = {}
    for path, _, message in found:
        index = next((position for position, key in enumerate(path) if key.isdigit()), None)
        keys, text = (path or ("_misc",), message) if index is None else (path[:index], path[index])
        if keys[0] not in body:
            node = body
            for key in keys[:-1]:
                node = node.setdefault(key, {})
            node[keys[-1]] = [text]
    return body


def _refuse_payload(payload: Mapping[str, Any], *, editing: bool) -> Iterator[Refusal]:
    yield from _refuse_text(("content",), payload.get("content"), CONTENT_LIMIT)
    yield from _refuse_embeds(payload.get("embeds"))
    yield from _refuse_allowed_mentions(payload.get("allowed_mentions"))
    yield from _refuse_whole_number(("flags",), payload.get("flags"))
    if not editing:  # an edit ignores them
        yield from _refuse_username(payload.get("username"))
        yield from _refuse_url(("avatar_url",), payload.get("avatar_url"), WEB)
        yield from _refuse_boolean(("tts",), payload.get("tts"))


def _refuse_username(name: object) -> Iterator[Refusal]:
    path = ("username",)
    if not isinstance(name, str):
        yield from _refuse_text(path, name, USERNAME_LIMIT)
        return
    if not 1 <= len(name) <= USERNAME_LIMIT:
        yield Refusal(path, "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {USERNAME_LIMIT} in length.")
    for word in ("clyde", "discord"):
        if word in name.lower():
            yield Refusal(path, "USERNAME_INVALID_CONTAINS", f'Username cannot contain "{word}"')
    if name.lower() in ("everyone", "here"):
        yield Refusal(path, "USERNAME_INVALID", f'Username cannot be "{name.lower()}"')


def _refuse_embeds(embeds: object) -> Iterator[Refusal]:
    path = ("embeds",)
    yield from _refuse_list(path, embeds, EMBEDS_LIMIT)
    if not isinstance(embeds, list):
        return
    for index, embed in enumerate(embeds):
        yield from _refuse_embed((*path, str(index)), embed)
    if sum(map(_embed_length, embeds)) > EMBEDS_TEXT_LIMIT:
        yield Refusal(
            path, "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBEDS_TEXT_LIMIT}"
        )


def _embed_length(embed: object) -> int:
    match embed:
        case dict():
            fields = embed.get("fields")
            texts = [embed.get("title"), embed.get("description")]
            texts += [_get(embed.get("footer"), "text"), _get(embed.get("author"), "name")]
            for field in fields if isinstance(fields, list) else []:
                texts += [_get(field, "name"), _get(field, "value")]
            return sum(len(text) for text in texts if isinstance(text, str))
        case _:
            return 0


def _get(part: object, key: str) -> object:
    return part.get(key) if isinstance(part, dict) else None


def _refuse_embed(path: Path, embed: object) -> Iterator[Refusal]:
    yield from _refuse_item(path, embed)
    if not isinstance(embed, dict) or not embed:
        return
    if not any(embed.get(part) for part in VISIBLE_PARTS):
        yield _required((*path, "description"))
    yield from _refuse_text((*path, "title"), embed.get("title"), TITLE_LIMIT)
    yield from _refuse_text((*path, "description"), embed.get("description"), DESCRIPTION_LIMIT)
    yield from _refuse_link((*path, "url"), embed.get("url"))
    yield from _refuse_whole_number((*path, "color"), embed.get("color"), most=0xFFFFFF)
    yield from _refuse_timestamp((*path, "timestamp"), embed.get("timestamp"))
    yield from _refuse_part((*path, "author"), embed.get("author"), "name", AUTHOR_LIMIT)
    yield from _refuse_part((*path, "footer"), embed.get("footer"), "text", FOOTER_LIMIT)
    for name in ("image", "thumbnail"):
        yield from _refuse_image((*path, name), embed.get(name))
    yield from _refuse_fields((*path, "fields"), embed.get("fields"))


def _refuse_part(path: Path, part: object, key: str, most: int) -> Iterator[Refusal]:
    """Check an author or a footer: one required text, and links."""
    if part is None:
        return
    if not isinstance(part, dict):
        yield _not_a_model(path)
        return
    yield from _refuse_text((*path, key), part.get(key), most, required=True)
    yield from _refuse_url((*path, "url"), part.get("url"), WEB)
    yield from _refuse_url((*path, "icon_url"), part.get("icon_url"), WEB_OR_ATTACHMENT)


def _refuse_image(path: Path, image: object) -> Iterator[Refusal]:
    if image is None:
        return
    if not isinstance(image, dict):
        yield _not_a_model(path)
    elif image.get("url") is None:
        yield _required((*path, "url"))
    else:
        yield from _refuse_url((*path, "url"), image["url"], WEB_OR_ATTACHMENT)


def _refuse_fields(path: Path, fields: object) -> Iterator[Refusal]:
    yield from _refuse_list(path, fields, FIELDS_LIMIT)
    for index, field in enumerate(fields if isinstance(fields, list) else []):
        item = (*path, str(index))
        yield from _refuse_item(item, field)
        if isinstance(field, dict) and field:
            yield from _refuse_text((*item, "name"), field.get("name"), FIELD_NAME_LIMIT, required=True)
            yield from _refuse_text((*item, "value"), field.get("value"), FIELD_VALUE_LIMIT, required=True)
            yield from _refuse_boolean((*item, "inline"), field.get("inline"))


def _refuse_allowed_mentions(allowed: object) -> Iterator[Refusal]:
    path = ("allowed_mentions",)
    if allowed is None:
        return
    if not isinstance(allowed, dict):
        yield _not_a_model(path)
        return
    parse = allowed.get("parse")
    yield from _refuse_list((*path, "parse"), parse)
    for index, kind in enumerate(parse if isinstance(parse, list) else []):
        if kind not in MENTION_KINDS:
            choices = f"Value must be one of {MENTION_KINDS}."
            yield Refusal((*path, "parse", str(index)), "BASE_TYPE_CHOICES", choices)
    for kind in ("users", "roles"):
        yield from _refuse_snowflakes((*path, kind), allowed.get(kind))
        if allowed.get(kind) and isinstance(parse, list) and kind in parse:
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            yield Refusal(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
    yield from _refuse_boolean((*path, "replied_user"), allowed.get("replied_user"))


def _refuse_snowflakes(path: Path, ids: object) -> Iterator[Refusal]:
    yield from _refuse_list(path, ids, MENTIONS_LIMIT)
    for index, value in enumerate(ids if isinstance(ids, list) else []):
        yield from refuse_snowflake((*path, str(index)), value)


def refuse_snowflake(path: Path, value: object) -> Iterator[Refusal]:
    if not (isinstance(value, str) and value.isascii() and value.isdigit()):
        yield Refusal(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')


def _refuse_text(path: Path, text: object, most: int, *, required: bool = False) -> Iterator[Refusal]:
    if required and text in (None, ""):
        yield _required(path)
    elif text is not None and not isinstance(text, str):
        yield Refusal(path, "STRING_TYPE_CONVERT", f'Could not interpret "{text}" as string.')
    elif text and len(text) > most:
        yield _too_long(path, most)


def _refuse_list(path: Path, items: object, most: int | None = None) -> Iterator[Refusal]:
    if items is None:
        return
    if not isinstance(items, list):
        yield Refusal(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    elif most is not None and len(items) > most:
        yield _too_long(path, most)


def _refuse_item(path: Path, item: object) -> Iterator[Refusal]:
    if item is None or item == {}:
        yield Refusal(path, "LIST_ITEM_VALUE_REQUIRED", "List item values of ModelType are required")
    elif not isinstance(item, dict):
        yield _not_a_model(path)


def _refuse_url(path: Path, url: object, schemes: tuple[str, ...]) -> Iterator[Refusal]:
    if not isinstance(url, str) or len(url) > URL_LIMIT:
        yield from _refuse_text(path, url, URL_LIMIT)
        return
    try:
        scheme, host, *_ = urlsplit(url)
    except ValueError:
        scheme, host = "http", ""
    if scheme not in schemes:
        message = f'Scheme "{scheme}" is not supported. Scheme must be one of {schemes}.'
        yield Refusal(path, "URL_TYPE_INVALID_SCHEME", message)
    elif not host or any(character.isspace() for character in url):
        yield Refusal(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def _refuse_link(path: Path, url: object) -> Iterator[Refusal]:
    found = list(_refuse_url(path, url, WEB))
    if isinstance(url, str) and not found and not HOST.fullmatch(urlsplit(url).hostname or ""):
        found = [Refusal(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")]
    yield from found


def _refuse_whole_number(path: Path, number: object, most: int | None = None) -> Iterator[Refusal]:
    if number is None:
        return
    if not isinstance(number, int) or isinstance(number, bool):
        yield Refusal(path, "NUMBER_TYPE_COERCE", f'Value "{number}" is not int.')
    elif number < 0:
        yield Refusal(path, "NUMBER_TYPE_MIN", "int value should be greater than or equal to 0.")
    elif most is not None and number > most:
        yield Refusal(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")


def _refuse_boolean(path: Path, value: object) -> Iterator[Refusal]:
    if value is not None and not isinstance(value, bool):
        yield Refusal(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


def _refuse_timestamp(path: Path, value: object) -> Iterator[Refusal]:
    if value is None:
        return
    try:
        aware = isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        yield Refusal(path, "DATE_TIME_TYPE_PARSE", f"Could not parse {value}. Should be ISO8601.")


def _required(path: Path) -> Refusal:
    return Refusal(path, "BASE_TYPE_REQUIRED", "This field is required")


def _too_long(path: Path, most: int) -> Refusal:
    return Refusal(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def _not_a_model(path: Path) -> Refusal:
    return Refusal(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
