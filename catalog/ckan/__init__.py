"""The CKAN Action API, so that CKAN's clients and harvesters work against this directory."""
