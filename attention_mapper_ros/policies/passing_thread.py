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

"""Where a policy is loaded and warmed up: on a thread that ends, so that none stays in its way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar('Result')


def on_passing_thread(function: Callable[[], Result]) -> Result:
    """
    Call it on a thread of its own that ends with it; return or raise what it does.

    GNU's OpenMP, which PyTorch brings on Linux, keeps a set of threads for every thread that has
    run a model, for as long as that one lives. Once there are more of them than processors it
    lets each sleep at the end of every operation (``gomp_managed_threads`` against
    ``gomp_available_cpus``, libgomp/config/linux/wait.h), and every forward on the thread that
    goes on with the policy takes longer, with a small policy by a third:
    ``benchmarks/bench_threads.py``.
    """
    with ThreadPoolExecutor(1, thread_name_prefix='passing') as own:
        return own.submit(function).result()
