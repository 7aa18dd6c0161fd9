"""An instance of the Lambda function. It reads one event per line of standard input, and prints each result."""

import json
import sys

from app.lambda_handler import handler

for line in sys.stdin:
    sys.stdout.write(json.dumps(handler(json.loads(line), None)) + "\n")
    sys.stdout.flush()
