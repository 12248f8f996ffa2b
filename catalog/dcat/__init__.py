"""DCAT-AP 3.0.1 in Turtle, JSON-LD and RDF/XML, and DCAT-US 1.1 (data.json)."""
