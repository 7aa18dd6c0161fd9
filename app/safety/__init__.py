"""Safety: what a member can do against others. The repository of blocks is in `app/members/blocks.py`."""
