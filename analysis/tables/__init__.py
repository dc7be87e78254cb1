"""Tables as the report prints them: frame in, exhibit out."""
