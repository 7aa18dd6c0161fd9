"""One instance of the Lambda function. Each line of standard input is an event, each line of output its result."""

import json
import sys

from app.lambda_handler import handler

for line in sys.stdin:
    sys.stdout.write(json.dumps(handler(json.loads(line), None)) + "\n")
    sys.stdout.flush()
