"""Registries of exchangeable parts: a name maps to a config class and a builder.

A run config names its encoder, decoder, parser, loss and schedule, for example
``{"name": "han", "layers": 2}``. The name selects the class that validates the other keys, so each part
has its own hyper-parameters and rejects the keys of other parts. A custom part is one file: a config class,
and a builder registered with it. A config refers to it by its registered name once its module is imported,
or by the dotted path of the builder, ``"my_lab.decoders:MaxPooling"``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic.dataclasses import is_pydantic_dataclass
from pydantic_core import core_schema

from leap.errors import LeapError
from leap.io.reason import reason

Builder = TypeVar("Builder", bound=Callable[..., Any])

TRUSTED = "LEAP_PARTS"
"""Environment variable with the comma-separated packages and modules whose parts a checkpoint may name."""


class UntrustedPartError(LeapError):
    """A checkpoint names parts from modules that are neither imported nor trusted."""


class Part(NamedTuple):
    """A registered part: its config class, and its builder, None until the builder's module is imported."""

    config: type[Any]
    builder: Callable[..., Any] | None


class Registry:
    """Registry of the parts of one kind; as an annotation, it makes pydantic validate a field as such a part.

    Args:
        kind: name of the kind in messages, such as ``"encoder"``.
        package: package whose modules register the builders that ship; `build` imports it.
        default: name of the part where plain values give none.
    """

    def __init__(self, kind: str, package: str, default: str) -> None:
        self.kind, self.package, self.default = kind, package, default
        self.parts: dict[str, Part] = {}

    def declare(self, config: type[Any]) -> type[Any]:
        """Class decorator for the config class of a part that ships; its builder is registered later.

        Raises:
            LeapError: another part has that name.
        """
        self._keep(Part(config, None))
        return config

    def register(self, config: type[Any]) -> Callable[[Builder], Builder]:
        """Make a decorator that registers the builder of a part.

        Args:
            config: a frozen pydantic dataclass that forbids unknown keys (``config=STRICT``) and whose field
                ``name`` defaults to the part's name.

        Raises:
            LeapError: ``config`` is not such a class or has another builder, or another part has its name.
        """
        _check_config(config, self.kind)

        def decorate(builder: Builder) -> Builder:
            """Register the builder."""
            self._keep(Part(config, builder))
            return builder

        return decorate

    def _keep(self, part: Part) -> None:
        """Store a part; reloading a module replaces the parts that it registered."""
        name = _default_name(part.config)
        for known, new in zip(self.parts.get(name, part), part, strict=True):
            if known and new and _place(known) != _place(new):
                raise LeapError(f"{self.kind} {name!r} is that of {_place(known)}; choose another name")
        self.parts[name] = part

    def build(self, config: Any, *arguments: Any) -> Any:
        """Build the part that a config describes.

        Args:
            config: config of the part.
            arguments: the builder's other arguments, the same for all parts of one kind.

        Raises:
            LeapError: the part is unknown or has no builder.
        """
        import_module(self.package)
        builder = self.find(config.name).builder
        if builder is None:
            raise LeapError(f"{self.kind} {config.name!r} has a config, but nothing that builds it")
        return builder(config, *arguments)

    def find(self, name: str) -> Part:
        """Look up a part by its name or by the dotted path of its builder.

        Raises:
            LeapError: the name is unknown, or the path cannot be imported or is not a registered builder.
        """
        if name in self.parts:
            return self.parts[name]
        if ":" not in name:
            raise LeapError(f"no {self.kind} {name!r}; known are {', '.join(self.parts)}")
        builder = _imported(name, self.kind)
        found = [part for part in self.parts.values() if part.builder is builder]
        if not found:
            raise LeapError(f"{name} is not registered as {self.kind}; decorate it with the registry")
        return found[0]

    def parse(self, value: Any) -> Any:
        """Make the config of a part from plain values; a config is returned unchanged.

        Raises:
            ValueError: the part is unknown, or the values do not fit it.
        """
        if any(isinstance(value, part.config) for part in self.parts.values()):
            return value
        name = value.get("name", self.default) if isinstance(value, dict) else None
        if not isinstance(name, str):
            raise ValueError(f'give the {self.kind} as a table with its "name" ({", ".join(self.parts)})')
        try:
            kind = self.find(name).config
            config = TypeAdapter(kind).validate_json(json.dumps(value | {"name": _default_name(kind)}))
            vars(config)["name"] = name  # keep a dotted path, which the class may not allow as a name
        except LeapError as error:
            raise ValueError(str(error)) from None
        except ValidationError as error:
            raise _PartError(*_first(error)) from None
        return config

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Validate an annotated field with `parse`, and serialize it with `plain_values`."""
        return core_schema.no_info_plain_validator_function(
            self.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(plain_values),
        )


def plain_values(config: Any) -> dict[str, Any]:
    """The config of a part as plain JSON values."""
    values: dict[str, Any] = TypeAdapter(type(config)).dump_python(config, mode="json", warnings=False)
    return values


class _PartError(ValueError):
    """A validation error within a part: its location in the part, and its message."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(what)
        self.place, self.what = place, what


def first_problem(error: ValidationError) -> str:
    """Location and message of the first validation error."""
    place, what = _first(error)
    return f"{place}: {what}" if place else what


def _first(error: ValidationError) -> tuple[str, str]:
    first = error.errors()[0]
    places, what = [str(part) for part in first["loc"]], first["msg"].removeprefix("Value error, ")
    within = first.get("ctx", {}).get("error")
    if isinstance(within, _PartError):
        places, what = [*places, within.place], within.what
    unknown = first["type"] in ("unexpected_keyword_argument", "extra_forbidden")
    return ".".join(filter(None, places)), "unknown key" if unknown else what


def _check_config(config: type[Any], kind: str) -> None:
    """Refuse a config class that accepts unknown keys, is mutable or has no name.

    Raises:
        LeapError: the class is refused.
    """
    strict = is_pydantic_dataclass(config) and config.__pydantic_config__.get("extra") == "forbid"
    named = strict and isinstance(getattr(config.__dataclass_fields__.get("name"), "default", None), str)
    if not (named and config.__dataclass_params__.frozen):
        raise LeapError(
            f"{_place(config)}: not the config class of a part ({kind}); decorate it with pydantic's "
            "@dataclass(frozen=True, kw_only=True, config=STRICT) and give it a field name with a default"
        )


def _default_name(config: type[Any]) -> str:
    return str(config.__dataclass_fields__["name"].default)


def _place(thing: Any) -> str:
    """Qualified name of a class or function, with its module."""
    return f"{thing.__module__}.{thing.__qualname__}"


def _imported(path: str, kind: str) -> Any:
    """Import the object that a path ``module:name`` names."""
    module, _, name = path.partition(":")
    if not module.partition(".")[0]:
        raise LeapError(f"{kind} {path!r} names no module; write package.module:name")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise LeapError(f"{kind} {path!r} cannot be imported ({error})") from None
    except Exception as error:  # raised by the module itself
        what = f"{type(error).__name__}: {reason(error)}; import it in Python to see where"
        raise LeapError(f"{kind} {path!r} cannot be imported ({what})") from error


def check_trusted(values: Any) -> None:
    """Refuse dotted paths in a checkpoint unless their modules are already imported or trusted.

    A checkpoint may come from anywhere and must not import arbitrary code; `TRUSTED` names the packages and
    modules whose parts it may use.

    Args:
        values: plain values of a model config, whose parts may hold further parts.

    Raises:
        UntrustedPartError: a dotted path leads to a module that is neither imported nor trusted.
    """
    names = [name for name in dict.fromkeys(_part_names(values)) if ":" in name]
    modules = {name: name.partition(":")[0] for name in names}
    untrusted = {name: module for name, module in modules.items() if not _trusted(module)}
    if untrusted:
        packages = dict.fromkeys(module.partition(".")[0] for module in untrusted.values())
        raise UntrustedPartError(
            f"it is built with {', '.join(untrusted)}: import {', '.join(dict.fromkeys(untrusted.values()))} "
            f"first, or set {TRUSTED}={','.join(packages)}"
        )


def _part_names(values: Any) -> Iterator[str]:
    """Names of a part and of all parts nested in it, from plain values."""
    if isinstance(values, dict) and isinstance(values.get("name"), str):
        yield values["name"]
    within = values.values() if isinstance(values, dict) else values if isinstance(values, list) else ()
    for value in within:
        yield from _part_names(value)


def _trusted(module: str) -> bool:
    """Whether a module is imported, or is listed in `TRUSTED` itself or through a parent package."""
    trusted = filter(None, map(str.strip, os.environ.get(TRUSTED, "").split(",")))
    return module in sys.modules or any(f"{module}.".startswith(f"{name}.") for name in trusted)
