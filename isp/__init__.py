"""The vocabulary: frozen values that every room may use. Nouns only, no rules."""
