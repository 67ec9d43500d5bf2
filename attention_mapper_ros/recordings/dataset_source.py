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
Where a LeRobot dataset comes from: a folder on this machine, or the hub.

Everything that LeRobot would misunderstand, or ask the hub about, is refused here in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
import json
from pathlib import Path
import re
import sys
from typing import Any

_INFO = Path('meta/info.json')
_HUB_ID = re.compile(r'[\w.-]+/[\w.-]+')
_MAJOR = 3
_CONVERTERS = (
    'lerobot.scripts.convert_dataset_v21_to_v30',  # 0.6
    'lerobot.datasets.v30.convert_dataset_v21_to_v30',  # 0.4
)


def local_id(folder: Path) -> str:
    """Return a hub id for LeRobot, which wants one even of a folder; it is never looked up."""
    return f'local/{folder.resolve().name}'


def check_folder(folder: Path) -> None:
    """Refuse what LeRobot would misunderstand, or look for on the hub."""
    info = folder / _INFO
    if not info.is_file():
        raise ValueError(
            f'{folder} has no {_INFO}: it is not a LeRobot dataset; name the folder that holds '
            'meta/ and data/'
        )
    try:
        version = str(json.loads(info.read_text(encoding='utf-8'))['codebase_version'])
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(
            f'{info} names no codebase_version ({error!r}): copy the dataset again'
        ) from error
    if version.lstrip('v').partition('.')[0] != str(_MAJOR):
        raise ValueError(_other_version(str(folder), version, f' --root={folder.resolve()}'))
    for part in ('meta/tasks.parquet', 'meta/episodes/*/*.parquet', 'data/*/*.parquet'):
        if not any(folder.glob(part)):
            raise ValueError(f'{folder} has no {part}: copy the whole dataset')


def fetch_metadata(source: str) -> Any:
    """Download the description of a hub dataset."""
    if not _HUB_ID.fullmatch(source):
        raise ValueError(
            f'dataset {source!r} is neither a folder on this machine nor a hub id (owner/name): '
            'check the path'
        )
    from lerobot.datasets.lerobot_dataset import LeRobotDatasetMetadata

    with hub_errors_named(source):
        return LeRobotDatasetMetadata(source)


@contextmanager
def hub_errors_named(source: str) -> Iterator[None]:
    """Say in one sentence what went wrong between LeRobot and the hub."""
    from lerobot.datasets.utils import BackwardCompatibilityError, ForwardCompatibilityError

    try:
        yield
    except BackwardCompatibilityError as error:
        raise ValueError(_other_version(source, 'v2.1', '')) from error
    # NotImplementedError: what LeRobot says to a dataset older still.
    except (ForwardCompatibilityError, NotImplementedError) as error:
        raise ValueError(_other_version(source, 'another version', '')) from error
    except _hub_errors() as error:
        reason = str(error).strip().partition('\n')[0]
        raise ValueError(
            f'dataset {source!r} could not be read ({type(error).__name__}: {reason}): check the '
            'path or the id; for a private dataset log in with "hf auth login"'
        ) from error


def _hub_errors() -> tuple[type[Exception], ...]:
    """Return what fetching raises: OSError without a network, or offline with an empty cache."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    known: tuple[type[Exception], ...] = (HfHubHTTPError, HFValidationError, OSError)
    httpx = sys.modules.get('httpx')  # what the hub's client of 1.0 and later speaks through
    return known if httpx is None else (*known, httpx.HTTPError)


def _other_version(source: str, version: str, root: str) -> str:
    return (
        f'dataset {source} is of version {version}, read are those of v{_MAJOR}: convert it with '
        f'LeRobot, "python -m {_converter()} --repo-id=OWNER/NAME{root} --push-to-hub=false", or '
        'name one that is converted already'
    )


def _converter() -> str:
    """Return the module of the installed LeRobot that converts datasets of v2.1."""
    new, old = _CONVERTERS
    return new if find_spec(new) is not None else old
