"""The pose of a head from its mesh, and a rank of photos by it."""

import numpy as np

from likeness_model.vision.records import Mesh, Pose

RIGHT_EYE, LEFT_EYE, FOREHEAD, CHIN = 33, 263, 10, 152


def head_pose(mesh: Mesh) -> Pose:
    points = mesh.points.astype(np.float64)
    across = _unit(points[LEFT_EYE] - points[RIGHT_EYE])
    down = points[CHIN] - points[FOREHEAD]
    down = _unit(down - across * (across @ down))
    yaw = np.arctan2(-across[2], np.hypot(across[0], across[1]))
    pitch = np.arctan2(down[2], np.hypot(down[0], down[1]))
    roll = np.arctan2(across[1], across[0])
    yaw, pitch, roll = np.degrees([yaw, pitch, roll]).tolist()
    return Pose(yaw=yaw, pitch=pitch, roll=roll)


def worth(mesh: Mesh) -> float:
    """0..1: how suitable a photo is to draw from. A large face, turned to the camera, is best."""
    pose = head_pose(mesh)
    turned = min(1.0, float(np.hypot(pose.yaw, pose.pitch * 0.7)) / 45)
    tall = float(np.ptp(mesh.plane[:, 1]))
    return 0.6 * min(1.0, tall / 400) + 0.4 * (1 - turned)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
