"""Legal but odd scores go through every command and every output form."""
