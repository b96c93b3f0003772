"""The cameras by name, each imported only when it is opened."""

from __future__ import annotations

import difflib
import pkgutil
from typing import Any

from core.errors import CameraError
from pi.devices.cameras.base import Camera

CAMERAS = {
    "picamera2": "pi.devices.cameras.picamera2:Picamera2Camera",
    "files": "pi.devices.cameras.files:FilesCamera",
    "scene": "pi.devices.cameras.scene:SceneCamera",
}
"""The class of each camera, by its name under ``[camera] type``."""


def open_camera(
    name: str,
    *,
    rotate: int = 0,
    flip: str = "none",
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0),
    **options: Any,
) -> Camera:
    """Open a camera by name; ``options`` are the arguments of its class.

    ``rotate``, ``flip`` and ``crop`` : see :class:`pi.devices.cameras.transform.Transform`.

    Raises
    ------
    CameraError
        There is no camera of that name, or it cannot be opened.
    ValueError
        An option has an impossible value.
    """
    from pi.devices.cameras.transform import Transform, TransformedCamera

    transform = Transform(rotate, flip, crop)
    if name not in CAMERAS:
        near = difflib.get_close_matches(name, CAMERAS, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise CameraError(f"no camera {name!r} among {', '.join(sorted(CAMERAS))}{hint}")
    kind: Any = pkgutil.resolve_name(CAMERAS[name])
    camera: Camera
    if transform.changes_nothing:
        camera = kind(**options)
    elif kind.transforms:
        camera = kind(transform=transform, **options)
    else:
        camera = TransformedCamera(kind(**options), transform)
    return camera
