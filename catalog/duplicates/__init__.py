"""What two departments may have entered twice, and items that two entries claim to be the source of."""
