"""Reading and editing data entries and their items."""
