"""One instance of the Lambda function: an event a line on its standard input, an answer a line on its output."""

import json
import sys

from app.lambda_handler import handler

for line in sys.stdin:
    sys.stdout.write(json.dumps(handler(json.loads(line), None)) + "\n")
    sys.stdout.flush()
