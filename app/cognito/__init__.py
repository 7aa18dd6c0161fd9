"""The Cognito user pool and the meaning of its errors."""
