"""The leased queue of work that follows a commit, and the counters of numbered documents."""
