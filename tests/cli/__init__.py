"""The command line, as a user meets it: words, files, messages and exit statuses."""
