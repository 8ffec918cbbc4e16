"""How a head is turned, in Rekognition's signs.

Degrees; Roll is positive when the head leans clockwise in the picture, Yaw when the nose points to
the picture's right, Pitch when the face looks up. Read off answers of the real service whose
landmarks show the turn.
"""

import numpy as np

from likeness_model.vision.pose import head_pose
from likeness_model.vision.records import Face, Floats, Mesh

# Eyes, nose tip and corners of the mouth of a head that looks at us; x right, y down, z away, in
# distances between the eyes. Mean of the meshes of six photos of three people, made symmetric.
HEAD = np.array(
    [
        [-0.50, 0.00, 0.00],
        [0.50, 0.00, 0.00],
        [0.00, 0.58, -0.67],
        [-0.51, 1.03, -0.04],
        [0.51, 1.03, -0.04],
    ]
)


def aws_pose(face: Face, mesh: Mesh | None) -> dict[str, float]:
    """From the mesh; from five landmarks where no mesh can be laid, as on a profile."""
    if mesh is None:
        return pose_of_five(face.landmarks)
    pose = head_pose(mesh)
    return {"Roll": pose.roll, "Yaw": -pose.yaw, "Pitch": -pose.pitch}


def pose_of_five(landmarks: Floats) -> dict[str, float]:
    """Fit the head to five points, seen from far away (scaled orthography).

    Measured on 13 portraits against the mesh: yaw at most 7, pitch 12, roll 6 degrees apart.
    """
    model = HEAD - HEAD.mean(0)
    seen = landmarks.astype(np.float64) - landmarks.mean(0)
    affine = np.linalg.lstsq(model, seen, rcond=None)[0].T
    left, _, right = np.linalg.svd(affine)
    rows = left @ np.eye(2, 3) @ right
    turn = np.vstack([rows, np.cross(rows[0], rows[1])])
    across, down = turn[:, 0], turn[:, 1]
    yaw = np.arctan2(across[2], np.hypot(across[0], across[1]))
    pitch = -np.arctan2(down[2], np.hypot(down[0], down[1]))
    roll = np.arctan2(across[1], across[0])
    return {
        "Roll": float(np.degrees(roll)),
        "Yaw": float(np.degrees(yaw)),
        "Pitch": float(np.degrees(pitch)),
    }
