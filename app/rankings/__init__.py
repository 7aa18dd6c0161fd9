"""Rankings: the lists of the Dwipps with the most upvotes, their snapshots, and the job that renews them."""
