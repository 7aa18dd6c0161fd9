"""Cases: the reported Dwipps, their reports, and the decisions of moderators. Storage only."""
