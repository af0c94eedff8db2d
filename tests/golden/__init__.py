"""Numbers of other people's code, stored with how they were made."""
