"""What everything else stands on, and what knows nothing of shows: errors, time, paths, statistics, files."""
