"""Parts of a system by name: the config class of each, and what builds it.

A run config names its encoder, decoder, parser, loss and schedule, for example
``{"name": "han", "layers": 2}``. The name selects the class that validates the other keys, so a part
has hyper-parameters of its own, and a key that belongs to another part is refused. A part of one's own is
one file: a config class, and a builder registered with it. It is found by the registered name once its
module is imported, or by the dotted path of the builder, ``"my_lab.decoders:MaxPooling"``.
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

Builder = TypeVar("Builder", bound=Callable[..., Any])

TRUSTED = "LEAP_PARTS"
"""Environment variable: packages and modules, separated by commas, whose parts a checkpoint may name."""


class UntrustedPartError(LeapError):
    """A checkpoint names parts of modules that are neither imported nor trusted."""


class Part(NamedTuple):
    """A registered part: the class of its config, and what builds it, once its module is imported."""

    config: type[Any]
    builder: Callable[..., Any] | None


class Registry:
    """The parts of one kind; used as an annotation, it makes pydantic validate a field by them.

    Args:
        kind: what they are, for messages: ``"encoder"``.
        package: where the parts that ship are built; imported when one is built.
        default: name of the part that values without a name describe.
    """

    def __init__(self, kind: str, package: str, default: str) -> None:
        self.kind, self.package, self.default = kind, package, default
        self.parts: dict[str, Part] = {}

    def declare(self, config: type[Any]) -> type[Any]:
        """Class decorator: the config class of a part that ships, whose builder registers itself later."""
        self._keep(Part(config, None))
        return config

    def register(self, config: type[Any]) -> Callable[[Builder], Builder]:
        """Decorator of the builder of a part.

        Args:
            config: a frozen pydantic dataclass that forbids unknown keys (``config=STRICT``) and whose field
                ``name`` defaults to the part's name.

        Raises:
            LeapError: the config class is not one, another part has that name, or the config another builder.
        """
        _check_config(config, self.kind)

        def decorate(builder: Builder) -> Builder:
            """Remember the builder."""
            self._keep(Part(config, builder))
            return builder

        return decorate

    def _keep(self, part: Part) -> None:
        """Remember a part; a module that is imported again replaces its own."""
        name = _default_name(part.config)
        for known, new in zip(self.parts.get(name, part), part, strict=True):
            if known and new and _place(known) != _place(new):
                raise LeapError(f"{self.kind} {name!r} is that of {_place(known)}; choose another name")
        self.parts[name] = part

    def build(self, config: Any, *arguments: Any) -> Any:
        """Build the part that a config describes; further arguments are those of parts of this kind."""
        import_module(self.package)
        builder = self.find(config.name).builder
        if builder is None:
            raise LeapError(f"{self.kind} {config.name!r} has a config, but nothing that builds it")
        return builder(config, *arguments)

    def find(self, name: str) -> Part:
        """The part of a name, or of a dotted path.

        Raises:
            LeapError: there is none.
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
        """The config of a part from plain values; a config is returned as it is.

        Raises:
            ValueError: an unknown part, or values that do not fit it.
        """
        if any(isinstance(value, part.config) for part in self.parts.values()):
            return value
        name = value.get("name", self.default) if isinstance(value, dict) else None
        if not isinstance(name, str):
            raise ValueError(f'give the {self.kind} as a table with its "name" ({", ".join(self.parts)})')
        try:
            kind = self.find(name).config
            config = TypeAdapter(kind).validate_json(json.dumps(value | {"name": _default_name(kind)}))
            vars(config)["name"] = name  # a dotted path stays one, whatever names the class allows
        except LeapError as error:
            raise ValueError(str(error)) from None
        except ValidationError as error:
            raise _PartError(*_first(error)) from None
        return config

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Validate a field that is annotated by the registry, and write it by its own class."""
        return core_schema.no_info_plain_validator_function(
            self.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(plain_values),
        )


def plain_values(config: Any) -> dict[str, Any]:
    """A part's config as plain JSON values."""
    values: dict[str, Any] = TypeAdapter(type(config)).dump_python(config, mode="json", warnings=False)
    return values


class _PartError(ValueError):
    """A validation error within a part: its place there, and its message."""

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
    """Refuse a config class that would let unknown keys pass, could change, or has no name."""
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
    """Where a class or function is defined."""
    return f"{thing.__module__}.{thing.__qualname__}"


def _imported(path: str, kind: str) -> Any:
    """The object that a dotted path ``module:name`` names."""
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise LeapError(f"{kind} {path!r} cannot be imported ({error})") from None


def check_trusted(values: Any) -> None:
    """Refuse dotted paths in a checkpoint, unless their modules are imported already or trusted.

    A checkpoint may come from anywhere and must not choose what is imported; `TRUSTED` names packages and
    modules that it may.

    Args:
        values: plain values of a model config, whose parts may hold further parts.

    Raises:
        UntrustedPartError: parts are named by the dotted paths of other modules.
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
    """The names of a part and of all parts within it, from plain values."""
    if isinstance(values, dict) and isinstance(values.get("name"), str):
        yield values["name"]
    within = values.values() if isinstance(values, dict) else values if isinstance(values, list) else ()
    for value in within:
        yield from _part_names(value)


def _trusted(module: str) -> bool:
    """Whether a module is imported, or is or lies in one of `TRUSTED`."""
    trusted = filter(None, os.environ.get(TRUSTED, "").split(","))
    return module in sys.modules or any(f"{module}.".startswith(f"{name}.") for name in trusted)
