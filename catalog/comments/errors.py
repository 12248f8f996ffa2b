"""Errors of comments."""

from kernel.errors import define

UNKNOWN = define("catalog.comment.unknown", 404, zh="没有找到该评论", en="No such comment")
EMPTY = define("catalog.comment.empty", 422, zh="评论不能为空", en="A comment must not be empty")
CONTROL = define(
    "catalog.comment.control", 422, zh="评论含有不可见的控制字符", en="The comment contains control characters",
    fix_zh="请删去后重新填写", fix_en="Remove them and write it again",
)
NOT_OWN = define("catalog.comment.not_own", 403, zh="只能修改、删除自己的评论", en="Only one's own comments can be changed")
DELETED = define("catalog.comment.deleted", 409, zh="该评论已删除", en="The comment was deleted")
PARENT = define(
    "catalog.comment.parent", 422, zh="所回复的评论不在该目录下", en="The comment replied to belongs to another node",
    fix_zh="请刷新后重新回复", fix_en="Reload and reply again",
)
AMBIGUOUS = define(
    "catalog.comment.mention_ambiguous", 422, zh="有 {count} 位用户叫「{name}」", en="{count} users are named {name}",
    fix_zh="请改写为 @用户名：{usernames}", fix_en="Write @user-name: {usernames}",
)
BLIND = define(
    "catalog.comment.mention_blind", 422, zh="「{name}」看不到该目录", en="{name} cannot see this node",
    fix_zh="请去掉 @，或改为提醒能看到该目录的人", fix_en="Mention somebody who can see it",
)
