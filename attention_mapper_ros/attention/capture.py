# Copyright 2026 attention_mapper_ros contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
Hooks that keep a part of what modules return during one forward.

A hook added after the first compiled call of a torch.compile'd model never fires, silently.
Whoever reads the records must therefore treat a missing one as an error.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from torch import nn
from torch.utils.hooks import RemovableHandle


class Capture:
    """
    Records of one forward, by name, in the order in which the module was called.

    What to keep is cut out where the tensor lies and while it is there, so that what is not
    kept costs neither memory nor a transfer. Use it as a context manager: leaving it removes
    every hook, also after an exception. The records stay. Not thread-safe.
    """

    def __init__(self) -> None:
        """Start without hooks and without records."""
        self.records: dict[str, list[Any]] = {}
        self._handles: list[RemovableHandle] = []

    def record(self, name: str, module: nn.Module, keep: Callable[[Any], Any]) -> None:
        """
        On every forward of the module append ``keep(output)`` to ``records[name]``.

        An exception of ``keep`` ends the forward and reaches the caller.
        """

        def append(_module: nn.Module, _inputs: tuple[Any, ...], output: Any) -> None:
            self.records.setdefault(name, []).append(keep(output))

        self._handles.append(module.register_forward_hook(append))

    def ask_per_head(self, attention: nn.MultiheadAttention) -> None:
        """
        Make the module return its weights per head, (batch, head, query, token).

        Without this it returns their mean over heads, (batch, query, token). What it computes
        for the model is bitwise the same.
        """

        def per_head(
            _module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> tuple[tuple[Any, ...], dict[str, Any]]:
            return args, {**kwargs, 'average_attn_weights': False}

        self._handles.append(attention.register_forward_pre_hook(per_head, with_kwargs=True))

    def release(self) -> None:
        """Remove every hook. May be called more than once."""
        while self._handles:
            self._handles.pop().remove()

    def __enter__(self) -> Capture:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def compiled_module(model: nn.Module) -> str | None:
    """Return the name of the first torch.compile'd module in the model, None without one."""
    for name, module in model.named_modules():
        # torch.compile() wraps a module and keeps it as _orig_mod, nn.Module.compile() marks it.
        if hasattr(module, '_orig_mod') or module._compiled_call_impl is not None:
            return name or type(module).__name__
    return None
