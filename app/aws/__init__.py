"""boto3: clients, errors, deadlines, retries and items. Independent of tables, of the user pool and of HTTP."""
