"""Roster files to typed rows, with every unreadable cell named. No database."""
