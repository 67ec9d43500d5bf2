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
A scripted expert that brings the open jaws over the red cube.

It is a pure function of what the arm and the cube look like now (it keeps no plan), so an episode
that was pushed off its way shows a policy how to come back. The joint targets come from damped
least squares on MuJoCo's Jacobian.
"""

from __future__ import annotations

import mujoco
import numpy as np
import numpy.typing as npt

from attention_mapper_ros.sim.scene import DeskArm, Floats, JOINT_NAMES

EPISODE_STEPS = 32  # at 10 Hz; the farthest cube is reached after about 22
TRAVEL_M = 0.022  # longest way of the tip in one step
APPROACH_GAIN = 0.35  # share of the remaining way in one step, once it is short
HOVER_M = 0.075  # height over the cube while travelling, above the tallest obstacle
DESCENT_START_M = 0.060  # horizontal distance at which the tip begins to sink
DESCENT_END_M = 0.012  # horizontal distance at which it may be all the way down
MAX_TURN_RAD = 0.16  # of any joint in one step
GOAL_HEIGHT_M = 0.004  # tip over the cube's centre when done
JAW_TRAVEL_RAD, JAW_OPEN_RAD = 0.35, 0.85  # gripper joint on the way and at the cube

_IK_ITERATIONS = 12
_IK_DAMPING = 0.02
_IK_UPRIGHT_WEIGHT = 0.08  # metres of tip error that one radian of tilt is worth
_CALM_WITHIN_M, _CALM_SHARE = 0.10, 0.3  # pushes shrink near the cube, or they throw it about
_ARM_JOINTS = 4  # pan, lift, elbow, wrist flex place the tip; roll and gripper are set directly


class Expert:
    """Turns the true state of a DeskArm into the joint target of the next 0.1 s."""

    def __init__(self, arm: DeskArm) -> None:
        self._arm = arm
        self._scratch = mujoco.MjData(arm.model)
        joints = [arm.model.joint(name) for name in JOINT_NAMES]
        self._qpos = np.array([joint.qposadr[0] for joint in joints])
        self._dofs = np.array([joint.dofadr[0] for joint in joints[:_ARM_JOINTS]])
        self._tip = arm.model.site('gripper_tip').id

    def action(self) -> Floats:
        """Return the joint target, radians, (6,)."""
        arm = self._arm
        waypoint_m = self._next_waypoint(arm.tip_position_m(), arm.target_position_m())
        targets = self._inverse_kinematics(waypoint_m, arm.positions())
        targets[5] = _jaw_target(arm.tip_position_m(), arm.target_position_m())
        return _slowly(arm.positions(), targets)

    def _next_waypoint(self, tip_m: Floats, target_m: Floats) -> Floats:
        """Where the tip should be one step later, (3,)."""
        aside_m = float(np.linalg.norm((target_m - tip_m)[:2]))
        goal_m = target_m + np.array([0.0, 0.0, GOAL_HEIGHT_M + HOVER_M * _height_share(aside_m)])
        way_m = goal_m - tip_m
        length_m = float(np.linalg.norm(way_m))
        stride_m = min(TRAVEL_M, max(APPROACH_GAIN * length_m, 0.004), length_m)
        return np.asarray(tip_m + way_m * (stride_m / max(length_m, 1e-9)))

    def _inverse_kinematics(self, tip_m: Floats, start_rad: Floats) -> Floats:
        """Joint positions that bring the tip to `tip_m` with the jaws pointing down, (6,)."""
        model, data = self._arm.model, self._scratch
        positions: Floats = start_rad.copy()
        limits = self._arm.limits_rad
        jac_tip, jac_turn = np.zeros((3, model.nv)), np.zeros((3, model.nv))
        for _ in range(_IK_ITERATIONS):
            positions[4] = positions[0]  # roll undoes pan: the jaws stay to the cube's sides
            data.qpos[self._qpos] = positions
            mujoco.mj_kinematics(model, data)
            mujoco.mj_comPos(model, data)
            mujoco.mj_jacSite(model, data, jac_tip, jac_turn, self._tip)
            pointing = data.site_xmat[self._tip].reshape(3, 3)[:, 0]
            tilt = np.cross(pointing, np.array([0.0, 0.0, -1.0]))  # turns the hand downwards
            error = np.concatenate([tip_m - data.site_xpos[self._tip], _IK_UPRIGHT_WEIGHT * tilt])
            if float(np.linalg.norm(error)) < 1e-4:
                break
            jacobian = np.vstack(
                [jac_tip[:, self._dofs], _IK_UPRIGHT_WEIGHT * jac_turn[:, self._dofs]]
            )  # (6, 4)
            damped = jacobian.T @ jacobian + _IK_DAMPING**2 * np.eye(_ARM_JOINTS)
            positions[:_ARM_JOINTS] += np.linalg.solve(damped, jacobian.T @ error)
            positions = np.clip(positions, limits[:, 0], limits[:, 1])
        positions[4] = np.clip(positions[0], *limits[4])
        return positions


class RecoveryNoise:
    """
    Pushes that drift: what the arm does instead of what the expert said.

    The episode keeps the expert's own action as the label, so a policy sees how to come back.
    """

    def __init__(self, rng: np.random.Generator, scale_rad: float = 0.03) -> None:
        self._rng = rng
        self._scale_rad = scale_rad * np.array([1.0, 0.8, 0.8, 0.8, 0.8, 1.0])
        self._push: Floats = np.zeros(len(JOINT_NAMES))

    def disturb(self, action_rad: Floats, distance_m: float) -> Floats:
        """Return the disturbed target, radians, (6,); near the cube it is pushed less."""
        fresh = self._rng.standard_normal(len(JOINT_NAMES)) * self._scale_rad
        self._push = 0.7 * self._push + 0.7 * fresh  # stays of the scale of one push
        nearness = float(np.clip(distance_m / _CALM_WITHIN_M, _CALM_SHARE, 1.0))
        return np.asarray(action_rad + self._push * nearness)


def _height_share(aside_m: float) -> float:
    """1 while travelling, 0 when the tip is over the cube, smooth in between."""
    share = (aside_m - DESCENT_END_M) / (DESCENT_START_M - DESCENT_END_M)
    share = float(np.clip(share, 0.0, 1.0))
    return share * share * (3.0 - 2.0 * share)


def _slowly(now_rad: Floats, targets_rad: Floats) -> Floats:
    """Shorten a move that would turn a joint too far in one step; arm joints keep in step."""
    turns = targets_rad - now_rad
    longest = max(float(np.abs(turns[:5]).max()), 1e-9)
    turns[:5] *= min(1.0, MAX_TURN_RAD / longest)
    turns[5] = np.clip(turns[5], -MAX_TURN_RAD, MAX_TURN_RAD)
    return np.asarray(now_rad + turns)


def _jaw_target(tip_m: npt.NDArray[np.float64], target_m: npt.NDArray[np.float64]) -> float:
    """Gripper joint that opens the jaws while the tip comes near."""
    aside_m = float(np.linalg.norm((target_m - tip_m)[:2]))
    near = float(np.clip(1.0 - (aside_m - 0.05) / 0.07, 0.0, 1.0))
    return JAW_TRAVEL_RAD + (JAW_OPEN_RAD - JAW_TRAVEL_RAD) * near
