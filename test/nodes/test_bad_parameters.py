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

"""What is wrong at start-up is refused there, naming thing, value and remedy."""

import json
import os
import subprocess
import sys

from act_checkpoints import make_act_checkpoint
import pytest

NO_LIMITS = {
    f'joints.{joint}.{side}': None for joint in ('pan', 'lift') for side in ('lower', 'upper')
}

NOT_FROZEN = {'cameras.wrist.max_frozen_s': None}

REFUSED = {
    'unknown name': ({'overlay.max_ration': 3.0}, 'overlay.max_ration is not known.*did you mean'),
    'unknown camera': ({'cameras.left.topic': 'a'}, 'parameter cameras.left.topic is not known'),
    'out of range': ({'rate_hz': 0.0}, 'rate_hz is 0.0: choose a value from 0.1 to 500'),
    'unknown word': ({'schedule': 'fifo'}, "schedule is 'fifo': choose one of 'queue'"),
    'wrong type': ({'rate_hz': 'fast'}, "rate_hz is 'fast', of type str: it must be of type flo"),
    'no policy': ({'policy': ''}, 'policy is empty: set it to a LeRobot checkpoint'),
    'missing checkpoint': ({'policy': '/nowhere/policy'}, '/nowhere/policy'),
    'no joints': (
        {'joints.names': [''], **NO_LIMITS},
        'joints.names is empty, the policy has 2 actions',
    ),
    'too few joints': (
        {'joints.names': ['pan'], **NO_LIMITS},
        r'indices \[0\], the policy wants 0 to 1',
    ),
    'joint beyond the policy': ({'joints.pan.index': 5}, 'joint pan has policy index 5'),
    'unknown unit': ({'joints.pan.unit': 'grad'}, "joints.pan.unit is 'grad': choose one of"),
    'limits in the wrong order': (
        {'joints.pan.lower': 1.0, 'joints.pan.upper': -1.0},
        "limits of joint 'pan' are 1.0 to -1.0: lower must be less",
    ),
    'feature without camera': (
        {'cameras.names': ['front'], 'cameras.wrist.max_age_s': None, **NOT_FROZEN},
        'policy wants feature observation.images.wrist, no camera is mapped to it: add it under '
        'cameras: in the parameter file',
    ),
    'camera without feature': (
        {'cameras.wrist.feature': 'observation.images.top'},
        'camera wrist is mapped to feature observation.images.top, which the policy does not have',
    ),
    'one feature for two cameras': (
        {'cameras.wrist.feature': 'observation.images.front'},
        'front and wrist are both mapped to feature observation.images.front|'
        'no camera is mapped to it',
    ),
    'camera name that is no name': ({'cameras.names': ['front', 'my cam']}, "contains 'my cam'"),
    'camera with the name of a token group': (
        {'cameras.names': ['front', 'joints'], 'cameras.wrist.max_age_s': None, **NOT_FROZEN},
        'camera joints has the name of a token group',
    ),
    'too many action steps': ({'n_action_steps': 99}, 'n_action_steps is 99, the policy predicts'),
    'unknown method': (
        {'attention.method': 'magic'},
        "attention.method is 'magic': choose one of",
    ),
    'unknown precision': ({'precision': 'int8'}, "precision is 'int8': choose one of 'float32'"),
    'rollout of the encoder': (
        {'attention.module': 'encoder_self'},
        "method 'rollout' .* cannot start at 'encoder_self': choose module 'decoder_cross'",
    ),
    'pick that is none': ({'attention.head': 'most'}, "attention.head is 'most': give an index"),
    'pick of half a head': ({'attention.head': 1.5}, 'attention.head is 1.5: give an index'),
    'pick of one head twice': ({'attention.head': [1, 1]}, 'give at least one index, and each'),
    'target that is no joint': (
        {'attention.target': 'elbow'},
        "attention.target is 'elbow': choose action or a joint, pan, lift",
    ),
    'layer beyond the model': ({'attention.layer': 7}, 'layer 7 is outside this policy'),
    'head beyond the model': ({'attention.head': 99}, 'head 99 is outside this policy'),
    'query beyond the chunk': ({'attention.query': 99}, 'query 99 is outside this policy'),
    'unknown colours': ({'overlay.colour_map': 'jet'}, "colour_map is 'jet': choose one of"),
}


@pytest.mark.parametrize('case', REFUSED)
def test_refused_at_start_up(start_policy, case):
    changes, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        start_policy(**changes)


def test_policy_of_another_type_is_refused(start_policy, tmp_path, checkpoint):
    config = json.loads((checkpoint / 'config.json').read_text())
    config['type'] = 'diffusion'
    (tmp_path / 'config.json').write_text(json.dumps(config))
    with pytest.raises(ValueError, match='diffusion'):
        start_policy(policy=str(tmp_path))


def test_checkpoint_without_processors_is_refused(start_policy, tmp_path, checkpoint):
    for name in ('config.json', 'model.safetensors'):
        (tmp_path / name).symlink_to(checkpoint / name)
    with pytest.raises(ValueError, match='processor'):
        start_policy(policy=str(tmp_path))


def test_policy_with_environment_state_is_refused(start_policy, tmp_path):
    policy = make_act_checkpoint(
        tmp_path / 'policy',
        cameras=dict.fromkeys(('front', 'wrist'), (64, 96)),
        state=2,
        actions=2,
        environment=3,
    )
    with pytest.raises(ValueError, match='environment_state of 3 numbers, which no topic carries'):
        start_policy(policy=str(policy))


def test_executable_says_what_is_wrong_in_one_line_and_ends_with_status_1():
    ended = subprocess.run(
        [
            sys.executable,
            '-m',
            'attention_mapper_ros.nodes.act_policy',
            '--ros-args',
            '-p',
            'policy:=/nowhere/policy',
        ],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
        check=False,
    )
    assert ended.returncode == 1
    assert 'Traceback' not in ended.stderr
    assert '/nowhere/policy' in ended.stderr
    assert '[FATAL]' in ended.stderr
