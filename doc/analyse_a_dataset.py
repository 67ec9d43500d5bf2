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

# %% [markdown]
# # Where did the policy look?
#
# From a LeRobot dataset and a policy to overlays, a table and maps. Cells are marked with `# %%`:
# open this file in VS Code, or turn it into a notebook with `jupytext --to notebook`. Run as it
# stands, it records three episodes of the simulated arm and analyses them with the policy that
# ships here:
#
#     python doc/analyse_a_dataset.py [DATASET POLICY OUTPUT]

# %%
from pathlib import Path
import sys
import tempfile

import numpy as np

from attention_mapper_ros.recordings import analyze, AttentionMapper, OutputOptions
from attention_mapper_ros.recordings.dataset_recording import DatasetRecording

# %% [markdown]
# ## A dataset and a policy
# A folder or a hub id of each.

# %%
if len(sys.argv) == 4:
    dataset, policy, output = map(Path, sys.argv[1:])
else:
    from attention_mapper_ros.sim.evaluation import CHECKPOINT
    from attention_mapper_ros.sim.recording import record

    folder = Path(tempfile.mkdtemp())
    dataset, policy, output = folder / 'arm', CHECKPOINT, folder / 'analysis'
    record(dataset, episodes=3)

# %% [markdown]
# ## All episodes at once
# Everything that `attention-mapper analyze` does; what is finished is not done again.

# %%
result = analyze(dataset, policy, output, batch=8, outputs=OutputOptions(frames='none'))
for episode in result.episodes:
    print(episode.summary.number, episode.summary.steps, 'steps', episode.folder / 'attention.mp4')

# %% [markdown]
# ## Numbers
# One row per step, as a pandas table: shares, entropy, peaks, errors of the action.

# %%
table = result.episodes[0].table()
shares = [name for name in table.columns if name.startswith('share_')]
print(table[shares].mean().round(3))
print('attention moved since the action was planned:', table['attention_shift'].mean().round(3))

# %% [markdown]
# ## Maps
# Per camera an array (step, row, col): 1.0 is what uniform attention would give a cell.

# %%
for camera, maps in result.episodes[0].maps().items():
    mean_map = np.asarray(maps[:]).mean(axis=0)
    row, col = np.unravel_index(mean_map.argmax(), mean_map.shape)
    print(f'{camera}: most at cell ({row}, {col}), {mean_map.max():.1f} times its fair share')

# %% [markdown]
# ## One call at a time
# The policy as it is used on a robot, with the maps of every call.

# %%
mapper = AttentionMapper(policy)
recording = DatasetRecording.open(dataset)
[first] = recording.episodes([result.episodes[0].summary.number])
for step in recording.steps(first, mapper.adapter.spec):
    action, maps = mapper.select_action(step.observation)
    pictures = mapper.draw(step.observation, maps, f'step {step.index}')
print('last action', np.round(action, 3), 'shares', maps.shares)
