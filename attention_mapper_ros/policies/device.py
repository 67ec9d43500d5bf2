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

"""The torch device that a policy runs on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import traceback

import torch

from attention_mapper_ros.policies.adapter import PolicyError

# CUDA compute capability of the first generation with bfloat16, Ampere.
_BFLOAT16_CAPABILITY = (8, 0)


def torch_device(name: str) -> torch.device:
    """
    Return the device of this name; ``auto`` is CUDA, else Apple's MPS, else the CPU.

    Raises PolicyError for a device that torch does not know or this machine does not have.
    """
    if name == 'auto':
        return torch.device(_best())
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise PolicyError(
            f'device {name!r} is unknown to torch: choose auto, cpu, cuda, cuda:<index> or mps'
        ) from error
    if device.type == 'cuda' and (device.index or 0) >= _cuda_devices():
        raise PolicyError(
            f'device {name!r} is not available, torch {torch.__version__} sees '
            f'{_cuda_devices()} CUDA devices: choose auto or cpu, or install a torch built for '
            'this GPU'
        )
    if device.type == 'mps' and not torch.backends.mps.is_available():
        raise PolicyError(f'device {name!r} is not available on this machine: choose auto or cpu')
    if device.type not in {'cpu', 'cuda', 'mps'}:
        raise PolicyError(f'device {name!r} is not supported: choose auto, cpu, cuda or mps')
    return device


def _best() -> str:
    if _cuda_devices():
        return 'cuda'
    return 'mps' if torch.backends.mps.is_available() else 'cpu'


def _cuda_devices() -> int:
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def release_memory(device: torch.device) -> None:
    """Give back what torch keeps of a device's memory without using it."""
    if device.type == 'cuda':
        with torch.cuda.device(device):
            torch.cuda.empty_cache()
    elif device.type == 'mps':
        torch.mps.empty_cache()


@contextmanager
def releasing_memory(device: torch.device) -> Iterator[None]:
    """
    Run a block; when it runs out of memory give back what can be, before the error goes on.

    Otherwise the next try finds the device as full as this one left it: torch keeps the blocks,
    cut into the pieces of the failed try, and the error keeps its tensors alive.
    """
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        traceback.clear_frames(error.__traceback__)
        release_memory(device)
        raise


def device_memory_bytes(device: torch.device) -> int | None:
    """Return the bytes that torch holds of a device's own memory, None for the host's."""
    if device.type == 'cuda':
        return torch.cuda.memory_reserved(device)
    if device.type == 'mps':
        return torch.mps.driver_allocated_memory()
    return None


def torch_dtype(precision: str, device: torch.device) -> torch.dtype:
    """
    Return the type to compute in on this device.

    Raises PolicyError for a precision that is unknown, or slower here than ``float32`` because
    the hardware lacks it.
    """
    if precision == 'float32':
        return torch.float32
    if precision != 'bfloat16':
        raise PolicyError(f'precision {precision!r} is unknown: choose float32 or bfloat16')
    if not _has_bfloat16(device):
        raise PolicyError(
            f'precision {precision!r} is not supported by device {str(device)!r}, whose hardware '
            'would have to imitate it: choose float32'
        )
    return torch.bfloat16


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == 'cuda':
        return torch.cuda.get_device_capability(device) >= _BFLOAT16_CAPABILITY
    if device.type == 'mps':
        return False
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
