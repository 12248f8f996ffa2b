"""联调: signed calls made from the console, with their request and answer kept sealed for seven days."""
