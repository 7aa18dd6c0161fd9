"""boto3: clients, errors, deadlines, retries and items. Knows no table, no user pool and no HTTP."""
