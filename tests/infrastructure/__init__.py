"""What is deployed: the images that the Dockerfile makes, built and run without Docker, a registry or an account."""
