"""Runs a finished artefact under its own Python, to show that pruning left it working.

Usage: ``python -I -S -B selfcheck.py ARTIFACT``; the flags keep every other package out.
"""

import base64
import io
import sys
from importlib import import_module


def main() -> int:
    """Classify one made-up picture of each accepted format; return the exit status."""
    sys.path.insert(0, sys.argv[1])
    from PIL import Image

    handler = import_module("maskservice.handler").handler

    for form in ("JPEG", "PNG", "WEBP"):
        picture = io.BytesIO()
        Image.effect_noise((64, 64), 80).convert("RGB").save(picture, form)
        event = {
            "resource": "/v1/classify",
            "path": "/v1/classify",
            "httpMethod": "POST",
            "headers": {"content-type": f"image/{form.lower()}"},
            "requestContext": {"path": "/prod/v1/classify"},
            "body": base64.b64encode(picture.getvalue()).decode(),
            "isBase64Encoded": True,
        }
        response = handler(event, None)
        if response["statusCode"] != 200:
            print(f"The artefact does not classify {form}: {response['body']}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
