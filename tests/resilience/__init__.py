"""What the slow tests share: engines to stand on, the API in processes of its own, and figures to print."""
