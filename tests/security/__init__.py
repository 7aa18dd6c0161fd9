"""What attackers send, and that none of it gets them in: tokens, events of gateways, and mistakes of our own."""
