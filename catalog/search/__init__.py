"""One bigram tokenizer and its index on SQLite and PostgreSQL."""
