"""Safety: the protection of members from other members. The repository of blocks is in `app/members/blocks.py`."""
