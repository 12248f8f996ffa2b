"""Errors of subscriptions."""

from kernel.errors import define

UNKNOWN = define("catalog.subscription.unknown", 404, zh="没有找到该关注", en="No such subscription")
TARGET_UNKNOWN = define(
    "catalog.subscription.target_unknown", 404, zh="没有找到要关注的{what}", en="No such {what_en} to follow",
)
