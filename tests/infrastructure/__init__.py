"""Tests of the deployment: templates, workflows, scripts, and images that are built without Docker or an account."""
