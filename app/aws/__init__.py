"""boto3: clients, errors, deadlines, retries and items."""
