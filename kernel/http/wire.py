"""What every wire model shares."""

from pydantic import AwareDatetime, BaseModel, ConfigDict

When = AwareDatetime  # an instant that comes in: RFC 3339 with a zone, anything else is 422


class Wire(BaseModel):
    """Base of wire models: unknown fields are refused, rows can be read from attributes."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Title(Wire):
    """A text in both languages, Chinese first."""

    zh: str
    en: str
