"""The OpenAPI document on standard output: `python -m scripts.export_openapi`. Never shipped in the image."""

import json
import sys

from app.main import app
from app.openapi.document import published

if __name__ == "__main__":
    json.dump(published(app), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
