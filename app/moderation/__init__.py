"""`/v1/moderation`: the work of the moderators."""
