"""Errors that more than one feature of the chain raises."""

from kernel.errors import define

PORT_IN_USE = define(
    "chain.server.port_in_use", 409,
    zh="链服务无法监听 {host}:{port}：{reason}", en="The chain cannot listen on {host}:{port}: {reason}",
    fix_zh="请停止占用该端口的程序，或换一个端口", fix_en="Stop the program that has the port, or choose another port",
)
COMMAND_USER = define(
    "chain.command.user_unknown", 404, zh="没有可用的用户「{username}」", en="No active user {username}",
)
