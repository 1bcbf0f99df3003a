"""Loads the Haar cascades that come with OpenCV."""

from pathlib import Path

import cv2

from maskclient.errors import DetectorUnavailable


def load_cascade(name: str) -> cv2.CascadeClassifier:
    """Load one.

    Parameters
    ----------
    name : str
        Of its file, such as ``haarcascade_eye.xml``.

    Raises
    ------
    DetectorUnavailable
        If OpenCV, as installed, has no cascades.
    """
    try:
        path = Path(cv2.data.haarcascades, name)  # type: ignore[attr-defined] # unknown to its stubs
        classifier = cv2.CascadeClassifier(str(path))
    except AttributeError:  # OpenCV 5, and builds of Linux distributions
        pass
    else:
        if not classifier.empty():
            return classifier
    raise DetectorUnavailable(
        f"OpenCV {cv2.__version__} as installed here has no Haar cascades. "
        'Install them with: pip install "opencv-python-headless>=4.10,<5"'
    )
