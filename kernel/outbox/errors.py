"""Errors of the outbox."""

from kernel.errors import define

TOPIC_UNKNOWN = define(
    "kernel.outbox.topic_unknown", 500, zh="没有登记外发主题「{topic}」", en="No outbox topic {topic} is registered",
)
NOT_DEAD = define(
    "kernel.outbox.not_dead", 409, zh="该外发消息不是死信，不能重试或丢弃", en="The message is not a dead letter",
)
