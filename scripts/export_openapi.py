"""Print the OpenAPI document: `python -m scripts.export_openapi > openapi.json`."""

import json
import sys

from app.main import app
from app.openapi.document import standalone_document

if __name__ == "__main__":
    json.dump(standalone_document(app), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
